//! Crashes, lost answers, races: one key comes of each change, the same for everybody.

use std::time::Duration;

use sealpost::*;
use sealpost_sandbox::{Fault, Operation};

use crate::stage::*;

#[tokio::test]
async fn lost_answers_are_found_again() {
    let mut checked = 0;
    for fault in [
        Fault::CommitThenReset,
        Fault::ResetBeforeCommit,
        Fault::InternalError,
        Fault::AcceptedWithErrors,
        Fault::Unavailable,
    ] {
        let stage = Stage::new().await;
        let (alice, bob) =
            (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
        stage.sandbox.inject(fault.on(Operation::AddConversationKeys).unwrap(), 1);
        let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
        sync(&bob).await;
        assert_same_key(&[&alice, &bob], id).await;
        let known = bob.conversation(id).await.unwrap();
        assert_eq!(known.keyring().keys().count(), 1, "{fault:?}");
        checked += 1;
    }
    assert_eq!(checked, 5);
}

#[tokio::test]
async fn what_is_unsettled_is_taken_up_by_the_next_call() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    let id = ConversationId::direct(alice.user_id(), bob.user_id());
    // It is in, the answer is lost, and the events cannot be read either.
    stage.sandbox.inject(Fault::CommitThenReset.on(Operation::AddConversationKeys).unwrap(), 1);
    let blind = Fault::InternalError.on(Operation::GetChatConversationEvents).unwrap();
    // The reading before the change passes.
    stage.sandbox.inject(Fault::None.on(Operation::GetChatConversationEvents).unwrap(), 1);
    stage.sandbox.inject(blind, 1000);
    let error = alice.start_conversation(bob.user_id()).await.unwrap_err();
    assert!(matches!(error, SessionError::Unsettled { .. }), "{error}");
    assert!(alice.conversation(id).await.unwrap().unsettled().is_some());
    stage.sandbox.clear_faults();
    let state = alice.start_conversation(bob.user_id()).await.unwrap();
    assert!(state.unsettled().is_none());
    sync(&bob).await;
    assert_same_key(&[&alice, &bob], id).await;
    assert_eq!(bob.conversation(id).await.unwrap().keyring().keys().count(), 1);
}

#[tokio::test]
async fn what_is_refused_leaves_no_trace() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    let before = key(&alice, id).await;
    let refused = Fault::MissingActionSignatures.on(Operation::AddConversationKeys).unwrap();
    stage.sandbox.inject(refused, 1);
    let error = alice.rotate(id).await.unwrap_err();
    assert!(matches!(error, SessionError::NotDelivered { .. }), "{error}");
    assert_eq!(key(&alice, id).await, before);
    assert!(alice.conversation(id).await.unwrap().unsettled().is_none());
    alice.rotate(id).await.unwrap();
    sync(&bob).await;
    assert_same_key(&[&alice, &bob], id).await;
}

#[tokio::test]
async fn a_group_whose_creation_is_refused_holds_up_nothing() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    let refused = Fault::MissingActionSignatures.on(Operation::CreateChatConversation).unwrap();
    stage.sandbox.inject(refused, 1);
    let error = alice.create_group(NewGroup::of([user(2)])).await.unwrap_err();
    assert!(matches!(error, SessionError::NotDelivered { .. }), "{error}");
    // The server does not know it.
    assert_eq!(sync(&alice).await, []);
    let id = alice.create_group(NewGroup::of([user(2)])).await.unwrap().id();
    for session in [&alice, &bob] {
        sync(session).await;
    }
    assert_same_key(&[&alice, &bob], id).await;
}

/// A future that is dropped anywhere, a new start of the program, and so on until it is through.
#[tokio::test]
async fn dropped_changes_come_to_one_key_each() {
    for seed in 0..12 {
        let mut chance = fastrand::Rng::with_seed(seed);
        let stage = Stage::new().await;
        let suite = *chance.choice(Suite::ALL).unwrap();
        let (bob, carol) = (stage.member(2, suite).await, stage.member(3, suite).await);
        let device = stage.device(1).await;
        device.session().await.register(suite).await.unwrap();
        let direct = ConversationId::direct(user(1), user(2));
        let group =
            device.session().await.create_group(NewGroup::of([user(2)])).await.unwrap().id();
        for _ in 0..8 {
            let alice = device.session().await;
            let patience = Duration::from_micros(chance.u64(0..20_000));
            let _ = match chance.u8(0..3) {
                0 => tokio::time::timeout(patience, alice.start_conversation(user(2))).await,
                1 => tokio::time::timeout(patience, alice.rotate(group)).await,
                _ => tokio::time::timeout(patience, alice.add_members(group, [user(3)])).await,
            };
        }
        let alice = device.session().await;
        alice.start_conversation(user(2)).await.unwrap();
        alice.add_members(group, [user(3)]).await.unwrap();
        for session in [&bob, &carol] {
            sync(session).await;
        }
        assert_same_key(&[&alice, &bob], direct).await;
        assert_same_key(&[&alice, &bob, &carol], group).await;
        assert_eq!(members(&bob, group).await, members(&alice, group).await, "seed {seed}");
        let known = alice.conversation(group).await.unwrap();
        assert!(known.unsettled().is_none());
    }
}

#[tokio::test]
async fn both_sides_may_start_at_once() {
    for _ in 0..5 {
        let stage = Stage::new().await;
        let (alice, bob) =
            (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
        let (one, other) = tokio::join!(
            alice.start_conversation(bob.user_id()),
            bob.start_conversation(alice.user_id())
        );
        let id = one.unwrap().id();
        other.unwrap();
        sync(&alice).await;
        sync(&bob).await;
        assert_same_key(&[&alice, &bob], id).await;
    }
}

/// Sessions on one store, as several workers have: one at a time, and none is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_on_one_store_take_turns() {
    let stage = Stage::new().await;
    let bob = stage.member(2, Suite::X25519).await;
    let device = stage.device(1).await;
    let first = device.session().await;
    first.register(Suite::X25519).await.unwrap();
    let id = first.start_conversation(bob.user_id()).await.unwrap().id();
    let mut workers = Vec::new();
    for _ in 0..4 {
        let worker = device.session().await;
        workers.push(tokio::spawn(async move {
            for _ in 0..3 {
                worker.rotate(id).await.unwrap();
                worker.sync().await.unwrap();
            }
        }));
    }
    for worker in workers {
        worker.await.unwrap();
    }
    sync(&bob).await;
    assert_same_key(&[&first, &bob], id).await;
    assert_eq!(bob.conversation(id).await.unwrap().keyring().keys().count(), 13);
}
