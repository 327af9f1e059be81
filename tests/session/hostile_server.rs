//! A server that shows what is not so, hides, comes late, or has lost what it had.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sealpost::*;
use sealpost_sandbox::{Fault, Operation};

use crate::planting::*;
use crate::stage::*;

fn refusals<'a>(
    events: &'a [SessionEvent],
    code: &'a str,
) -> impl Iterator<Item = &'a SessionEvent> {
    events.iter().filter(move |event| match event {
        SessionEvent::Refused { reason, .. } => reason.code() == code,
        _ => false,
    })
}

/// A conversation that cannot be read does not keep the others from being read.
#[tokio::test]
async fn hostile_removal_ends_one_conversation_and_no_other() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        sync(&carol).await;
        let other = bob.create_group(NewGroup::of(users(&[1, 3]))).await.unwrap().id();
        let direct = bob.start_conversation(user(3)).await.unwrap().id();
        let old = key(&carol, id).await;
        alice.remove_member(id, user(3)).await.unwrap();
        for _ in 0..2 {
            let events = sync(&carol).await;
            let lost: Vec<&SessionEvent> = events
                .iter()
                .filter(|event| matches!(event, SessionEvent::NotSynced { .. }))
                .collect();
            assert!(
                matches!(lost[..], [SessionEvent::NotSynced { conversation, .. }] if *conversation == id),
                "{events:?}"
            );
            assert_same_key(&[&bob, &carol], other).await;
            assert_same_key(&[&bob, &carol], direct).await;
            assert_eq!(key(&carol, id).await, old, "what she has she keeps");
        }
        assert!(carol.sync_conversation(id).await.is_err());
        assert_eq!(stage.count("POST", "/keys"), 2);
    }
}

#[tokio::test]
async fn hostile_silence_about_one_change_leaves_the_others_readable() {
    let Group { stage, id, alice, bob, .. } = group(Suite::X25519).await;
    stage.blind(Operation::AddConversationKeys, false);
    let error = alice.rotate(id).await.unwrap_err();
    assert!(matches!(error, SessionError::Unsettled { .. }), "{error}");
    stage.sandbox.clear_faults();
    // Alice may not look any more whether it is in.
    stage.sandbox.host(&Conversation::group(id, users(&[2, 3])).unwrap());
    let direct = bob.start_conversation(user(1)).await.unwrap().id();
    let other = bob.create_group(NewGroup::of(users(&[1]))).await.unwrap().id();
    let posted = stage.count("POST", "/keys");
    for _ in 0..2 {
        let events = sync(&alice).await;
        let not_synced = events.iter().filter(
            |event| matches!(event, SessionEvent::NotSynced { conversation, .. } if *conversation == id),
        );
        assert_eq!(not_synced.count(), 1, "{events:?}");
        assert!(alice.conversation(id).await.unwrap().unsettled().is_some());
        assert_same_key(&[&alice, &bob], direct).await;
        assert_same_key(&[&alice, &bob], other).await;
    }
    assert_eq!(stage.count("POST", "/keys"), posted, "and it is not sent in the dark");
    // Once she may look again, it is settled.
    stage.sandbox.host(&Conversation::group(id, users(&[1, 2, 3])).unwrap());
    alice.sync().await.unwrap();
    assert!(alice.conversation(id).await.unwrap().unsettled().is_none());
    bob.sync().await.unwrap();
    assert_same_key(&[&alice, &bob], id).await;
}

#[tokio::test]
async fn hostile_events_of_users_who_are_gone_are_refused_and_passed() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    let genuine = bob.start_conversation(user(1)).await.unwrap().id();
    let model = log(&bob, genuine).await.remove(0);
    // One whom the server does not know, and one without keys.
    let _ = stage.client(user(78));
    let mut checked = 0;
    for gone in [77, 78] {
        let id = ConversationId::direct(user(1), user(gone));
        stage.sandbox.plant(id, user(gone), &passed_off(&model, user(gone), id));
        let events = alice.sync_conversation(id).await.unwrap();
        assert_eq!(refusals(&events, "read.unknown_signer").count(), 1, "{gone}: {events:?}");
        assert_eq!(alice.sync_conversation(id).await.unwrap(), [], "{gone}: once");
        assert!(alice.send_text(id, "no").await.is_err());
        let cursor = &mut ReceiveCursor::new();
        let mut stream = alice.receive(id, cursor);
        let first = futures_util::TryStreamExt::try_next(&mut stream).await.unwrap().unwrap();
        assert!(first.event.is_err());
        checked += 1;
    }
    assert_eq!(checked, 2);
    alice.sync().await.unwrap();
    assert_same_key(&[&alice, &bob], genuine).await;
}

#[tokio::test]
async fn hostile_copies_in_other_conversations_give_no_keys() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        let direct = alice.start_conversation(user(2)).await.unwrap().id();
        let other = carol.create_group(NewGroup::of(users(&[1, 2]))).await.unwrap().id();
        for session in [&alice, &bob, &carol] {
            sync(session).await;
        }
        let all = [id, direct, other];
        let mut before = Vec::new();
        for id in all {
            before.push(key(&bob, id).await);
        }
        let mut logs = Vec::new();
        for from in all {
            logs.extend(log(&bob, from).await);
        }
        let mut planted = 0;
        for event in logs {
            for to in all {
                let moved = passed_off(&event, user(if to == other { 3 } else { 1 }), to);
                for event in [&event, &moved] {
                    stage.sandbox.plant(to, user(1), event);
                    planted += 1;
                }
            }
        }
        assert_eq!(planted, 5 * 3 * 2);
        sync_lenient(&bob).await;
        for (id, before) in all.into_iter().zip(before) {
            assert_eq!(key(&bob, id).await, before);
            let state = bob.conversation(id).await.unwrap();
            assert_eq!(state.keyring().keys().count(), 1);
        }
        assert_eq!(members(&bob, id).await, users(&[1, 2, 3]));
        assert_eq!(bob.conversations().await.unwrap().len(), 3);
    }
}

/// What was prepared is looked for among what is new since, however much there is.
#[tokio::test]
async fn hostile_loss_is_looked_for_among_what_is_new() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    let id = alice.start_conversation(user(2)).await.unwrap().id();
    // Seven pages.
    for number in 0..650 {
        alice.send_text(id, number.to_string()).await.unwrap();
    }
    sync(&alice).await;
    for fault in [Fault::CommitThenReset, Fault::ResetBeforeCommit, Fault::InternalError] {
        let before = stage.count("GET", "/events");
        stage.sandbox.inject(fault.on(Operation::AddConversationKeys).unwrap(), 1);
        alice.rotate(id).await.unwrap();
        // One page before the change, one to look for it.
        assert_eq!(stage.count("GET", "/events") - before, 2, "{fault:?}");
        assert!(alice.conversation(id).await.unwrap().unsettled().is_none());
    }
    sync(&bob).await;
    assert_same_key(&[&alice, &bob], id).await;
    assert_eq!(bob.conversation(id).await.unwrap().keyring().keys().count(), 4);
}

#[tokio::test]
async fn hostile_groups_that_never_came_about_leave_no_ghosts() {
    let (mut dropped, mut groups) = (0, 0);
    for micros in (0..30_000).step_by(1000) {
        let stage = Stage::new().await;
        stage.member(2, Suite::X25519).await;
        let device = stage.device(1).await;
        let alice = device.session().await;
        alice.register(Suite::X25519).await.unwrap();
        let creating = alice.create_group(NewGroup::of([user(2)]));
        let outcome = tokio::time::timeout(Duration::from_micros(micros), creating).await;
        dropped += usize::from(outcome.is_err());
        drop(alice);
        let alice = device.session().await;
        alice.resume().await.unwrap();
        assert!(!alice.sync().await.unwrap().iter().any(|event| matches!(
            event,
            SessionEvent::NotSynced { .. } | SessionEvent::Refused { .. }
        )));
        let known = alice.conversations().await.unwrap();
        for id in &known {
            let state = alice.conversation(*id).await.unwrap();
            assert!(state.unsettled().is_none() && state.current_key().is_some());
            assert_eq!(members(&alice, *id).await, users(&[1, 2]));
        }
        assert!(known.len() <= 1);
        groups += known.len();
        assert!(alice.vault().unfinished().await.unwrap().is_empty());
        assert!(device.vault.check().await.unwrap().unreadable.is_empty());
    }
    assert!(dropped > 0 && groups > 0, "{dropped} {groups}");
}

#[tokio::test]
async fn hostile_refusals_of_a_group_leave_no_ghosts() {
    let mut checked = 0;
    for fault in [Fault::MissingActionSignatures, Fault::Empty404, Fault::CreditsDepleted] {
        let stage = Stage::new().await;
        stage.member(2, Suite::X25519).await;
        let alice = stage.member(1, Suite::X25519).await;
        for operation in [Operation::CreateChatConversation, Operation::InitializeChatGroup] {
            let Ok(fault) = fault.on(operation) else { continue };
            stage.sandbox.inject(fault, 4);
            let error = alice.create_group(NewGroup::of([user(2)])).await.unwrap_err();
            stage.sandbox.clear_faults();
            if matches!(error, SessionError::Unsettled { .. }) {
                alice.resume().await.unwrap();
                continue;
            }
            assert_eq!(alice.conversations().await.unwrap(), [], "{error}");
            assert_eq!(alice.sync().await.unwrap(), []);
            assert!(alice.vault().unfinished().await.unwrap().is_empty());
            checked += 1;
        }
    }
    assert!(checked >= 4, "{checked}");
}

#[tokio::test]
async fn hostile_groups_that_nobody_created_are_not_known() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    let group = Conversation::group(ConversationId::group(9).unwrap(), users(&[1, 2])).unwrap();
    stage.sandbox.host(&group);
    // A real message of another conversation, and what is no event.
    let direct = bob.start_conversation(user(1)).await.unwrap().id();
    for event in log(&bob, direct).await {
        stage.sandbox.plant(group.id(), user(2), &event);
        stage.sandbox.plant(group.id(), user(2), &passed_off(&event, user(2), group.id()));
    }
    stage.sandbox.plant(group.id(), user(2), &EncodedEvent::new("AAAA").unwrap());
    for _ in 0..2 {
        alice.sync().await.unwrap();
        assert_eq!(alice.conversations().await.unwrap(), [direct]);
    }
    assert_eq!(alice.rotate(group.id()).await.unwrap_err().code(), "session.unknown_conversation");
    assert_eq!(
        alice.send_text(group.id(), "no").await.unwrap_err().code(),
        "session.unknown_conversation"
    );
}

/// A reader whose clock is a year behind refuses the keys, and has them once it is right.
#[tokio::test]
async fn hostile_clocks_lose_no_keys() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, .. } = group(*suite).await;
        let bob = alice.start_conversation(user(2)).await.unwrap().id();
        let (device, now) = (stage.device(2).await, Arc::new(AtomicU64::new(0)));
        let right = stage.sandbox.now().as_u64();
        now.store(right - 365 * 86_400_000, Ordering::Relaxed);
        // Bob's second device, which has the same keys.
        let reader = Arc::clone(&now);
        let session = Session::builder(&device.vault, device.client.clone(), device.user)
            .clock(move || UnixMillis::new(reader.load(Ordering::Relaxed)));
        let reader = session.open().await.unwrap();
        reader.register_replacing(*suite).await.unwrap();
        // Alice takes his new keys for his.
        assert_eq!(alice.rotate(bob).await.unwrap_err().code(), "session.keys_changed");
        let pin = alice.pin(user(2)).await.unwrap().unwrap();
        assert!(alice.acknowledge_keys(user(2), pin.changed().unwrap()).await.unwrap());
        alice.rotate(bob).await.unwrap();
        let _ = id;
        for _ in 0..2 {
            let events = reader.sync_conversation(bob).await.unwrap();
            let code = "keyring.far_future_key_version";
            assert!(refusals(&events, code).count() >= 1, "{events:?}");
            assert!(
                reader.conversation(bob).await.is_err_and(|_| true) || {
                    let state = reader.conversation(bob).await.unwrap();
                    state.current_key().is_none()
                }
            );
        }
        for number in 0..150 {
            alice.send_text(bob, number.to_string()).await.unwrap();
        }
        reader.sync_conversation(bob).await.unwrap();
        now.store(right + 60_000, Ordering::Relaxed);
        let events = reader.sync_conversation(bob).await.unwrap();
        assert!(events.iter().any(|event| matches!(event, SessionEvent::KeyAdopted { .. })));
        assert_same_key(&[&alice, &reader], bob).await;
    }
}
