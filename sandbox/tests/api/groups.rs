//! Groups: created, joined, and what their members see of it.

use sealpost_crypto::{
    ChatEvent, Conversation, ConversationId, EncodedEvent, KeyChange, KeyVersion, ReadPolicy,
};
use sealpost_sandbox::Fault;
use serde_json::Value;

use crate::support::groups::{CAROL, CREATE, INITIALIZE, TITLE, members_path, with_group};
use crate::support::http::Request;
use crate::support::{ALICE, BOB, User, World, assert_refused, id, register, rows, text};

fn event(row: &Value) -> ChatEvent {
    EncodedEvent::new(text(&row["encoded_event"])).unwrap().parse().unwrap()
}

async fn events(world: &World, group: ConversationId, reader: &User) -> Value {
    let path = format!("/2/chat/conversations/{group}/events?max_results=100");
    let reply = world.get(&path, &reader.token).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test]
async fn every_group_gets_an_id_of_its_own() {
    let world = World::start().await;
    let (one, other) = (world.mint().await, world.mint().await);
    assert!(one.is_group() && other.is_group());
    assert_ne!(one, other);
    let reply = world.get(&format!("/2/chat/conversations/{one}/events"), &world.alice.token).await;
    assert_refused("not created yet", &reply, 404, "resource-not-found", "id");
}

#[tokio::test]
async fn a_created_group_is_two_events_that_verify_for_its_members() {
    let world = World::start().await;
    let group = world.mint().await;
    let creation = world.creation(group, 5);
    let reply = world.post(CREATE, creation.body()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let data = &reply.json()["data"];
    assert_eq!(text(&data["conversation_id"]), group.to_string());

    let conversation = Conversation::group(group, [id(ALICE), id(BOB)]).unwrap();
    let alice = world.alice.account.participant();
    for reader in [&world.alice, &world.bob] {
        let page = events(&world, group, reader).await;
        let events = rows(&page["data"]);
        assert_eq!(events.len(), 2);
        // Newest first: the creation comes after the key change.
        assert_eq!(events[1]["id"], data["conversation_key_change_sequence_id"]);
        assert_eq!(events[0]["previous_id"], events[1]["id"]);
        let ChatEvent::KeyChange(change) = event(&events[1]) else { panic!("no key change") };
        assert_eq!(change.message_id(), creation.message_id());
        let opened = change.open(&reader.account, &conversation, [alice]).unwrap();
        assert_eq!(opened.key_version(), KeyVersion::new(5));
        let ChatEvent::GroupCreate(created) = event(&events[0]) else { panic!("no creation") };
        let created = created.verify(conversation.id(), [alice], ReadPolicy::strict()).unwrap();
        assert_eq!(created.conversation(), &conversation);
        assert_eq!(created.title().unwrap().as_str(), TITLE);
        assert_ne!(created.message_id(), creation.message_id());
        // Of the two, one is a key event.
        assert_eq!(
            rows(&page["meta"]["conversation_key_events"]),
            [events[1]["encoded_event"].clone()]
        );
    }
    let path = format!("/2/chat/conversations/{group}/events");
    let reply = world.get(&path, &world.eve).await;
    assert_refused("a stranger", &reply, 403, "not-authorized-for-resource", "id");
}

#[tokio::test]
async fn a_page_of_group_events_comes_with_the_key_change_before_it() {
    let world = World::start().await;
    let group = world.mint().await;
    let creation = world.creation(group, 5);
    assert_eq!(world.post(CREATE, creation.body()).await.status, 201);
    let path = format!("/2/chat/conversations/{group}/events?max_results=1");
    let page = world.get(&path, &world.alice.token).await.json();
    assert!(matches!(event(&page["data"][0]), ChatEvent::GroupCreate(_)));
    let keys = rows(&page["meta"]["conversation_key_events"]);
    assert_eq!(keys.len(), 1);
    assert_ne!(keys[0], page["data"][0]["encoded_event"]);
    assert_eq!(page["meta"]["has_more"], true);
}

#[tokio::test]
async fn new_members_are_two_events_and_read_along() {
    let (world, group, carol) = with_group().await;
    let addition = world.addition(group, 6, carol.account.participant());
    let reply = world.post(&members_path(group), addition.body()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let data = &reply.json()["data"];
    assert_eq!(data["current_member_ids"], serde_json::json!(["1001", "1002", "1004"]));

    let before = Conversation::group(group, [id(ALICE), id(BOB)]).unwrap();
    let after = Conversation::group(group, [id(ALICE), id(BOB), id(CAROL)]).unwrap();
    let alice = world.alice.account.participant();
    for reader in [&world.alice, &world.bob, &carol] {
        let page = events(&world, group, reader).await;
        let events = rows(&page["data"]);
        assert_eq!(events.len(), 4);
        assert_eq!(events[1]["id"], data["conversation_key_change_sequence_id"]);
        let ChatEvent::KeyChange(change) = event(&events[1]) else { panic!("no key change") };
        let opened = change.open(&reader.account, &after, [alice]).unwrap();
        assert_eq!(opened.key_version(), KeyVersion::new(6));
        let ChatEvent::MemberAdd(added) = event(&events[0]) else { panic!("no addition") };
        let added = added.verify(&before, [alice], ReadPolicy::strict()).unwrap();
        assert_eq!(added.new_members(), [id(CAROL)]);
        assert_eq!(added.conversation().unwrap(), after);
        assert_eq!(rows(&page["meta"]["conversation_key_events"]).len(), 2);
    }
    // From now on she needs a copy of every key that is not an admin's.
    let change = KeyChange::new(&world.bob.account, &before, KeyVersion::new(7))
        .participants([world.alice.account.participant()]);
    let (change, _) = change.seal().unwrap().sign().unwrap().prepare();
    let path = format!("/2/chat/conversations/{group}/keys");
    let request = Request::post(&path, change.body()).token(&world.bob.token);
    let reply = world.client.send(request).await.unwrap();
    assert_refused("without her", &reply, 400, "invalid-request", "conversation_participant_keys");
}

#[tokio::test]
async fn a_hosted_group_takes_new_members_too() {
    let world = World::start().await;
    let carol = register(&world.sandbox, &world.client, CAROL).await;
    let group: ConversationId = "g77".parse().unwrap();
    world.sandbox.host(&Conversation::group(group, [id(ALICE), id(BOB)]).unwrap());
    let addition = world.addition(group, 5, carol.account.participant());
    let reply = world.post(&members_path(group), addition.body()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(rows(&events(&world, group, &carol).await["data"]).len(), 2);
}

#[tokio::test]
async fn a_repeated_request_is_a_conflict() {
    let world = World::start().await;
    let carol = register(&world.sandbox, &world.client, CAROL).await;
    let group = world.mint().await;
    let creation = world.creation(group, 5);
    assert_eq!(world.post(CREATE, creation.body()).await.status, 201);
    let reply = world.post(CREATE, creation.body()).await;
    assert_refused("created twice", &reply, 409, "invalid-request", "conversation_id");
    let addition = world.addition(group, 6, carol.account.participant());
    assert_eq!(world.post(&members_path(group), addition.body()).await.status, 200);
    let reply = world.post(&members_path(group), addition.body()).await;
    assert_refused("added twice", &reply, 409, "invalid-request", "user_ids[0]");
    assert_eq!(rows(&events(&world, group, &carol).await["data"]).len(), 4);
}

#[tokio::test]
async fn faults_happen_to_groups_as_to_keys() {
    let world = World::start().await;
    let carol = register(&world.sandbox, &world.client, CAROL).await;
    let send = async |path: &str, body: &[u8], fault: Fault| {
        let request = Request::post(path, body).token(&world.alice.token).fault(fault.name());
        world.client.send(request).await
    };
    let group = world.mint().await;
    let creation = world.creation(group, 5);
    let reply = send(CREATE, creation.body(), Fault::MissingActionSignatures).await.unwrap();
    assert_refused("create", &reply, 400, "invalid-request", "action_signatures");
    let mut unsigned: Value = serde_json::from_slice(creation.body()).unwrap();
    unsigned.as_object_mut().unwrap().remove("action_signatures");
    let real = world.post(CREATE, unsigned.to_string().as_bytes()).await;
    assert_eq!(reply.json(), real.json());
    let reply = send(CREATE, creation.body(), Fault::Unavailable).await.unwrap();
    assert_eq!(reply.status, 503);
    let reply = send(CREATE, creation.body(), Fault::OtherConversation).await.unwrap();
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_ne!(text(&reply.json()["data"]["conversation_id"]), group.to_string());
    assert_eq!(rows(&events(&world, group, &world.bob).await["data"]).len(), 2);

    let path = members_path(group);
    let addition = world.addition(group, 6, carol.account.participant());
    for fault in [Fault::OtherConversation, Fault::ClientNotEnrolled] {
        let reply = send(&path, addition.body(), fault).await.unwrap();
        assert_refused("no such fault", &reply, 400, "invalid-request", "x-sandbox-fault");
    }
    let reply = send(INITIALIZE, b"", Fault::MissingActionSignatures).await.unwrap();
    assert_refused("nothing to sign", &reply, 400, "invalid-request", "x-sandbox-fault");
    assert!(send(&path, addition.body(), Fault::CommitThenReset).await.is_err());
    assert_eq!(rows(&events(&world, group, &carol).await["data"]).len(), 4);

    let other = world.mint().await;
    let creation = world.creation(other, 5);
    let reply = send(CREATE, creation.body(), Fault::AcceptedWithErrors).await.unwrap();
    assert_eq!(reply.status, 201);
    assert_eq!(rows(&reply.json()["errors"]).len(), 1);
}
