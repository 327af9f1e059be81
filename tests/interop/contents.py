"""Messages and actions in parts: framed, and their payloads written, here once more.

As in `server.py`, nothing here is shared with any of the parties.
"""
import struct
from dataclasses import dataclass, replace

from groups import I64, integer, optional, texts
from server import BOOL, STRING, boolean, decode, encode, message_event, structure, text

I32 = 8


def binary(number, data):
    return struct.pack(">bhi", STRING, number, len(data)) + data


def flag(number, value):
    return b"" if value is None else boolean(number, value)


def flat_fields(data):
    """The fields of a struct that has none but strings, booleans and numbers."""
    fields, at = {}, 0
    while data[at]:
        kind, number = struct.unpack_from(">bh", data, at)
        at += 3
        if kind == STRING:
            length, = struct.unpack_from(">i", data, at)
            fields[number] = data[at + 4:at + 4 + length]
            at += 4 + length
        elif kind == BOOL:
            fields[number] = bool(data[at])
            at += 1
        elif kind == I64:
            fields[number], = struct.unpack_from(">q", data, at)
            at += 8
        else:
            raise ValueError(f"field {number} of type {kind}")
    assert at + 1 == len(data), "bytes after the struct"
    return fields


@dataclass(frozen=True)
class Signed:
    """What every signed event has."""
    sequence_id: str
    message_id: str
    sender_id: str
    conversation_id: str
    signature: str
    signer_key_version: str
    signature_version: str

    def encode(self, after=b""):
        return message_event(self, after, self.sequence_id)

    def envelope(self):
        return {"message_id": self.message_id, "sequence_id": self.sequence_id,
                "sender_id": self.sender_id, "conversation_id": self.conversation_id}


# -- messages -------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Message(Signed):
    contents: bytes
    key_version: str
    notify: bool
    ttl_msec: int | None

    def create_event(self):
        return (binary(100, self.contents) + text(101, self.key_version)
                + boolean(102, self.notify) + integer(103, self.ttl_msec))

    def detail(self):
        return structure(1, self.create_event()) + b"\0"

    def envelope(self):
        ttl = None if self.ttl_msec is None else str(self.ttl_msec)
        return super().envelope() | {"key_version": self.key_version, "notify": self.notify,
                                     "ttl_msec": ttl}


def message_of(body, sender_id, conversation_id, sequence_id):
    """What an honest server makes of the body that sends a message."""
    event = flat_fields(decode(body["encoded_message_create_event"]))
    signature = flat_fields(decode(body["encoded_message_event_signature"]))
    signature = {number: value.decode() for number, value in signature.items()}
    return Message(
        sequence_id=sequence_id, message_id=body["message_id"], sender_id=sender_id,
        conversation_id=conversation_id, signature=signature[1], signer_key_version=signature[2],
        signature_version=signature[3], contents=event[100], key_version=event[101].decode(),
        notify=event[102], ttl_msec=event.get(103))


def message_checks(body, message):
    """(group, passed) for the body that sends a message."""
    yield "body: nothing but the documented members", set(body) == {
        "message_id", "encoded_message_create_event", "encoded_message_event_signature"}
    yield "body: the message as framed here", (
        decode(body["encoded_message_create_event"]) == message.create_event() + b"\0")
    yield "body: the signature as framed here", (
        decode(body["encoded_message_event_signature"])
        == text(1, message.signature) + text(2, message.signer_key_version) + text(3, "7") + b"\0")


def bit_flipped(data, bit):
    """The same bytes with one bit flipped."""
    data = bytearray(data)
    data[bit // 8] ^= 1 << bit % 8
    return bytes(data)


def with_signature_bit(event, bit):
    signature = encode(bit_flipped(decode(event.signature), bit)).rstrip("=")
    return replace(event, signature=signature)


def every_bit(message):
    """(what, message) for each bit of a message that its signature covers, and of that."""
    for bit in range(8 * len(message.contents)):
        contents = bit_flipped(message.contents, bit)
        yield "every bit of the contents", replace(message, contents=contents)
    for bit in range(512):
        yield "every bit of the signature", with_signature_bit(message, bit)


def tampered(event, other, versions):
    """(what, event) for what both sides must refuse of any signed event. `other` is another one
    of the same sender."""
    elsewhere, stranger = "g" + "7" * 18, "2244994946"
    other_sender = next(user for user in versions if user != event.sender_id)
    for bit in (0, 511):  # r and s
        yield "signature bit", with_signature_bit(event, bit)
    yield "another event's signature", replace(event, signature=other.signature)
    yield "message id", replace(event, message_id=other.message_id)
    stolen = replace(event, sender_id=other_sender)
    yield "sender", stolen
    yield "sender", replace(stolen, signer_key_version=versions[other_sender])
    yield "sender from outside", replace(event, sender_id=stranger)
    yield "sender's key version", replace(event, signer_key_version="1")
    yield "conversation id", replace(event, conversation_id=elsewhere)
    if isinstance(event, Message):
        # The nonce, the tag and the ciphertext.
        for bit in (0, 191, 192, 319, 8 * len(event.contents) - 1):
            yield "contents bit", replace(event, contents=bit_flipped(event.contents, bit))
        yield "another message's contents", replace(event, contents=other.contents)
        for version in (str(int(event.key_version) + 1), "1"):
            yield "key version", replace(event, key_version=version)


def beyond(event):
    """(what, encoded event) for what X's SDK accepts and this library must not."""
    for version in ("8", "07", ""):
        yield f"signature version {version!r}", replace(event, signature_version=version).encode()
    yield "bytes after the event", event.encode(after=b"\0")


# -- actions --------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Deed(Signed):
    """An action; `does` is what the plan says of it."""
    does: dict

    def detail(self):
        return deed_detail(self.does, self.conversation_id)


def group_change(number, change):
    return structure(4, structure(1, structure(number, change)) + boolean(2, False)) + b"\0"


def setting(number, change=b""):
    return structure(9, structure(1, structure(number, change))) + b"\0"


def capture(does):
    return 5 + 2 * does["blocking"] + (not does["enabled"])


CAPTURES = {5: "EnableScreenCaptureDetection", 6: "DisableScreenCaptureDetection",
            7: "EnableScreenCaptureBlocking", 8: "DisableScreenCaptureBlocking"}


def deed_detail(does, conversation_id):
    def get(name):
        return does[name]

    return {
        "delete_messages": lambda: structure(7, texts(1, get("messages")) + struct.pack(
            ">bhi", I32, 2, 2 if get("for_all") else 1)) + b"\0",
        "delete_conversation": lambda: structure(8, text(1, conversation_id) + structure(
            2, flag(1, get("clear_all_messages")) + integer(2, get("sort_order")))) + b"\0",
        "mark_read": lambda: structure(
            12, text(1, get("seen_until")) + integer(2, get("seen_at"))) + b"\0",
        "mark_unread": lambda: structure(13, optional(1, get("seen_until"))) + b"\0",
        "title": lambda: group_change(2, optional(1, get("title")) + text(2, get("key_version"))),
        "avatar": lambda: group_change(
            3, optional(1, get("avatar_url")) + text(2, get("key_version"))),
        "add_admins": lambda: group_change(4, texts(1, get("users"))),
        "remove_admins": lambda: group_change(6, texts(1, get("users"))),
        "remove_members": lambda: group_change(7, texts(1, get("users"))),
        "enable_invite": lambda: group_change(8, integer(1, get("expires_at")) + text(
            2, get("url")) + optional(3, get("affiliate_id"))),
        "disable_invite": lambda: group_change(9, text(1, get("user"))),
        "request_to_join": lambda: group_change(10, text(1, get("user"))),
        "reject_join": lambda: group_change(11, texts(1, get("users"))),
        "set_message_ttl": lambda: setting(
            1, integer(1, get("ttl_msec")) + flag(2, get("applies_to_all"))),
        "remove_message_ttl": lambda: setting(2),
        "mute": lambda: setting(3, texts(1, get("conversations"))),
        "unmute": lambda: setting(4, texts(1, get("conversations"))),
        "screen_capture": lambda: setting(capture(does)),
    }[does["kind"]]()


def deed_payload(does, message_id, sender_id, conversation_id):
    """What signature version 7 signs."""
    def get(name):
        return does[name]

    def only_if_there(value):
        return [] if value is None else [value]

    def or_null(value):
        return "null" if value is None else value

    name, rest = {
        "delete_messages": lambda: (
            "MessageDeleteEvent", [2 if get("for_all") else 1, *get("messages")]),
        "delete_conversation": lambda: (
            "ConversationDeleteEvent", only_if_there(get("clear_all_messages"))
            + only_if_there(get("sort_order"))),
        "mark_read": lambda: (
            "MarkConversationReadEvent", [get("seen_until"), *only_if_there(get("seen_at"))]),
        "mark_unread": lambda: (
            "MarkConversationUnreadEvent", only_if_there(get("seen_until"))),
        "title": lambda: (
            "GroupChangeEvent.GroupTitleChange", [get("key_version"), get("title") or ""]),
        "avatar": lambda: (
            "GroupChangeEvent.GroupAvatarUrlChange", [get("key_version"), get("avatar_url") or ""]),
        "add_admins": lambda: ("GroupChangeEvent.GroupAdminAddChange", get("users")),
        "remove_admins": lambda: ("GroupChangeEvent.GroupAdminRemoveChange", get("users")),
        "remove_members": lambda: ("GroupChangeEvent.GroupMemberRemoveChange", get("users")),
        "enable_invite": lambda: ("GroupChangeEvent.GroupInviteEnable", [
            get("url"), or_null(get("expires_at")), or_null(get("affiliate_id"))]),
        "disable_invite": lambda: ("GroupChangeEvent.GroupInviteDisable", [get("user")]),
        "request_to_join": lambda: ("GroupChangeEvent.GroupJoinRequest", [get("user")]),
        "reject_join": lambda: ("GroupChangeEvent.GroupJoinReject", get("users")),
        "set_message_ttl": lambda: (
            "ConversationMetadataChangeEvent.MessageDurationChange", [get("ttl_msec")]),
        "remove_message_ttl": lambda: (
            "ConversationMetadataChangeEvent.MessageDurationRemove", []),
        "mute": lambda: ("ConversationMetadataChangeEvent.MuteConversation", get("conversations")),
        "unmute": lambda: (
            "ConversationMetadataChangeEvent.UnmuteConversation", get("conversations")),
        "screen_capture": lambda: (
            f"ConversationMetadataChangeEvent.{CAPTURES[capture(does)]}", []),
    }[does["kind"]]()
    written = (str(part).lower() if isinstance(part, bool) else str(part) for part in rest)
    return ",".join([name, message_id, sender_id, conversation_id, *written])


# No signature covers these.
UNSIGNED = {("set_message_ttl", "applies_to_all")}


def otherwise(does):
    """(what, other action): each signed part of an action changed."""
    def changed(value):
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return value + 1
        if isinstance(value, list):
            return value[:-1] + [changed(value[-1])]
        if value is None:
            return None
        return str(int(value) + 1) if value.isdigit() else value + "1"

    for name, value in does.items():
        if name == "kind" or value is None or (does["kind"], name) in UNSIGNED:
            continue
        yield does["kind"], does | {name: changed(value)}
        if isinstance(value, list):
            yield does["kind"], does | {name: value + [changed(value[-1])]}
