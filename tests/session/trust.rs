//! Keys that changed are sealed to by nobody who has not said so.

use sealpost::*;

use crate::stage::*;

/// Alice talks to Bob, who then has new keys, from another device or from somebody else.
async fn bob_has_new_keys(suite: Suite) -> (Stage, Session, Session, ConversationId) {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, suite).await, stage.member(2, suite).await);
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    let new_bob = stage.device(2).await.session().await;
    new_bob.register_replacing(suite).await.unwrap();
    (stage, alice, new_bob, id)
}

#[tokio::test]
async fn changed_keys_wait_to_be_acknowledged() {
    for suite in Suite::ALL {
        let (stage, alice, bob, id) = bob_has_new_keys(*suite).await;
        let posted = stage.count("POST", "/keys");
        for _ in 0..2 {
            let error = alice.rotate(id).await.unwrap_err();
            let SessionError::KeysChanged { users } = error else { panic!("{error}") };
            assert_eq!(users, [bob.user_id()]);
        }
        assert_eq!(stage.count("POST", "/keys"), posted, "nothing was sealed to them");
        let events = alice.sync().await.unwrap();
        let user = bob.user_id();
        assert_eq!(events, [SessionEvent::KeysChanged { user, was_verified: false }]);

        let pin = alice.pin(user).await.unwrap().unwrap();
        let changed = *pin.changed().unwrap();
        assert!(!alice.acknowledge_keys(user, pin.keys()).await.unwrap(), "those do not wait");
        assert!(alice.acknowledge_keys(user, &changed).await.unwrap());
        assert!(!alice.acknowledge_keys(user, &changed).await.unwrap(), "nothing waits any more");
        alice.rotate(id).await.unwrap();
        bob.sync().await.unwrap();
        assert_same_key(&[&alice, &bob], id).await;
    }
}

/// What somebody with new keys sends is read once the keys are acknowledged, and not lost before.
#[tokio::test]
async fn what_new_keys_signed_is_held_back_not_lost() {
    for suite in Suite::ALL {
        let (_stage, alice, bob, id) = bob_has_new_keys(*suite).await;
        let before = key(&alice, id).await;
        bob.sync().await.unwrap();
        bob.rotate(id).await.unwrap();
        for _ in 0..2 {
            let events = alice.sync().await.unwrap();
            assert!(events.iter().any(|event| matches!(
                event,
                SessionEvent::Refused { reason, .. } if reason.code() == "read.unknown_signer"
            )));
            assert_eq!(key(&alice, id).await, before);
        }
        let pin = alice.pin(bob.user_id()).await.unwrap().unwrap();
        alice.acknowledge_keys(bob.user_id(), pin.changed().unwrap()).await.unwrap();
        alice.sync().await.unwrap();
        assert!(assert_same_key(&[&alice, &bob], id).await > before.0);
    }
}

#[tokio::test]
async fn dismissed_keys_wait_again_when_they_are_seen_again() {
    let (_stage, alice, bob, id) = bob_has_new_keys(Suite::X25519).await;
    assert_eq!(alice.rotate(id).await.unwrap_err().code(), "session.keys_changed");
    assert!(alice.dismiss_keys(bob.user_id()).await.unwrap());
    assert!(!alice.dismiss_keys(bob.user_id()).await.unwrap());
    assert_eq!(alice.rotate(id).await.unwrap_err().code(), "session.keys_changed");
}

#[tokio::test]
async fn under_the_strict_policy_only_verified_keys_are_sealed_to() {
    let stage = Stage::new().await;
    let bob = stage.member(2, Suite::X25519).await;
    let device = stage.device(1).await;
    let open = || async {
        let builder = Session::builder(&device.vault, device.client.clone(), device.user);
        builder.trust(TrustPolicy::VerifiedOnly).open().await.unwrap()
    };
    let alice = open().await;
    alice.register(Suite::X25519).await.unwrap();
    let error = alice.start_conversation(bob.user_id()).await.unwrap_err();
    assert_eq!(error.code(), "session.not_verified");
    assert_eq!(stage.count("POST", "/keys"), 0);

    // Both look at the same number.
    let number = alice.safety_number(bob.user_id()).await.unwrap();
    assert_eq!(bob.safety_number(alice.user_id()).await.unwrap(), number);
    let carol = stage.member(3, Suite::X25519).await;
    let other = bob.safety_number(carol.user_id()).await.unwrap();
    assert!(!alice.verify(bob.user_id(), &other).await.unwrap());
    assert_eq!(
        alice.start_conversation(bob.user_id()).await.unwrap_err().code(),
        "session.not_verified"
    );
    assert!(alice.verify(bob.user_id(), &number).await.unwrap());
    // It survives a restart.
    let alice = open().await;
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();

    // And does not survive other keys.
    let thief = stage.device(2).await.session().await;
    thief.register_replacing(Suite::X25519).await.unwrap();
    assert_eq!(alice.rotate(id).await.unwrap_err().code(), "session.keys_changed");
    let events = alice.sync().await.unwrap();
    let user = bob.user_id();
    assert_eq!(events, [SessionEvent::KeysChanged { user, was_verified: true }]);
    let pin = alice.pin(user).await.unwrap().unwrap();
    alice.acknowledge_keys(user, pin.changed().unwrap()).await.unwrap();
    assert_eq!(alice.rotate(id).await.unwrap_err().code(), "session.not_verified");
    assert!(!alice.unverify(user).await.unwrap());
}

#[tokio::test]
async fn pins_are_of_the_account_that_made_them() {
    let stage = Stage::new().await;
    let (alice, bob) = (stage.member(1, Suite::X25519).await, stage.member(2, Suite::X25519).await);
    alice.start_conversation(bob.user_id()).await.unwrap();
    let pins = alice.pins().await.unwrap();
    assert_eq!(pins.iter().map(vault::Pin::user_id).collect::<Vec<_>>(), [bob.user_id()]);
    assert!(bob.pin(alice.user_id()).await.unwrap().is_none());
    assert!(!bob.unverify(alice.user_id()).await.unwrap());
    sync(&bob).await;
    assert!(bob.pin(alice.user_id()).await.unwrap().is_some());
}

#[tokio::test]
async fn users_without_usable_keys_are_named() {
    let stage = Stage::new().await;
    let alice = stage.member(1, Suite::X25519).await;
    let error = alice.start_conversation(user(77)).await.unwrap_err();
    assert!(error.to_string().contains("77"), "{error}");
    assert!(matches!(error, SessionError::Record(_)), "{error}");
    let x = stage.member(78, Suite::XChat).await;
    let error = alice.start_conversation(x.user_id()).await.unwrap_err();
    assert!(matches!(error, SessionError::Seal(SealError::MixedSuites { .. })), "{error}");
    assert_eq!(stage.count("POST", "/keys"), 0);
}
