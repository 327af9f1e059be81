//! Decisions and other people's changes that come while a change is under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sealpost::vault::{ClaimSource, MemberClaim};
use sealpost::*;
use sealpost_sandbox::Operation;

use crate::stage::*;

/// Whether the request arrives whose answer is lost.
const BOTH: [bool; 2] = [true, false];

fn claim_in(events: &[SessionEvent]) -> MemberClaim {
    let claims = events.iter().filter_map(|event| match event {
        SessionEvent::MembersDiffer { claim, .. } => Some(claim.clone()),
        _ => None,
    });
    let [claim] = claims.collect::<Vec<_>>().try_into().unwrap();
    claim
}

/// Alice's group, of which the server has said, once, that these are in it.
async fn with_claim(listed: &[u64]) -> (Group, MemberClaim) {
    let group = group(Suite::X25519).await;
    group.stage.member(66, Suite::X25519).await;
    let list = |members| Conversation::group(group.id, users(members)).unwrap();
    group.stage.sandbox.host(&list(listed));
    let claim = claim_in(&group.alice.sync().await.unwrap());
    assert_eq!(claim.source, ClaimSource::Server);
    group.stage.sandbox.host(&list(&[1, 2, 3]));
    (group, claim)
}

fn assert_unsettled<T: std::fmt::Debug>(outcome: Result<T, SessionError>) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, SessionError::Unsettled { .. }), "{error}");
}

#[tokio::test]
async fn crossing_a_rotation_acknowledged_members_stay_acknowledged() {
    let mut checked = 0;
    for listed in [&[1, 2][..], &[1, 2, 3, 66]] {
        for arrives in BOTH {
            let (Group { stage, id, alice, .. }, claim) = with_claim(listed).await;
            stage.blind(Operation::AddConversationKeys, arrives);
            assert_unsettled(alice.rotate(id).await);
            assert!(alice.acknowledge_members(id, &claim).await.unwrap());
            stage.sandbox.clear_faults();
            let events = alice.sync().await.unwrap();
            let dropped =
                events.iter().any(|event| matches!(event, SessionEvent::ChangeDropped { .. }));
            let settled =
                events.iter().any(|event| matches!(event, SessionEvent::ChangeSettled { .. }));
            assert_eq!((settled, dropped), (arrives, !arrives), "{events:?}");
            assert_eq!(members(&alice, id).await, users(listed), "arrives: {arrives}");
            assert_eq!(stage.count("POST", "/keys"), 1, "it is not sent again");
            // A new start of the program finds the same.
            let again = Session::open(alice.vault().vault(), alice.client().clone(), user(1));
            assert_eq!(members(&again.await.unwrap(), id).await, users(listed));
            checked += 1;
        }
    }
    assert_eq!(checked, 4);
}

#[tokio::test]
async fn crossing_a_rotation_kept_members_stay_kept() {
    for arrives in BOTH {
        let (Group { stage, id, alice, .. }, claim) = with_claim(&[1, 2, 3, 66]).await;
        stage.blind(Operation::AddConversationKeys, arrives);
        assert_unsettled(alice.rotate(id).await);
        assert!(alice.keep_members(id, &claim).await.unwrap());
        stage.sandbox.clear_faults();
        stage.sandbox.host(&Conversation::group(id, claim.members.iter().copied()).unwrap());
        let events = alice.sync().await.unwrap();
        assert!(matches!(events[..], [SessionEvent::ChangeSettled { .. }]), "{events:?}");
        assert_eq!(members(&alice, id).await, users(&[1, 2, 3]));
        assert!(!alice.acknowledge_members(id, &claim).await.unwrap(), "it was turned down");
    }
}

#[tokio::test]
async fn crossing_a_removal_only_the_difference_is_settled() {
    for arrives in BOTH {
        let (Group { stage, id, alice, .. }, claim) = with_claim(&[1, 2, 3, 66]).await;
        stage.blind(Operation::AddConversationKeys, arrives);
        assert_unsettled(alice.remove_member(id, user(3)).await);
        assert!(alice.acknowledge_members(id, &claim).await.unwrap());
        stage.sandbox.clear_faults();
        alice.sync().await.unwrap();
        let after: &[u64] = if arrives { &[1, 2, 66] } else { &[1, 2, 3, 66] };
        assert_eq!(members(&alice, id).await, users(after), "arrives: {arrives}");
        assert_eq!(stage.count("POST", "/keys"), 1);
        assert!(alice.conversation(id).await.unwrap().unsettled().is_none());
    }
}

#[tokio::test]
async fn crossing_an_addition_only_the_difference_is_settled() {
    for arrives in BOTH {
        let (Group { stage, id, alice, .. }, claim) = with_claim(&[1, 2]).await;
        stage.member(4, Suite::X25519).await;
        stage.blind(Operation::AddChatGroupMembers, arrives);
        assert_unsettled(alice.add_members(id, [user(4)]).await);
        assert!(alice.acknowledge_members(id, &claim).await.unwrap());
        stage.sandbox.clear_faults();
        alice.sync().await.unwrap();
        let after: &[u64] = if arrives { &[1, 2, 4] } else { &[1, 2] };
        assert_eq!(members(&alice, id).await, users(after), "arrives: {arrives}");
        assert_eq!(stage.count("POST", "/members"), 1);
    }
}

#[tokio::test]
async fn crossing_changed_keys_a_change_is_not_sent_any_more() {
    let mut checked = 0;
    for removes in BOTH {
        let Group { stage, id, alice, .. } = group(Suite::X25519).await;
        let dave = stage.member(4, Suite::X25519).await;
        let (ending, replaced) = if removes {
            stage.blind(Operation::AddConversationKeys, false);
            assert_unsettled(alice.remove_member(id, user(3)).await);
            ("/keys", user(2))
        } else {
            stage.blind(Operation::AddChatGroupMembers, false);
            assert_unsettled(alice.add_members(id, [dave.user_id()]).await);
            ("/members", user(4))
        };
        stage.sandbox.clear_faults();
        let thief = stage.device(if removes { 2 } else { 4 }).await.session().await;
        thief.register_replacing(Suite::X25519).await.unwrap();
        // It is learned elsewhere.
        let error = alice.start_conversation(replaced).await.unwrap_err();
        assert_eq!(error.code(), "session.keys_changed");
        let posted = stage.count("POST", ending);
        let message_id = alice.conversation(id).await.unwrap().unsettled().unwrap();
        let before = key(&alice, id).await;
        let events = alice.sync().await.unwrap();
        let (conversation, reason) = (id, "transport.not_permitted");
        let dropped = SessionEvent::ChangeDropped { conversation, message_id, reason };
        assert!(events.contains(&dropped), "{events:?}");
        assert_eq!(stage.count("POST", ending), posted, "nothing was sealed to the new keys");
        assert!(alice.conversation(id).await.unwrap().unsettled().is_none());
        assert_eq!(members(&alice, id).await, users(&[1, 2, 3]));
        assert_eq!(key(&alice, id).await, before);
        assert_eq!(alice.rotate(id).await.is_err(), removes);
        checked += 1;
    }
    assert_eq!(checked, 2);
}

/// Two members make a key of the same version; the server takes one of them.
#[tokio::test]
async fn crossing_an_equal_version_clears_the_journal() {
    for suite in Suite::ALL {
        let stage = Stage::new().await;
        let now = Arc::new(AtomicU64::new(stage.sandbox.now().as_u64() + 1000));
        let mut sessions = Vec::new();
        for number in [1, 2] {
            let (device, now) = (stage.device(number).await, Arc::clone(&now));
            let session = Session::builder(&device.vault, device.client.clone(), device.user)
                .clock(move || UnixMillis::new(now.load(Ordering::Relaxed)));
            let session = session.open().await.unwrap();
            session.register(*suite).await.unwrap();
            sessions.push(session);
        }
        let [alice, bob] = &sessions[..] else { panic!() };
        let id = alice.create_group(NewGroup::of([user(2)])).await.unwrap().id();
        bob.sync().await.unwrap();
        now.fetch_add(1000, Ordering::Relaxed);
        stage.blind(Operation::AddConversationKeys, false);
        assert_unsettled(alice.rotate(id).await);
        stage.sandbox.clear_faults();
        bob.rotate(id).await.unwrap();
        let page = bob.client().conversation_events(&id, EventsQuery::new()).await.unwrap();
        let newest = page.events[0].encoded_event.clone().unwrap();
        // It comes another way, before the change is looked for.
        alice.ingest(&[newest]).await.unwrap();
        assert!(alice.conversation(id).await.unwrap().unsettled().is_some());
        assert_same_key(&[alice, bob], id).await;
        // Whatever comes of it, the next call works.
        let first = alice.rotate(id).await;
        let state = alice.conversation(id).await.unwrap();
        assert!(state.unsettled().is_none(), "{first:?}");
        alice.rotate(id).await.unwrap();
        bob.sync().await.unwrap();
        assert_same_key(&[alice, bob], id).await;
    }
}
