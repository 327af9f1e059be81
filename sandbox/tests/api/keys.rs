//! Posting keys: what is accepted, and what both users see of it.

use sealpost_crypto::encoding::decode_base64;
use sealpost_crypto::{
    ChatEvent, Conversation, ConversationId, EncodedEvent, KeyChange, KeyVersion, Participant,
};
use serde_json::Value;

use crate::support::http::Request;
use crate::support::{ALICE, BOB, EVE, World, assert_refused, id, register, rows, text};

const CAROL: u64 = 1004;

#[tokio::test]
async fn posted_keys_are_in_the_events_of_both_users_and_open() {
    let world = World::start().await;
    let change = world.change(5);
    let reply = world.post_keys(&change.path().to_string(), change.body()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    let data = &reply.json()["data"];
    assert_eq!(text(&data["conversation_id"]), format!("{ALICE}-{BOB}"));
    let sequence_id = text(&data["sequence_id"]);

    for (reader, other) in [(&world.alice, BOB), (&world.bob, ALICE)] {
        let path = format!("/2/chat/conversations/{other}/events");
        let page = world.get(&path, &reader.token).await.json();
        assert_eq!(page["meta"]["result_count"], 1);
        assert_eq!(page["meta"]["has_more"], false);
        assert_eq!(page["meta"].get("next_token"), None);
        let row = &rows(&page["data"])[0];
        assert_eq!(text(&row["id"]), sequence_id);
        assert_eq!(text(&row["sender_id"]), ALICE.to_string());
        assert_eq!(text(&row["conversation_id"]), format!("{ALICE}-{BOB}"));
        assert_eq!(rows(&page["meta"]["conversation_key_events"]), [row["encoded_event"].clone()]);

        let event = EncodedEvent::new(text(&row["encoded_event"])).unwrap();
        let ChatEvent::KeyChange(event) = event.parse().unwrap() else { panic!("no key change") };
        assert_eq!(event.sequence_id().unwrap().to_string(), sequence_id);
        assert_eq!(event.message_id(), change.message_id());
        let opened = event
            .open(&reader.account, &World::conversation(), [world.alice.account.participant()])
            .unwrap();
        assert_eq!(opened.key_version(), KeyVersion::new(5));
    }
}

#[tokio::test]
async fn the_event_holds_the_detail_byte_for_byte() {
    let world = World::start().await;
    let change = world.change(5);
    let body: Value = serde_json::from_slice(change.body()).unwrap();
    let detail = &body["action_signatures"][0]["encoded_message_event_detail"];
    let detail = decode_base64(text(detail)).unwrap();
    assert_eq!(world.post_keys("1002", change.body()).await.status, 200);
    let events = world.events().await;
    let event = decode_base64(text(&events["data"][0]["encoded_event"])).unwrap();
    assert!(event.windows(detail.len()).any(|window| window == detail));
}

#[tokio::test]
async fn every_spelling_names_the_same_conversation() {
    let world = World::start().await;
    for (version, path) in [(1, "1002"), (2, "1001-1002"), (3, "1002-1001")] {
        let reply = world.post_keys(path, world.change(version).body()).await;
        assert_eq!(text(&reply.json()["data"]["conversation_id"]), "1001-1002", "{path}");
    }
    assert_eq!(rows(&world.events().await["data"]).len(), 3);
}

#[tokio::test]
async fn url_safe_base64_is_taken_in_an_action_signature() {
    let world = World::start().await;
    let mut body: Value = serde_json::from_slice(world.change(5).body()).unwrap();
    let action = &mut body["action_signatures"][0];
    for path in ["/encoded_message_event_detail", "/message_event_signature/signature"] {
        let value = action.pointer_mut(path).unwrap();
        *value = text(value).replace('+', "-").replace('/', "_").into();
    }
    let reply = world.post_keys("1002", body.to_string().as_bytes()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn a_version_only_moves_forward() {
    let world = World::start().await;
    // 10 after 9: numbers, not texts.
    for version in [9, 10] {
        assert_eq!(world.post_change(version).await.status, 200);
    }
    for version in [10, 9, 1] {
        let reply = world.post_change(version).await;
        assert_refused("stale", &reply, 409, "invalid-request", "conversation_key_version");
        assert_eq!(text(&reply.json()["value"]), version.to_string());
    }
    assert_eq!(rows(&world.events().await["data"]).len(), 2);
}

#[tokio::test]
async fn a_repeated_body_is_a_conflict() {
    let world = World::start().await;
    let change = world.change(9);
    assert_eq!(world.post_keys("1002", change.body()).await.status, 200);
    let reply = world.post_keys("1002", change.body()).await;
    assert_refused("repeated", &reply, 409, "invalid-request", "conversation_key_version");
}

#[tokio::test]
async fn a_message_id_is_used_once() {
    let world = World::start().await;
    let first: Value = serde_json::from_slice(world.change(1).body()).unwrap();
    let mut second: Value = serde_json::from_slice(world.change(2).body()).unwrap();
    let message_id = first["action_signatures"][0]["message_id"].clone();
    second["action_signatures"][0]["message_id"] = message_id;
    assert_eq!(world.post_keys("1002", first.to_string().as_bytes()).await.status, 200);
    let reply = world.post_keys("1002", second.to_string().as_bytes()).await;
    assert_refused("reused", &reply, 409, "invalid-request", "action_signatures[0].message_id");
}

#[tokio::test]
async fn strangers_neither_write_nor_read() {
    let world = World::start().await;
    assert_eq!(world.post_change(1).await.status, 200);
    for path in ["1001-1002", "1002-1001"] {
        let path = format!("/2/chat/conversations/{path}");
        let post = Request::post(&format!("{path}/keys"), world.change(2).body());
        let reply = world.client.send(post.token(&world.eve)).await.unwrap();
        assert_refused("write", &reply, 403, "not-authorized-for-resource", "id");
        let reply = world.get(&format!("{path}/events"), &world.eve).await;
        assert_refused("read", &reply, 403, "not-authorized-for-resource", "id");
        assert_eq!(text(&reply.json()["resource_type"]), "conversation");
    }
    assert_eq!(rows(&world.events().await["data"]).len(), 1);
}

#[tokio::test]
async fn a_group_is_for_its_members() {
    let world = World::start().await;
    let carol = register(&world.sandbox, &world.client, CAROL).await;
    let group: ConversationId = "g77".parse().unwrap();
    let reply = world.get("/2/chat/conversations/g77/events", &world.alice.token).await;
    assert_refused("unknown", &reply, 404, "resource-not-found", "id");

    // Eve is a member without public keys: nothing can be sealed to her.
    let members = [id(ALICE), id(BOB), id(EVE), id(CAROL)];
    world.sandbox.host(&Conversation::group(group, members).unwrap());
    // What Alice believes decides whom she seals to; what the sandbox knows decides what it takes.
    let change = |version, others: &[&Participant]| {
        let members = others.iter().map(|other| other.user_id()).chain([id(ALICE)]);
        let conversation = Conversation::group(group, members).unwrap();
        KeyChange::new(&world.alice.account, &conversation, KeyVersion::new(version))
            .participants(others.iter().copied())
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare()
            .0
    };
    let (bob, carol_key) = (world.bob.account.participant(), carol.account.participant());
    let reply = world.post_keys("g77", change(1, &[bob]).body()).await;
    assert_refused("partial", &reply, 400, "invalid-request", "conversation_participant_keys");
    let reply = world.post_keys("g77", change(2, &[bob, carol_key]).body()).await;
    assert_eq!(text(&reply.json()["data"]["conversation_id"]), "g77", "{}", reply.text());
    let page = world.get("/2/chat/conversations/g77/events", &carol.token).await.json();
    assert_eq!(rows(&page["data"]).len(), 1);

    world.sandbox.host(&Conversation::group(group, [id(ALICE), id(BOB)]).unwrap());
    let reply = world.get("/2/chat/conversations/g77/events", &carol.token).await;
    assert_refused("removed", &reply, 403, "not-authorized-for-resource", "id");
    let reply = world.post_keys("g77", change(3, &[bob, carol_key]).body()).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert!(text(&reply.json()["parameter"]).ends_with("].user_id"));
}

#[tokio::test]
async fn of_two_changes_at_once_with_one_version_one_is_taken() {
    let world = World::start().await;
    let changes: Vec<_> = (0..8).map(|_| world.change(5)).collect();
    let mut racing = tokio::task::JoinSet::new();
    for change in changes {
        let client = world.client.clone();
        let request = Request::post("/2/chat/conversations/1002/keys", change.body());
        let request = request.token(&world.alice.token);
        racing.spawn(async move { client.send(request).await.unwrap().status });
    }
    let mut statuses = racing.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(rows(&world.events().await["data"]).len(), 1);
}
