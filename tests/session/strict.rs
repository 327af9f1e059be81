//! Under the strict policy nothing of an unverified user counts, and nothing is lost either.

use futures_util::TryStreamExt as _;
use sealpost::*;

use crate::stage::*;

async fn strict(device: &Device) -> Session {
    let builder = Session::builder(&device.vault, device.client.clone(), device.user);
    builder.trust(TrustPolicy::VerifiedOnly).open().await.unwrap()
}

async fn verify(session: &Session, other: &Session) {
    let number = other.safety_number(session.user_id()).await.unwrap();
    assert!(session.verify(other.user_id(), &number).await.unwrap());
}

#[tokio::test]
async fn strict_sessions_hold_back_what_an_unverified_user_started() {
    for suite in Suite::ALL {
        let stage = Stage::new().await;
        let bob = stage.member(2, *suite).await;
        let device = stage.device(1).await;
        let alice = strict(&device).await;
        alice.register(*suite).await.unwrap();
        let id = bob.start_conversation(user(1)).await.unwrap().id();
        bob.send_text(id, "hello").await.unwrap();
        let posted = stage.count("POST", "/keys");

        let mut cursor = ReceiveCursor::new();
        for _ in 0..2 {
            let events = alice.sync().await.unwrap();
            assert!(events.contains(&SessionEvent::Unverified { user: user(2) }), "{events:?}");
            let adopted = |event: &SessionEvent| matches!(event, SessionEvent::KeyAdopted { .. });
            assert!(!events.iter().any(adopted), "{events:?}");
            let state = alice.conversation(id).await;
            assert!(state.is_err() || state.unwrap().current_key().is_none());
            for error in [
                alice.start_conversation(user(2)).await.unwrap_err(),
                alice.rotate(id).await.unwrap_err(),
                alice.send_text(id, "no").await.unwrap_err(),
                alice.receive(id, &mut cursor).try_next().await.unwrap_err(),
            ] {
                let SessionError::NotVerified { users } = error else { panic!("{error}") };
                assert_eq!(users, [user(2)]);
            }
            assert_eq!(cursor, ReceiveCursor::new());
        }
        assert_eq!(stage.count("POST", "/keys"), posted);
        assert_eq!(stage.count("POST", "/messages"), 1);
        assert!(alice.vault().outgoing().await.unwrap().is_empty());

        verify(&alice, &bob).await;
        alice.sync().await.unwrap();
        assert_same_key(&[&alice, &bob], id).await;
        alice.start_conversation(user(2)).await.unwrap();
        let received: Vec<Incoming> = alice.receive(id, &mut cursor).try_collect().await.unwrap();
        let events: Vec<Received> =
            received.into_iter().map(|incoming| incoming.event.unwrap()).collect();
        let texts = events.iter().filter(|event| matches!(event, Received::Message(..)));
        assert_eq!(texts.count(), 1);
        alice.send_text(id, "yes").await.unwrap();

        // And back again: what is known stays readable, and nothing more goes out.
        assert!(alice.unverify(user(2)).await.unwrap());
        assert_eq!(alice.send_text(id, "no").await.unwrap_err().code(), "session.not_verified");
        assert_eq!(alice.rotate(id).await.unwrap_err().code(), "session.not_verified");
        assert_same_key(&[&alice, &bob], id).await;
        assert_eq!(stage.count("POST", "/messages"), 2);
    }
}

#[tokio::test]
async fn strict_sessions_do_not_join_groups_of_unverified_users() {
    let stage = Stage::new().await;
    let (bob, carol) = (stage.member(2, Suite::X25519).await, stage.member(3, Suite::X25519).await);
    let device = stage.device(1).await;
    let alice = strict(&device).await;
    alice.register(Suite::X25519).await.unwrap();
    let id = bob.create_group(NewGroup::of(users(&[1, 3]))).await.unwrap().id();
    for _ in 0..2 {
        alice.sync().await.unwrap();
        assert_eq!(alice.conversations().await.unwrap(), []);
    }
    verify(&alice, &bob).await;
    alice.sync().await.unwrap();
    assert_same_key(&[&alice, &bob], id).await;
    // One who is not verified is one too many.
    assert_eq!(alice.send_text(id, "no").await.unwrap_err().code(), "session.not_verified");
    assert_eq!(alice.rotate(id).await.unwrap_err().code(), "session.not_verified");
    carol.sync().await.unwrap();
    carol.rotate(id).await.unwrap();
    let before = key(&alice, id).await;
    let events = alice.sync().await.unwrap();
    assert!(events.contains(&SessionEvent::Unverified { user: user(3) }), "{events:?}");
    assert_eq!(key(&alice, id).await, before);
    verify(&alice, &carol).await;
    alice.sync().await.unwrap();
    assert!(assert_same_key(&[&alice, &carol], id).await > before.0);
    alice.send_text(id, "yes").await.unwrap();
}
