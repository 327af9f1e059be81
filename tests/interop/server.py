"""What stands between the parties: an honest directory and event fan-out, and a hostile one.

Events are framed here, in code that shares nothing with any of the parties.
"""
import base64
import json
import struct
from dataclasses import dataclass, replace

BOOL, STRING, STRUCT, LIST = 2, 11, 12, 15

# From this number on X's SDK refuses a key whose signature does not verify.
SEQUENCE_ID = "2070276095283454003"


def encode(data):
    return base64.b64encode(data).decode()


def decode(text):
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


# -- Apache Thrift, binary protocol ---------------------------------------------------------------

def text(number, value):
    data = value.encode()
    return struct.pack(">bhi", STRING, number, len(data)) + data


def structure(number, fields):
    return struct.pack(">bh", STRUCT, number) + fields + b"\0"


def boolean(number, value):
    return struct.pack(">bhb", BOOL, number, value)


def message_event(event, after=b"", sequence_id=SEQUENCE_ID):
    """What the server delivers of an event in parts."""
    signature = (text(1, event.signature) + text(2, event.signer_key_version)
                 + text(3, event.signature_version))
    return encode(text(1, sequence_id) + text(2, event.message_id) + text(3, event.sender_id)
                  + text(4, event.conversation_id) + text(6, "1795333344318")
                  + structure(7, event.detail()[:-1])
                  + structure(9, signature) + b"\0" + after)


@dataclass(frozen=True)
class Entry:
    user_id: str
    sealed_key: str
    public_key_version: str

    def encode(self):
        return (text(1, self.user_id) + text(2, self.sealed_key)
                + text(3, self.public_key_version) + b"\0")


@dataclass(frozen=True)
class Event:
    """A key change in parts, so that each can be exchanged."""
    message_id: str
    sender_id: str
    conversation_id: str
    key_version: str
    entries: tuple
    signature: str
    signer_key_version: str
    signature_version: str

    def detail(self):
        entries = b"".join(entry.encode() for entry in self.entries)
        change = (text(1, self.key_version)
                  + struct.pack(">bhbi", LIST, 2, STRUCT, len(self.entries)) + entries
                  + boolean(5, False))
        return structure(3, change) + b"\0"

    def encode(self, after=b""):
        return message_event(self, after)

    def with_copies(self, change):
        """The event with other sealed keys: `change` maps user and sealed key to a sealed key."""
        return replace(self, entries=tuple(
            replace(entry, sealed_key=change(entry.user_id, entry.sealed_key))
            for entry in self.entries))


def event_of(body, sender_id, conversation_id):
    """What an honest server makes of a request's body: the key change comes first."""
    action = body["action_signatures"][0]
    signature = action["message_event_signature"]
    return Event(
        message_id=action["message_id"],
        sender_id=sender_id,
        conversation_id=conversation_id,
        key_version=body["conversation_key_version"],
        entries=tuple(Entry(entry["user_id"], entry["encrypted_conversation_key"],
                            entry["public_key_version"])
                      for entry in body["conversation_participant_keys"]),
        signature=signature["signature"],
        signer_key_version=signature["public_key_version"],
        signature_version=signature["signature_version"])


# -- tampering ------------------------------------------------------------------------------------

def flipped(value, position, padded=True):
    """The base64 of the same bytes with one bit flipped."""
    data = bytearray(decode(value))
    data[position] ^= 1
    return encode(data) if padded else encode(data).rstrip("=")


def pairs(users):
    """Every user in at least one pair of neighbours."""
    starts = list(range(0, len(users) - 1, 2))
    if len(users) % 2:
        starts.append(len(users) - 2)
    return [users[start:start + 2] for start in starts]


def swapped(event, one, other):
    copies = {entry.user_id: entry.sealed_key for entry in event.entries}
    copies[one], copies[other] = copies[other], copies[one]
    return event.with_copies(lambda user, _: copies[user])


def tampered(event, other_change, versions):
    """(group, event, readers, conversation they expect) for everything both sides must refuse."""
    everyone = [entry.user_id for entry in event.entries]
    here = event.conversation_id
    elsewhere = "g" + "7" * 18
    other_sender = next(user for user in everyone if user != event.sender_id)
    others_copies = {entry.user_id: entry.sealed_key for entry in other_change.entries}

    for position in (0, 63):  # r and s
        signature = flipped(event.signature, position, padded=False)
        yield "signature bit", replace(event, signature=signature), everyone, here
    # The ephemeral key, the ciphertext and the tag.
    for position in (1, 65, 112):
        change = event.with_copies(lambda _, copy, at=position: flipped(copy, at))
        yield "sealed copy bit", change, everyone, here
    for version in (str(int(event.key_version) + 1), "1"):
        yield "key version", replace(event, key_version=version), everyone, here
    message_id = other_change.message_id
    yield "message id", replace(event, message_id=message_id), everyone, here
    stolen = replace(event, sender_id=other_sender)
    yield "sender", stolen, everyone, here
    stolen = replace(stolen, signer_key_version=versions[other_sender])
    yield "sender", stolen, everyone, here
    moved = replace(event, conversation_id=elsewhere)
    yield "conversation id", moved, everyone, here
    yield "conversation id", moved, everyone, elsewhere
    change = event.with_copies(lambda user, _: others_copies[user])
    yield "another change's copy", change, everyone, here
    for one, other in pairs(everyone):
        if versions[one] != versions[other]:
            yield "copies swapped", swapped(event, one, other), [one, other], here


def beyond(event, versions):
    """(group, encoded event, readers) for what X's SDK accepts and this library must not."""
    everyone = [entry.user_id for entry in event.entries]
    for one, other in pairs(everyone):
        if versions[one] == versions[other]:
            group = "copies swapped, equal key versions"
            yield group, swapped(event, one, other).encode(), [one, other]
    for version in ("8", "07", ""):
        group = f"signature version {version!r}"
        yield group, replace(event, signature_version=version).encode(), everyone
    yield "bytes after the event", event.encode(after=b"\0"), everyone
    twice = replace(event, entries=event.entries + event.entries)
    yield "every entry twice", twice.encode(), everyone


def tampered_rows(rows):
    """(group, user, row) for directory rows that both sides must refuse."""
    users = list(rows)
    for user, row in rows.items():
        other = rows[users[users.index(user) - 1]]
        binding = row["identity_public_key_signature"]
        for position in (0, 63):
            yield "row: binding bit", user, {
                **row, "identity_public_key_signature": flipped(binding, position)}
        for member in ("public_key", "signing_public_key", "identity_public_key_signature"):
            yield f"row: another user's {member}", user, {**row, member: other[member]}


# -- one conversation as its readers get it -------------------------------------------------------

class Mailbox:
    """Everything one maker's conversation gives the readers to judge.

    `checks` runs parallel to the inbox: (group, readers' verdict wanted, key or None).
    """

    def __init__(self, plan, made):
        self.plan, self.made = plan, made
        self.versions = {user["user_id"]: user["public_key_version"]
                         for user in plan["participants"]}
        self.rows = {user["user_id"]: {**user["registration"], "user_id": user["user_id"],
                                       "public_key_version": self.versions[user["user_id"]]}
                     for user in made["participants"]}
        assert list(self.rows) == list(self.versions), "the maker made up other participants"
        self.row_checks, self.event_checks, self.request_checks = [], [], []
        self.inbox = {
            "users": [{**user, "public_key_version": self.versions[user["user_id"]],
                       "row": self.rows[user["user_id"]]} for user in made["participants"]],
            "rows": [], "events": [], "requests": []}
        self._honest()
        self._hostile()

    def _honest(self):
        for user, row in self.rows.items():
            self._row("registration", "accepted", user, row)
        everyone = list(self.rows)
        for change, event in zip(self.made["changes"], self.changes()):
            self._event(self.plan["name"], "accepted", event.encode(), everyone,
                        self.plan["conversation_id"], everyone, key=change["conversation_key"])

    def _hostile(self):
        for group, user, row in tampered_rows(self.rows):
            self._row(group, "refused", user, row)
        for user, row in self.rows.items():
            member = "signing_public_key_signature"
            row = {**row, member: flipped(row[member], 40)}
            self._row("row: reverse signature bit", "ours refuses", user, row)

        conversation, sender = self.plan["conversation_id"], self.plan["sender"]
        event, other = self.changes()
        key = self.made["changes"][0]["conversation_key"]
        for group, change, readers, expected in tampered(event, other, self.versions):
            signers = list({sender, change.sender_id})
            self._event(group, "refused", change.encode(), readers, expected, signers)
        for group, change, readers in beyond(event, self.versions):
            self._event(group, "ours refuses", change, readers, conversation, [sender], key=key)

    def changes(self):
        return [event_of(change["body"], self.plan["sender"], self.plan["conversation_id"])
                for change in self.made["changes"]]

    def _row(self, group, wanted, user, row):
        self.inbox["rows"].append({"user_id": user, "row": row})
        self.row_checks.append((group, wanted, None))

    def _event(self, group, wanted, event, readers, conversation, signers, key=None):
        self.inbox["events"].append({
            "event": event, "conversation_id": conversation, "readers": readers,
            "signers": signers})
        self.event_checks.append((group, wanted, key))


class Exported(Mailbox):
    """What `examples/export_official_check.rs` writes of one conversation, and no forgeries."""

    def __init__(self, case):
        participants = case["participants"]
        super().__init__(
            {"name": case["name"], "conversation_id": case["conversation_id"],
             "participants": participants, "sender": case["sender"]["user_id"]},
            {"participants": [{"user_id": user["user_id"],
                               "private_keys": user["private_keys_b64"],
                               "registration": user["registration"]} for user in participants],
             "changes": [{"conversation_id": case["conversation_id"],
                          "conversation_key": case["expected_conversation_key_b64"],
                          "body": case["request_body"]}]})
        assert self.versions[self.plan["sender"]] == case["sender"]["signing_key_version"]

    def _hostile(self):
        pass


def request_checks(plan, made):
    """(group, passed) for each request of a maker: what it signed is what it posts."""
    for change in made["changes"]:
        body = change["body"]
        event = event_of(body, plan["sender"], plan["conversation_id"])
        action, *group_actions = body["action_signatures"]
        yield "request: one action, and one more for a group", (
            len(group_actions) == (1 if plan.get("group") else 0))
        yield "request: the key change's payload is not in it", "signature_payload" not in action
        yield "request: conversation id", change["conversation_id"] == plan["conversation_id"]
        yield "request: signed detail equals the body", (
            action["encoded_message_event_detail"] == encode(event.detail()))
        yield "request: a copy for each participant, and for nobody else", (
            sorted((entry.user_id, entry.public_key_version) for entry in event.entries)
            == sorted((user["user_id"], user["public_key_version"])
                      for user in plan["participants"]))
        yield "request: the key is not in it", not any(
            form in json.dumps(body) for form in (
                change["conversation_key"].rstrip("="), decode(change["conversation_key"]).hex()))
