//! Forgetting and erasing while another session on the same store is at work.

use std::time::Duration;

use sealpost::*;

use crate::stage::*;

/// What another worker is at.
const WORK: [&str; 4] = ["rotate", "add", "send", "sync"];

async fn work(session: &Session, what: &str, group: ConversationId) -> Result<(), SessionError> {
    match what {
        "rotate" => session.rotate(group).await.map(drop),
        "add" => session.add_members(group, [user(3)]).await.map(drop),
        "send" => session.send_text(group, "hello").await.map(drop),
        _ => session.sync().await.map(drop),
    }
}

#[tokio::test]
async fn forgetting_beside_work_leaves_a_store_that_works() {
    let mut failed = 0;
    for what in WORK {
        for micros in (0..24_000).step_by(3000) {
            let stage = Stage::new().await;
            let bob = stage.member(2, Suite::X25519).await;
            stage.member(3, Suite::X25519).await;
            let device = stage.device(1).await;
            let first = device.session().await;
            first.register(Suite::X25519).await.unwrap();
            let id = first.create_group(NewGroup::of([user(2)])).await.unwrap().id();
            let second = device.session().await;
            let worker = tokio::spawn(async move { work(&second, what, id).await });
            tokio::time::sleep(Duration::from_micros(micros)).await;
            first.forget_conversation(id).await.unwrap();
            failed += usize::from(worker.await.unwrap().is_err());
            assert!(device.vault.check().await.unwrap().unreadable.is_empty(), "{what}");

            // Whatever is left of it, the next start has it back, and it works.
            let again = device.session().await;
            again.resume().await.unwrap();
            again.sync().await.unwrap();
            again.rotate(id).await.unwrap();
            sync_lenient(&bob).await;
            assert_same_key(&[&again, &bob], id).await;
            assert!(again.vault().unfinished().await.unwrap().is_empty());
            assert!(again.vault().outgoing().await.unwrap().is_empty());
            assert!(device.vault.check().await.unwrap().unreadable.is_empty(), "{what}");
        }
    }
    assert!(failed <= 32);
}

#[tokio::test]
async fn erasing_beside_work_leaves_a_store_that_works() {
    for what in WORK {
        for micros in (0..24_000).step_by(3000) {
            let stage = Stage::new().await;
            stage.member(2, Suite::X25519).await;
            stage.member(3, Suite::X25519).await;
            let device = stage.device(1).await;
            let first = device.session().await;
            first.register(Suite::X25519).await.unwrap();
            let id = first.create_group(NewGroup::of([user(2)])).await.unwrap().id();
            let export = first.export_identity().await.unwrap();
            let second = device.session().await;
            let worker = tokio::spawn(async move { work(&second, what, id).await });
            tokio::time::sleep(Duration::from_micros(micros)).await;
            first.erase_account().await.unwrap();
            let _ = worker.await.unwrap();
            assert!(device.vault.check().await.unwrap().unreadable.is_empty(), "{what}");

            // A new start knows nobody.
            let again = device.session().await;
            assert_eq!(again.rotate(id).await.unwrap_err().code(), "session.not_registered");
            assert!(again.vault().identity().await.unwrap().is_none());
            // With the identity taken back everything is there again.
            again.import_identity(export).await.unwrap();
            again.register(Suite::X25519).await.unwrap();
            again.resume().await.unwrap();
            again.sync().await.unwrap();
            again.rotate(id).await.unwrap();
            assert!(again.vault().unfinished().await.unwrap().is_empty());
            assert!(device.vault.check().await.unwrap().unreadable.is_empty(), "{what}");
        }
    }
}
