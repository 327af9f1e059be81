//! Conversations of two.

use sealpost::*;

use crate::stage::*;

#[tokio::test]
async fn one_call_starts_a_conversation_that_both_can_read() {
    for suite in Suite::ALL {
        let stage = Stage::new().await;
        let (alice, bob) = (stage.member(1, *suite).await, stage.member(2, *suite).await);
        let started = alice.start_conversation(bob.user_id()).await.unwrap();
        let id = started.id();
        let (version, _) = started.current_key().unwrap();
        let events = sync(&bob).await;
        let by = alice.user_id();
        assert_eq!(events, [SessionEvent::KeyAdopted { conversation: id, by, version }]);
        assert_eq!(assert_same_key(&[&alice, &bob], id).await, version);
        assert_eq!(sync(&bob).await, [], "nothing is told twice");
        assert_eq!(sync(&alice).await, [], "and nothing that one did oneself");
    }
}

#[tokio::test]
async fn what_is_started_is_not_started_again() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    let before = key(&alice, id).await;
    alice.start_conversation(bob.user_id()).await.unwrap();
    // Neither by the other side.
    bob.start_conversation(alice.user_id()).await.unwrap();
    assert_eq!((key(&alice, id).await, key(&bob, id).await), (before, before));
    assert_eq!(stage.count("POST", "/keys"), 1);
}

#[tokio::test]
async fn a_rotation_gives_a_new_key_and_keeps_the_old_one() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::XChat).await, stage.member(2, Suite::XChat).await);
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    let first = key(&alice, id).await;
    sync(&bob).await;
    for session in [&bob, &alice, &alice] {
        session.rotate(id).await.unwrap();
    }
    sync(&bob).await;
    assert!(assert_same_key(&[&alice, &bob], id).await > first.0);
    let state = bob.conversation(id).await.unwrap();
    assert_eq!(state.keyring().keys().count(), 4);
    assert_eq!(state.keyring().get(first.0).unwrap().fingerprint(), first.1);
}

#[tokio::test]
async fn a_session_on_the_same_store_goes_on() {
    let stage = Stage::new().await;
    let bob = stage.member(2, Suite::X25519).await;
    let device = stage.device(1).await;
    let alice = device.session().await;
    alice.register(Suite::X25519).await.unwrap();
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    let before = key(&alice, id).await;
    drop(alice);
    let again = device.session().await;
    assert_eq!(key(&again, id).await, before);
    assert_eq!(again.conversations().await.unwrap(), [id]);
    again.rotate(id).await.unwrap();
    sync(&bob).await;
    assert_same_key(&[&again, &bob], id).await;
}

#[tokio::test]
async fn accounts_in_one_store_keep_apart() {
    let stage = Stage::new().await;
    let store = std::sync::Arc::new(MemoryStore::new());
    let mut sessions = Vec::new();
    for number in [1, 2, 3] {
        let device = stage.device_on(std::sync::Arc::clone(&store), number).await;
        let session = device.session().await;
        session.register(Suite::X25519).await.unwrap();
        sessions.push(session);
    }
    let id = sessions[0].start_conversation(user(2)).await.unwrap().id();
    sync(&sessions[1]).await;
    assert_same_key(&[&sessions[0], &sessions[1]], id).await;
    let error = sessions[2].conversation(id).await.unwrap_err();
    assert_eq!(error.code(), "session.unknown_conversation");
    assert_eq!(sync(&sessions[2]).await, []);
    let first = sessions.remove(0);
    first.clone().erase_account().await.unwrap();
    assert_eq!(first.rotate(id).await.unwrap_err().code(), "session.not_registered");
    assert_same_key(&[&sessions[0]], id).await;
}

#[tokio::test]
async fn a_forgotten_conversation_comes_back_with_its_events() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    sync(&bob).await;
    bob.forget_conversation(id).await.unwrap();
    assert_eq!(bob.conversation(id).await.unwrap_err().code(), "session.unknown_conversation");
    sync(&bob).await;
    assert_same_key(&[&alice, &bob], id).await;
}

#[tokio::test]
async fn notes_to_oneself_need_nobody_else() {
    let stage = Stage::new().await;
    let alice = stage.member(1, Suite::X25519).await;
    let id = alice.start_conversation(alice.user_id()).await.unwrap().id();
    assert_eq!(members(&alice, id).await, [alice.user_id()]);
}

/// Events of a webhook, in any order, and again.
#[tokio::test]
async fn events_that_come_another_way_are_read_on_the_same_path() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    alice.rotate(id).await.unwrap();
    let page = bob.client().conversation_events(&id, EventsQuery::new()).await.unwrap();
    let mut events: Vec<EncodedEvent> =
        page.events.iter().filter_map(|row| row.encoded_event.clone()).collect();
    assert_eq!(events.len(), 2);
    let noticed = bob.ingest(&events).await.unwrap();
    assert_eq!(noticed.len(), 2);
    assert_same_key(&[&alice, &bob], id).await;
    events.reverse();
    assert_eq!(bob.ingest(&events).await.unwrap(), []);
    assert_eq!(sync(&bob).await, []);
    // A stranger's conversation, and no event at all.
    let carol = stage.member(3, Suite::X25519).await;
    let garbage = EncodedEvent::new("AAAA").unwrap();
    events.push(garbage);
    let noticed = carol.ingest(&events).await.unwrap();
    assert!(matches!(
        noticed[..],
        [SessionEvent::Refused { conversation: None, message_id: None, .. }]
    ));
    assert_eq!(carol.conversations().await.unwrap(), []);
}

/// Versions only move forward, whatever the clock does.
#[tokio::test]
async fn a_clock_that_jumps_back_a_year_does_no_harm() {
    let stage = Stage::new().await;
    let bob = stage.member(2, Suite::X25519).await;
    let device = stage.device(1).await;
    let alice = device.session().await;
    alice.register(Suite::X25519).await.unwrap();
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    let before = key(&alice, id).await.0;
    let back = UnixMillis::new(before.as_u64() - 365 * 24 * 3600 * 1000);
    let builder = Session::builder(&device.vault, device.client.clone(), device.user);
    let alice = builder.clock(move || back).open().await.unwrap();
    alice.rotate(id).await.unwrap();
    assert_eq!(key(&alice, id).await.0.as_u64(), before.as_u64() + 1);
    sync(&bob).await;
    assert_same_key(&[&alice, &bob], id).await;
}

#[test]
fn futures_can_move_between_threads() {
    fn is_send<T: Send>(_: impl FnOnce(&'static Session) -> T) {}
    is_send(|session| session.register(Suite::X25519));
    is_send(|session| session.start_conversation(user(1)));
    is_send(|session| session.create_group(NewGroup::of([user(1)])));
    is_send(|session| session.add_members(ConversationId::group(1).unwrap(), [user(1)]));
    is_send(|session| session.remove_member(ConversationId::group(1).unwrap(), user(1)));
    is_send(|session| session.rotate(ConversationId::group(1).unwrap()));
    is_send(Session::sync);
    is_send(|session| session.ingest(&[]));
    is_send(Session::resume);
    is_send(|session| session.safety_number(user(1)));
}
