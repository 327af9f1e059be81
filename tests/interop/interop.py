"""Lets the parties make, deliver and read, and compares what comes out.

    python interop.py WORK_DIR OURS EXPORT.json [SDK.mjs]

OURS is this package's program, EXPORT.json what the example `export_official_check` wrote, SDK.mjs
the party that needs Node. Prints one line per group of
checks, then `interop: N passed, M failed`; succeeds when none failed.
"""
import collections
import json
import pathlib
import subprocess
import sys

import content
import groups
import server

HERE = pathlib.Path(__file__).parent
OURS, PYTHON, NODE = "sealpost", "chatxdk", "npm chat-xdk"
EXPORTER = "export_official_check"

# What this library must say to each forgery, so that none is refused for a reason of its own.
VERIFY, OPEN, BINDING = {"signature.verify"}, {"sealed_key.open"}, {"record.binding"}
REASONS = {
    "signature bit": VERIFY,
    "sealed copy bit": OPEN,
    "key version": VERIFY,
    "message id": VERIFY,
    "sender": VERIFY | {"read.unknown_signer"},
    "conversation id": VERIFY | {"read.wrong_conversation"},
    "another change's copy": VERIFY,
    "copies swapped": OPEN,
    "copies swapped, equal key versions": OPEN,
    "signature version '8'": {"read.signature_version"},
    "signature version '07'": {"read.signature_version"},
    "signature version ''": {"read.signature_version"},
    "bytes after the event": {"wire.trailing_bytes"},
    "every entry twice": {"event.duplicate_entry"},
    "row: binding bit": BINDING,
    "row: another user's public_key": BINDING,
    "row: another user's signing_public_key": BINDING,
    "row: another user's identity_public_key_signature": BINDING,
    "row: reverse signature bit": BINDING,
}
ALL_REASONS = REASONS | groups.REASONS


# -- who talks about what -------------------------------------------------------------------------

def plans(maker):
    """Ids like X's, of different lengths: in `A:B` the smaller number goes first."""
    first = 1215441834412953600

    def users(count, equal_versions=False):
        ids = [2244994945] + [first + index * 7919000003 for index in range(1, count)]
        return [{"user_id": str(user),
                 "public_key_version": str(1790000000000 + (0 if equal_versions else index))}
                for index, user in enumerate(ids)]

    def group(name, number, sender, participants):
        return {"name": name, "conversation_id": f"g{number}", "participants": participants,
                "sender": participants[sender]["user_id"]}

    pair = users(2)
    return [
        {"name": "1:1", "conversation_id": ":".join(user["user_id"] for user in pair),
         "participants": pair, "sender": pair[1]["user_id"]},
        group("group of 2", 1990418310492704768, 0, users(2)),
        group("group of 3", 1990418310492704769, 1, users(3)),
        group("group of 50", 1990418310492704770, 24, users(50)),
        group("group of 4, equal key versions", 1990418310492704771, 3, users(4, True)),
        *groups.plans(users, may_invite=maker != OURS),
    ]


# -- parties --------------------------------------------------------------------------------------

class Party:
    """A program that makes and reads. `largest` is the most participants it has time for."""

    def __init__(self, name, work, *command, largest=50, group_actions=True):
        self.name, self.work, self.command = name, work, command
        self.largest, self.group_actions = largest, group_actions

    def takes(self, plan):
        return (len(plan["participants"]) <= self.largest
                and (self.group_actions or "group" not in plan))

    def run(self, verb, given):
        stem = f"{self.name.replace(' ', '-')}-{verb}"
        source, target = self.work / f"{stem}.in.json", self.work / f"{stem}.out.json"
        target.unlink(missing_ok=True)
        source.write_text(json.dumps(given))
        subprocess.run([*self.command, verb, source, target], check=True)
        return json.loads(target.read_text())


class Tally:
    def __init__(self):
        self.counts, self.examples = collections.OrderedDict(), {}

    def add(self, group, passed, why=""):
        counts = self.counts.setdefault(group, [0, 0])
        counts[0 if passed else 1] += 1
        if not passed:
            self.examples.setdefault(group, why)

    def report(self):
        for group, (passed, failed) in self.counts.items():
            print(f"{'FAIL' if failed else 'ok':4}  {group}: {passed} passed, {failed} failed")
            if failed:
                print(f"      for example: {self.examples[group]}")
        passed, failed = (sum(column) for column in zip(*self.counts.values()))
        print(f"interop: {passed} passed, {failed} failed")
        return passed and not failed


def judge(reader, group, wanted, key, verdict):
    """Whether a verdict is the one wanted."""
    if wanted == "ours refuses":
        wanted = "refused" if reader == OURS else "accepted"
    if wanted == "accepted":
        return verdict == {"accepted": key}
    if list(verdict) != ["refused"]:
        return False
    reason = verdict["refused"]
    if reader == OURS:
        return reason in ALL_REASONS[group]
    # Of events the SDK says just this; a forged row is False, or a key it cannot read.
    return group.startswith("row: ") or "Signature verification failed" in reason


def read_all(tally, maker, reader, mailboxes, forgeries):
    """`forgeries`: the groups of checks that there must be besides the honest ones."""
    mailboxes = [mailbox for mailbox in mailboxes if reader.takes(mailbox.plan)]
    verdicts = reader.run("read", [mailbox.inbox for mailbox in mailboxes])
    pair, seen = f"{maker} -> {reader.name}", set()
    for mailbox, verdict in zip(mailboxes, verdicts, strict=True):
        for user, read in zip(mailbox.made["participants"], verdict["users"], strict=True):
            tally.add(f"{pair}, private keys", read["private_keys"] == user["private_keys"])
            # Signatures are deterministic (RFC 6979): the same keys register with the same bytes.
            tally.add(f"{pair}, registration made again",
                      read["registration"] == user["registration"], str(read))
        seen.update(check[0] for check in (
            mailbox.row_checks + mailbox.event_checks + mailbox.request_checks))
        rows = zip(mailbox.row_checks, verdict["rows"], strict=True)
        for (group, wanted, key), row in rows:
            tally.add(label(pair, group, wanted), judge(reader.name, group, wanted, key, row),
                      str(row))
        events = zip(mailbox.inbox["events"], mailbox.event_checks, verdict["events"], strict=True)
        for event, (group, wanted, key), answers in events:
            for user, answer in zip(event["readers"], answers, strict=True):
                tally.add(label(pair, group, wanted),
                          judge(reader.name, group, wanted, key, answer),
                          f"{mailbox.plan['name']}, user {user}: {answer}")
        # A party that reads no group actions is sent none.
        requests = zip(mailbox.inbox["requests"], mailbox.request_checks,
                       verdict.get("requests", []), strict=True)
        for request, (group, key_wanted, key, wanted, action), answers in requests:
            facts = action.facts(reader.name == OURS)
            shown = label(pair, group, "refused" if key_wanted == "refused" else wanted)
            for user, (key_answer, answer) in zip(request["readers"], answers, strict=True):
                passed = (judge(reader.name, group, key_wanted, key, key_answer)
                          and judge(reader.name, group, wanted, facts, answer))
                tally.add(shown, passed,
                          f"{mailbox.plan['name']}, user {user}: {key_answer}, {answer}")
    honest = {"registration", *(mailbox.plan["name"] for mailbox in mailboxes)}
    tally.add(f"{pair}, nothing left out", seen == honest | forgeries,
              str(sorted(seen ^ (honest | forgeries))))


def label(pair, group, wanted):
    if wanted == "accepted":
        return f"{pair}, {group}"
    if wanted == "refused":
        return f"{pair}, tampered: {group}"
    return f"{pair}, only the SDK accepts: {group}"


def mailbox_of(tally, maker, plan, made):
    """Checks what a maker would post, and delivers it."""
    checks = list(server.request_checks(plan, made))
    if "group" not in plan:
        mailbox = server.Mailbox(plan, made)
    else:
        mailbox = groups.GroupMailbox(plan, made)
        checks += groups.request_checks(plan, made)
        if maker.name == OURS:
            checks += [("group request: the body names the planned group",
                        groups.body_check(plan, change)) for change in made["changes"]]
    for group, passed in checks:
        tally.add(f"{maker.name}, {group}", passed, plan["name"])
    return mailbox


def read_exported(tally, path, reader):
    """What the example of this library exports must be good for X's SDK."""
    exported = json.loads(pathlib.Path(path).read_text())
    tally.add(f"{EXPORTER}, schema", exported["schema"] == "xchat-official-check/1")
    mailboxes = [server.Exported(case) for case in exported["cases"]]
    for mailbox in mailboxes:
        for group, passed in server.request_checks(mailbox.plan, mailbox.made):
            tally.add(f"{EXPORTER}, {group}", passed, mailbox.plan["name"])
    sizes = {mailbox.plan["name"]: len(mailbox.plan["participants"]) for mailbox in mailboxes}
    tally.add(f"{EXPORTER}, cases",
              sizes == {"one-to-one": 2, "group of 3": 3, "group of 50": 50}, str(sizes))
    read_all(tally, EXPORTER, reader, mailboxes, set())


def main(work, ours, exported, sdk_mjs=None):
    work = pathlib.Path(work)
    work.mkdir(parents=True, exist_ok=True)
    us = Party(OURS, work, ours)
    python = Party(PYTHON, work, sys.executable, HERE / "sdk.py")
    sdks = [python]
    if sdk_mjs:
        sdks.append(Party(NODE, work, "node", sdk_mjs, largest=10, group_actions=False))
    tally = Tally()
    for maker in [us, *sdks]:
        taken = [plan for plan in plans(maker.name) if maker.takes(plan)]
        mailboxes = [mailbox_of(tally, maker, plan, made) for plan, made
                     in zip(taken, maker.run("make", taken), strict=True)]
        # What an SDK makes and reads itself shows that the forgeries are good ones.
        for reader in [us, *sdks] if maker is us else [us, maker]:
            forgeries = set(REASONS)
            if maker.group_actions and reader.group_actions:
                forgeries |= {*groups.REASONS, groups.UNSIGNED}
            read_all(tally, maker.name, reader, mailboxes, forgeries)
    read_exported(tally, exported, python)
    content.talk(tally, [us, python],
                 [us, Party(PYTHON, work, sys.executable, HERE / "sdk_content.py")], work)
    return 0 if tally.report() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
