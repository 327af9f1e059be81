//! What a death has left in the program's file.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sealpost::store::StoreError;
use sealpost::vault::{Registration, VaultError};
use sealpost::*;

use super::life::store_key;
use super::stage::Folder;

/// How often a file is tried that is in use.
const PATIENCE: u32 = 5_000;

/// The newest keys of conversations.
pub(super) type Floors = BTreeMap<ConversationId, (KeyVersion, KeyFingerprint)>;

/// What the file says.
#[derive(Debug, Default)]
pub(super) struct Remains {
    pub(super) floors: Floors,
    pub(super) identity: Option<IdentityPublicKey>,
    /// Whether the server has confirmed the identity.
    pub(super) is_registered: bool,
}

impl Remains {
    /// Reads a copy, so that the next life finds the file, and the log beside it, as the last one
    /// has left them. Fails if anything in it cannot be read.
    pub(super) async fn read(folder: &Folder, user: UserId) -> Result<Self, String> {
        for (from, to) in [("store", "copy"), ("store-wal", "copy-wal")] {
            let to = folder.file(to);
            let _ = std::fs::remove_file(&to);
            if folder.file(from).exists() {
                std::fs::copy(folder.file(from), to).unwrap();
            }
        }
        let copy = folder.file("copy");
        if !copy.exists() {
            return Ok(Self::default());
        }
        Self::of(&copy, user).await.map_err(|error| format!("{} {error}", error.code()))
    }

    async fn of(path: &Path, user: UserId) -> Result<Self, VaultError> {
        let vault = open(path).await?;
        let check = vault.check().await?;
        if let Some(error) = check.unreadable.into_iter().next() {
            return Err(error);
        }
        let account = vault.account(user);
        let mut remains = Self::default();
        if let Some(own) = account.identity().await? {
            remains.identity = Some(own.value.identity.identity_key());
            remains.is_registered = matches!(own.value.registration, Registration::Registered(_));
        }
        for id in account.conversations().await? {
            let record = account.conversation(id).await?;
            let keyring = record.keyring();
            if let Some(floor) = keyring.floor().zip(keyring.floor_fingerprint()) {
                remains.floors.insert(id, floor);
            }
        }
        account.pins().await?;
        Ok(remains)
    }
}

/// Opens a file that the program has left.
pub(super) async fn open(path: &Path) -> Result<Vault, VaultError> {
    for _ in 0..PATIENCE {
        match SqliteStore::open(path).await {
            // A program that is being started, by another run in this process, has for a moment
            // everything that is open here: a lock lives on in it until it has left that behind.
            Err(StoreError::InUse) => tokio::time::sleep(Duration::from_millis(1)).await,
            store => return Vault::open(store?, store_key()).await,
        }
    }
    Err(StoreError::InUse.into())
}
