//! Messages: sent, and seen by both users.

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::wire::{MessageEvent, MessageEventDetail};
use serde_json::{Value, json};

use crate::support::http::Request;
use crate::support::messages::{MESSAGES, create_event, message, sequence_id};
use crate::support::{World, assert_refused, rows, text};

#[tokio::test]
async fn a_message_is_an_event_for_both_users() {
    let world = World::with_key().await;
    let mut body = message(&world.alice, "m1", "5", b"opaque");
    body["conversation_token"] = json!("token");
    let reply = world.post(MESSAGES, body.to_string().as_bytes()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let data = &reply.json()["data"];
    assert_eq!(data.as_object().unwrap().len(), 1);
    for (user, other) in [(&world.alice, 1002), (&world.bob, 1001)] {
        let path = format!("/2/chat/conversations/{other}/events");
        let page = world.get(&path, &user.token).await.json();
        let row = &rows(&page["data"])[0];
        assert_eq!(row["encoded_event"], data["encoded_message_event"]);
        assert_eq!(text(&row["id"]), sequence_id(&reply));
        assert_eq!(text(&row["sender_id"]), "1001");
        assert_eq!(text(&row["conversation_token"]), "token");
        assert_eq!(text(&row["message_event_signature"]["signature_version"]), "7");
        assert_eq!(row["previous_id"], page["data"][1]["id"]);
        assert_eq!(rows(&page["meta"]["conversation_key_events"]).len(), 1);
    }
}

#[tokio::test]
async fn the_event_holds_the_message_byte_for_byte() {
    let world = World::with_key().await;
    let contents = [0, 0x0c, 0xff, 1];
    let body = message(&world.alice, "m1", "5", &contents);
    let reply = world.post(MESSAGES, body.to_string().as_bytes()).await.json();
    let bytes = decode_base64(text(&reply["data"]["encoded_message_event"])).unwrap();
    let event = MessageEvent::decode(&bytes).unwrap();
    assert_eq!(event.message_id, Some("m1"));
    assert_eq!(event.sender_id, Some("1001"));
    assert_eq!(event.conversation_id, Some("1001:1002"));
    let version = world.alice.account.public_key_version().to_string();
    let signature = event.message_event_signature.unwrap();
    assert_eq!(signature.public_key_version, Some(version.as_str()));
    assert!(!matches!(
        event.detail,
        None | Some(MessageEventDetail::ConversationKeyChange(_))
            | Some(MessageEventDetail::GroupChange(_))
    ));
    let sent = [&[0x0c, 0, 7, 0x0c, 0, 1][..], &create_event("5", &contents), &[0]].concat();
    assert!(bytes.windows(sent.len()).any(|window| window == sent));
}

#[tokio::test]
async fn the_same_message_again_is_the_same_event() {
    let world = World::with_key().await;
    let body = message(&world.alice, "m1", "5", b"opaque").to_string();
    let first = world.post(MESSAGES, body.as_bytes()).await;
    world.say(&world.bob, "m2").await;
    let again = world.post("/2/chat/conversations/1001-1002/messages", body.as_bytes()).await;
    assert_eq!((again.status, again.json()), (201, first.json()));
    // Another spelling of the same values is the same message.
    let spaced = body.replace("\":\"", "\" : \"");
    assert_ne!(spaced, body);
    assert_eq!(world.post(MESSAGES, spaced.as_bytes()).await.json(), first.json());
    assert_eq!(world.seen(&world.bob).await.len(), 3);
    let changed: Vec<bool> =
        world.sandbox.journal().iter().rev().take(4).map(|entry| entry.changed_state()).collect();
    assert_eq!(changed, [false, false, false, true], "newest first: events, again, again, Bob");

    // A new key makes no difference to a message that is there.
    assert_eq!(world.post_change(6).await.status, 200);
    assert_eq!(world.post(MESSAGES, body.as_bytes()).await.json(), first.json());
}

#[tokio::test]
async fn one_message_id_is_one_message() {
    let world = World::with_key().await;
    let body = message(&world.alice, "m1", "5", b"opaque");
    assert_eq!(world.post(MESSAGES, body.to_string().as_bytes()).await.status, 201);
    let mut others = Vec::new();
    others.push(message(&world.alice, "m1", "5", b"other"));
    let mut unsigned = body.clone();
    unsigned.as_object_mut().unwrap().remove("encoded_message_event_signature");
    others.push(unsigned);
    let mut with_token = body.clone();
    with_token["conversation_token"] = json!("token");
    others.push(with_token);
    for other in others {
        let reply = world.post(MESSAGES, other.to_string().as_bytes()).await;
        assert_refused("other bytes", &reply, 409, "invalid-request", "message_id");
        assert_eq!(text(&reply.json()["value"]), "m1");
    }
    let bobs = message(&world.bob, "m1", "5", b"opaque");
    let reply = world.post_as(&world.bob, "/2/chat/conversations/1001/messages", &bobs).await;
    assert_refused("Bob's", &reply, 409, "invalid-request", "message_id");
    // The key change has a message id as well.
    let change: Value = serde_json::from_slice(world.change(6).body()).unwrap();
    assert_eq!(world.post_keys("1002", change.to_string().as_bytes()).await.status, 200);
    let id = text(&change["action_signatures"][0]["message_id"]);
    let body = message(&world.alice, id, "6", b"opaque");
    let reply = world.post(MESSAGES, body.to_string().as_bytes()).await;
    assert_refused("the key change's", &reply, 409, "invalid-request", "message_id");
    assert_eq!(world.seen(&world.bob).await.len(), 3);
}

#[tokio::test]
async fn a_message_is_under_the_newest_key() {
    let world = World::with_key().await;
    assert_eq!(world.post_change(10).await.status, 200);
    let post = async |version: &str| {
        let body = message(&world.alice, "m1", version, b"opaque");
        world.post(MESSAGES, body.to_string().as_bytes()).await
    };
    let field = "encoded_message_create_event";
    assert_refused("older", &post("5").await, 409, "invalid-request", field);
    for version in ["4", "9", "11"] {
        assert_refused("never had", &post(version).await, 400, "invalid-request", field);
    }
    assert_eq!(post("10").await.status, 201);

    let without_key = message(&world.alice, "m1", "5", b"opaque");
    let path = "/2/chat/conversations/1003/messages";
    let reply = world.post(path, without_key.to_string().as_bytes()).await;
    assert_refused("no key yet", &reply, 400, "invalid-request", field);
}

#[tokio::test]
async fn a_signature_is_optional_to_the_contract() {
    let world = World::with_key().await;
    let mut body = message(&world.alice, "m1", "5", b"opaque");
    body.as_object_mut().unwrap().remove("encoded_message_event_signature");
    assert_eq!(world.post(MESSAGES, body.to_string().as_bytes()).await.status, 201);
    let row = world.events().await["data"][0].clone();
    assert_eq!(row.get("message_event_signature"), None);
    let bytes = decode_base64(text(&row["encoded_event"])).unwrap();
    assert_eq!(MessageEvent::decode(&bytes).unwrap().message_event_signature, None);
}

#[tokio::test]
async fn strangers_send_nothing() {
    let world = World::with_key().await;
    let body = message(&world.alice, "m1", "5", b"opaque").to_string();
    let path = "/2/chat/conversations/1001-1002/messages";
    let request = Request::post(path, body.as_bytes()).token(&world.eve);
    let reply = world.client.send(request).await.unwrap();
    assert_refused("Eve", &reply, 403, "not-authorized-for-resource", "id");
    let reply = world.post("/2/chat/conversations/g9/messages", body.as_bytes()).await;
    assert_refused("no group", &reply, 404, "resource-not-found", "id");
    assert_eq!(world.seen(&world.alice).await.len(), 1);
}

#[tokio::test]
async fn a_page_of_messages_comes_with_the_key_they_are_under() {
    let world = World::with_key().await;
    for id in ["m1", "m2", "m3"] {
        world.say(&world.alice, id).await;
    }
    let path = "/2/chat/conversations/1002/events?max_results=2";
    let page = world.get(path, &world.alice.token).await.json();
    assert_eq!(page["meta"]["has_more"], true);
    let keys = rows(&page["meta"]["conversation_key_events"]);
    assert_eq!(keys.len(), 1);
    assert!(!rows(&page["data"]).iter().any(|row| row["encoded_event"] == keys[0]));
    let encoded = encode_base64(&decode_base64(text(&keys[0])).unwrap());
    assert_eq!(text(&keys[0]), encoded);
}
