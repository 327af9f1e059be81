//! Groups: the rules for the members of the bodies. Every rule has a row, and each row breaks a body
//! that is valid otherwise.

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::wire::{
    GroupChange, GroupCreate as Create, GroupMemberAddChange, MessageEventDetail,
};
use sealpost_sandbox::Contract;
use serde_json::{Value, json};

use crate::support::groups::{CREATE, members_path, valid_addition, with_group_in};
use crate::support::{World, assert_refused, rows, text};

type Break = fn(&mut Value);

const DETAIL: &str = "action_signatures[1].encoded_message_event_detail";
const KEY_DETAIL: &str = "action_signatures[0].encoded_message_event_detail";

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name).unwrap();
}

fn action(body: &mut Value, index: usize) -> &mut Value {
    &mut body["action_signatures"][index]
}

/// Changes the detail of the group action, and leaves the body as it is.
fn redetail(body: &mut Value, change: impl FnOnce(&mut GroupChange<'_>)) {
    let encoded = &mut action(body, 1)["encoded_message_event_detail"];
    let bytes = decode_base64(text(encoded)).unwrap();
    let mut detail = MessageEventDetail::decode(&bytes).unwrap();
    let MessageEventDetail::GroupChange(event) = &mut detail else { panic!() };
    change(event.group_change.as_mut().unwrap());
    *encoded = encode_base64(&detail.encode().unwrap()).into();
}

fn recreate(body: &mut Value, change: fn(&mut Create<'_>)) {
    redetail(body, |group| {
        let GroupChange::Create(create) = group else { panic!() };
        change(create);
    });
}

fn readd(body: &mut Value, change: fn(&mut GroupMemberAddChange<'_>)) {
    redetail(body, |group| {
        let GroupChange::MemberAdd(add) = group else { panic!() };
        change(add);
    });
}

/// Puts another detail in the place of the group action's.
fn set_detail(body: &mut Value, bytes: &[u8]) {
    action(body, 1)["encoded_message_event_detail"] = encode_base64(bytes).into();
}

/// What both bodies have in common.
const SHARED: &[(&str, Break, &str)] = &[
    ("body an array", |b| *b = json!([]), ""),
    ("version missing", |b| remove(b, "conversation_key_version"), "conversation_key_version"),
    (
        "entries missing",
        |b| remove(b, "conversation_participant_keys"),
        "conversation_participant_keys",
    ),
    ("signatures missing", |b| remove(b, "action_signatures"), "action_signatures"),
    ("no signature", |b| b["action_signatures"] = json!([]), "action_signatures"),
    (
        "only the key change",
        |b| drop(b["action_signatures"].as_array_mut().unwrap().pop()),
        "action_signatures",
    ),
    (
        "only the group change",
        |b| drop(b["action_signatures"].as_array_mut().unwrap().remove(0)),
        "action_signatures",
    ),
    (
        "three signatures",
        |b| {
            let more = action(b, 1).clone();
            b["action_signatures"].as_array_mut().unwrap().push(more);
        },
        "action_signatures",
    ),
    (
        "the group change first",
        |b| b["action_signatures"].as_array_mut().unwrap().reverse(),
        KEY_DETAIL,
    ),
    (
        "the key change twice",
        |b| {
            let key_change = action(b, 0).clone();
            *action(b, 1) = key_change;
        },
        DETAIL,
    ),
    (
        "payload of the key change",
        |b| action(b, 0)["signature_payload"] = json!("SECRET"),
        "action_signatures[0].signature_payload",
    ),
    (
        "payload a number",
        |b| action(b, 1)["signature_payload"] = json!(1),
        "action_signatures[1].signature_payload",
    ),
    (
        "one message id for both",
        |b| {
            let message_id = action(b, 0)["message_id"].clone();
            action(b, 1)["message_id"] = message_id;
        },
        "action_signatures[1].message_id",
    ),
    (
        "message id missing",
        |b| remove(action(b, 1), "message_id"),
        "action_signatures[1].message_id",
    ),
    (
        "signature missing",
        |b| remove(action(b, 1), "message_event_signature"),
        "action_signatures[1].message_event_signature",
    ),
    (
        "signature version not digits",
        |b| action(b, 1)["message_event_signature"]["signature_version"] = json!("v7"),
        "action_signatures[1].message_event_signature.signature_version",
    ),
    (
        "signer version not registered",
        |b| action(b, 1)["message_event_signature"]["public_key_version"] = json!("3"),
        "action_signatures[1].message_event_signature.public_key_version",
    ),
    ("detail missing", |b| remove(action(b, 1), "encoded_message_event_detail"), DETAIL),
    ("detail not Thrift", |b| set_detail(b, b"hello"), DETAIL),
    ("detail another event", |b| set_detail(b, &[0x0c, 0, 6, 0, 0]), DETAIL),
    ("detail without a change", |b| set_detail(b, &[0x0c, 0, 4, 0, 0]), DETAIL),
    (
        "detail another group change",
        |b| set_detail(b, &[0x0c, 0, 4, 0x0c, 0, 1, 0x0c, 0, 2, 0, 0, 0, 0]),
        DETAIL,
    ),
];

/// A body that creates a group.
const CREATION: &[(&str, Break, &str)] = &[
    ("id missing", |b| remove(b, "conversation_id"), "conversation_id"),
    ("id a number", |b| b["conversation_id"] = json!(1), "conversation_id"),
    (
        "id of a direct conversation",
        |b| b["conversation_id"] = json!("1001:1002"),
        "conversation_id",
    ),
    ("id of no form", |b| b["conversation_id"] = json!("g"), "conversation_id"),
    ("id that nobody was given", |b| b["conversation_id"] = json!("g1"), "conversation_id"),
    ("members missing", |b| remove(b, "group_members"), "group_members"),
    ("members a string", |b| b["group_members"] = json!("1001"), "group_members"),
    ("members empty", |b| b["group_members"] = json!([]), "group_members"),
    ("member a number", |b| b["group_members"][1] = json!(1002), "group_members[1]"),
    ("member twice", |b| b["group_members"][1] = json!("1001"), "group_members[1]"),
    (
        "member without an entry",
        |b| {
            b["group_members"].as_array_mut().unwrap().push(json!("1003"));
            recreate(b, |c| c.member_ids.push("1003"));
        },
        "conversation_participant_keys",
    ),
    (
        "entry without a member",
        |b| {
            b["group_members"] = json!(["1001"]);
            recreate(b, |c| c.member_ids = vec!["1001"]);
        },
        "conversation_participant_keys[1].user_id",
    ),
    (
        "caller no member",
        |b| {
            b["group_members"] = json!(["1002"]);
            b["group_admins"] = json!([]);
            recreate(b, |c| {
                c.member_ids = vec!["1002"];
                c.admin_ids = vec![];
            });
        },
        "group_members",
    ),
    ("admins a string", |b| b["group_admins"] = json!("1001"), "group_admins"),
    ("admin no member", |b| b["group_admins"] = json!(["1001", "1003"]), "group_admins[1]"),
    ("admin twice", |b| b["group_admins"] = json!(["1001", "1001"]), "group_admins[1]"),
    ("name a number", |b| b["group_name"] = json!(1), "group_name"),
    ("description a list", |b| b["group_description"] = json!([]), "group_description"),
    ("avatar null", |b| b["group_avatar_url"] = json!(null), "group_avatar_url"),
    ("lifetime a number", |b| b["ttl_msec"] = json!(60_000), "ttl_msec"),
    ("lifetime zero", |b| b["ttl_msec"] = json!("0"), "ttl_msec"),
    ("lifetime signed", |b| b["ttl_msec"] = json!("+60000"), "ttl_msec"),
    ("another name than signed", |b| b["group_name"] = json!("Zoë"), DETAIL),
    ("no name, but one signed", |b| remove(b, "group_name"), DETAIL),
    (
        "another avatar than signed",
        |b| b["group_avatar_url"] = json!("https://EXAMPLE.com/a?b=c"),
        DETAIL,
    ),
    ("another lifetime than said", |b| b["ttl_msec"] = json!("60001"), DETAIL),
    ("another admin than said", |b| b["group_admins"] = json!(["1002"]), DETAIL),
    (
        "detail of another version",
        |b| recreate(b, |c| c.conversation_key_version = Some("6")),
        DETAIL,
    ),
    ("detail of other members", |b| recreate(b, |c| c.member_ids = vec!["1001", "1003"]), DETAIL),
    ("detail of fewer members", |b| recreate(b, |c| c.member_ids.truncate(1)), DETAIL),
    ("detail with a member twice", |b| recreate(b, |c| c.member_ids.push("1001")), DETAIL),
    ("detail with no user id", |b| recreate(b, |c| c.member_ids.push("bob")), DETAIL),
    (
        "detail of new members",
        |b| {
            redetail(b, |change| {
                *change = GroupChange::MemberAdd(GroupMemberAddChange::default());
            });
        },
        DETAIL,
    ),
];

/// A body that adds Carol.
const ADDITION: &[(&str, Break, &str)] = &[
    ("users missing", |b| remove(b, "user_ids"), "user_ids"),
    ("users a string", |b| b["user_ids"] = json!("1004"), "user_ids"),
    ("users empty", |b| b["user_ids"] = json!([]), "user_ids"),
    ("user a number", |b| b["user_ids"] = json!([1004]), "user_ids[0]"),
    ("user twice", |b| b["user_ids"] = json!(["1004", "1004"]), "user_ids[1]"),
    (
        "user without an entry",
        |b| {
            b["user_ids"] = json!(["1003", "1004"]);
            readd(b, |a| a.member_ids = vec!["1003", "1004"]);
        },
        "conversation_participant_keys",
    ),
    (
        "entry without a member",
        |b| {
            b["user_ids"] = json!(["1003"]);
            readd(b, |a| a.member_ids = vec!["1003"]);
        },
        "conversation_participant_keys[2].user_id",
    ),
    ("title a number", |b| b["encrypted_title"] = json!(1), "encrypted_title"),
    ("avatar a list", |b| b["encrypted_avatar_url"] = json!([]), "encrypted_avatar_url"),
    ("another title than signed", |b| b["encrypted_title"] = json!("Zoe's"), DETAIL),
    ("another avatar than signed", |b| b["encrypted_avatar_url"] = json!(""), DETAIL),
    ("detail of another version", |b| readd(b, |a| a.conversation_key_version = None), DETAIL),
    ("detail of another user", |b| readd(b, |a| a.member_ids = vec!["1003"]), DETAIL),
    ("detail of more users", |b| readd(b, |a| a.member_ids.push("1003")), DETAIL),
    ("detail of nobody", |b| readd(b, |a| a.member_ids.clear()), DETAIL),
    ("detail with no user id", |b| readd(b, |a| a.current_member_ids.push("01")), DETAIL),
    (
        "detail of a creation",
        |b| redetail(b, |change| *change = GroupChange::Create(Create::default())),
        DETAIL,
    ),
];

/// What contradicts the group as it is. All of them are 409 `conflict`.
const STALE: &[(&str, Break, &str)] = &[
    ("forgets a member", |b| readd(b, |a| a.current_member_ids.truncate(1)), DETAIL),
    ("knows a member too many", |b| readd(b, |a| a.current_member_ids.push("1003")), DETAIL),
    ("counts the new one in", |b| readd(b, |a| a.current_member_ids.push("1004")), DETAIL),
    ("other admins", |b| readd(b, |a| a.current_admin_ids = vec!["1002"]), DETAIL),
    ("another title", |b| readd(b, |a| a.current_title = Some("Another")), DETAIL),
    ("no avatar", |b| readd(b, |a| a.current_avatar_url = None), DETAIL),
    ("another lifetime", |b| readd(b, |a| a.current_ttl_msec = None), DETAIL),
    (
        "adds somebody who is in",
        |b| {
            b["user_ids"] = json!(["1002", "1004"]);
            readd(b, |a| a.member_ids = vec!["1002", "1004"]);
        },
        "user_ids[0]",
    ),
];

/// The row that only 2.167 has a pattern for.
const PATTERN: &str = "signature version not digits";

async fn assert_each_refused(
    world: &World,
    path: &str,
    valid: &Value,
    rules: impl IntoIterator<Item = &(&'static str, Break, &'static str)>,
    (status, kind): (u16, &str),
) {
    for (what, break_it, parameter) in rules {
        if world.client.contract == Contract::V2_165 && *what == PATTERN {
            continue;
        }
        let mut body = valid.clone();
        break_it(&mut body);
        assert_ne!(&body, valid, "{what} breaks nothing");
        let reply = world.post(path, body.to_string().as_bytes()).await;
        assert_refused(what, &reply, status, kind, parameter);
        assert!(!reply.text().contains("SECRET"), "{what}: a payload is never repeated");
    }
}

#[tokio::test]
async fn each_rule_of_a_creation_is_held_and_nothing_is_stored() {
    assert_eq!(
        (SHARED.len(), CREATION.len()),
        (22, 33),
        "a row was added or lost: adjust the count"
    );
    for contract in Contract::ALL {
        let world = World::start_in(contract).await;
        let group = world.mint().await;
        let creation = world.creation(group, 5);
        let valid: Value = serde_json::from_slice(creation.body()).unwrap();
        let rules = SHARED.iter().chain(CREATION);
        assert_each_refused(&world, CREATE, &valid, rules, (400, "invalid-request")).await;
        let events = format!("/2/chat/conversations/{group}/events");
        let reply = world.get(&events, &world.alice.token).await;
        assert_refused("nothing came of it", &reply, 404, "resource-not-found", "id");
        let reply = world.post(CREATE, valid.to_string().as_bytes()).await;
        assert_eq!(reply.status, 201, "the body that was broken is valid: {}", reply.text());
    }
}

#[tokio::test]
async fn each_rule_of_an_addition_is_held_and_nothing_is_stored() {
    assert_eq!((ADDITION.len(), STALE.len()), (17, 8), "a row was added or lost: adjust the count");
    for contract in Contract::ALL {
        let (world, group, carol) = with_group_in(contract).await;
        let valid = valid_addition(&world, group, 6, &carol);
        let path = members_path(group);
        let rules = SHARED.iter().chain(ADDITION);
        assert_each_refused(&world, &path, &valid, rules, (400, "invalid-request")).await;
        assert_each_refused(&world, &path, &valid, STALE, (409, "invalid-request")).await;
        let old = valid_addition(&world, group, 5, &carol);
        let reply = world.post(&path, old.to_string().as_bytes()).await;
        assert_refused(
            "an old version",
            &reply,
            409,
            "invalid-request",
            "conversation_key_version",
        );

        let events = format!("/2/chat/conversations/{group}/events");
        let page = world.get(&events, &world.bob.token).await.json();
        assert_eq!(rows(&page["data"]).len(), 2);
        let reply = world.get(&events, &carol.token).await;
        assert_refused("not in", &reply, 403, "not-authorized-for-resource", "id");
        let reply = world.post(&path, valid.to_string().as_bytes()).await;
        assert_eq!(reply.status, 200, "the body that was broken is valid: {}", reply.text());
    }
}
