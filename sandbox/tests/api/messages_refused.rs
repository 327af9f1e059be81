//! Messages: the rules for the members of the body. Each row breaks a body that is valid otherwise.

use sealpost_crypto::encoding::encode_base64;
use sealpost_sandbox::Contract;
use serde_json::{Value, json};

use crate::support::http::Request;
use crate::support::messages::{MESSAGES, create_event, message, signature};
use crate::support::{World, assert_refused};

type Break = fn(&mut Value);

const EVENT: &str = "encoded_message_create_event";
const SIGNATURE: &str = "encoded_message_event_signature";

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name).unwrap();
}

fn set(body: &mut Value, name: &str, bytes: &[u8]) {
    body[name] = encode_base64(bytes).into();
}

fn without_stop(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.pop();
    bytes
}

const RULES: &[(&str, Break, &str)] = &[
    ("body an array", |b| *b = json!([]), ""),
    ("message id missing", |b| remove(b, "message_id"), "message_id"),
    ("message id null", |b| b["message_id"] = json!(null), "message_id"),
    ("message id a number", |b| b["message_id"] = json!(1), "message_id"),
    ("message id empty", |b| b["message_id"] = json!(""), "message_id"),
    ("event missing", |b| remove(b, EVENT), EVENT),
    ("event an object", |b| b[EVENT] = json!({}), EVENT),
    ("event empty", |b| b[EVENT] = json!(""), EVENT),
    ("event no base64", |b| b[EVENT] = json!("$$$$"), EVENT),
    ("event url-safe base64", |b| b[EVENT] = json!("__-_"), EVENT),
    ("event no struct", |b| set(b, EVENT, b"hello"), EVENT),
    ("event cut", |b| set(b, EVENT, &without_stop(create_event("5", b"x"))), EVENT),
    ("event goes on", |b| set(b, EVENT, &[&create_event("5", b"x")[..], &[0]].concat()), EVENT),
    ("event without members", |b| set(b, EVENT, &[0]), EVENT),
    ("contents empty", |b| set(b, EVENT, &create_event("5", b"")), EVENT),
    ("key version no number", |b| set(b, EVENT, &create_event("v5", b"x")), EVENT),
    ("key version zero-led", |b| set(b, EVENT, &create_event("05", b"x")), EVENT),
    ("key version empty", |b| set(b, EVENT, &create_event("", b"x")), EVENT),
    (
        "contents twice",
        |b| {
            let one = create_event("5", b"x");
            set(b, EVENT, &[&one[..one.len() - 1], &one].concat());
        },
        EVENT,
    ),
    (
        "a whole event detail, not the bare event",
        |b| {
            let detail = [&[0x0c, 0, 1][..], &create_event("5", b"x"), &[0]].concat();
            set(b, EVENT, &detail);
        },
        EVENT,
    ),
    ("signature null", |b| b[SIGNATURE] = json!(null), SIGNATURE),
    ("signature empty", |b| b[SIGNATURE] = json!(""), SIGNATURE),
    ("signature no struct", |b| set(b, SIGNATURE, &[7; 64]), SIGNATURE),
    ("signature without members", |b| set(b, SIGNATURE, &[0]), SIGNATURE),
    ("signature cut", |b| set(b, SIGNATURE, &without_stop(signature("1"))), SIGNATURE),
    ("signer's version not registered", |b| set(b, SIGNATURE, &signature("1")), SIGNATURE),
    ("signer's version no number", |b| set(b, SIGNATURE, &signature("a")), SIGNATURE),
    ("token a number", |b| b["conversation_token"] = json!(1), "conversation_token"),
];

#[tokio::test]
async fn each_rule_is_held() {
    assert_eq!(RULES.len(), 28, "a row was added or lost: adjust the count");
    for contract in Contract::ALL {
        let world = World::with_key_in(contract).await;
        let valid = message(&world.alice, "m1", "5", b"opaque");
        for (what, break_it, parameter) in RULES {
            let mut body = valid.clone();
            break_it(&mut body);
            let reply = world.post(MESSAGES, body.to_string().as_bytes()).await;
            assert_refused(what, &reply, 400, "invalid-request", parameter);
        }
        assert_eq!(world.seen(&world.alice).await.len(), 1, "nothing was sent");
        assert_eq!(world.post(MESSAGES, valid.to_string().as_bytes()).await.status, 201);
    }
}

#[tokio::test]
async fn paths_queries_and_types_are_checked_too() {
    let world = World::with_key().await;
    let body = message(&world.alice, "m1", "5", b"opaque").to_string();
    for (path, parameter) in [
        ("/2/chat/conversations/1001:1002/messages", "id"),
        ("/2/chat/conversations/%00/messages", "id"),
        ("/2/chat/conversations/%FF/messages", "id"),
        ("/2/chat/conversations/1002/messages?max_results=1", "max_results"),
    ] {
        let reply = world.post(path, body.as_bytes()).await;
        assert_refused(path, &reply, 400, "invalid-request", parameter);
    }
    let form = Request::new("POST", MESSAGES)
        .body(body.as_bytes())
        .header("content-type", "multipart/form-data; boundary=x")
        .token(&world.alice.token);
    let reply = world.client.send(form).await.unwrap();
    assert_refused("a form", &reply, 415, "invalid-request", "");
}
