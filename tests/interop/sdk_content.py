"""X's official SDK for Python (`chatxdk`) as one who writes and reads messages.

    python sdk_content.py say JOB.json OUT.json
    python sdk_content.py hear JOB.json OUT.json
"""
import pathlib
import sys
import uuid

import sdk
from contents import deed_detail, deed_payload
from sdk import decode, encode

MEDIA_TYPES = ["IMAGE", "GIF", "VIDEO", "AUDIO", "FILE", "SVG"]
DELETE = "delete_messages"
# Pieces that fit nothing.
PIECE = 4099


def member(job, user_id):
    """A user's SDK, their key version, and what it adopts of the key changes."""
    user = next(user for user in job["users"] if user["user_id"] == user_id)
    chat, version = sdk.chat_of(user), user["public_key_version"]
    chat.set_identity(user_id, version)
    signing_keys = [sdk.signing_key(user["row"]) for user in job["users"]]
    adopted = chat.decrypt_events(job["key_changes"], signing_keys)
    assert not adopted["errors"], adopted["errors"]
    return chat, version, signing_keys, adopted["conversation_keys"]


# -- writing --------------------------------------------------------------------------------------

def say(job):
    chat, version, _, adopted = member(job, job["speaker"])
    newest = adopted["latest_version"]
    key = adopted["keys"][newest]
    return {
        "messages": [body_of(message(chat, job, one, key, newest)) for one in job["messages"]],
        "actions": [action(chat, version, job, does) for does in job["actions"]],
        "fields": [[newest, chat.encrypt(text, key)] for text in job["fields"]]}


def body_of(payload):
    """The body of the messages endpoint, as the SDK's documentation maps it."""
    return {"message_id": payload.message_id,
            "encoded_message_create_event": payload.encrypted_content,
            "encoded_message_event_signature": payload.encoded_event_signature}


def message(chat, job, said, key, version):
    under = {"conversation_key": decode(said["key"]) if "key" in said else key,
             "conversation_key_version": said.get("key_version", version)}
    kind, conversation = said["kind"], job["conversation_id"]
    if kind == "text":
        under |= {"entities": entities(said), "should_notify": said["notify"],
                  "ttl_msec": said["ttl_msec"],
                  "attachments": [attachment(chat, one, key) for one in said["media"]] or None}
        if not said["reply_to"] and "preview" not in said:
            return chat.encrypt_message(conversation, said["text"], **under)
        return chat.encrypt_reply(
            conversation, said["text"], said["reply_to"],
            reply_to_edit_event=said["reply_to_edit"], reply_to_ckces=job["key_changes"],
            **said.get("preview", {}), **under)
    target = {"conversation_id": conversation, "target_message_sequence_id": said["target"]}
    if kind == "edit":
        return chat.encrypt_edit(updated_text=said["text"], entities=entities(said), **target,
                                 **under)
    react = {"add_reaction": chat.encrypt_add_reaction,
             "remove_reaction": chat.encrypt_remove_reaction}[kind]
    return react(emoji=said["emoji"], **target, **under)


def entities(said):
    names = {"phone": "phone_number"}
    return [(start, end, names.get(kind, kind)) for kind, start, end in said["entities"]] or None


def attachment(chat, plan, key):
    plain = pathlib.Path(plan["file"]).read_bytes()
    encrypted = chat.encrypt_stream(plain, key)
    stream = chat.stream_encryptor(key)
    pieces = [stream.push(plain[at:at + PIECE]) for at in range(0, len(plain), PIECE)]
    pieces = b"".join([*pieces, stream.finish()])
    # Both ways to encrypt take turns in what the others get to see.
    pathlib.Path(plan["encrypted"]).write_bytes(pieces if len(plain) % 2 else encrypted)
    return {"attachment_type": "media", "media_hash_key": plan["hash_key"],
            "media_type": plan["type"], "width": plan["width"], "height": plan["height"],
            "duration_millis": plan["duration_msec"], "filesize_bytes": plan["size"],
            "filename": plan["name"]}


def action(chat, version, job, does):
    sender, conversation = job["speaker"], job["conversation_id"]
    if does["kind"] == DELETE:
        return chat.prepare_message_delete(conversation, does["messages"], does["for_all"])
    # The SDK reads the other actions and prepares none of them: it signs what is written here.
    message_id = str(uuid.uuid4())
    payload = deed_payload(does, message_id, sender, conversation)
    return {"message_id": message_id,
            "encoded_message_event_detail": encode(deed_detail(does, conversation)),
            "signature": encode(chat.sign(payload.encode())).rstrip("="),
            "public_key_version": version, "signature_version": "7",
            "signature_payload": payload}


# -- reading --------------------------------------------------------------------------------------

def hear(job):
    chat, _, signing_keys, adopted = member(job, job["reader"])
    keys = adopted["keys"]
    batch = chat.decrypt_events(job["key_changes"] + job["events"], signing_keys)
    delivered = {one["original_b64"]: one["event"] for one in batch["messages"]}
    first = len(job["key_changes"])
    newest = keys[adopted["latest_version"]]
    return {
        "events": [verdict(chat, event, keys, signing_keys, delivered.get(event),
                           batch["errors"].get(str(index)))
                   for index, event in enumerate(job["events"], first)],
        "files": [file_verdict(chat, one, newest) for one in job["files"]],
        "fields": [field_verdict(chat, text, keys[version]) for version, text in job["fields"]]}


def verdict(chat, event, keys, signing_keys, delivered, batch_error):
    """The SDK has two ways to read; a verdict is what both of them say."""
    try:
        alone = chat.decrypt_event(event, keys, signing_keys)
    except ValueError as error:
        if not batch_error or delivered:
            return {"contradiction": f"refused alone, but not in a batch: {error}"}
        return {"refused": str(error).splitlines()[0]}
    if batch_error:
        return {"contradiction": f"accepted alone, but not in a batch: {batch_error}"}
    if not alone["verified"] or delivered != alone:
        return {"contradiction": f"neither refused nor verified: {alone}"}
    envelope = {"message_id": alone["id"], "sequence_id": alone["sequence_id"],
                "sender_id": alone["sender_id"], "conversation_id": alone["conversation_id"]}
    if alone["type"] == "Message":
        ttl = alone["ttl_msec"]
        return {"accepted": envelope | {
            "key_version": alone["key_version"], "notify": alone["should_notify"],
            "ttl_msec": None if ttl is None else str(ttl),
            "says": said(alone["content"], alone.get("reply_preview_validation"))}}
    return {"accepted": envelope | {"says": done(alone)}}


def said(content, validation):
    """What a message says, in the plan's words."""
    kind = content["content_type"]
    if kind == "Text":
        return {"kind": "text", "text": content["text"], "entities": shown_entities(content),
                "media": [shown_media(one["media"]) for one in content.get("attachments") or []],
                "reply": shown_reply(content.get("replying_to_preview"), validation)}
    if kind == "Edit":
        return {"kind": "edit", "target": content["target_message_id"],
                "text": content["new_text"], "entities": shown_entities(content)}
    kind = {"Reaction": "add_reaction", "ReactionRemoved": "remove_reaction"}[kind]
    return {"kind": kind, "target": content["target_message_id"], "emoji": content["emoji"]}


def shown_entities(content):
    names = {"phoneNumber": "phone"}
    return [[names.get(name, name), one["start_index"], one["end_index"]]
            for one in content.get("entities") or [] for name in one["content"]]


def shown_media(media):
    size = media["dimensions"]
    return {"hash_key": media["media_hash_key"], "type": MEDIA_TYPES.index(media["type"]) + 1,
            "width": size["width"], "height": size["height"],
            "duration_msec": media["duration_millis"], "size": media["filesize_bytes"],
            "name": media["filename"]}


def shown_reply(preview, validation):
    if not preview:
        return None
    return {"is": (validation or "Unchecked").lower(),
            "message_id": preview["replying_to_message_id"],
            "sequence_id": preview["replying_to_message_sequence_id"],
            "sender_id": preview["sender_id"], "text": preview["message_text"]}


def done(event):
    """What the SDK shows of an action, in the plan's words."""
    kind, change = event["type"], event.get("change", {})
    if kind == "MessageDeleted":
        return {"kind": DELETE, "messages": event["message_ids"],
                "for_all": event["delete_for_all"]}
    if kind == "ConversationDeleted":
        return {"kind": "delete_conversation",
                "clear_all_messages": event["clear_all_messages"]}
    if kind == "ReadReceipt":
        return {"kind": "mark_read", "seen_until": event["seen_until_id"],
                "seen_at": event["seen_at_msec"]}
    if kind == "MarkedUnread":
        return {"kind": "mark_unread", "seen_until": event["seen_until_id"]}
    shown = {
        "TitleChanged": lambda: {"kind": "title", "title": change["new_title"]},
        "AvatarChanged": lambda: {"kind": "avatar", "avatar_url": change["new_avatar_url"]},
        "AdminsAdded": lambda: {"kind": "add_admins", "users": change["admin_ids"]},
        "AdminsRemoved": lambda: {"kind": "remove_admins", "users": change["admin_ids"]},
        "MembersRemoved": lambda: {"kind": "remove_members", "users": change["member_ids"]},
        "InviteEnabled": lambda: {"kind": "enable_invite", "url": change["invite_url"],
                                  "expires_at": change["expires_at_msec"]},
        "InviteDisabled": lambda: {"kind": "disable_invite", "user": change["disabled_by"]},
        "JoinRequested": lambda: {"kind": "request_to_join", "user": change["user_id"]},
        "JoinRejected": lambda: {"kind": "reject_join", "users": change["user_ids"]},
        "MessageDuration": lambda: {"kind": "set_message_ttl", "ttl_msec": change["ttl_msec"],
                                    "applies_to_all": change["apply_to_all"]},
        "MessageDurationRemoved": lambda: {"kind": "remove_message_ttl"},
        "Muted": lambda: {"kind": "mute"},
        "Unmuted": lambda: {"kind": "unmute"},
        **{f"ScreenCapture{what}{state}": lambda what=what, state=state: {
            "kind": "screen_capture", "blocking": what == "Blocking",
            "enabled": state == "Enabled"}
           for what in ("Detection", "Blocking") for state in ("Enabled", "Disabled")},
    }
    return shown[change.get("change_type") or change.get("setting")]()


def file_verdict(chat, download, key):
    """As with events: a verdict is what both ways to decrypt say."""
    encrypted = pathlib.Path(download["encrypted"]).read_bytes()
    try:
        whole = chat.decrypt_stream(encrypted, key)
    except ValueError as error:
        whole = error
    stream = chat.stream_decryptor(key)
    try:
        pieces = b"".join([stream.push(encrypted[at:at + PIECE])
                           for at in range(0, len(encrypted), PIECE)] + [stream.finish()])
    except ValueError as error:
        pieces = error
    if isinstance(whole, ValueError) and isinstance(pieces, ValueError):
        return {"refused": str(whole)}
    if whole != pieces:
        return {"contradiction": f"{whole!r:.80} at once, {pieces!r:.80} in pieces"}
    pathlib.Path(download["file"]).write_bytes(whole)
    return {"accepted": None}


def field_verdict(chat, text, key):
    try:
        return {"accepted": chat.decrypt(text, key)}
    except ValueError as error:
        return {"refused": str(error)}


if __name__ == "__main__":
    sdk.main({"say": say, "hear": hear}, *sys.argv[1:])
