"""Conversations in which this library and X's SDK speak, and both read everything.

One user speaks through each party. What they say is put into events here and handed to both, the
honest events and the forged ones; what comes out is compared with what was planned.
"""
import json

import contents
import files
import server
from contents import Deed, Message, message_of
from words import (METADATA, OURS, QUOTES, SDK, about, deeds, first_words, only_the_sdk_says,
                   plans, text)

VERIFY = {"signature.verify"}
# What this library must say to each forgery, so that none is refused for a reason of its own.
REASONS = files.REASONS | {
    "every bit of the contents": VERIFY,
    "every bit of the signature": VERIFY,
    "signature bit": VERIFY,
    "another event's signature": VERIFY,
    "message id": VERIFY,
    "sender": VERIFY | {"read.unknown_signer"},
    "sender from outside": {"read.sender_not_member"},
    "sender's key version": {"read.unknown_signer"},
    "conversation id": {"read.wrong_conversation"},
    "contents bit": VERIFY,
    "another message's contents": VERIFY,
    "key version": VERIFY,
    "signature version '8'": {"read.signature_version"},
    "signature version '07'": {"read.signature_version"},
    "signature version ''": {"read.signature_version"},
    "bytes after the event": {"wire.trailing_bytes"},
    "encrypted under another key": {"content.decrypt"},
    "encrypted under a key nobody has": {"read.no_key"},
    "every bit of a field": {"content.decrypt"},
}
UNSIGNED = "unsigned: lifetime and notification"
# What X's SDK does not show of an action.
HIDDEN = {"title": {"key_version"}, "avatar": {"key_version"}, "enable_invite": {"affiliate_id"},
          "delete_conversation": {"sort_order"}, "mute": {"conversations"},
          "unmute": {"conversations"}}
# How it shows what is not there.
ABSENT = {"clear_all_messages": False, "applies_to_all": False, "title": "", "avatar_url": ""}
# All that is judged in `talk`. What is added or left out there changes it.
CHECKS = 38_752


# -- one conversation -----------------------------------------------------------------------------

class Room:
    """A conversation: its users, its two keys, and who of its users speaks through which party."""

    def __init__(self, tally, mailbox, parties, work):
        self.tally, self.plan, self.work = tally, mailbox.plan, work
        self.parties = {party.name: party for party in parties}
        self.versions, users = mailbox.versions, list(mailbox.versions)
        self.speakers = dict(zip(self.parties, users))
        self.reader = users[-1]
        changes = mailbox.changes()
        self.keys = [change["conversation_key"] for change in mailbox.made["changes"]]
        self.key_versions = [change.key_version for change in changes]
        self.key_changes = [change.encode() for change in changes]
        self.setting = {"users": mailbox.inbox["users"],
                        "conversation_id": self.plan["conversation_id"]}
        self.sequence_id = 2_070_276_095_283_500_000
        # What the readers get: (group, verdict wanted, facts wanted of each reader, encoded event)
        self.events, self.files, self.fields = [], [], []
        self.forged = set()  # the kinds of forgeries that were judged

    def next_id(self):
        self.sequence_id += 1
        return str(self.sequence_id)

    def say(self, name, keys, messages=(), actions=(), fields=()):
        """What comes of it in events, and the fields."""
        speaker, conversation = self.speakers[name], self.plan["conversation_id"]
        wired = [{key: value.encode() if isinstance(value, Message) else value
                  for key, value in one.items()} for one in messages]
        made, = self.parties[name].run("say", [self.setting | {
            "key_changes": self.key_changes[:keys], "speaker": speaker, "messages": wired,
            "actions": list(actions), "fields": list(fields)}])
        said = []
        for body in made["messages"]:
            message = message_of(body, speaker, conversation, self.next_id())
            said.append(message)
            self.check(name, contents.message_checks(body, message))
        done = []
        for signed, does in zip(made["actions"], actions, strict=True):
            deed = Deed(self.next_id(), signed["message_id"], speaker, conversation,
                        signed["signature"], signed["public_key_version"],
                        signed["signature_version"], does)
            done.append(deed)
            self.check(name, [
                ("action: detail as planned",
                 server.decode(signed["encoded_message_event_detail"]) == deed.detail()),
                ("action: payload as planned", signed["signature_payload"]
                 == contents.deed_payload(does, deed.message_id, speaker, conversation))])
        self.tally.add(f"{name}, content: everything asked for was said",
                       (len(said), len(made["fields"])) == (len(messages), len(fields)))
        return said, done, made["fields"]

    def check(self, name, checks):
        for group, passed in checks:
            self.tally.add(f"{name}, {group}", passed, self.plan["name"])

    # -- what the readers get ---------------------------------------------------------------------

    def deliver(self, name, group, event, says, wanted="accepted", encoded=None, facts=None):
        facts = facts or {reader: event.envelope() | {"says": says} for reader in self.parties}
        self.events.append((name, group, wanted, facts, encoded or event.encode()))

    def forge(self, name, kind, event, other, says, facts=None):
        for what, forged in contents.tampered(event, other, self.versions):
            self.deliver(name, f"{kind}, {what}", forged, None, "refused")
        for what, encoded in contents.beyond(event):
            self.deliver(name, f"{kind}, {what}", event, says, "ours refuses", encoded, facts)

    def read_all(self):
        """Each reader as every user the honest events, and as one of them the forged ones."""
        honest = [event for event in self.events if event[2] == "accepted"]
        forged = [event for event in self.events if event[2] != "accepted"]
        for reader, party in self.parties.items():
            jobs = [(user, honest, [], []) for user in self.versions]
            jobs.append((self.reader, forged, self.files, self.fields))
            heard = party.run("hear", [self.setting | {
                "key_changes": self.key_changes, "reader": user,
                "events": [event[-1] for event in events],
                "files": [{"event": file[3], "encrypted": str(file[4]),
                           "file": str(file[4]) + ".out"} for file in files_],
                "fields": [field[3] for field in fields]}
                for user, events, files_, fields in jobs])
            for (user, events, files_, fields), verdicts in zip(jobs, heard, strict=True):
                for (name, group, wanted, facts, _), answer in zip(
                        events, verdicts["events"], strict=True):
                    self.judge(reader, name, group, wanted, facts[reader], answer, user)
                for (name, group, wanted, _, encrypted, plain), answer in zip(
                        files_, verdicts["files"], strict=True):
                    decrypted = encrypted.with_name(encrypted.name + ".out")
                    if "accepted" in answer and decrypted.read_bytes() != plain:
                        answer = {"contradiction": "accepted, but other bytes"}
                    self.judge(reader, name, group, wanted, None, answer, user)
                    decrypted.unlink(missing_ok=True)
                for (name, group, wanted, _, words), answer in zip(
                        fields, verdicts["fields"], strict=True):
                    self.judge(reader, name, group, wanted, words, answer, user)
        for *_, encrypted, _ in self.files:
            encrypted.unlink()

    def judge(self, reader, name, group, wanted, facts, answer, user):
        pair = f"{name} -> {reader}, content:"
        if wanted != "accepted":
            self.forged.add(reason_group(group))
        label = {"accepted": f"{pair} {group}", "refused": f"{pair} tampered: {group}",
                 "ours refuses": f"{pair} only the SDK accepts: {group}"}[wanted]
        if wanted == "ours refuses":
            wanted = "refused" if reader == OURS else "accepted"
        if wanted == "accepted":
            passed = answer == {"accepted": facts}
        else:
            passed = list(answer) == ["refused"] and (
                answer["refused"] in REASONS[reason_group(group)] if reader == OURS
                else sdk_reason(reason_group(group)) in answer["refused"])
        self.tally.add(label, passed, f"{self.plan['name']}, user {user}: "
                       f"{json.dumps(answer)[:400]} wanted {json.dumps(facts)[:400]}")


def reason_group(group):
    """`message, sender` -> `sender`; all changed parts of an action break its signature."""
    group = group.split(", ", 1)[-1]
    return group if group in REASONS else "signature bit"


def sdk_reason(group):
    """X's SDK says one of two things."""
    unsigned = group.startswith(("file: ", "encrypted under ")) or group == "every bit of a field"
    return "Decryption failed" if unsigned else "Signature verification failed"


def shown(does, reader):
    """What a reader shows of an action."""
    if reader == OURS:
        return does
    return {name: ABSENT.get(name) if value is None else value for name, value in does.items()
            if name not in HIDDEN.get(does["kind"], set())}


# -- what is said, delivered ----------------------------------------------------------------------

def facts_of(said, quote=None):
    """What a reader must find in what was said, see `Room.deliver`."""
    if said["kind"] != "text":
        return said
    media = [{key: value for key, value in one.items() if key not in ("file", "encrypted")}
             for one in said["media"]]
    return {"kind": "text", "text": said["text"], "entities": said["entities"], "media": media,
            "reply": quote}


def quote_of(original, quoted, **claims):
    return {"is": "valid", "message_id": original.message_id,
            "sequence_id": original.sequence_id, "sender_id": original.sender_id,
            "text": quoted, **claims}


def converse(room):
    """Everything that is said in a room, and its forgeries."""
    first, kinds = first_words(), ["text", "text", "text", "text", "text with entities", "text"]
    said = {name: room.say(name, 1, first)[0] for name in room.speakers}
    for name, events in said.items():
        for kind, words, event in zip(kinds, first, events, strict=True):
            room.deliver(name, kind, event, facts_of(words))
        for what, forged in contents.every_bit(events[0]):
            room.deliver(name, f"message, {what}", forged, None, "refused")
        changed = contents.replace(events[0], ttl_msec=7, notify=False)
        room.deliver(name, UNSIGNED, changed, facts_of(first[0]))
        room.forge(name, "message", events[4], events[0], facts_of(first[4]))
    texts = {event: words["text"] for events in said.values()
             for event, words in zip(events, first)}
    edits = {}
    for name in room.speakers:
        edits[name] = replies(room, name, said, texts)
    for name in room.speakers:
        replies_to_edited(room, name, said, edits)
    badly(room, said[SDK][0])
    for name in room.speakers:
        act(room, name, [event.sequence_id for event in said[name]])
        metadata(room, name)
        if room.plan["media"]:
            send_files(room, name)
    room.read_all()


def replies(room, name, said, texts):
    """Replies, reactions and edits under the second key; the edits."""
    other = next(speaker for speaker in room.speakers if speaker != name)
    words = list(about(said[name], said[other]))
    events, _, _ = room.say(name, 2, words)
    last = {}
    for one, event in zip(words, events, strict=True):
        original = one.get("reply_to")
        kind = "reply" if original else one["kind"]
        quote = original and quote_of(original, texts[original])
        room.deliver(name, kind, event, facts_of(one, quote))
        last.setdefault(kind, []).append((event, facts_of(one, quote)))
    for (event, says), *_, (other_event, _) in last.values():
        room.forge(name, "message", event, other_event, says)
    return [event for event, _ in last["edit"]]


def replies_to_edited(room, name, said, edits):
    words, quotes = [], []
    for speaker, (edit, with_entities) in edits.items():
        for index, edit, quoted in ((0, edit, "edited"), (4, with_entities, "edited #x")):
            original = said[speaker][index]
            words.append(text("reply", reply_to=original, reply_to_edit=edit))
            quotes.append(quote_of(original, quoted))
    events, _, _ = room.say(name, 2, words)
    for one, quote, event in zip(words, quotes, events, strict=True):
        room.deliver(name, "reply to an edited message", event, facts_of(one, quote))


def badly(room, original):
    cases = list(only_the_sdk_says(original, room.keys[1]))
    events, _, _ = room.say(SDK, 2, [words for words, _, _ in cases])
    for (words, wanted, group), event in zip(cases, events, strict=True):
        facts = {}
        for index, reader in enumerate((OURS, SDK)):
            claims = words.get("preview", {})
            quote = quote_of(original, claims.get("reply_to_text", "hello"))
            if "reply_to_sender_id" in claims:
                quote["sender_id"] = str(claims["reply_to_sender_id"])
            if "reply_to_sequence_id" in claims:
                quote["sequence_id"] = claims["reply_to_sequence_id"]
            if not words["reply_to"]:
                quote["message_id"] = None
            if group in QUOTES:
                quote["is"] = QUOTES[group][index]
            facts[reader] = event.envelope() | {"says": facts_of(words, quote)}
        room.deliver(SDK, group, event, None, wanted, facts=facts)


def act(room, name, targets):
    speaker = room.speakers[name]
    others = [user for user in room.versions if user != speaker]
    does = list(deeds(room.plan, speaker, others, targets, room.key_versions[1]))
    _, events, _ = room.say(name, 2, actions=does)
    for index, (one, event) in enumerate(zip(does, events, strict=True)):
        facts = {reader: event.envelope() | {"says": shown(one, reader)}
                 for reader in room.parties}
        room.deliver(name, one["kind"], event, None, facts=facts)
        room.forge(name, "action", event, events[index - 1], None, facts)
        for what, otherwise in contents.otherwise(one):
            forged = contents.replace(event, does=otherwise)
            room.deliver(name, f"part changed, {what}", forged, None, "refused")


def metadata(room, name):
    _, _, sealed = room.say(name, 2, fields=METADATA)
    for words, field in zip(METADATA, sealed, strict=True):
        room.fields.append((name, "metadata field", "accepted", field, words))
    version, field = sealed[1]
    data = server.decode(field)
    for bit in range(8 * len(data)):
        changed = [version, server.encode(contents.bit_flipped(data, bit))]
        room.fields.append(
            (name, "metadata field, every bit of a field", "refused", changed, None))


def send_files(room, name):
    def media(size, key):
        file = room.work / f"{size}.bin"
        file.write_bytes(files.plain(size))
        encrypted = room.work / f"{name}-{size}-{key}.enc"
        return {"hash_key": f"{name}{size}", "type": 1 + size % 6, "width": 640, "height": 480,
                "duration_msec": 7, "size": size, "name": f"{size} ☃.bin", "file": str(file),
                "encrypted": str(encrypted)}

    plans = {key: [text(f"{size} bytes", media=[media(size, key)]) for size in files.SIZES]
             for key in (1, 2)}
    for words in plans.values():
        events, _, _ = room.say(name, 1 if words is plans[1] else 2, words)
    data = {size: tuple((room.work / f"{name}-{size}-{key}.enc").read_bytes() for key in (1, 2))
            for size in files.SIZES}
    for size, words, event in zip(files.SIZES, plans[2], events, strict=True):
        room.deliver(name, "text with a file", event, facts_of(words))
        older, encrypted = data[size]
        other = data[files.SIZES[files.SIZES.index(size) - 1]][1]
        length = 24 + size + 17 * -(-size // 1024)
        room.check(name, [(f"file of {size} bytes: as long as it must be",
                           len(encrypted) == length)])
        cases = [(f"file of {size} bytes", "accepted", encrypted),
                 *files.tampered(size, encrypted, other, older)]
        for index, (what, wanted, changed) in enumerate(cases):
            path = room.work / f"{name}-{size}-{index}.case"
            path.write_bytes(changed)
            plain = b"" if what == "file: nothing but the header" else files.plain(size)
            room.files.append((name, what, wanted, event.encode(), path, plain))


def talk(tally, makers, speakers, work):
    """Everything that the speakers say to each other, in conversations of both makers."""
    work = work / "content"
    work.mkdir(exist_ok=True)
    before, forged = sum(map(sum, tally.counts.values())), set()
    for maker in makers:
        taken = plans(maker.name)
        for plan, made in zip(taken, maker.run("make", taken), strict=True):
            room = Room(tally, server.Mailbox(plan, made), speakers, work)
            converse(room)
            forged |= room.forged
    checks = sum(map(sum, tally.counts.values())) - before
    tally.add("content, no forgery left out", forged == set(REASONS),
              str(sorted(forged ^ set(REASONS))))
    tally.add("content, no check left out", checks == CHECKS, f"{checks} of {CHECKS}")
