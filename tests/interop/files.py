"""Encrypted files, and what may happen to one on its way."""
import random

# Around one chunk of 1024 bytes, several of them, and many.
SIZES = (0, 1, 1023, 1024, 1025, 3000, 10_000_000)
HEADER, FRAME = 24, 1024 + 17

NOT_AUTHENTIC, TRUNCATED = {"media.not_authentic"}, {"media.truncated"}
# What this library must say to each forgery.
REASONS = {
    "file: one bit": NOT_AUTHENTIC,
    "file: every bit of a small one": NOT_AUTHENTIC,
    "file: last byte missing": NOT_AUTHENTIC,
    "file: last frame missing": TRUNCATED,
    "file: a byte after the end": {"media.trailing_bytes", "media.not_authentic"},
    "file: frames swapped": NOT_AUTHENTIC,
    "file: a frame twice": NOT_AUTHENTIC,
    "file: a frame left out": NOT_AUTHENTIC,
    "file: another file's frames": NOT_AUTHENTIC,
    "file: encrypted under the older key": NOT_AUTHENTIC,
    "file: half a header": TRUNCATED,
    "file: nothing but the header": {"media.other_size"},
}
# X's format has an empty file be its header, which nothing authenticates.
UNSIGNED = "file: an empty one has nothing to authenticate"


def plain(size):
    return random.Random(size).randbytes(size)


def flipped_at(data, position, bit=0):
    changed = bytearray(data)
    changed[position] ^= 1 << bit
    return bytes(changed)


def tampered(size, data, other, older):
    """(what, verdict wanted, bytes). `other` is another file of the same key, `older` this one
    under the key before."""
    frames = [data[at:at + FRAME] for at in range(HEADER, len(data), FRAME)]
    header = data[:HEADER]
    yield "file: half a header", "refused", header[:HEADER // 2]
    yield "file: a byte after the end", "refused", data + b"\0"
    if not size:
        for position in (0, 15, 16, 23):
            yield UNSIGNED, "accepted", flipped_at(data, position)
        return
    # The key's part of the header and the nonce's; the tag byte, text and MAC of a frame.
    ends = {0, 15, 16, 23, HEADER, HEADER + 1, len(data) - 1, len(data) - 16, len(data) // 2}
    for position in sorted(ends):
        for bit in (0, 7):
            yield "file: one bit", "refused", flipped_at(data, position, bit)
    if size == 1:
        for bit in range(8 * len(data)):
            changed = flipped_at(data, bit // 8, bit % 8)
            yield "file: every bit of a small one", "refused", changed
    yield "file: last byte missing", "refused", data[:-1]
    yield "file: nothing but the header", "ours refuses", header
    if len(other) > HEADER:
        yield "file: another file's frames", "refused", header + other[HEADER:]
    yield "file: encrypted under the older key", "refused", older
    if len(frames) > 1:
        yield "file: last frame missing", "refused", data[:-len(frames[-1])]
        yield "file: frames swapped", "refused", b"".join(
            [header, frames[1], frames[0], *frames[2:]])
        yield "file: a frame twice", "refused", b"".join([header, frames[0], *frames])
        yield "file: a frame left out", "refused", b"".join([header, *frames[1:]])
