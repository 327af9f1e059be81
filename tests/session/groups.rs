//! Groups: who is in them is known from one's own calls and from what members signed.

use sealpost::vault::{ClaimSource, MemberClaim};
use sealpost::*;

use crate::stage::*;

struct Group {
    stage: Stage,
    id: ConversationId,
    alice: Session,
    bob: Session,
    carol: Session,
}

/// Alice's group of three.
async fn group(suite: Suite) -> Group {
    let stage = Stage::new().await;
    let (alice, bob, carol) =
        (stage.member(1, suite).await, stage.member(2, suite).await, stage.member(3, suite).await);
    let new = NewGroup::of([bob.user_id(), carol.user_id()]).title("Cats".parse().unwrap());
    let id = alice.create_group(new).await.unwrap().id();
    Group { stage, id, alice, bob, carol }
}

fn users(numbers: &[u64]) -> Vec<UserId> {
    numbers.iter().map(|number| user(*number)).collect()
}

#[tokio::test]
async fn members_join_a_new_group_with_its_first_key() {
    for suite in Suite::ALL {
        let Group { stage: _stage, id, alice, bob, carol } = group(*suite).await;
        for session in [&bob, &carol] {
            let events = sync(session).await;
            let (conversation, by) = (id, alice.user_id());
            let version = key(session, id).await.0;
            assert_eq!(
                events,
                [
                    SessionEvent::KeyAdopted { conversation, by, version },
                    SessionEvent::Joined { conversation, by },
                ]
            );
            assert_eq!(members(session, id).await, users(&[1, 2, 3]));
            let state = session.conversation(id).await.unwrap();
            let known = state.group().unwrap();
            assert_eq!(known.title.as_ref().unwrap().as_str(), "Cats");
            assert!(known.admins.contains(&by));
        }
        assert_same_key(&[&alice, &bob, &carol], id).await;
        assert_eq!(sync(&alice).await, []);
    }
}

#[tokio::test]
async fn added_members_join_with_a_new_key_and_the_others_learn_of_it() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        sync(&bob).await;
        let dave = stage.member(4, *suite).await;
        alice.add_members(id, [dave.user_id(), bob.user_id()]).await.unwrap();
        alice.add_members(id, [dave.user_id()]).await.unwrap();
        assert_eq!(stage.count("POST", "/members"), 1, "who is in is not added again");
        let (conversation, by) = (id, alice.user_id());
        let version = key(&alice, id).await.0;
        assert_eq!(
            sync(&bob).await,
            [
                SessionEvent::KeyAdopted { conversation, by, version },
                SessionEvent::MembersChanged {
                    conversation,
                    by,
                    added: users(&[4]),
                    removed: Vec::new(),
                },
            ]
        );
        // Carol reads both changes at once, Dave only the one he is in.
        sync(&carol).await;
        assert_eq!(sync(&dave).await[1], SessionEvent::Joined { conversation, by });
        let all = [&alice, &bob, &carol, &dave];
        assert_eq!(assert_same_key(&all, id).await, version);
        for session in all {
            assert_eq!(members(session, id).await, users(&[1, 2, 3, 4]));
        }
        // Any of them can go on.
        dave.rotate(id).await.unwrap();
        for session in [&alice, &bob, &carol] {
            sync(session).await;
        }
        assert!(assert_same_key(&all, id).await > version);
    }
}

#[tokio::test]
async fn a_removed_member_gets_no_key_and_the_others_are_asked() {
    for suite in Suite::ALL {
        let Group { stage, id, alice, bob, carol } = group(*suite).await;
        for session in [&bob, &carol] {
            sync(session).await;
        }
        let old = key(&alice, id).await;
        alice.remove_member(id, carol.user_id()).await.unwrap();
        assert_eq!(members(&alice, id).await, users(&[1, 2]));
        assert!(carol.sync_conversation(id).await.is_err(), "she may not read on");
        assert_eq!(key(&carol, id).await, old);
        assert_eq!(sync(&alice).await, []);

        let events = sync(&bob).await;
        let [.., SessionEvent::MembersDiffer { claim, difference, .. }] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(claim.source, ClaimSource::KeyChange { by: alice.user_id() });
        assert_eq!(difference.only_known, users(&[3]));
        assert_eq!(difference.only_claimed, []);
        // Bob would give Carol the next key, or not: nobody has decided.
        assert_eq!(bob.rotate(id).await.unwrap_err().code(), "session.members_differ");
        assert_eq!(sync(&bob).await, [], "asked once");
        assert!(bob.acknowledge_members(id, claim).await.unwrap());
        assert!(!bob.acknowledge_members(id, claim).await.unwrap());
        bob.rotate(id).await.unwrap();
        sync(&alice).await;
        assert_same_key(&[&alice, &bob], id).await;
        assert_eq!(key(&carol, id).await, old);
        assert_eq!(stage.count("POST", "/keys"), 2);
    }
}

#[tokio::test]
async fn a_member_whom_the_server_lists_is_not_sealed_to() {
    let Group { stage, id, alice, bob, .. } = group(Suite::X25519).await;
    let mallory = stage.member(66, Suite::X25519).await;
    let listed = Conversation::group(id, users(&[1, 2, 3, 66])).unwrap();
    stage.sandbox.host(&listed);
    let events = alice.sync().await.unwrap();
    let [SessionEvent::MembersDiffer { claim, difference, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(claim.source, ClaimSource::Server);
    assert_eq!(difference.only_claimed, users(&[66]));
    // The members that are known go on.
    alice.rotate(id).await.unwrap();
    sync_lenient(&bob).await;
    assert_same_key(&[&alice, &bob], id).await;
    let body = stage.sandbox.journal().pop_if_keys();
    assert!(!body.contains("\"66\""), "{body}");
    let _ = mallory.sync_conversation(id).await;
    assert!(mallory.conversation(id).await.is_err());
    // Turned down, it is not asked about again; another list is.
    assert!(alice.keep_members(id, claim).await.unwrap());
    assert_eq!(sync(&alice).await, []);
    stage.sandbox.host(&Conversation::group(id, users(&[1, 2, 3, 66, 67])).unwrap());
    let events = alice.sync().await.unwrap();
    assert!(matches!(events[..], [SessionEvent::MembersDiffer { .. }]), "{events:?}");
}

async fn sync_lenient(session: &Session) {
    session.sync().await.unwrap();
}

trait LastKeys {
    fn pop_if_keys(self) -> String;
}

impl LastKeys for Vec<sealpost_sandbox::JournalEntry> {
    /// The body of the last key change.
    fn pop_if_keys(self) -> String {
        let mut bodies = self
            .iter()
            .rev()
            .filter(|entry| entry.method() == "POST" && entry.path_and_query().ends_with("/keys"));
        String::from_utf8(bodies.next().unwrap().body().to_vec()).unwrap()
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let Group { stage, id, alice, .. } = group(Suite::X25519).await;
    let direct = alice.start_conversation(user(2)).await.unwrap().id();
    let unknown = ConversationId::group(999).unwrap();
    let before = (key(&alice, id).await, key(&alice, direct).await);
    let posts = stage.count("POST", "");
    let nobody = MemberClaim::new(users(&[1]), ClaimSource::Server);
    let codes = [
        alice.add_members(direct, [user(3)]).await.unwrap_err().code(),
        alice.remove_member(direct, user(2)).await.unwrap_err().code(),
        alice.remove_member(id, alice.user_id()).await.unwrap_err().code(),
    ];
    // Whoever is no member is none already.
    alice.remove_member(id, user(88)).await.unwrap();
    assert_eq!(codes, ["session.not_a_group", "session.not_a_group", "session.removes_oneself",]);
    // A group that the server does not know, and a user without keys.
    assert!(alice.rotate(unknown).await.is_err());
    assert!(alice.add_members(id, [user(88)]).await.is_err());
    let admins = NewGroup::of([user(2)]).admins([user(88)]);
    assert!(alice.create_group(admins).await.is_err());
    assert!(!alice.acknowledge_members(id, &nobody).await.unwrap());
    assert_eq!((key(&alice, id).await, key(&alice, direct).await), before);
    // The id that was asked for and not used does no harm.
    assert!(stage.count("POST", "") - posts <= 1);
    assert_eq!(alice.conversations().await.unwrap().len(), 2);
}
