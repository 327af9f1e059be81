//! The whole walk over real HTTP, and what an adversary who owns the server can make of it.
#![allow(clippy::unwrap_used, missing_docs)] // tests

use sealpost::*;
use sealpost_sandbox::{Fault, RunningSandbox, Sandbox};

const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

fn client(sandbox: &RunningSandbox, user: UserId) -> Client {
    let token = sandbox.token(user);
    Client::builder()
        .base_url(sandbox.base_url())
        .credentials(Credentials::bearer(token.as_str().into()))
        .build()
        .unwrap()
}

async fn register(client: &Client, user: UserId) -> Account {
    let identity = Identity::generate(Suite::X25519).unwrap();
    let request = identity.registration(user, NOW);
    let registered = client.add_user_public_key(&user, &request).await.unwrap();
    identity.registered(user, registered.public_key_version)
}

/// Two registered users of one sandbox.
struct Stage {
    sandbox: RunningSandbox,
    alice: (Client, Account),
    bob: (Client, Account),
    conversation: Conversation,
}

impl Stage {
    async fn new() -> Self {
        let sandbox = Sandbox::builder().seed(7).start().await.unwrap();
        let (alice, bob) = (user(1001), user(1002));
        let conversation = Conversation::direct(alice, bob);
        let (alices, bobs) = (client(&sandbox, alice), client(&sandbox, bob));
        let alice = register(&alices, alice).await;
        let bob = register(&bobs, bob).await;
        Self { sandbox, alice: (alices, alice), bob: (bobs, bob), conversation }
    }

    async fn bob_as_served(&self) -> Result<Participant, RecordError> {
        let bob = self.bob.1.user_id();
        newest_participant(&bob, &self.alice.0.user_public_keys(&bob).await.unwrap().records)
    }

    async fn prepare(&self, version: u64) -> (PreparedKeyChange, ConversationKey) {
        let bob = self.bob_as_served().await.unwrap();
        KeyChange::new(&self.alice.1, &self.conversation, KeyVersion::new(version))
            .participants([&bob])
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare()
    }

    /// What Bob makes of the conversation's events.
    async fn bobs_keyring(&self) -> Keyring {
        let alice = self.alice.1.user_id();
        let alice =
            newest_participant(&alice, &self.bob.0.user_public_keys(&alice).await.unwrap().records)
                .unwrap();
        let query = EventsQuery::new().max_results(100);
        let page = self.bob.0.conversation_events(&self.conversation.id(), query).await.unwrap();
        let mut keyring = Keyring::new(self.conversation.id());
        for event in &page.key_events {
            let ChatEvent::KeyChange(change) = event.parse().unwrap() else { continue };
            let opened = change.open(&self.bob.1, &self.conversation, [&alice]).unwrap();
            keyring.adopt(opened, NOW).unwrap();
        }
        keyring
    }
}

#[tokio::test]
async fn both_users_hold_the_posted_keys_and_the_newest_is_current() {
    let stage = Stage::new().await;
    let mut alices = Keyring::new(stage.conversation.id());
    for _ in 0..3 {
        let version = alices.next_version(NOW).unwrap();
        let (request, key) = stage.prepare(version.as_u64()).await;
        let accepted = stage.alice.0.add_conversation_keys(&request).await.unwrap();
        assert_eq!(accepted.conversation_id, stage.conversation.id());
        alices.commit(&request, key).unwrap();
    }
    let bobs = stage.bobs_keyring().await;
    assert_eq!(bobs.floor(), Some(KeyVersion::new(NOW.as_u64() + 2)));
    for offset in 0..3 {
        let version = KeyVersion::new(NOW.as_u64() + offset);
        assert_eq!(alices.get(version).unwrap(), bobs.get(version).unwrap());
    }
    stage.sandbox.stop().await;
}

#[tokio::test]
async fn a_directory_that_serves_another_user_s_keys_gets_nothing_sealed() {
    let stage = Stage::new().await;
    // Mallory is registered, so the server has a valid row to pass off as Bob's.
    register(&client(&stage.sandbox, user(6666)), user(6666)).await;
    stage.sandbox.inject(Fault::SwappedDirectoryRow, 1);
    let error = stage.bob_as_served().await.unwrap_err();
    assert_eq!(error.user(), user(1002));
    assert_eq!(error.code(), "record.binding");
    assert!(stage.bob_as_served().await.is_ok(), "and the true row still works");
}

#[tokio::test]
async fn a_user_without_keys_is_named() {
    let stage = Stage::new().await;
    let carol = user(1003);
    let _known_from_now_on = stage.sandbox.token(carol);
    let listing = stage.alice.0.user_public_keys(&carol).await.unwrap();
    assert!(listing.is_complete(), "there are none, rather than none to be seen");
    let error = newest_participant(&carol, &listing.records).unwrap_err();
    assert_eq!((error.user(), error.problem()), (carol, RecordProblem::NoKeys));
}

#[tokio::test]
async fn a_reply_that_names_another_conversation_is_refused() {
    let stage = Stage::new().await;
    let (request, _) = stage.prepare(5).await;
    stage.sandbox.inject(Fault::OtherConversation, 1);
    let error = stage.alice.0.add_conversation_keys(&request).await.unwrap_err();
    let Error::ConversationIdMismatch { signed, answered, .. } = &error else {
        unreachable!("{error:?}")
    };
    assert_eq!(*signed, stage.conversation.id());
    assert_ne!(answered, signed);
    assert!(error.may_have_been_applied() && !error.is_retryable());
}

#[tokio::test]
async fn a_lost_answer_is_found_among_the_events() {
    let stage = Stage::new().await;
    let (request, key) = stage.prepare(5).await;
    stage.sandbox.inject(Fault::CommitThenReset, 1);
    let error = stage.alice.0.add_conversation_keys(&request).await.unwrap_err();
    assert!(error.may_have_been_applied(), "{error:?}");

    // Alice's own copy comes back from the server and opens to the very key she holds.
    let page = stage
        .alice
        .0
        .conversation_events(&stage.conversation.id(), EventsQuery::new())
        .await
        .unwrap();
    let ChatEvent::KeyChange(change) = page.key_events[0].parse().unwrap() else {
        unreachable!("a key change was posted")
    };
    assert_eq!(change.message_id(), request.message_id());
    let opened = change.open(&stage.alice.1, &stage.conversation, []).unwrap();
    assert_eq!(opened.key(), &key);
    assert_eq!(stage.bobs_keyring().await.current().unwrap().1, &key);
}

#[tokio::test]
async fn a_request_that_was_not_applied_may_be_sent_again_byte_for_byte() {
    let stage = Stage::new().await;
    let (request, key) = stage.prepare(5).await;
    stage.sandbox.inject(Fault::RateLimited, 1);
    let error = stage.alice.0.add_conversation_keys(&request).await.unwrap_err();
    assert!(error.is_retryable() && !error.may_have_been_applied(), "{error:?}");
    stage.alice.0.add_conversation_keys(&request).await.unwrap();
    assert_eq!(stage.bobs_keyring().await.current().unwrap().1, &key);
    // Sent once more, it meets itself: the refusal must not pass for "nothing happened".
    let error = stage.alice.0.add_conversation_keys(&request).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(409));
    assert!(error.may_have_been_applied() && !error.is_retryable(), "{error:?}");
    let query = EventsQuery::new();
    let page = stage.alice.0.conversation_events(&stage.conversation.id(), query).await.unwrap();
    assert_eq!(page.key_events.len(), 1);
    let ChatEvent::KeyChange(change) = page.key_events[0].parse().unwrap() else {
        unreachable!("a key change was posted")
    };
    assert_eq!(change.message_id(), request.message_id(), "and the events say that it is in");
    // A change that is not in gets the same refusal; for it the events say so.
    let (late, _) = stage.prepare(4).await;
    let error = stage.alice.0.add_conversation_keys(&late).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(409));
    assert!(error.may_have_been_applied() && !error.is_retryable(), "{error:?}");
    assert_ne!(change.message_id(), late.message_id());
}

#[tokio::test]
async fn a_group_is_created_and_joined_and_everybody_holds_the_newest_key() {
    let stage = Stage::new().await;
    let (alices, alice) = &stage.alice;
    let bob = stage.bob_as_served().await.unwrap();
    let carols = client(&stage.sandbox, user(1003));
    let carol = register(&carols, user(1003)).await;

    let id = alices.initialize_group().await.unwrap();
    let group = Conversation::group(id, [alice.user_id(), bob.user_id()]).unwrap();
    let details = GroupCreate::new([alice.user_id()]).title("Lunch".parse().unwrap());
    let (request, key) = KeyChange::new(alice, &group, KeyVersion::new(5))
        .creating_group(details.clone())
        .unwrap()
        .participants([&bob])
        .seal()
        .unwrap()
        .sign()
        .unwrap()
        .prepare();
    // The answer is lost; sent again, the request meets itself, and the events tell.
    stage.sandbox.inject(Fault::CommitThenReset, 1);
    assert!(alices.create_group(&request).await.unwrap_err().may_have_been_applied());
    let error = alices.create_group(&request).await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::CONFLICT));
    assert!(error.may_have_been_applied());
    let page = stage.bob.0.conversation_events(&id, EventsQuery::new()).await.unwrap();
    let ChatEvent::KeyChange(change) = page.key_events[0].parse().unwrap() else {
        unreachable!("a key change came first")
    };
    assert_eq!(change.message_id(), request.message_id());
    let opened = change.open(&stage.bob.1, &group, [alice.participant()]).unwrap();
    assert_eq!(opened.key(), &key);

    let joined = [alice.user_id(), bob.user_id(), carol.user_id()];
    let larger = Conversation::group(id, joined).unwrap();
    let (request, key) = KeyChange::new(alice, &larger, KeyVersion::new(6))
        .adding_members(MemberAdd::new([carol.user_id()], details))
        .unwrap()
        .participants([&bob, carol.participant()])
        .seal()
        .unwrap()
        .sign()
        .unwrap()
        .prepare();
    let added = alices.add_group_members(&request).await.unwrap();
    assert_eq!(added.current_member_ids.unwrap(), joined);
    let page = carols.conversation_events(&id, EventsQuery::new()).await.unwrap();
    assert_eq!((page.events.len(), page.key_events.len()), (4, 2));
    let ChatEvent::KeyChange(change) = page.key_events[1].parse().unwrap() else {
        unreachable!("the newer key change")
    };
    let opened = change.open(&carol, &larger, [alice.participant()]).unwrap();
    assert_eq!(opened.key(), &key);
    let newest = page.events[0].encoded_event.as_ref().unwrap().parse().unwrap();
    let ChatEvent::MemberAdd(event) = newest else { unreachable!("the addition comes last") };
    let event = event.verify(&group, [alice.participant()], ReadPolicy::default()).unwrap();
    assert_eq!(event.new_members(), [carol.user_id()]);
    assert_eq!(added.sequence_id, page.events[1].sequence_id);
}
