//! Deletions: the rules for the body, and for what may be deleted.

use sealpost_crypto::encoding::encode_base64;
use serde_json::{Value, json};

use crate::support::http::Request;
use crate::support::messages::{DELETE, delete_detail, deletion};
use crate::support::{World, assert_refused};

type Break = fn(&mut Value);

const IDS: &str = "sequence_ids";
const DETAIL: &str = "action_signatures[0].encoded_message_event_detail";

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name).unwrap();
}

fn action(body: &mut Value) -> &mut Value {
    &mut body["action_signatures"][0]
}

fn set_detail(body: &mut Value, bytes: &[u8]) {
    action(body)["encoded_message_event_detail"] = encode_base64(bytes).into();
}

/// The id in the valid body, of which `1` is no part.
fn own(body: &Value) -> String {
    body[IDS][0].as_str().unwrap().to_owned()
}

const RULES: &[(&str, Break, &str)] = &[
    ("body a string", |b| *b = json!(""), ""),
    ("ids missing", |b| remove(b, IDS), IDS),
    ("ids a string", |b| b[IDS] = json!("1"), IDS),
    ("ids empty", |b| b[IDS] = json!([]), IDS),
    ("id a number", |b| b[IDS] = json!([1]), "sequence_ids[0]"),
    ("id no number", |b| b[IDS] = json!(["a"]), "sequence_ids[0]"),
    ("id zero-led", |b| b[IDS] = json!(["01"]), "sequence_ids[0]"),
    ("id twice", |b| b[IDS] = json!(["1", "1"]), "sequence_ids[1]"),
    ("action missing", |b| remove(b, "delete_message_action"), "delete_message_action"),
    ("action a number", |b| b["delete_message_action"] = json!(2), "delete_message_action"),
    ("action unknown", |b| b["delete_message_action"] = json!("delete"), "delete_message_action"),
    ("media keys a string", |b| b["media_hash_keys"] = json!("a"), "media_hash_keys"),
    ("media key a number", |b| b["media_hash_keys"] = json!([1]), "media_hash_keys[0]"),
    ("media key empty", |b| b["media_hash_keys"] = json!([""]), "media_hash_keys[0]"),
    ("media key odd", |b| b["media_hash_keys"] = json!(["a-b"]), "media_hash_keys[0]"),
    ("signatures missing", |b| remove(b, "action_signatures"), "action_signatures"),
    ("signatures empty", |b| b["action_signatures"] = json!([]), "action_signatures"),
    (
        "two signatures",
        |b| {
            let one = action(b).clone();
            b["action_signatures"] = json!([one, one]);
        },
        "action_signatures",
    ),
    ("message id missing", |b| remove(action(b), "message_id"), "action_signatures[0].message_id"),
    ("detail missing", |b| remove(action(b), "encoded_message_event_detail"), DETAIL),
    ("detail no struct", |b| set_detail(b, b"hello"), DETAIL),
    ("detail of another event", |b| set_detail(b, &[0x0c, 0, 3, 0, 0]), DETAIL),
    ("detail of other ids", |b| set_detail(b, &delete_detail(&["1"], 2)), DETAIL),
    (
        "detail of more ids",
        |b| {
            let id = own(b);
            set_detail(b, &delete_detail(&[&id, "1"], 2));
        },
        DETAIL,
    ),
    (
        "detail of the other action",
        |b| {
            let id = own(b);
            set_detail(b, &delete_detail(&[&id], 1));
        },
        DETAIL,
    ),
    (
        "signature missing",
        |b| remove(action(b), "message_event_signature"),
        "action_signatures[0].message_event_signature",
    ),
    (
        "signature no base64",
        |b| action(b)["message_event_signature"]["signature"] = json!("$"),
        "action_signatures[0].message_event_signature.signature",
    ),
    (
        "signer's version not registered",
        |b| action(b)["message_event_signature"]["public_key_version"] = json!("1"),
        "action_signatures[0].message_event_signature.public_key_version",
    ),
    (
        "signature version odd",
        |b| action(b)["message_event_signature"]["signature_version"] = json!("v7"),
        "action_signatures[0].message_event_signature.signature_version",
    ),
    (
        "payload a number",
        |b| action(b)["signature_payload"] = json!(1),
        "action_signatures[0].signature_payload",
    ),
];

#[tokio::test]
async fn each_rule_is_held() {
    assert_eq!(RULES.len(), 30, "a row was added or lost: adjust the count");
    let world = World::with_key().await;
    let id = world.say(&world.alice, "m1").await;
    let valid = deletion(&world.alice, "d1", &[&id], true);
    for (what, break_it, parameter) in RULES {
        let mut body = valid.clone();
        break_it(&mut body);
        let reply = world.post(DELETE, body.to_string().as_bytes()).await;
        assert_refused(what, &reply, 400, "invalid-request", parameter);
    }
    assert_eq!(world.seen(&world.alice).await.len(), 2, "nothing was deleted");
    assert_eq!(world.post(DELETE, valid.to_string().as_bytes()).await.status, 200);
}

#[tokio::test]
async fn only_messages_that_one_may_delete_are_deleted_and_all_or_none() {
    let world = World::with_key().await;
    let key_change = world.seen(&world.alice).await.remove(0);
    let own = world.say(&world.alice, "m1").await;
    let bobs = world.say(&world.bob, "m2").await;
    let rows = [
        (vec![own.as_str(), "1"], 404, "resource-not-found", "sequence_ids[1]"),
        (vec![&key_change], 400, "invalid-request", "sequence_ids[0]"),
        (vec![&own, &bobs], 403, "not-authorized-for-resource", "sequence_ids[1]"),
    ];
    for (index, (ids, status, kind, parameter)) in rows.into_iter().enumerate() {
        let body = deletion(&world.alice, &format!("d{index}"), &ids, true);
        let reply = world.post(DELETE, body.to_string().as_bytes()).await;
        assert_refused(parameter, &reply, status, kind, parameter);
    }
    let mut with_media = deletion(&world.alice, "d9", &[&own], true);
    with_media["media_hash_keys"] = json!(["nowhere"]);
    let reply = world.post(DELETE, with_media.to_string().as_bytes()).await;
    assert_refused("media", &reply, 404, "resource-not-found", "media_hash_keys[0]");
    assert_eq!(world.seen(&world.alice).await.len(), 3);

    let body = deletion(&world.alice, "d9", &[&own], true).to_string();
    let path = "/2/chat/conversations/1001-1002/messages/delete";
    let reply = world.client.send(Request::post(path, body.as_bytes()).token(&world.eve)).await;
    assert_refused("Eve", &reply.unwrap(), 403, "not-authorized-for-resource", "id");
}
