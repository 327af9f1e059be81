#!/usr/bin/env python3
"""Checks sealpost-x25519-content.json with an implementation of its own: `pip install pynacl`."""
import base64
import hashlib
import hmac
import json
import struct
from pathlib import Path

from nacl import bindings as sodium
from nacl.signing import SigningKey

BOOL, I32, I64, STRING, STRUCT, LIST = 2, 8, 10, 11, 12, 15


def b64(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def field(value):
    if isinstance(value, bool):
        value = "true" if value else "false"
    value = value if isinstance(value, bytes) else str(value).encode()
    return struct.pack(">H", len(value)) + value


def fields(*values):
    return b"".join(field(value) for value in values)


def optional(value):
    return b"\0" if value is None else b"\1" + field(value)


def listed(values):
    return struct.pack(">I", len(values)) + fields(*values)


def hkdf(key, info, salt=bytes(32)):
    prk = hmac.new(salt, key, hashlib.sha256).digest()
    return hmac.new(prk, info + b"\1", hashlib.sha256).digest()


def read_value(data, at, kind):
    """One Thrift value: itself and where the next begins."""
    if kind == BOOL:
        return data[at] == 1, at + 1
    if kind == I32:
        return struct.unpack_from(">i", data, at)[0], at + 4
    if kind == I64:
        return struct.unpack_from(">q", data, at)[0], at + 8
    if kind == STRING:
        (length,) = struct.unpack_from(">i", data, at)
        return data[at + 4 : at + 4 + length], at + 4 + length
    if kind == LIST:
        element, count = struct.unpack_from(">Bi", data, at)
        at, values = at + 5, []
        for _ in range(count):
            value, at = read_value(data, at, element)
            values.append(value)
        return values, at
    assert kind == STRUCT, kind
    values = {}
    while data[at]:
        kind, number = struct.unpack_from(">Bh", data, at)
        values[number], at = read_value(data, at + 3, kind)
    return values, at + 1


def thrift(data):
    value, end = read_value(data, 0, STRUCT)
    assert end == len(data)
    return value


class Vector:
    def __init__(self, vector):
        self.key = b64(vector["conversation_key"])
        self.conversation = vector["conversation_id"]
        self.version = vector["conversation_key_version"]
        self.sender, self.sender_version = vector["sender"], vector["sender_key_version"]
        secret = b64(vector["secret_keys"][self.sender]["ed25519"])
        self.verify_key = SigningKey(secret).verify_key

    def use_key(self, use):
        label = f"sealpost/1 {use}-key"
        return hkdf(self.key, fields(label, self.conversation, self.version))

    def facts(self, label, message_id):
        facts = fields(label, message_id, self.sender, self.sender_version)
        return facts + fields(self.conversation, self.version)

    def open(self, sealed, key, aad):
        assert sealed[0] == 1
        decrypt = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt
        return decrypt(sealed[25:], aad, sealed[1:25], key)

    def message(self, event):
        """Verifies and decrypts the parts of a MessageEvent; the content as nested fields."""
        message_id, create, signature = event[2].decode(), event[7][1], event[9]
        contents, version, notify = create[100], create[101].decode(), create[102]
        assert (version, signature[3].decode()) == (self.version, "1001")
        assert signature[2].decode() == self.sender_version
        signed = self.facts("sealpost/1 message", message_id)
        signed += fields(hashlib.sha256(contents).digest(), create.get(103, ""), notify)
        self.verify_key.verify(signed, b64(signature[1].decode()))
        aad = self.facts("sealpost/1 message-aad", message_id)
        holder = thrift(self.open(contents, self.use_key("message"), aad))
        assert list(holder) == [1] and len(holder[1]) == 1
        return holder[1]

    def action(self, action):
        name, components = transcript_of(thrift(b64(action["encoded_message_event_detail"])))
        signed = fields("sealpost/1 action", name, action["message_id"], self.sender)
        signed += fields(self.sender_version, self.conversation) + components
        self.verify_key.verify(signed, b64(action["signature"]))
        return name

    def file(self, ciphertext, attachment_id):
        version, salt, header = ciphertext[0], ciphertext[1:17], ciphertext[17:41]
        assert (version, salt.hex()) == (1, attachment_id)
        info = fields("sealpost/1 media-key", self.conversation, self.version)
        state = sodium.crypto_secretstream_xchacha20poly1305_state()
        key = hkdf(self.key, info, salt)
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
        file, frames = b"", range(41, len(ciphertext), 1041)
        for at in frames:
            frame = ciphertext[at : at + 1041]
            chunk, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, frame)
            assert tag == (3 if at == frames[-1] else 0)
            file += chunk
        return file


def transcript_of(detail):
    """The name of an action and its signed components."""
    ((number, event),) = detail.items()
    if number == 7:
        return "MessageDeleteEvent", field(event[2]) + listed(event[1])
    if number == 8:
        options = event[2]
        return "ConversationDeleteEvent", optional(options.get(1)) + optional(options.get(2))
    if number == 12:
        return "MarkConversationReadEvent", field(event[1]) + optional(event.get(2))
    ((change, value),) = event[1].items()
    if number == 4:
        name, components = {
            2: lambda: ("GroupTitleChange", fields(value[2], value.get(1, ""))),
            3: lambda: ("GroupAvatarUrlChange", fields(value[2], value.get(1, ""))),
            7: lambda: ("GroupMemberRemoveChange", listed(value[1])),
            8: lambda: (
                "GroupInviteEnable",
                field(value[2]) + optional(value.get(1)) + optional(value.get(3)),
            ),
        }[change]()
        return "GroupChangeEvent." + name, components
    assert number == 9
    name, components = {
        1: lambda: ("MessageDurationChange", field(value[1])),
        2: lambda: ("MessageDurationRemove", b""),
        3: lambda: ("MuteConversation", listed(value[1])),
        7: lambda: ("EnableScreenCaptureBlocking", b""),
    }[change]()
    return "ConversationMetadataChangeEvent." + name, components


def check_messages(vector, check):
    contents = {}
    for name, message in vector["messages"].items():
        event = thrift(b64(message["event"]))
        create = thrift(b64(message["encoded_message_create_event"]))
        signature = thrift(b64(message["encoded_message_event_signature"]))
        assert (event[7], event[9]) == ({1: create}, signature)
        assert event[2].decode() == message["message_id"]
        contents[name] = check.message(event)
    text = "see https://e.invalid ☃".encode()
    assert contents["text"] == {1: {1: text, 2: [{1: 4, 2: 21, 3: {4: {}}}]}}
    assert contents["silent"] == {1: {1: b""}}
    silent = thrift(b64(vector["messages"]["silent"]["encoded_message_create_event"]))
    assert (silent[102], silent[103]) == (False, 3_600_000)
    assert contents["reaction"] == {2: {1: b"1", 2: "👍".encode()}}
    assert contents["edit"] == {4: {1: b"1", 2: b"edited"}}
    reply, media = contents["reply"][1], vector["media"][0]
    preview = reply.pop(4)
    attached = {1: b"Ab1", 3: 5, 5: 3000, 6: b"file.bin", 7: media["attachment_id"].encode()}
    assert reply == {1: b"answer", 3: [{1: attached}]}
    # The quote carries the original, which verifies and decrypts like any other.
    assert check.message(preview.pop(8)) == contents["text"]
    original = vector["messages"]["text"]["message_id"].encode()
    entities = contents["text"][1][2]
    assert preview == {1: int(check.sender), 2: text, 3: entities, 6: b"1", 7: original}
    return len(contents) + 1


def main():
    vector = json.loads((Path(__file__).parent / "data/sealpost-x25519-content.json").read_text())
    check = Vector(vector)
    passed = check_messages(vector, check)

    for entry in vector["metadata"]:
        aad = fields("sealpost/1 metadata-aad", check.conversation, check.version, entry["field"])
        text = check.open(b64(entry["encrypted"]), check.use_key("metadata"), aad)
        assert text.decode() == entry["text"]
        passed += 1

    for entry in vector["media"]:
        expected = bytes(index % 251 for index in range(entry["length"]))
        assert check.file(b64(entry["ciphertext"]), entry["attachment_id"]) == expected
        passed += 1

    names = [check.action(action) for action in vector["actions"]]
    assert len(names) == 12 and len(set(names)) == 11
    print(f"{passed + len(names)} passed, 0 failed")


if __name__ == "__main__":
    main()
