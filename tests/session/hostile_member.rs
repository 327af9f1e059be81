//! Members who sign what they may not, or seal to whom they should not.

use sealpost::crypto::encoding::encode_base64;
use sealpost::crypto::wire;
use sealpost::vault::{ClaimSource, MemberClaim};
use sealpost::*;

use crate::planting::*;
use crate::stage::*;

/// A key that a member seals to these others, whoever is in the group.
async fn sealed(by: &Session, id: ConversationId, version: u64, to: &[&Session]) -> EncodedEvent {
    let bys = account(by).await;
    let members = to.iter().map(|session| session.user_id()).chain([by.user_id()]);
    let conversation = Conversation::group(id, members).unwrap();
    let mut participants = Vec::new();
    for session in to {
        participants.push(*account(session).await.participant());
    }
    let draft = KeyChange::new(&bys, &conversation, KeyVersion::new(version));
    let (change, _) = draft.participants(&participants).seal().unwrap().sign().unwrap().prepare();
    of_request(&change).remove(0)
}

fn claims(events: &[SessionEvent]) -> Vec<(MemberClaim, MemberDifference)> {
    let claims = events.iter().filter_map(|event| match event {
        SessionEvent::MembersDiffer { claim, difference, .. } => {
            Some((claim.clone(), difference.clone()))
        }
        _ => None,
    });
    claims.collect()
}

#[tokio::test]
async fn hostile_members_who_seal_to_others_are_told_of_and_stop_nobody() {
    for suite in Suite::ALL {
        for outsider in [true, false] {
            let Group { stage, id, alice, bob, carol } = group(*suite).await;
            let mallory = stage.member(66, *suite).await;
            for session in [&bob, &carol] {
                sync(session).await;
            }
            let version = key(&alice, id).await.0.as_u64() + 1;
            let to = if outsider { vec![&alice, &carol, &mallory] } else { vec![&alice] };
            let hostile = sealed(&bob, id, version, &to).await;
            stage.plant(id, &bob, &[hostile]);
            let events = sync_lenient(&alice).await;
            let [(claim, difference)] = &claims(&events)[..] else { panic!("{events:?}") };
            assert_eq!(claim.source, ClaimSource::KeyChange { by: user(2) });
            let (more, fewer): (&[u64], &[u64]) = if outsider { (&[66], &[]) } else { (&[], &[3]) };
            assert_eq!(difference.only_claimed, users(more));
            assert_eq!(difference.only_known, users(fewer));
            let posted = stage.count("POST", "/keys");
            for error in [
                alice.rotate(id).await.unwrap_err(),
                alice.add_members(id, [user(66)]).await.unwrap_err(),
                alice.remove_member(id, user(3)).await.unwrap_err(),
            ] {
                assert_eq!(error.code(), "session.members_differ");
            }
            assert_eq!(stage.count("POST", "/keys"), posted, "nobody has decided");
            assert_eq!(members(&alice, id).await, users(&[1, 2, 3]));

            assert!(alice.keep_members(id, claim).await.unwrap());
            alice.rotate(id).await.unwrap();
            sync_lenient(&carol).await;
            sync_lenient(&bob).await;
            assert_same_key(&[&alice, &bob, &carol], id).await;
            assert!(mallory.sync_conversation(id).await.is_err());
            assert!(mallory.conversation(id).await.is_err());
        }
    }
}

#[tokio::test]
async fn hostile_members_add_nobody_with_a_list_or_key_that_is_not_so() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        for session in [&bob, &carol] {
            sync(session).await;
        }
        let mallory = stage.member(66, *suite).await;
        let bobs = account(&bob).await;
        let others = [
            *account(&alice).await.participant(),
            *account(&carol).await.participant(),
            *account(&mallory).await.participant(),
        ];
        let version = key(&alice, id).await.0.as_u64() + 1;
        let addition = |members: &[u64], admins: &[u64], version: u64| {
            let conversation = Conversation::group(id, users(members)).unwrap();
            let participants = others.iter().filter(|other| conversation.contains(other.user_id()));
            let addition = MemberAdd::new([user(66)], GroupCreate::new(users(admins)));
            let (change, _) = KeyChange::new(&bobs, &conversation, KeyVersion::new(version))
                .participants(participants)
                .adding_members(addition)
                .unwrap()
                .seal()
                .unwrap()
                .sign()
                .unwrap()
                .prepare();
            of_request(&change)
        };
        let all = [1, 2, 3, 66];
        let without_carol = addition(&[1, 2, 66], &[1], version);
        let genuine = addition(&all, &[1], version);
        let other_key = addition(&all, &[1], version);
        let early = addition(&all, &[1], 1);
        assert_eq!(genuine.len(), 2);
        let is_key = |event: &EncodedEvent| matches!(event.parse(), Ok(ChatEvent::KeyChange(_)));
        assert!(is_key(&genuine[0]) && !is_key(&genuine[1]));
        // An addition beside a key that is another's, older than the members, or not there.
        let mut checked = 0;
        for hostile in [
            vec![without_carol[1].clone()],
            vec![genuine[1].clone()],
            early.clone(),
            vec![early[1].clone()],
            vec![passed_off(&genuine[1], user(1), id)],
            vec![passed_off(&genuine[0], user(1), id), genuine[1].clone()],
            crowd(id, &bob),
        ] {
            let before = key(&alice, id).await;
            stage.plant(id, &bob, &hostile);
            for session in [&alice, &carol] {
                let events = sync_lenient(session).await;
                assert!(
                    events.iter().all(|event| matches!(event, SessionEvent::Refused { .. })),
                    "{checked}: {events:?}"
                );
                assert_eq!(members(session, id).await, users(&[1, 2, 3]), "{checked}");
                assert_eq!(key(session, id).await, before, "{checked}");
                checked += 1;
            }
        }
        assert_eq!(checked, 14);
        // The whole of it counts, once.
        stage.plant(id, &bob, &genuine);
        stage.plant(id, &bob, &other_key);
        for session in [&alice, &carol] {
            sync_lenient(session).await;
            assert_eq!(members(session, id).await, users(&all));
            assert_eq!(key(session, id).await.0.as_u64(), version);
        }
        let keys = [key(&alice, id).await, key(&carol, id).await];
        assert_eq!(keys[0], keys[1], "the first one of a version stays");
    }
}

/// An addition that would make a group of more than ten thousand.
fn crowd(id: ConversationId, by: &Session) -> Vec<EncodedEvent> {
    let new: Vec<String> = (100..10_099).map(|number: u64| number.to_string()).collect();
    let (id, by) = (id.to_string(), by.user_id().to_string());
    let event = wire::MessageEvent {
        message_id: Some("3c8f5f0e-8f0f-4c53-9f3e-0d3c8a3f6a11"),
        sender_id: Some(&by),
        conversation_id: Some(&id),
        detail: Some(wire::MessageEventDetail::GroupChange(wire::GroupChangeEvent {
            group_change: Some(wire::GroupChange::MemberAdd(wire::GroupMemberAddChange {
                member_ids: new.iter().map(String::as_str).collect(),
                current_member_ids: vec!["1", "2", "3"],
                conversation_key_version: Some("9999999999999"),
                ..Default::default()
            })),
            ..Default::default()
        })),
        ..Default::default()
    };
    vec![EncodedEvent::new(encode_base64(&event.encode().unwrap())).unwrap()]
}

/// Who leaves may say so; nobody says it for them.
#[tokio::test]
async fn hostile_members_decide_about_themselves_only() {
    let Group { stage, id, alice, bob, carol } = group(Suite::X25519).await;
    for session in [&bob, &carol] {
        sync(session).await;
    }
    let all = Conversation::group(id, users(&[1, 2, 3])).unwrap();
    let leaves = signed(&carol, &all, Action::RemoveMembers(users(&[3]))).await;
    for by in [1, 2] {
        stage.plant(id, &bob, &[passed_off(&leaves, user(by), id)]);
        sync_lenient(&bob).await;
        assert_eq!(members(&bob, id).await, users(&[1, 2, 3]));
    }
    stage.plant(id, &carol, &[leaves]);
    for session in [&alice, &bob] {
        sync_lenient(session).await;
        assert_eq!(members(session, id).await, users(&[1, 2]));
    }
    // She is sealed to no more, and nobody is asked about it.
    let carols = key(&carol, id).await;
    stage.sandbox.host(&Conversation::group(id, users(&[1, 2])).unwrap());
    bob.rotate(id).await.unwrap();
    assert!(claims(&sync_lenient(&alice).await).is_empty());
    assert_same_key(&[&alice, &bob], id).await;
    sync_lenient(&carol).await;
    assert_eq!(key(&carol, id).await, carols);
}
