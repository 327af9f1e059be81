//! Groups: who may do what, and what is refused besides bodies.

use sealpost_crypto::{Conversation, ConversationId, Identity, Suite};
use serde_json::json;

use crate::support::groups::{
    AVATAR, CREATE, INITIALIZE, TITLE, members_path, valid_addition, with_group,
};
use crate::support::http::Request;
use crate::support::{ALICE, BOB, EVE, World, assert_refused, id, text};

#[tokio::test]
async fn an_addition_may_repeat_title_and_avatar_and_carry_its_payload() {
    let (world, group, carol) = with_group().await;
    let mut body = valid_addition(&world, group, 6, &carol);
    body["action_signatures"][1]["signature_payload"] = json!("GroupChangeEvent,...");
    body["encrypted_title"] = json!(TITLE);
    body["encrypted_avatar_url"] = json!(AVATAR);
    let reply = world.post(&members_path(group), body.to_string().as_bytes()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn only_members_add_members() {
    let (world, group, carol) = with_group().await;
    let body = valid_addition(&world, group, 6, &carol).to_string();
    for token in [&world.eve, &carol.token] {
        let request = Request::post(&members_path(group), body.as_bytes()).token(token);
        let reply = world.client.send(request).await.unwrap();
        assert_refused("a stranger", &reply, 403, "not-authorized-for-resource", "id");
    }
    let reply = world.post("/2/chat/conversations/g1/members", body.as_bytes()).await;
    assert_refused("no such group", &reply, 404, "resource-not-found", "id");
    for direct in ["1002", "1001-1002"] {
        let path = format!("/2/chat/conversations/{direct}/members");
        let reply = world.post(&path, body.as_bytes()).await;
        assert_refused("no group", &reply, 400, "invalid-request", "id");
    }
}

#[tokio::test]
async fn a_member_without_keys_cannot_be_added() {
    let (world, group, _) = with_group().await;
    let eve = Identity::generate(Suite::X25519).unwrap();
    let eve = eve.registered(id(EVE), "7".parse().unwrap());
    let addition = world.addition(group, 6, eve.participant());
    let reply = world.post(&members_path(group), addition.body()).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert!(text(&reply.json()["parameter"]).ends_with("].public_key_version"));
}

#[tokio::test]
async fn an_id_is_for_whom_it_was_given_to() {
    let world = World::start().await;
    let request = Request::new("POST", INITIALIZE);
    let reply = world.client.send(request.token(&world.bob.token)).await.unwrap();
    let bobs = text(&reply.json()["data"]["conversation_id"]).parse().unwrap();
    let reply = world.post(CREATE, world.creation(bobs, 5).body()).await;
    assert_refused("Bob's", &reply, 400, "invalid-request", "conversation_id");

    let hosted: ConversationId = "g77".parse().unwrap();
    world.sandbox.host(&Conversation::group(hosted, [id(ALICE), id(BOB)]).unwrap());
    let reply = world.post(CREATE, world.creation(hosted, 5).body()).await;
    assert_refused("hosted", &reply, 409, "invalid-request", "conversation_id");
}

#[tokio::test]
async fn the_operations_take_no_query_and_initialize_no_body() {
    let world = World::start().await;
    let reply = world.post(INITIALIZE, b"{}").await;
    assert_refused("a body", &reply, 400, "invalid-request", "");
    for path in ["group/initialize", "group", "g1/members"] {
        let path = format!("/2/chat/conversations/{path}?dry_run=1");
        let reply = world.post(&path, b"").await;
        assert_refused(&path, &reply, 400, "invalid-request", "dry_run");
    }
}
