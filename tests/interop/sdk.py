"""X's official SDK for Python (`chatxdk`) as one of the parties.

    python sdk.py make PLAN.json OUT.json
    python sdk.py read INBOX.json OUT.json
"""
import base64
import json
import sys
import time

from chat_xdk import Chat

MEMBERS = ("public_key", "signing_public_key", "identity_public_key_signature",
           "signing_public_key_signature", "public_key_fingerprint", "registration_method")


def encode(data):
    return base64.b64encode(bytes(data)).decode()


def decode(text):
    return base64.b64decode(text, validate=True)


def chat_of(user):
    chat = Chat()
    chat.import_keys(decode(user["private_keys"]), user["public_key_version"])
    return chat


# -- making ---------------------------------------------------------------------------------------

def make(plan):
    chats, participants, public_keys = {}, [], []
    for user in plan["participants"]:
        chat = Chat()
        registration = chat.generate_keypairs().public_key
        participants.append({
            "user_id": user["user_id"],
            "private_keys": encode(chat.export_keys()),
            "registration": {name: getattr(registration, name) for name in MEMBERS}})
        public_keys.append({"user_id": user["user_id"], "public_key": registration.public_key,
                            "key_version": user["public_key_version"]})
        chats[user["user_id"]] = chat
    versions = {user["user_id"]: user["public_key_version"] for user in plan["participants"]}
    sender = plan["sender"]
    chats[sender].set_identity(sender, versions[sender])
    changes = []
    for _ in range(2):
        changes.append(change_of(prepare(chats[sender], public_keys, plan)))
        time.sleep(0.002)  # the SDK counts versions in milliseconds
    return {"participants": participants, "changes": changes}


def prepare(chat, public_keys, plan):
    conversation, group = plan["conversation_id"], plan.get("group")
    if not group:
        # Of a one-to-one conversation the SDK works out the id.
        known = {} if ":" in conversation else {"conversation_id": conversation}
        return chat.prepare_conversation_key_change(public_keys, **known)
    if not group["new_members"]:
        return chat.prepare_group_create(
            public_keys, conversation, group["members"], group["admins"], title=group["title"],
            avatar_url=group["avatar_url"], ttl_msec=group["ttl_msec"])
    return chat.prepare_group_members_change(
        public_keys, conversation, group["new_members"], group["members"], group["admins"],
        group["pending_members"], current_title=group["title"],
        current_avatar_url=group["avatar_url"], current_ttl_msec=group["ttl_msec"],
        current_screen_capture_blocking_enabled=group["screen_capture_blocking"])


def change_of(prepared):
    """The body of the keys endpoint, as the SDK's documentation maps it."""
    return {
        "conversation_id": prepared["conversation_id"],
        "conversation_key": encode(prepared["conversation_key"]),
        "body": {
            "conversation_key_version": prepared["conversation_key_version"],
            "conversation_participant_keys": [
                {"user_id": key["user_id"], "encrypted_conversation_key": key["encrypted_key"],
                 "public_key_version": key["public_key_version"]}
                for key in prepared["participant_keys"]],
            "action_signatures": [
                {"message_id": action["message_id"],
                 "encoded_message_event_detail": action["encoded_message_event_detail"],
                 "message_event_signature": {
                     name: action[name]
                     for name in ("signature", "public_key_version", "signature_version")},
                 **{name: action[name] for name in ("signature_payload",) if action.get(name)}}
                for action in prepared["action_signatures"]]}}


# -- reading --------------------------------------------------------------------------------------

def read(inbox):
    users = {user["user_id"]: user for user in inbox["users"]}
    keys = {user["user_id"]: signing_key(user["row"]) for user in inbox["users"]}
    return {
        "users": [user_verdict(user, chat_of(user)) for user in inbox["users"]],
        "rows": [row_verdict(Chat(), row["row"]) for row in inbox["rows"]],
        # Each reader is new: the SDK remembers the newest version it has seen.
        "events": [[verdicts(chat_of(users[reader]), [event["event"]],
                             [keys[signer] for signer in event["signers"]])[0]
                    for reader in event["readers"]] for event in inbox["events"]],
        "requests": [[verdicts(chat_of(users[reader]), request["events"],
                               [keys[signer] for signer in request["signers"]])
                      for reader in request["readers"]] for request in inbox["requests"]]}


def signing_key(row):
    return {"user_id": row["user_id"], "public_key_version": row["public_key_version"],
            "public_key": row["signing_public_key"], "identity_public_key": row["public_key"],
            "identity_public_key_signature": row["identity_public_key_signature"]}


def user_verdict(user, chat):
    """What the SDK makes of private keys. It cannot repeat a registration as a whole: no call
    signs with the identity key, so that signature is verified instead."""
    keys = chat.get_public_keys()
    identity, signing = spki(keys.identity), spki(keys.signing)
    reverse = user["registration"]["signing_public_key_signature"]
    verified = chat.verify(identity, decode(reverse), decode(signing))
    return {
        "private_keys": encode(chat.export_keys()),
        "registration": {
            "public_key": identity,
            "signing_public_key": signing,
            "identity_public_key_signature": encode(chat.sign(decode(identity))),
            "signing_public_key_signature": reverse if verified else "does not verify",
            "public_key_fingerprint": chat.get_public_key_fingerprint(),
            "registration_method": "CustomPin"}}


def spki(uncompressed):
    prefix = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
    return encode(prefix + decode(uncompressed))


def row_verdict(chat, row):
    try:
        bound = chat.verify_key_binding(row["public_key"], row["signing_public_key"],
                                        row["identity_public_key_signature"])
    except ValueError as error:
        return {"refused": str(error)}
    return {"accepted": None} if bound else {"refused": "verify_key_binding: False"}


def verdicts(chat, events, signing_keys):
    """The SDK has two ways to read; a verdict is what both of them say. Of several events the
    first is the key change."""
    batch = chat.decrypt_events(events, signing_keys)
    delivered = {message["original_b64"]: message["event"] for message in batch["messages"]}
    adopted = batch["conversation_keys"]
    found = [verdict(chat, event, signing_keys, batch["errors"].get(str(index)),
                     delivered.get(event), adopted) for index, event in enumerate(events)]
    if "refused" in found[0] and adopted["keys"]:
        found[0] = {"contradiction": "refused, but a key was adopted"}
    return found


def verdict(chat, event, signing_keys, batch_error, delivered, adopted):
    try:
        alone = chat.decrypt_event(event, {}, signing_keys)
    except ValueError as error:
        if not batch_error or delivered:
            return {"contradiction": f"refused alone, but not in a batch: {error}"}
        return {"refused": str(error).splitlines()[0]}
    if batch_error:
        return {"contradiction": f"accepted alone, but not in a batch: {batch_error}"}
    if not alone["verified"] or delivered != alone:
        return {"contradiction": f"neither refused nor verified: {alone}"}
    if alone["type"] == "GroupChange":
        return {"accepted": facts(alone)}
    if alone["type"] != "KeyChange":
        return {"contradiction": f"neither a key change nor a group's: {alone}"}
    version = alone["key_version"]
    if adopted["latest_version"] != version or list(adopted["keys"]) != [version]:
        return {"contradiction": f"verified, but adopted {adopted['latest_version']}"}
    return {"accepted": encode(adopted["keys"][version])}


def facts(event):
    """What the SDK shows of a group action."""
    change = event["change"]
    shown = {"message_id": event["id"], "sender_id": event["sender_id"],
             "conversation_id": event["conversation_id"]}
    if change["change_type"] == "Created":
        return shown | {"members": change["member_ids"], "admins": change["admin_ids"],
                        "title": change.get("title"), "avatar_url": change.get("avatar_url")}
    if change["change_type"] == "MembersAdded":
        return shown | {"members": change["current_member_ids"],
                        "admins": change["current_admin_ids"],
                        "new_members": change["member_ids"]}
    return change


def main(verbs, verb, source, target):
    with open(source, encoding="utf-8") as file:
        given = json.load(file)
    work = verbs[verb]
    with open(target, "w", encoding="utf-8") as file:
        json.dump([work(one) for one in given], file)


if __name__ == "__main__":
    main({"make": make, "read": read}, *sys.argv[1:])
