"""What is said in the conversations of `content.py`: messages, actions and metadata."""
import contents
import server

OURS, SDK = "sealpost", "chatxdk"


def plans(maker):
    """Two conversations whose keys the maker makes; files are sent in the group."""
    ids = ["2244994945", "1215441834412953601", "1215441834412953605"]
    number = {OURS: 1990418310492704790, SDK: 1990418310492704791}[maker]

    def plan(name, conversation_id, users):
        return {"name": f"{name}, key by {maker}", "conversation_id": conversation_id,
                "sender": users[-1], "media": len(users) > 2,
                "participants": [{"user_id": user, "public_key_version": str(1790000000000 + index)}
                                 for index, user in enumerate(users)]}

    return [plan("1:1", ":".join(ids[:2]), ids[:2]), plan("group of 3", f"g{number}", ids)]


def text(said, entities=(), media=(), ttl_msec=None, notify=True, **reply):
    return {"kind": "text", "text": said, "entities": [list(one) for one in entities],
            "media": list(media), "ttl_msec": ttl_msec, "notify": notify, "reply_to": None,
            "reply_to_edit": None, **reply}


PARTS = "see #tag $TAG @me https://e.invalid a@e.invalid 1 Road +1555"
ENTITIES = [("hashtag", 4, 8), ("cashtag", 9, 13), ("mention", 14, 17), ("url", 18, 35),
            ("email", 36, 47), ("address", 48, 54), ("phone", 55, 60)]


def first_words():
    """What each speaker says first, before the key is changed."""
    return [
        text("hello"),
        text(""),
        text('naïve ☃ 🚀\n"quoted" \\ , \u0000 \u202e'),
        text("long " * 20_000),
        text(PARTS, ENTITIES),
        text("soon gone", ttl_msec=86_400_000, notify=False),
    ]


def about(own, others):
    """What each speaker says of what was said first, own words and the other's, after it."""
    for event in (*own, *others):
        yield text("reply", reply_to=event)
        yield text("reply", [("hashtag", 0, 5)], ttl_msec=1, reply_to=event)
    for event in (own[0], others[0]):
        target = event.sequence_id
        for emoji in ("👍", "❤️", "👩‍👩‍👧‍👦"):
            yield {"kind": "add_reaction", "target": target, "emoji": emoji}
            yield {"kind": "remove_reaction", "target": target, "emoji": emoji}
    yield {"kind": "edit", "target": own[0].sequence_id, "text": "edited", "entities": []}
    yield {"kind": "edit", "target": own[4].sequence_id, "text": "edited #x",
           "entities": [["hashtag", 7, 9]]}


def only_the_sdk_says(original, key):
    """(saying, verdict wanted, group) of what this library would not write."""
    def claim(**preview):
        return text("reply", reply_to=original, preview=preview)

    forged = contents.with_signature_bit(original, 0)
    claimed = {"reply_to_text": "hello", "reply_to_sender_id": int(original.sender_id),
               "reply_to_sequence_id": original.sequence_id}
    yield claim(reply_to_text="hel"), "accepted", "reply, the beginning quoted"
    yield claim(reply_to_text="bye"), "accepted", "reply, another text quoted"
    yield claim(reply_to_sender_id=1), "accepted", "reply, another sender named"
    yield claim(reply_to_sequence_id="7"), "accepted", "reply, another number named"
    yield (text("reply", reply_to=forged, preview=claimed), "accepted",
           "reply, the original forged")
    yield text("reply", preview=claimed), "accepted", "reply without the original"
    other_key = server.encode(bytes(32))
    yield text("hello") | {"key": other_key}, "refused", "encrypted under another key"
    yield (text("hello") | {"key": key, "key_version": "7"}, "refused",
           "encrypted under a key nobody has")


# How each reader must call such a reply; every other one with a quote is "valid".
QUOTES = {
    "reply, another text quoted": ("preview.other_text", "invalid"),
    "reply, another sender named": ("preview.other_message", "invalid"),
    "reply, another number named": ("preview.other_message", "invalid"),
    "reply, the original forged": ("signature.verify", "invalid"),
    "reply without the original": ("preview.no_proof", "unchecked"),
}


def deeds(plan, speaker, others, targets, key_version):
    """Every action there is; of a group's changes none in a direct conversation."""
    def one(kind, **parts):
        return {"kind": kind, **parts}

    yield one("delete_messages", messages=targets[:1], for_all=True)
    yield one("delete_messages", messages=targets, for_all=False)
    yield one("delete_conversation", clear_all_messages=True, sort_order=1795333344318)
    yield one("delete_conversation", clear_all_messages=None, sort_order=None)
    yield one("mark_read", seen_until=targets[0], seen_at=1795333344318)
    yield one("mark_read", seen_until=targets[0], seen_at=None)
    yield one("mark_unread", seen_until=targets[0])
    yield one("mark_unread", seen_until=None)
    yield one("set_message_ttl", ttl_msec=86_400_000, applies_to_all=True)
    yield one("set_message_ttl", ttl_msec=1, applies_to_all=None)
    yield one("remove_message_ttl")
    for kind in ("mute", "unmute"):
        yield one(kind, conversations=[plan["conversation_id"], "g1"])
    for blocking in (False, True):
        for enabled in (False, True):
            yield one("screen_capture", blocking=blocking, enabled=enabled)
    if not plan["conversation_id"].startswith("g"):
        return
    avatar = "https://pbs.example/a.png?size=1&x=%2C"
    for title in ('Team "x" \\ ☃', "2024", None):
        yield one("title", title=title, key_version=key_version)
    for url in (avatar, None):
        yield one("avatar", avatar_url=url, key_version=key_version)
    for kind in ("add_admins", "remove_admins", "remove_members", "reject_join"):
        yield one(kind, users=others[:1])
        yield one(kind, users=others)
    yield one("enable_invite", url="https://x.example/i/1", expires_at=1795333344318,
              affiliate_id="a1")
    yield one("enable_invite", url="https://x.example/i/1", expires_at=None, affiliate_id=None)
    yield one("disable_invite", user=speaker)
    yield one("request_to_join", user=speaker)


METADATA = ["", "Title", "Größer ☃ 🚀", "long " * 1000]
