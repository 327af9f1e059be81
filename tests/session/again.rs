//! Calls that are made again, and members who come again: nothing is done twice, nobody sneaks in.

use sealpost::*;
use sealpost_sandbox::Operation;

use crate::stage::*;

#[tokio::test]
async fn again_after_unsettled_nothing_is_done_twice() {
    let mut checked = 0;
    for arrives in [true, false] {
        for what in ["start", "add", "remove", "rotate", "create"] {
            let Group { stage, id, alice, .. } = group(Suite::X25519).await;
            stage.member(4, Suite::X25519).await;
            let operation = match what {
                "add" => Operation::AddChatGroupMembers,
                "create" => Operation::CreateChatConversation,
                _ => Operation::AddConversationKeys,
            };
            let call = || async {
                match what {
                    "start" => alice.start_conversation(user(2)).await,
                    "add" => alice.add_members(id, [user(4)]).await,
                    "remove" => alice.remove_member(id, user(3)).await,
                    "rotate" => alice.rotate(id).await,
                    _ => alice.create_group(NewGroup::of([user(2)])).await,
                }
            };
            let keys = alice.conversation(id).await.unwrap().keyring().keys().count();
            stage.blind(operation, arrives);
            let error = call().await.unwrap_err();
            let SessionError::Unsettled { conversation, .. } = error else { panic!("{error}") };
            stage.sandbox.clear_faults();
            if what == "create" {
                // Another one would be another group.
                alice.resume().await.unwrap();
            } else {
                call().await.unwrap();
                if what != "rotate" {
                    call().await.unwrap();
                }
            }
            let state = alice.conversation(conversation).await.unwrap();
            assert!(state.unsettled().is_none(), "{what}");
            let made = match what {
                "start" | "create" => 0,
                _ => keys,
            };
            assert_eq!(state.keyring().keys().count(), made + 1, "{what}, arrives: {arrives}");
            let events = crate::planting::log(&alice, conversation).await;
            let changes =
                events.iter().filter(|event| matches!(event.parse(), Ok(ChatEvent::KeyChange(_))));
            assert_eq!(changes.count(), made + 1, "{what}, arrives: {arrives}");
            let expected: &[u64] = match what {
                "add" => &[1, 2, 3, 4],
                "rotate" => &[1, 2, 3],
                _ => &[1, 2],
            };
            assert_eq!(members(&alice, conversation).await, users(expected), "{what}");
            let known = if matches!(what, "start" | "create") { 2 } else { 1 };
            assert_eq!(alice.conversations().await.unwrap().len(), known, "{what}");
            checked += 1;
        }
    }
    assert_eq!(checked, 10);
}

#[tokio::test]
async fn again_removed_members_never_come_back_by_themselves() {
    for suite in Suite::ALL {
        for in_between in [true, false] {
            let Group { stage: _stage, id, alice, bob, carol } = group(*suite).await;
            sync(&bob).await;
            sync(&carol).await;
            let mut old = key(&carol, id).await;
            for round in 0..3 {
                if round % 2 == 0 {
                    alice.remove_member(id, user(3)).await.unwrap();
                    old = key(&carol, id).await;
                } else {
                    alice.add_members(id, [user(3)]).await.unwrap();
                    carol.sync().await.unwrap();
                    assert_same_key(&[&alice, &carol], id).await;
                }
                if in_between || round == 2 {
                    acknowledge(&bob, id).await;
                }
            }
            for _ in 0..2 {
                sync_lenient(&bob).await;
                assert_eq!(members(&bob, id).await, users(&[1, 2]), "{in_between}");
            }
            for session in [&bob, &alice, &bob] {
                session.rotate(id).await.unwrap();
                for session in [&alice, &bob] {
                    sync_lenient(session).await;
                    assert_eq!(members(session, id).await, users(&[1, 2]));
                }
            }
            assert_same_key(&[&alice, &bob], id).await;
            sync_lenient(&carol).await;
            assert_eq!(key(&carol, id).await, old);
        }
    }
}

/// Says yes to what a session was told of the members, if anything.
async fn acknowledge(session: &Session, id: ConversationId) {
    for event in sync_lenient(session).await {
        if let SessionEvent::MembersDiffer { claim, .. } = event {
            assert!(session.acknowledge_members(id, &claim).await.unwrap());
        }
    }
}

#[tokio::test]
async fn again_added_members_join_again() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        sync(&carol).await;
        alice.remove_member(id, user(3)).await.unwrap();
        alice.rotate(id).await.unwrap();
        let events = sync_lenient(&carol).await;
        assert!(matches!(events[..], [SessionEvent::NotSynced { .. }]), "{events:?}");
        let error = carol.rotate(id).await.unwrap_err();
        assert!(matches!(error, SessionError::Call(_)), "{error}");
        // The group goes on, and others come.
        stage.member(4, *suite).await;
        alice.add_members(id, [user(4)]).await.unwrap();
        alice.add_members(id, [user(3)]).await.unwrap();
        acknowledge(&bob, id).await;
        acknowledge(&carol, id).await;
        acknowledge(&carol, id).await;
        assert_same_key(&[&alice, &bob, &carol], id).await;
        assert_eq!(members(&carol, id).await, users(&[1, 2, 3, 4]));
        carol.rotate(id).await.unwrap();
        sync_lenient(&alice).await;
        assert_same_key(&[&alice, &carol], id).await;
    }
}

#[tokio::test]
async fn again_added_members_who_know_that_they_were_gone_join_again() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        sync(&bob).await;
        sync(&carol).await;
        let all = Conversation::group(id, users(&[1, 2, 3])).unwrap();
        let removal = Action::RemoveMembers(users(&[3]));
        let removal = [crate::planting::signed(&alice, &all, removal).await];
        stage.plant(id, &alice, &removal);
        for session in [&alice, &bob, &carol] {
            sync_lenient(session).await;
            assert_eq!(members(session, id).await, users(&[1, 2]));
        }
        assert!(carol.rotate(id).await.is_err());
        assert!(carol.send_text(id, "no").await.is_err());
        stage.sandbox.host(&Conversation::group(id, users(&[1, 2])).unwrap());
        alice.rotate(id).await.unwrap();
        stage.member(4, *suite).await;
        alice.add_members(id, [user(4)]).await.unwrap();
        alice.add_members(id, [user(3)]).await.unwrap();
        let events = sync_lenient(&carol).await;
        let joined = SessionEvent::Joined { conversation: id, by: user(1) };
        assert!(events.contains(&joined), "{events:?}");
        assert_eq!(members(&carol, id).await, users(&[1, 2, 3, 4]));
        sync_lenient(&bob).await;
        assert_same_key(&[&alice, &bob, &carol], id).await;
        // What removed her before does not do it again.
        stage.plant(id, &alice, &removal);
        assert_eq!(sync_lenient(&carol).await, []);
        assert_eq!(members(&carol, id).await, users(&[1, 2, 3, 4]));
    }
}
