//! What two sessions do over HTTP, in each suite, their vaults in SQLite. The conversation keys are
//! made by the sessions; the vaults tell afterwards which there were.

use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt as _;
use sealpost::vault::OwnIdentity;
use sealpost::*;
use sealpost_sandbox::{Fault, Operation};

use crate::block_on;
use crate::folder::Folder;
use crate::inspector::{Marker, assert_wiped, watched};
use crate::stage::{Device, Stage, user};

/// The secrets there were, on the way out of a walk.
type Secrets = Mutex<Vec<[u8; 32]>>;

/// A device on a file of its own, with an identity that is known here.
async fn device(
    stage: &Stage,
    folder: &Folder,
    number: u64,
    suite: Suite,
    private_keys: &[u8; 64],
) -> Device {
    let store = SqliteStore::open(folder.file(&number.to_string())).await.unwrap();
    let vault = Vault::open(Arc::new(store), StoreKey::from_bytes(&STORE_KEY)).await.unwrap();
    let identity = Identity::dangerous_from_private_keys(suite, private_keys).unwrap();
    let device = Device { user: user(number), vault, client: stage.client(user(number)) };
    let export = IdentityExport::new(device.user, OwnIdentity::new(identity));
    let session = device.session().await;
    session.import_identity(export).await.unwrap();
    session.register(suite).await.unwrap();
    device
}

/// Both keys of both users.
const PRIVATE_KEYS: [[u8; 64]; 2] = [numbers(3), numbers(101)];
const STORE_KEY: [u8; 32] = numbers(53);

/// Bytes that nothing else has.
const fn numbers<const N: usize>(start: u8) -> [u8; N] {
    let mut bytes = [0; N];
    let mut next = start;
    let mut index = 0;
    while index < N {
        next = next.wrapping_mul(29).wrapping_add(37).wrapping_add(start);
        // Below the order of P-256, too.
        bytes[index] = next & 0x7f;
        index += 1;
    }
    bytes
}

async fn walk(suite: Suite, secrets: &Secrets) {
    let (stage, folder) = (Stage::new().await, Folder::new(&format!("wiping-{suite}")));
    let [one, other] = &PRIVATE_KEYS;
    let devices = [
        device(&stage, &folder, 1, suite, one).await,
        device(&stage, &folder, 2, suite, other).await,
    ];
    let (alice, bob) = (devices[0].session().await, devices[1].session().await);
    let id = alice.start_conversation(bob.user_id()).await.unwrap().id();
    alice.send_text(id, "hello").await.unwrap();
    // A key whose request is cut off, and a message: taken up from their journals.
    stage.blind(Operation::AddConversationKeys, true);
    alice.rotate(id).await.unwrap_err();
    stage.sandbox.clear_faults();
    let alice = devices[0].session().await;
    alice.resume().await.unwrap();
    let lost = Fault::CommitThenReset.on(Operation::SendChatMessage).unwrap();
    stage.sandbox.inject(lost, 4);
    alice.send_text(id, "again").await.unwrap_err();
    stage.sandbox.clear_faults();
    alice.resume().await.unwrap();

    let mut cursor = ReceiveCursor::new();
    let received: Vec<Incoming> = bob.receive(id, &mut cursor).try_collect().await.unwrap();
    let messages = received.into_iter().filter_map(|incoming| match incoming.event.unwrap() {
        Received::Message(message, _) => Some(message),
        _ => None,
    });
    let messages: Vec<VerifiedMessage> = messages.collect();
    bob.reply(&messages[0], "hello yourself").await.unwrap();
    bob.react(&messages[0], "👋".parse().unwrap()).await.unwrap();
    alice.edit(&messages[0], "hello, Bob").await.unwrap();
    bob.edit(&messages[0], "no").await.unwrap_err();
    alice.delete(id, &[&messages[0]], DeleteFor::All).await.unwrap();
    let media = MediaToSend::new(MediaKind::File, 5000);
    alice.send_media(id, media, &[7; 5000][..], |_| {}).await.unwrap();
    let mut attachment = None;
    let mut stream = bob.receive(id, &mut cursor);
    while let Some(incoming) = stream.try_next().await.unwrap() {
        if let Ok(Received::Message(message, _)) = &incoming.event
            && let Content::Text(text) = message.content()
            && let Some(media) = text.attachments().first().and_then(Attachment::media)
        {
            attachment = Some(media.clone());
        }
    }
    drop(stream);
    let (attachment, mut file) = (attachment.unwrap(), Vec::new());
    let downloaded = bob.download_media(id, &attachment, 10_000, &mut file, |_| {});
    assert_eq!(downloaded.await.unwrap(), 5000);
    let group = bob.create_group(NewGroup::of([alice.user_id()])).await.unwrap().id();
    alice.sync().await.unwrap();
    bob.sync().await.unwrap();
    alice.export_identity().await.unwrap();

    for (session, id) in [(&alice, id), (&bob, id), (&bob, group)] {
        let record = session.vault().conversation(id).await.unwrap();
        let mut secrets = secrets.lock().unwrap();
        for (_, key) in record.keyring().keys() {
            secrets.push(*key.expose_secret());
        }
    }
}

#[test]
fn no_freed_block_holds_what_sessions_use() {
    for &suite in Suite::ALL {
        let secrets = Secrets::default();
        secrets.lock().unwrap().reserve_exact(16);
        let ((), blocks) = watched(|| block_on(walk(suite, &secrets)));
        assert!(blocks.len() > 10_000, "the allocator was not in use");
        let mut secrets = secrets.into_inner().unwrap();
        // Each twice: both have them.
        assert_eq!(secrets.len(), 5, "two keys of both, and one of a group");
        secrets.sort_unstable();
        secrets.dedup();
        let private_keys = PRIVATE_KEYS.as_flattened().as_chunks().0;
        secrets.extend(private_keys);
        secrets.push(STORE_KEY);
        let markers: Vec<Marker> = secrets
            .iter()
            .enumerate()
            .map(|(number, secret)| Marker::new(format!("{suite}: secret {number}"), secret))
            .collect();
        assert_eq!(markers.len(), 3 + 4 + 1);
        assert_wiped(&markers, &blocks);
    }
}
