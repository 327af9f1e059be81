//! An identity is saved before anybody is told of it.

use sealpost::vault::Registration;
use sealpost::*;
use sealpost_sandbox::{Fault, Operation};

use crate::stage::*;

async fn directory(stage: &Stage, number: u64) -> usize {
    let asker = stage.client(user(9));
    asker.user_public_keys(&user(number)).await.unwrap().records.len()
}

#[tokio::test]
async fn registering_twice_is_registering_once() {
    let stage = Stage::new().await;
    let alice = stage.device(1).await.session().await;
    let first = alice.register(Suite::XChat).await.unwrap();
    let second = alice.register(Suite::XChat).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(directory(&stage, 1).await, 1);
    let error = alice.register(Suite::X25519).await.unwrap_err();
    assert_eq!(error.code(), "session.other_suite");
}

#[tokio::test]
async fn an_interrupted_registration_is_taken_up_with_the_same_keys() {
    let mut checked = 0;
    for fault in [
        Fault::CommitThenReset,
        Fault::ResetBeforeCommit,
        Fault::InternalError,
        Fault::Unavailable,
        Fault::RateLimited,
        Fault::Unauthorized,
        Fault::AcceptedWithErrors,
    ] {
        let stage = Stage::new().await;
        let fault = fault.on(Operation::AddUserPublicKey).unwrap();
        let device = stage.device(1).await;
        // More often than a call is repeated by itself.
        stage.sandbox.inject(fault, 4);
        let session = device.session().await;
        let failed = session.register(Suite::X25519).await.is_err();
        stage.sandbox.clear_faults();
        let saved = session.vault().identity().await.unwrap().unwrap().value;
        if failed {
            assert_eq!(saved.registration, Registration::Posting, "{fault:?}");
        }
        // Another start of the program.
        let session = device.session().await;
        let registered = session.register(Suite::X25519).await.unwrap();
        assert_eq!(*registered.identity_key(), saved.identity.identity_key(), "{fault:?}");
        assert_eq!(directory(&stage, 1).await, 1, "{fault:?}");
        checked += 1;
    }
    assert_eq!(checked, 7);
}

#[tokio::test]
async fn a_dropped_registration_leaves_one_identity() {
    for micros in (0..4_000).step_by(200) {
        let stage = Stage::new().await;
        let device = stage.device(1).await;
        let session = device.session().await;
        let dropped = session.register(Suite::X25519);
        let _ = tokio::time::timeout(std::time::Duration::from_micros(micros), dropped).await;
        let saved = device.session().await.vault().identity().await.unwrap();
        let registered = device.session().await.register(Suite::X25519).await.unwrap();
        if let Some(saved) = saved {
            assert_eq!(*registered.identity_key(), saved.value.identity.identity_key());
        }
        assert_eq!(directory(&stage, 1).await, 1, "after {micros} us");
    }
}

#[tokio::test]
async fn a_second_device_imports_the_identity_and_reads_everything() {
    let stage = Stage::new().await;
    let bob = stage.member(2, Suite::X25519).await;
    let phone = stage.member(1, Suite::X25519).await;
    let id = phone.start_conversation(bob.user_id()).await.unwrap().id();
    // Not without the keys that exist: others would seal to new ones.
    let laptop = stage.device(1).await;
    let error = laptop.session().await.register(Suite::X25519).await.unwrap_err();
    assert!(matches!(error, SessionError::RegisteredElsewhere { .. }), "{error}");
    assert!(laptop.vault.accounts().await.unwrap().is_empty());

    // From hand to hand, under a passphrase.
    let text = phone.export_identity().await.unwrap();
    let cost = PassphraseCost::new(8 * 1024, 1, 1).unwrap();
    let text = text.to_text_at_cost("of the user".into(), cost).unwrap();
    let export = || IdentityExport::from_text(&text, "of the user".into()).unwrap();
    let error = bob.import_identity(export()).await.unwrap_err();
    assert_eq!(error.code(), "session.other_user");
    let laptop = laptop.session().await;
    laptop.import_identity(export()).await.unwrap();
    assert_eq!(laptop.import_identity(export()).await.unwrap_err().code(), "vault.identity_exists");
    laptop.register(Suite::X25519).await.unwrap();
    assert_eq!(directory(&stage, 1).await, 1);
    sync(&laptop).await;
    assert_same_key(&[&phone, &laptop], id).await;
    // What the one does the other sees as its own.
    laptop.rotate(id).await.unwrap();
    sync(&phone).await;
    sync(&bob).await;
    assert_same_key(&[&phone, &laptop, &bob], id).await;
}

#[tokio::test]
async fn replaced_keys_are_noticed_on_the_device_that_has_the_old_ones() {
    let stage = Stage::new().await;
    let phone = stage.member(1, Suite::X25519).await;
    let thief = stage.device(1).await.session().await;
    let new = thief.register_replacing(Suite::X25519).await.unwrap();
    assert_eq!(directory(&stage, 1).await, 2);
    let newest = new.public_key_version();
    assert_eq!(phone.sync().await.unwrap(), [SessionEvent::OwnKeysReplaced { newest }]);
}

#[tokio::test]
async fn nothing_is_done_before_registering() {
    let stage = Stage::new().await;
    let alice = stage.device(1).await.session().await;
    let group = ConversationId::group(5).unwrap();
    let codes = [
        alice.start_conversation(user(2)).await.unwrap_err().code(),
        alice.rotate(group).await.unwrap_err().code(),
        alice.sync().await.unwrap_err().code(),
        alice.ingest(&[]).await.unwrap_err().code(),
        alice.safety_number(user(2)).await.unwrap_err().code(),
    ];
    assert_eq!(codes, ["session.not_registered"; 5]);
    assert_eq!(stage.sandbox.journal().len(), 0);
}

#[tokio::test]
async fn an_interrupted_registration_does_not_replace_what_came_after() {
    let mut checked = 0;
    for arrives in [false, true] {
        for suite in Suite::ALL {
            let stage = Stage::new().await;
            let (phone, laptop) = (stage.device(1).await, stage.device(1).await);
            let fault = if arrives { Fault::CommitThenReset } else { Fault::ResetBeforeCommit };
            stage.sandbox.inject(fault.on(Operation::AddUserPublicKey).unwrap(), 4);
            let interrupted = phone.session().await.register(*suite).await.is_err();
            stage.sandbox.clear_faults();
            let second = laptop.session().await.register(*suite).await;
            let again = phone.session().await.register(*suite).await;
            if arrives || !interrupted {
                // The first device was first.
                let error = second.unwrap_err();
                assert!(matches!(error, SessionError::RegisteredElsewhere { .. }), "{error}");
                again.unwrap();
            } else {
                second.unwrap();
                for _ in 0..2 {
                    let error = phone.session().await.register(*suite).await.unwrap_err();
                    assert!(matches!(error, SessionError::RegisteredElsewhere { .. }), "{error}");
                }
                let saved = phone.session().await.vault().identity().await.unwrap().unwrap();
                assert_eq!(saved.value.registration, Registration::Posting);
                let error = phone.session().await.sync().await.unwrap_err();
                assert_eq!(error.code(), "session.not_registered");
            }
            assert_eq!(directory(&stage, 1).await, 1, "arrives: {arrives}");
            checked += 1;
        }
    }
    assert_eq!(checked, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn registrations_at_once_come_to_one_identity() {
    for _ in 0..5 {
        let stage = Stage::new().await;
        let device = stage.device(1).await;
        let mut workers = Vec::new();
        for _ in 0..4 {
            let session = device.session().await;
            workers.push(tokio::spawn(async move { session.register(Suite::X25519).await }));
        }
        let mut registered = Vec::new();
        for worker in workers {
            registered.push(worker.await.unwrap().unwrap());
        }
        registered.dedup();
        assert_eq!(registered.len(), 1);
        assert_eq!(directory(&stage, 1).await, 1);
    }
}
