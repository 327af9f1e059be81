//! Messages that are deleted, for all or for oneself.

use sealpost_crypto::encoding::decode_base64;
use serde_json::json;

use crate::support::messages::{DELETE, delete_detail, deletion};
use crate::support::{World, assert_refused, text};

#[tokio::test]
async fn a_message_deleted_for_all_is_gone_for_all() {
    let world = World::with_key().await;
    let one = world.say(&world.alice, "m1").await;
    let two = world.say(&world.alice, "m2").await;
    let before = world.seen(&world.bob).await;
    let body = deletion(&world.alice, "d1", &[&one], true);
    let reply = world.post(DELETE, body.to_string().as_bytes()).await;
    assert_eq!((reply.status, reply.json()), (200, json!({"data": {"deleted": true}})));
    for user in [&world.alice, &world.bob] {
        let seen = world.seen(user).await;
        assert_eq!(seen.len(), 3);
        assert!(!seen.contains(&one) && seen.contains(&two));
        assert!(!before.contains(&seen[0]), "the deletion is an event");
    }
    let event = world.events().await["data"][0].clone();
    let bytes = decode_base64(text(&event["encoded_event"])).unwrap();
    let detail = delete_detail(&[&one], 2);
    assert!(bytes.windows(detail.len()).any(|window| window == detail));
    assert_eq!(text(&event["sender_id"]), "1001");
}

#[tokio::test]
async fn a_message_deleted_for_oneself_stays_for_the_other() {
    let world = World::with_key().await;
    let one = world.say(&world.alice, "m1").await;
    let bobs = deletion(&world.bob, "d1", &[&one], false);
    let path = "/2/chat/conversations/1001/messages/delete";
    assert_eq!(world.post_as(&world.bob, path, &bobs).await.status, 200);
    let bob = world.seen(&world.bob).await;
    assert!(!bob.contains(&one));
    assert_eq!(bob.len(), 2, "the key change, and the deletion for Bob's other devices");
    let alice = world.seen(&world.alice).await;
    assert!(alice.contains(&one));
    assert_eq!(alice.len(), 2, "the key change and the message");
    // For Bob it is gone, so that he cannot delete it again.
    let again = deletion(&world.bob, "d2", &[&one], false);
    let reply = world.post_as(&world.bob, path, &again).await;
    assert_refused("again", &reply, 404, "resource-not-found", "sequence_ids[0]");
    assert_eq!(text(&reply.json()["resource_type"]), "message");
}

#[tokio::test]
async fn the_same_deletion_again_changes_nothing() {
    let world = World::with_key().await;
    let one = world.say(&world.alice, "m1").await;
    let two = world.say(&world.alice, "m2").await;
    let body = deletion(&world.alice, "d1", &[&one], true).to_string();
    let first = world.post(DELETE, body.as_bytes()).await;
    let again = world.post(DELETE, body.as_bytes()).await;
    assert_eq!((again.status, again.json()), (200, first.json()));
    assert!(!world.sandbox.journal().last().unwrap().changed_state());
    assert_eq!(world.seen(&world.alice).await.len(), 3);
    for other in [
        deletion(&world.alice, "d1", &[&two], true),
        deletion(&world.alice, "d1", &[&one], false),
        deletion(&world.alice, "m1", &[&two], true),
    ] {
        let reply = world.post(DELETE, other.to_string().as_bytes()).await;
        let field = "action_signatures[0].message_id";
        assert_refused("another", &reply, 409, "invalid-request", field);
    }
    // A message does not take the id of a deletion either.
    let body = crate::support::messages::message(&world.alice, "d1", "5", b"x");
    let path = "/2/chat/conversations/1002/messages";
    let reply = world.post(path, body.to_string().as_bytes()).await;
    assert_refused("the deletion's", &reply, 409, "invalid-request", "message_id");
}

#[tokio::test]
async fn paging_passes_over_what_was_deleted() {
    let world = World::with_key().await;
    let mut ids = Vec::new();
    for id in ["m1", "m2", "m3", "m4"] {
        ids.push(world.say(&world.alice, id).await);
    }
    let gone: Vec<&str> = ids[..3].iter().map(String::as_str).collect();
    let body = deletion(&world.alice, "d1", &gone, true);
    assert_eq!(world.post(DELETE, body.to_string().as_bytes()).await.status, 200);
    let path = "/2/chat/conversations/1002/events?max_results=2";
    let page = world.get(path, &world.alice.token).await.json();
    assert_eq!(page["meta"]["result_count"], 2);
    let next = text(&page["meta"]["next_token"]).to_owned();
    let page = world.get(&format!("{path}&pagination_token={next}"), &world.alice.token).await;
    assert_eq!(page.json()["meta"]["result_count"], 1);
    assert_eq!(page.json()["meta"]["has_more"], false);
}
