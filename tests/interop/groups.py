"""Groups as they are created and get new members: a key change and a second signed action.

As in `server.py`, events are framed and payloads written here once more, from the plan.
"""
import struct
from dataclasses import dataclass, replace

from server import (LIST, STRING, Mailbox, boolean, encode, flipped, message_event, structure,
                    text)

I64 = 10
MISFIT, OTHER_MEMBERS = "event.contradictory_members", "read.other_members"
VERIFY, VERSION = {"signature.verify"}, {"read.signature_version"}

# What this library must say to each forgery.
REASONS = {
    f"{kind}: {what}": reasons for kinds, whats, reasons in [
        (("create", "add"), ("signature bit", "message id", "key version", "title", "avatar",
                             "another action's signature", "members in another order",
                             "title 'null'", "avatar 'null'"), VERIFY),
        (("create", "add"), ("sender",), VERIFY | {"read.unknown_signer"}),
        (("create",), ("member replaced",), VERIFY),
        (("add",), ("member replaced", "new member replaced", "admin replaced", "lifetime",
                    "screen capture", "invite"), VERIFY),
        (("add",), ("conversation id",), VERIFY | {"read.wrong_conversation"}),
        (("create",), ("conversation id, its own is expected",), {"read.wrong_conversation"}),
        (("create",), ("conversation id, of the key change too",), VERIFY),
        (("create", "add"), ("signature version '8'", "signature version '07'",
                             "signature version ''"), VERSION),
        (("create", "add"), ("bytes after the event",), {"wire.trailing_bytes"}),
        (("add",), ("invite, relabelled as version 6",), VERSION),
        (("add",), ("a member passed off as new",), {MISFIT, OTHER_MEMBERS}),
        (("add",), ("a new member passed off as an old one",), {"event.missing", OTHER_MEMBERS}),
        (("add",), ("a member passed off as an admin", "an admin passed off as a member"),
         {MISFIT}),
    ] for kind in kinds for what in whats}
# Both sides accept this: nobody signs it, and this library calls it `unsigned_`.
UNSIGNED = "create: admins and lifetime are not signed"


def plans(users, may_invite):
    """`users(count)` are the participants; their ids ascend, as this library lists them. Who is
    invited and has not joined is listed even if nobody is; this library names nobody there."""
    def plan(name, number, sender, size, new=0, pending=(), **details):
        participants = users(size)
        ids = [user["user_id"] for user in participants]
        # New members stand between the others.
        added = ids[1:1 + new]
        so_far = [user for user in ids if user not in added]
        return {"name": name, "conversation_id": f"g{number}", "participants": participants,
                "sender": so_far[sender],
                "group": {"members": so_far, "new_members": added, "admins": so_far[:2],
                          "pending_members": list(pending),
                          "title": None, "avatar_url": None, "ttl_msec": None,
                          "screen_capture_blocking": None, **details}}

    invited = [
        plan("add, somebody invited", 1990418310492704786, 1, 4, new=1, pending=("42",),
             title="T", ttl_msec=5),
    ]
    avatar = "https://pbs.example/a.png?size=1&x=%2C"
    return [
        plan("create, plain", 1990418310492704780, 0, 3),
        plan("create, title, avatar and lifetime", 1990418310492704781, 2, 4,
             title='Team "hello" \\ ☃', avatar_url=avatar, ttl_msec=86_400_000),
        plan("create, title, 50 members", 1990418310492704782, 24, 50, title="2024"),
        plan("add, plain", 1990418310492704783, 0, 4, new=1),
        plan("add, everything", 1990418310492704784, 2, 5, new=2, title="Größer\u00a0☃",
             avatar_url=avatar, ttl_msec=1, screen_capture_blocking=True),
        plan("add, title and screen capture", 1990418310492704785, 3, 12, new=7, title="T",
             screen_capture_blocking=False),
        *(invited if may_invite else []),
    ]


# -- the action, field by field -------------------------------------------------------------------

def optional(number, value):
    return b"" if value is None else text(number, value)


def integer(number, value):
    return b"" if value is None else struct.pack(">bhq", I64, number, value)


def texts(number, values):
    items = (struct.pack(">i", len(value)) + value for value in map(str.encode, values))
    return struct.pack(">bhbi", LIST, number, STRING, len(values)) + b"".join(items)


@dataclass(frozen=True)
class Action:
    """A group action in parts. One without new members creates the group."""
    message_id: str
    sender_id: str
    conversation_id: str
    key_version: str
    new_members: tuple
    members: tuple
    admins: tuple
    pending_members: tuple | None
    title: str | None
    avatar_url: str | None
    ttl_msec: int | None
    screen_capture_blocking: bool | None
    signature: str
    signer_key_version: str
    signature_version: str
    adds: bool
    invite_url: str | None = None

    def detail(self):
        if self.adds:
            blocking, pending = self.screen_capture_blocking, self.pending_members
            change = structure(5, texts(1, self.new_members) + texts(2, self.members)
                               + texts(3, self.admins) + optional(4, self.title)
                               + optional(5, self.avatar_url) + text(6, self.key_version)
                               + integer(7, self.ttl_msec)
                               + (b"" if pending is None else texts(8, pending))
                               + (b"" if blocking is None else boolean(9, blocking))
                               + (structure(11, text(2, self.invite_url))
                                  if self.invite_url else b""))
        else:
            change = structure(1, texts(1, self.members) + texts(2, self.admins)
                               + optional(3, self.title) + optional(4, self.avatar_url)
                               + text(5, self.key_version) + integer(7, self.ttl_msec))
        return structure(4, structure(1, change) + boolean(2, False)) + b"\0"

    def payload(self):
        """What signature version 7 signs."""
        def written(value):
            if isinstance(value, bool):
                return str(value).lower()
            return "null" if value is None else str(value)

        if self.adds:
            name, where = "GroupMemberAddChange", [self.conversation_id]
            rest = [*self.new_members, *self.members, *self.admins, self.title, self.avatar_url,
                    self.ttl_msec, self.key_version, self.screen_capture_blocking]
        else:
            name, where = "GroupCreate", [self.key_version]
            rest = [*self.members, None, self.title, self.avatar_url]
        return ",".join(map(written, [f"GroupChangeEvent.{name}", self.message_id, self.sender_id,
                                      *where, *rest]))

    def encode(self, after=b""):
        return message_event(self, after)

    def facts(self, ours):
        """What a reader has to find in it; X's SDK shows less than this library."""
        facts = {"message_id": self.message_id, "sender_id": self.sender_id,
                 "conversation_id": self.conversation_id, "admins": list(self.admins)}
        if self.adds:
            facts["new_members"] = list(self.new_members)
        else:
            facts |= {"title": self.title, "avatar_url": self.avatar_url}
        if not ours:
            return facts | {"members": list(self.members)}
        facts |= {"title": self.title, "avatar_url": self.avatar_url, "ttl_msec": self.ttl_msec,
                  "key_version": self.key_version,
                  "members_now": sorted(self.members + self.new_members, key=int)}
        if self.adds:
            facts |= {"screen_capture_blocking": self.screen_capture_blocking,
                      "invite_url": self.invite_url}
        return facts


def action_of(body, plan):
    """The second action of a request, as planned."""
    signed, group = body["action_signatures"][1], plan["group"]
    signature = signed["message_event_signature"]
    lists = {name: tuple(group[name]) for name in ("new_members", "members", "admins", "pending_members")}
    return Action(
        message_id=signed["message_id"], sender_id=plan["sender"],
        conversation_id=plan["conversation_id"], key_version=body["conversation_key_version"],
        **lists, title=group["title"], avatar_url=group["avatar_url"],
        ttl_msec=group["ttl_msec"], screen_capture_blocking=group["screen_capture_blocking"],
        signature=signature["signature"], signer_key_version=signature["public_key_version"],
        signature_version=signature["signature_version"], adds=bool(group["new_members"]))


def request_checks(plan, made):
    """(group, passed) for each request of a maker: the action is the planned one."""
    for change in made["changes"]:
        action = action_of(change["body"], plan)
        signed = change["body"]["action_signatures"][1]
        yield "group request: signed detail as planned", (
            signed["encoded_message_event_detail"] == encode(action.detail()))
        yield "group request: signed payload as planned", (
            signed["signature_payload"] == action.payload())


def body_check(plan, change):
    """Whether this library's body names the same group as the action that it signs."""
    group, body = plan["group"], change["body"]
    named = {name: value for name, value in body.items()
             if name not in ("conversation_key_version", "conversation_participant_keys",
                             "action_signatures")}
    if group["new_members"]:
        return named == {"user_ids": group["new_members"]}
    ttl = group["ttl_msec"]
    wanted = {"conversation_id": plan["conversation_id"], "group_members": group["members"],
              "group_admins": group["admins"], "group_name": group["title"],
              "group_avatar_url": group["avatar_url"],
              "ttl_msec": None if ttl is None else str(ttl)}
    return named == {name: value for name, value in wanted.items() if value is not None}


# -- tampering ------------------------------------------------------------------------------------

def replaced(users, one, other):
    return tuple(other if user == one else user for user in users)


def tampered(action, key_change, other_action, versions):
    """(what, action, conversation expected) for everything both sides must refuse."""
    here, elsewhere, stranger = action.conversation_id, "g" + "7" * 18, "2244994946"
    others = [user for user in action.members if user != action.sender_id]

    for position in (0, 63):  # r and s
        signature = flipped(action.signature, position, padded=False)
        yield "signature bit", replace(action, signature=signature), here
    for signed in (key_change, other_action):
        yield "another action's signature", replace(action, signature=signed.signature), here
        yield "message id", replace(action, message_id=signed.message_id), here
    for version in (str(int(action.key_version) + 1), "1"):
        yield "key version", replace(action, key_version=version), here
    stolen = replace(action, sender_id=others[0])
    yield "sender", stolen, here
    yield "sender", replace(stolen, signer_key_version=versions[others[0]]), here
    yield "title", replace(action, title=f"{action.title or ''}!"), here
    yield "avatar", replace(action, avatar_url=f"{action.avatar_url or 'https:'}/"), here
    if action.title is not None:
        yield "title", replace(action, title=None), here
    if action.avatar_url is not None:
        yield "avatar", replace(action, avatar_url=None), here
    for user in {others[0], others[-1]}:
        # An admin has to be a member, or the lists alone would give it away.
        members, admins = (replaced(users, user, stranger)
                           for users in (action.members, action.admins))
        yield "member replaced", replace(action, members=members, admins=admins), here
    yield "members in another order", replace(action, members=action.members[::-1]), here
    if not action.adds:
        return
    for user in {action.new_members[0], action.new_members[-1]}:
        new_members = replaced(action.new_members, user, stranger)
        yield "new member replaced", replace(action, new_members=new_members), here
    common = next(user for user in action.members if user not in action.admins)
    yield "admin replaced", replace(action, admins=(action.admins[0], common)), here
    yield "lifetime", replace(action, ttl_msec=(action.ttl_msec or 0) + 1), here
    for blocking in {True, False, None} - {action.screen_capture_blocking}:
        yield "screen capture", replace(action, screen_capture_blocking=blocking), here
    yield "invite", replace(action, invite_url="https://evil.invalid"), here
    moved = replace(action, conversation_id=elsewhere)
    yield "conversation id", moved, here
    yield "conversation id", moved, elsewhere


def beyond(action):
    """(what, action) for what X's SDK accepts and this library must not."""
    for version in ("8", "07", ""):
        yield f"signature version {version!r}", replace(action, signature_version=version)
    # An absent text is signed as `null`.
    if action.title is None:
        yield "title 'null'", replace(action, title="null")
    if action.avatar_url is None:
        yield "avatar 'null'", replace(action, avatar_url="null")
    if not action.adds:
        moved = replace(action, conversation_id="g" + "7" * 18)
        yield "conversation id, its own is expected", moved
        return
    # Nothing in the payload divides one list from the next.
    new, members, admins = action.new_members, action.members, action.admins
    yield "a member passed off as new", (
        replace(action, new_members=new + members[:1], members=members[1:]))
    yield "a new member passed off as an old one", (
        replace(action, new_members=new[:-1], members=new[-1:] + members))
    yield "a member passed off as an admin", (
        replace(action, members=members[:-1], admins=members[-1:] + admins))
    yield "an admin passed off as a member", (
        replace(action, members=members + admins[:1], admins=admins[1:]))
    # Version 6 signs those invited, here nobody, and no invite.
    if not action.pending_members:
        yield "invite, relabelled as version 6", (
            replace(action, signature_version="6", invite_url="https://evil.invalid"))


class GroupMailbox(Mailbox):
    """Requests with two actions. `request_checks` runs parallel to the inbox's `requests`:
    (group, verdict wanted on the key change, key, verdict wanted on the action, action)."""

    def _honest(self):
        for change, event in zip(self.made["changes"], self.changes()):
            self._request(self.plan["name"], event, action_of(change["body"], self.plan),
                          key=change["conversation_key"])

    def _hostile(self):
        event, other_event = self.changes()
        action, other = (action_of(change["body"], self.plan) for change in self.made["changes"])
        kind = "add" if action.adds else "create"
        key = self.made["changes"][0]["conversation_key"]
        for what, change, expected in tampered(action, event, other, self.versions):
            # The key change stays honest, and goes where the action goes.
            moved = expected != event.conversation_id
            self._request(f"{kind}: {what}", replace(event, conversation_id=expected), change,
                          key=key, key_wanted="refused" if moved else "accepted",
                          wanted="refused")
        for what, change in beyond(action):
            self._request(f"{kind}: {what}", event, change, key=key, wanted="ours refuses")
        after = "bytes after the event"
        self._request(f"{kind}: {after}", event, action, key=key, wanted="ours refuses",
                      after=b"\0")
        if not action.adds:
            elsewhere = "g" + "7" * 18
            self._request("create: conversation id, of the key change too",
                          replace(event, conversation_id=elsewhere),
                          replace(action, conversation_id=elsewhere), key_wanted="refused")
            self._request(UNSIGNED, event,
                          replace(action, admins=action.members[-1:], ttl_msec=7), key=key)

    def _request(self, group, event, action, key=None, key_wanted="accepted", wanted="accepted",
                 after=b""):
        self.inbox["requests"].append({
            "events": [event.encode(), action.encode(after)],
            "conversation_id": event.conversation_id, "readers": list(self.rows),
            "members_before": self.plan["group"]["members"],
            "signers": list({event.sender_id, action.sender_id})})
        self.request_checks.append((group, key_wanted, key, wanted, action))
