//! What 2.165 has otherwise than 2.167.

use sealpost_sandbox::{Contract, Fault, Operation};
use serde_json::{Value, json};

use crate::media::{CONVERSATION, INITIALIZE, Upload};
use crate::support::groups::{CAROL, CREATE, members_path};
use crate::support::http::{Reply, Request};
use crate::support::messages::{MESSAGES, message};
use crate::support::{World, register, rows, text};

const OLD: Contract = Contract::V2_165;
const PROBLEMS: &str = "https://api.twitter.com/2/problems/";

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Asserts a refusal of 2.165, and that it names its type without a host of 2.167.
fn assert_problem(reply: &Reply, status: u16, kind: &str) -> Value {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let problem = reply.json();
    let expected =
        if kind == "about:blank" { kind.to_owned() } else { format!("{PROBLEMS}{kind}") };
    assert_eq!(text(&problem["type"]), expected);
    problem
}

#[tokio::test]
async fn posting_keys_answers_the_number_only() {
    let world = World::start_in(OLD).await;
    let reply = world.post_change(5).await;
    assert_eq!(names(&reply.json()["data"]), ["sequence_id"]);
}

#[tokio::test]
async fn members_are_answered_without_data() {
    let world = World::start_in(OLD).await;
    let carol = register(&world.sandbox, &world.client, CAROL).await;
    let group = world.mint().await;
    let reply = world.post(CREATE, world.creation(group, 5).body()).await;
    let expected = ["conversation_id", "conversation_key_change_sequence_id"];
    assert_eq!((reply.status, names(&reply.json()["data"])), (201, expected.to_vec()));
    let addition = world.addition(group, 6, carol.account.participant());
    let reply = world.post(&members_path(group), addition.body()).await;
    let json = reply.json();
    assert_eq!(names(&json), ["conversation_key_change_sequence_id", "current_member_ids"]);
    assert_eq!(json["current_member_ids"], json!(["1001", "1002", "1004"]));
}

#[tokio::test]
async fn public_keys_have_a_version_by_another_name() {
    let world = World::start_in(OLD).await;
    let columns = ["identity_public_key_signature", "public_key", "signing_public_key", "version"];
    let one = world.get("/2/users/1001/public_keys", &world.bob.token).await.json();
    assert_eq!(names(&rows(&one["data"])[0]), columns);
    let path = "/2/users/1001/public_keys?public_key.fields=version";
    let one = world.get(path, &world.bob.token).await.json();
    assert_eq!(names(&rows(&one["data"])[0]), ["version"]);
    let path = "/2/users/1001/public_keys?public_key.fields=public_key_version";
    assert_problem(&world.get(path, &world.bob.token).await, 400, "invalid-request");
    // Lists are never empty.
    let none = world.get("/2/users/1003/public_keys", &world.bob.token).await;
    assert_eq!((none.status, none.json()), (200, json!({})));

    // The batch route answers an object.
    register(&world.sandbox, &world.client, 1002).await;
    let path = "/2/users/public_keys?ids=1002,1003,1001,5";
    let batch = world.get(path, &world.bob.token).await.json();
    assert_eq!(names(&batch["data"]), ["1001", "1002"]);
    assert_eq!(rows(&batch["data"]["1002"]).len(), 2);
    assert_eq!(text(&batch["data"]["1001"][0]["user_id"]), "1001");
    assert_eq!(text(&batch["errors"][0]["type"]), format!("{PROBLEMS}resource-not-found"));
    for name in ["parameter", "value", "resource_id", "resource_type"] {
        assert!(batch["errors"][0][name].is_string(), "{name}");
    }
}

#[tokio::test]
async fn a_registration_answers_the_keys() {
    let world = World::start_in(OLD).await;
    let identity = sealpost_crypto::Identity::generate(sealpost_crypto::Suite::X25519).unwrap();
    let user = world.alice.account.user_id();
    let body = identity.registration(user, sealpost_crypto::UnixMillis::new(0));
    let reply = world.post("/2/users/1001/public_keys", body.body()).await;
    let expected = ["identity_public_key_signature", "public_key", "signing_public_key", "version"];
    assert_eq!(names(&reply.json()["data"]), expected);
}

#[tokio::test]
async fn events_have_other_names() {
    let world = World::start_in(OLD).await;
    assert_eq!(world.post_change(5).await.status, 200);
    assert_eq!(world.post_change(6).await.status, 200);
    let page = world.events().await;
    let row = &rows(&page["data"])[0];
    let expected = [
        "conversation_id",
        "created_at_msec",
        "encoded_event",
        "id",
        "is_trusted",
        "message_event_signature",
        "previous_sequence_id",
        "sender_id",
        "sequence_id",
    ];
    assert_eq!(names(row), expected);
    assert_eq!(text(&row["created_at_msec"]), "1788220800004");
    assert_eq!(row["id"], row["sequence_id"]);
    assert_eq!(row["previous_sequence_id"], page["data"][1]["sequence_id"]);
    let path =
        "/2/chat/conversations/1002/events?chat_message_event.fields=created_at_msec,previous_id";
    let page = world.get(path, &world.alice.token).await.json();
    let expected = ["created_at_msec", "encoded_event", "id", "previous_sequence_id"];
    assert_eq!(names(&page["data"][0]), expected, "encoded_event is required");
    let path = "/2/chat/conversations/1002/events?chat_message_event.fields=created_at";
    assert_problem(&world.get(path, &world.alice.token).await, 400, "invalid-request");
}

#[tokio::test]
async fn a_conversation_is_a_list_of_one() {
    let world = World::start_in(OLD).await;
    let group = world.mint().await;
    assert_eq!(world.post(CREATE, world.creation(group, 5).body()).await.status, 201);
    let path = format!("/2/chat/conversations/{group}");
    let json = world.get(&path, &world.alice.token).await.json();
    let row = &rows(&json["data"])[0];
    assert_eq!(text(&row["message_ttl_msec"]), "60000");
    assert_eq!(row.get("message_ttl_ms"), None);
    let fields = "member_ids,message_ttl_msec";
    let path = format!("{path}?chat_conversation.fields={fields}&user.fields=affiliation");
    let json = world.get(&path, &world.alice.token).await.json();
    assert_eq!(names(&json["data"][0]), ["id", "member_ids", "message_ttl_msec"]);
}

#[tokio::test]
async fn messages_are_not_deleted() {
    let world = World::start_in(OLD).await;
    assert!(!Operation::DeleteChatMessages.exists_in(OLD));
    assert_eq!(world.post_change(5).await.status, 200);
    let body = message(&world.alice, "m1", "5", b"opaque").to_string();
    let reply = world.post(MESSAGES, body.as_bytes()).await;
    assert_eq!((reply.status, names(&reply.json()["data"])), (201, vec!["encoded_message_event"]));
    let reply = world.post("/2/chat/conversations/1002/messages/delete", b"{}").await;
    assert_problem(&reply, 404, "about:blank");
}

#[tokio::test]
async fn media_bodies_are_laxer() {
    let world = World::start_in(OLD).await;
    let body = json!({"conversation_id": CONVERSATION, "more": 1});
    let reply = world.post_as(&world.alice, INITIALIZE, &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let data = reply.json()["data"].clone();
    let upload = Upload {
        session: text(&data["session_id"]).to_owned(),
        key: text(&data["media_hash_key"]).to_owned(),
    };
    let mut segment = upload.segment(0, b"abc");
    for (index, status) in [("x", 400), ("1000", 400), ("", 400), ("0", 200)] {
        segment["segment_index"] = json!(index);
        let reply = world.post_as(&world.alice, &upload.path("append"), &segment).await;
        assert_eq!(reply.status, status, "{index}");
        if status == 200 {
            assert_eq!(names(&reply.json()), ["data", "meta"]);
        }
    }
    let reply = world.post_as(&world.alice, &upload.path("finalize"), &json!({})).await;
    assert_eq!((reply.status, reply.json()), (200, json!({"data": {"success": true}})));
    // Its id has no pattern.
    let reply = world.post("/2/chat/media/upload/x/finalize", b"{}").await;
    assert_problem(&reply, 404, "resource-not-found");
    let path = format!("/2/chat/media/1001/{}", upload.key);
    assert_eq!(world.get(&path, &world.bob.token).await.body(), b"abc");
    let empty = world.post_as(&world.alice, INITIALIZE, &json!({})).await;
    assert_problem(&empty, 400, "invalid-request");
}

#[tokio::test]
async fn signatures_have_no_patterns() {
    let world = World::start_in(OLD).await;
    let mut body: Value = serde_json::from_slice(world.change(5).body()).unwrap();
    let signature = &mut body["action_signatures"][0]["message_event_signature"];
    signature["signature_version"] = json!("v7");
    signature["signature"] = json!("not base64!");
    for (member, broken) in [("signature", json!("")), ("signature_version", json!(null))] {
        let mut body = body.clone();
        body["action_signatures"][0]["message_event_signature"][member] = broken;
        let reply = world.post_keys("1002", body.to_string().as_bytes()).await;
        assert_problem(&reply, 400, "invalid-request");
    }
    assert_eq!(world.post_keys("1002", body.to_string().as_bytes()).await.status, 200);
    let world = World::start().await;
    let reply = world.post_keys("1002", body.to_string().as_bytes()).await;
    assert_eq!(reply.status, 400, "2.167 has them");
}

#[tokio::test]
async fn problems_are_those_of_their_time() {
    let world = World::start_in(OLD).await;
    let reply = world.get("/2/users/x/public_keys", &world.alice.token).await;
    let problem = assert_problem(&reply, 400, "invalid-request");
    assert_eq!(names(&problem), ["detail", "errors", "status", "title", "type"]);
    let error = &problem["errors"][0];
    assert_eq!(error["message"], problem["detail"]);
    assert_eq!(error["parameters"], json!({"id": ["x"]}));

    let reply = world.client.send(Request::get("/2/users/1001/public_keys")).await.unwrap();
    assert_problem(&reply, 401, "about:blank");
    let reply = world.get("/2/users/5/public_keys", &world.alice.token).await;
    assert_problem(&reply, 404, "resource-not-found");
    let reply = world.post("/2/users/1002/public_keys", b"{}").await;
    let problem = assert_problem(&reply, 403, "not-authorized-for-resource");
    assert_eq!(text(&problem["section"]), "data");
    // Conversations are not among the resources that it has problems about.
    let reply = world.get("/2/chat/conversations/g5/events", &world.alice.token).await;
    assert_problem(&reply, 404, "about:blank");
    let reply = world.get("/2/chat/conversations/1002-1003/events", &world.alice.token).await;
    assert_problem(&reply, 403, "about:blank");
    let request = Request::new("POST", MESSAGES).body(b"{}").token(&world.alice.token);
    assert_problem(&world.client.send(request).await.unwrap(), 415, "about:blank");

    assert_eq!(world.post_change(5).await.status, 200);
    assert_problem(&world.post_change(5).await, 409, "conflict");
    world.sandbox.inject(Fault::InternalError, 1);
    assert_problem(&world.post_change(6).await, 500, "about:blank");
    world.sandbox.inject(Fault::UsageCapped, 1);
    assert_problem(&world.post_change(6).await, 429, "usage-capped");
}
