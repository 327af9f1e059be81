//! Marking as read, and typing.

use sealpost_sandbox::Contract;
use serde_json::json;

use crate::support::http::Request;
use crate::support::{World, assert_refused};

const READ: &str = "/2/chat/conversations/1002/read";
const TYPING: &str = "/2/chat/conversations/1002/typing";

#[tokio::test]
async fn reading_moves_forward_only() {
    let world = World::with_key().await;
    let one = world.say(&world.bob, "m1").await;
    let two = world.say(&world.bob, "m2").await;
    for (until, changed) in [(&one, true), (&one, false), (&two, true), (&one, false)] {
        let body = json!({"seen_until_sequence_id": until}).to_string();
        let reply = world.post(READ, body.as_bytes()).await;
        assert_eq!((reply.status, reply.json()), (200, json!({"data": {"success": true}})));
        assert_eq!(world.sandbox.journal().last().unwrap().changed_state(), changed);
    }
    assert_eq!(world.seen(&world.bob).await.len(), 3, "reading is no event");
}

#[tokio::test]
async fn only_events_of_the_conversation_are_read() {
    for contract in Contract::ALL {
        let world = World::with_key_in(contract).await;
        for (body, status, kind) in [
            (json!([]), 400, "invalid-request"),
            (json!({}), 400, "invalid-request"),
            (json!({"seen_until_sequence_id": null}), 400, "invalid-request"),
            (json!({"seen_until_sequence_id": 1}), 400, "invalid-request"),
            (json!({"seen_until_sequence_id": ""}), 400, "invalid-request"),
            (json!({"seen_until_sequence_id": "-1"}), 400, "invalid-request"),
            (json!({"seen_until_sequence_id": "18446744073709551616"}), 400, "invalid-request"),
            (json!({"seen_until_sequence_id": "1"}), 404, "resource-not-found"),
        ] {
            let reply = world.post(READ, body.to_string().as_bytes()).await;
            let field = if body.is_array() { "" } else { "seen_until_sequence_id" };
            assert_refused(&body.to_string(), &reply, status, kind, field);
        }
        let body = json!({"seen_until_sequence_id": "1"}).to_string();
        let reply = world.post("/2/chat/conversations/1001:1002/read", body.as_bytes()).await;
        assert_refused("spelling", &reply, 400, "invalid-request", "id");
        let request = Request::post("/2/chat/conversations/1001-1002/read", body.as_bytes());
        let reply = world.client.send(request.token(&world.eve)).await.unwrap();
        assert_refused("Eve", &reply, 403, "not-authorized-for-resource", "id");
    }
}

#[tokio::test]
async fn typing_leaves_nothing_behind() {
    let world = World::with_key().await;
    let send = async |request: Request| world.client.send(request).await.unwrap();
    let typing = |path: &str| Request::new("POST", path);
    let reply = send(typing(TYPING).token(&world.alice.token)).await;
    assert_eq!((reply.status, reply.json()), (200, json!({"data": {"success": true}})));
    assert!(!world.sandbox.journal().last().unwrap().changed_state());
    assert_eq!(world.seen(&world.bob).await.len(), 1);

    let reply = send(typing(TYPING).body(b"{}").token(&world.alice.token)).await;
    assert_refused("a body", &reply, 400, "invalid-request", "");
    let reply = send(typing("/2/chat/conversations/g1/typing").token(&world.alice.token)).await;
    assert_refused("no group", &reply, 404, "resource-not-found", "id");
    let reply = send(typing("/2/chat/conversations/x/typing").token(&world.alice.token)).await;
    assert_refused("spelling", &reply, 400, "invalid-request", "id");
    let reply = send(typing("/2/chat/conversations/1001-1002/typing").token(&world.eve)).await;
    assert_refused("Eve", &reply, 403, "not-authorized-for-resource", "id");
}
