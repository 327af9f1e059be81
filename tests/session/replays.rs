//! Signed changes of a group: each counts once, where its signer says so, and may.

use sealpost::vault::Roster;
use sealpost::*;

use crate::planting::*;
use crate::stage::*;

/// What a session knows of a group, apart from which events it was.
async fn known(session: &Session, id: ConversationId) -> Roster {
    let mut roster = session.conversation(id).await.unwrap().group().unwrap().clone();
    roster.applied.clear();
    roster
}

fn refused(events: &[SessionEvent]) -> usize {
    events.iter().filter(|event| matches!(event, SessionEvent::Refused { .. })).count()
}

/// The server forgets that a member is in a group, which its real one does by itself when it takes
/// the action.
fn host(stage: &Stage, id: ConversationId, members: &[u64]) -> Conversation {
    let group = Conversation::group(id, users(members)).unwrap();
    stage.sandbox.host(&group);
    group
}

#[tokio::test]
async fn replays_of_a_removal_do_not_remove_whoever_came_back() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        sync(&bob).await;
        sync(&carol).await;
        let all = Conversation::group(id, users(&[1, 2, 3])).unwrap();
        let removal = Action::RemoveMembers(users(&[3]));
        let removal = [signed(&alice, &all, removal).await];
        stage.plant(id, &alice, &removal);
        for session in [&alice, &bob] {
            let (conversation, by) = (id, user(1));
            let (added, removed) = (Vec::new(), users(&[3]));
            let changed = SessionEvent::MembersChanged { conversation, by, added, removed };
            assert!(sync_lenient(session).await.contains(&changed));
            assert_eq!(members(session, id).await, users(&[1, 2]));
        }
        host(&stage, id, &[1, 2]);
        alice.add_members(id, [user(3)]).await.unwrap();
        sync_lenient(&alice).await;
        sync_lenient(&bob).await;
        assert_eq!(members(&bob, id).await, users(&[1, 2, 3]));

        let before = (known(&alice, id).await, known(&bob, id).await);
        for _ in 0..3 {
            stage.plant(id, &alice, &removal);
            stage.plant(id, &bob, &removal);
            for session in [&alice, &bob] {
                assert_eq!(sync_lenient(session).await, []);
            }
        }
        assert_eq!((known(&alice, id).await, known(&bob, id).await), before);
    }
}

#[tokio::test]
async fn replays_of_what_came_to_nothing_come_to_nothing_later() {
    let Group { stage, id, alice, bob, .. } = group(Suite::X25519).await;
    let dave = stage.member(4, Suite::X25519).await;
    sync(&bob).await;
    let all = Conversation::group(id, users(&[1, 2, 3])).unwrap();
    let early = [
        // Who is in it no more, or not yet.
        signed(&alice, &all, Action::RemoveMembers(users(&[4]))).await,
        // By somebody who decides nothing yet.
        signed(&bob, &all, Action::RemoveMembers(users(&[3]))).await,
        signed(&bob, &all, Action::AddAdmins(users(&[3]))).await,
        signed(&bob, &all, Action::RemoveAdmins(users(&[1]))).await,
    ];
    stage.plant(id, &alice, &early);
    for session in [&alice, &bob] {
        assert_eq!(sync_lenient(session).await, [], "{session:?}");
    }
    alice.add_members(id, [dave.user_id()]).await.unwrap();
    let all = Conversation::group(id, users(&[1, 2, 3, 4])).unwrap();
    stage.plant(id, &alice, &[signed(&alice, &all, Action::AddAdmins(users(&[2]))).await]);
    for session in [&alice, &bob, &dave] {
        sync_lenient(session).await;
        assert!(known(session, id).await.decides(user(2)), "{session:?}");
    }
    // Now they would have a say.
    let before = known(&bob, id).await;
    stage.plant(id, &alice, &early);
    for session in [&alice, &bob, &dave] {
        assert_eq!(sync_lenient(session).await, [], "{session:?}");
        assert_eq!(members(session, id).await, users(&[1, 2, 3, 4]));
        assert!(known(session, id).await.decides(user(1)));
        assert!(!known(session, id).await.decides(user(3)));
    }
    assert_eq!(known(&bob, id).await, before);
}

#[tokio::test]
async fn replays_of_before_one_joined_do_not_count() {
    let Group { stage, id, alice, bob, .. } = group(Suite::X25519).await;
    let dave = stage.member(4, Suite::X25519).await;
    sync(&bob).await;
    let all = Conversation::group(id, users(&[1, 2, 3])).unwrap();
    let title = |text: &str| Action::ChangeTitle {
        title: Some(text.parse().unwrap()),
        key_version: KeyVersion::new(1),
    };
    let past = [
        signed(&alice, &all, Action::AddAdmins(users(&[2]))).await,
        signed(&alice, &all, title("Old")).await,
        signed(&alice, &all, Action::RemoveAdmins(users(&[2]))).await,
        signed(&alice, &all, title("Cats")).await,
    ];
    stage.plant(id, &alice, &past);
    sync_lenient(&alice).await;
    alice.add_members(id, [dave.user_id()]).await.unwrap();
    sync_lenient(&dave).await;
    let before = known(&dave, id).await;
    assert_eq!(before.signed_admins, users(&[1]).into_iter().collect());
    for event in [&past[0], &past[1], &past[1], &past[0]] {
        stage.plant(id, &alice, std::slice::from_ref(event));
        assert_eq!(sync_lenient(&dave).await, []);
        assert_eq!(known(&dave, id).await, before);
    }
}

#[tokio::test]
async fn replays_elsewhere_and_by_whom_they_are_not_do_not_count() {
    let Group { stage, id, alice, bob, carol } = group(Suite::XChat).await;
    sync(&bob).await;
    let other = alice.create_group(NewGroup::of(users(&[2, 3]))).await.unwrap().id();
    let mallory = stage.member(66, Suite::XChat).await;
    let here = Conversation::group(id, users(&[1, 2, 3])).unwrap();
    let there = Conversation::group(other, users(&[1, 2, 3])).unwrap();
    let with_mallory = Conversation::group(id, users(&[1, 2, 3, 66])).unwrap();
    let title = || Action::ChangeTitle { title: None, key_version: KeyVersion::new(1) };
    let genuine = signed(&alice, &here, Action::RemoveMembers(users(&[3]))).await;
    let of_other_group = signed(&alice, &there, Action::RemoveMembers(users(&[3]))).await;
    let hostile = [
        // Of another group, as it is and with this group's id on it.
        of_other_group.clone(),
        passed_off(&of_other_group, user(1), id),
        // Somebody else's name on it.
        passed_off(&signed(&bob, &here, Action::AddAdmins(users(&[2]))).await, user(1), id),
        passed_off(&genuine, user(2), id),
        // Somebody who is not in it.
        signed(&mallory, &with_mallory, Action::AddAdmins(users(&[66]))).await,
        signed(&mallory, &with_mallory, Action::RemoveMembers(users(&[3]))).await,
        signed(&mallory, &with_mallory, title()).await,
        // Members who decide nothing about others.
        signed(&bob, &here, Action::RemoveMembers(users(&[1, 3]))).await,
        signed(&bob, &here, Action::RemoveMembers(users(&[3]))).await,
        signed(&carol, &here, Action::AddAdmins(users(&[3]))).await,
        signed(&carol, &here, Action::RemoveAdmins(users(&[1]))).await,
        signed(&bob, &here, Action::AddAdmins((100..10_100).map(user).collect())).await,
        // An admin names ten thousand who are not in it.
        signed(&alice, &here, Action::AddAdmins((100..10_100).map(user).collect())).await,
        signed(&alice, &here, Action::RemoveMembers((100..10_100).map(user).collect())).await,
    ];
    let sessions = [&alice, &bob, &carol];
    for session in sessions {
        sync_lenient(session).await;
    }
    let mut before = Vec::new();
    for session in sessions {
        before.push((known(session, id).await, key(session, id).await));
    }
    let mut checked = 0;
    for event in &hostile {
        stage.plant(id, &mallory, std::slice::from_ref(event));
        for (session, before) in sessions.iter().zip(&before) {
            let events = sync_lenient(session).await;
            assert_eq!(events.len(), refused(&events), "{checked}: {session:?} {events:?}");
            let now = (known(session, id).await, key(session, id).await);
            assert_eq!(now, *before, "{checked}: {session:?}");
            checked += 1;
        }
    }
    assert_eq!(checked, 42);
    // By Mallory's own registration: nobody asks for who is not in the group.
    assert_eq!(stage.count("GET", "/66/public_keys"), 1);

    // In the end they are unharmed, and the genuine one counts.
    bob.rotate(id).await.unwrap();
    for session in sessions {
        sync_lenient(session).await;
    }
    assert_same_key(&sessions, id).await;
    stage.plant(id, &alice, &[genuine]);
    sync_lenient(&bob).await;
    assert_eq!(members(&bob, id).await, users(&[1, 2]));
}

#[tokio::test]
async fn replays_of_keys_and_additions_in_any_order_change_nothing() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        let dave = stage.member(4, *suite).await;
        alice.add_members(id, [dave.user_id()]).await.unwrap();
        alice.remove_member(id, dave.user_id()).await.unwrap();
        alice.rotate(id).await.unwrap();
        for session in [&bob, &carol] {
            let events = sync_lenient(session).await;
            let claim = events.iter().find_map(|event| match event {
                SessionEvent::MembersDiffer { claim, .. } => Some(claim),
                _ => None,
            });
            assert!(session.acknowledge_members(id, claim.unwrap()).await.unwrap());
        }
        let past = log(&alice, id).await;
        assert_eq!(past.len(), 6);
        let mut before = Vec::new();
        for session in [&alice, &bob, &carol] {
            before.push((known(session, id).await, key(session, id).await));
        }
        let mut chance = fastrand::Rng::with_seed(9);
        for _ in 0..6 {
            let mut again = past.clone();
            chance.shuffle(&mut again);
            stage.plant(id, &alice, &again);
            for (session, before) in [&alice, &bob, &carol].iter().zip(&before) {
                let events = sync_lenient(session).await;
                assert_eq!(events.len(), refused(&events), "{session:?} {events:?}");
                assert_eq!(&(known(session, id).await, key(session, id).await), before);
            }
        }
    }
}

#[tokio::test]
async fn replays_do_not_stand_in_the_way_of_far_future_versions_refused() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        sync(&bob).await;
        sync(&carol).await;
        let before = key(&alice, id).await;
        let all = Conversation::group(id, users(&[1, 2, 3])).unwrap();
        let others = [*account(&alice).await.participant(), *account(&carol).await.participant()];
        let bobs = account(&bob).await;
        for version in [before.0.as_u64() + 366 * 86_400_000, u64::MAX] {
            let change = KeyChange::new(&bobs, &all, KeyVersion::new(version));
            let (change, _) =
                change.participants(&others).seal().unwrap().sign().unwrap().prepare();
            stage.plant(id, &bob, &of_request(&change));
        }
        // New members who come with such a key.
        let dave = stage.member(4, *suite).await;
        let five = Conversation::group(id, users(&[1, 2, 3, 4])).unwrap();
        let addition = MemberAdd::new([user(4)], GroupCreate::new([user(1)]));
        let version = KeyVersion::new(before.0.as_u64() + 400 * 86_400_000);
        let (change, _) = KeyChange::new(&bobs, &five, version)
            .participants(&others)
            .participants([account(&dave).await.participant()])
            .adding_members(addition)
            .unwrap()
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        stage.plant(id, &bob, &of_request(&change));
        for session in [&alice, &carol] {
            let events = sync_lenient(session).await;
            assert_eq!(events.len(), refused(&events), "{events:?}");
            assert_eq!(refused(&events), 4, "{events:?}");
            assert_eq!(key(session, id).await, before);
            assert_eq!(members(session, id).await, users(&[1, 2, 3]));
        }
        // Dave takes no key for his first that no clock has come to.
        sync_lenient(&dave).await;
        assert!(dave.conversation(id).await.is_err());
        // The others go on.
        alice.rotate(id).await.unwrap();
        sync_lenient(&carol).await;
        assert!(assert_same_key(&[&alice, &carol], id).await > before.0);
    }
}
