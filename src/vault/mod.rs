//! The vault: what is kept of accounts and conversations, encrypted at rest in any
//! [store](crate::store).
//!
//! # What is encrypted, and what is not
//! Every value is sealed with XChaCha20-Poly1305 under a key that only the [`StoreKey`] unlocks,
//! and bound to its place: the table, the account, the conversation and the item it belongs to, and
//! the version of its form. A row that is moved, also from one account to another, does not open.
//! The places themselves are in the clear, because rows are found by them: whoever reads the store
//! sees which accounts are in it, whom they talk to and how often keys changed; never a key, a
//! token, a member list or a title.
//!
//! # What is not noticed
//! Whoever can *write* the store can put back an older copy of it, or of a row, or remove a row:
//! each is one that the vault itself has sealed. A version floor that moved back lets an old key be
//! replayed, a pin that is gone is taken at first use again. Keep the store where only its owner
//! can write, and after restoring a backup [sync](crate::Client::conversation_events) before
//! sending.

mod account;
mod change;
mod conversation;
mod cursor;
mod error;
mod identity;
mod lease;
#[cfg(feature = "keyring")]
mod os_keyring;
mod outgoing;
mod pin;
mod roster;
mod rows;
mod saved;
mod store_key;
mod tokens;

use std::fmt;
use std::sync::Arc;

pub use account::AccountVault;
pub use change::{ChangeRequest, ChangeState, ChangeUnderWay};
pub use conversation::ConversationRecord;
pub use cursor::{RestOfSync, SyncCursor};
pub use error::VaultError;
pub use identity::{OwnIdentity, Registration};
pub use lease::{Lease, Work};
#[cfg(feature = "keyring")]
pub use os_keyring::OsKeyringError;
pub use outgoing::RefusedMessage;
pub use pin::{Pin, SeenKeys};
pub use roster::{ClaimSource, MemberClaim, Roster};
pub use saved::Saved;
pub use store_key::StoreKey;
pub use tokens::VaultTokenStore;

use self::rows::{DataKey, Rows};
use crate::UserId;
use crate::store::{Batch, Place, Range, Row, Store, StoreError, Table};

/// Accounts and conversations in a store, encrypted. Cheap to clone; clones share the store.
#[derive(Clone)]
pub struct Vault(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    data_key: Arc<DataKey>,
    rows: Rows,
}

/// What [`Vault::check`] found.
#[derive(Debug)]
#[non_exhaustive]
pub struct VaultCheck {
    /// How many rows there are.
    pub rows: usize,
    /// Those that cannot be read, and why.
    pub unreadable: Vec<VaultError>,
}

impl Vault {
    /// Opens what is in a store, or makes an empty vault in an empty store. With a passphrase this
    /// takes a moment by design, the same whether it is right or wrong.
    ///
    /// # Errors
    /// [`VaultError::WrongKey`]; [`VaultError::NoHeader`] for a store with rows that nothing opens;
    /// otherwise as [`VaultError`] says. Nothing is changed then.
    pub async fn open(store: impl Store, key: StoreKey) -> Result<Self, VaultError> {
        let store: Arc<dyn Store> = Arc::new(store);
        loop {
            if let Some(header) = store.get(&Place::HEADER).await? {
                let data_key = key.unlock(header).await?;
                return Ok(Self::with(store, data_key));
            }
            if !store.list(&Range::all().limit(1)).await?.is_empty() {
                // Somebody may have made a vault just now.
                if store.get(&Place::HEADER).await?.is_some() {
                    continue;
                }
                return Err(VaultError::NoHeader);
            }
            let data_key = Arc::new(DataKey::generate()?);
            let header = key.lock(Arc::clone(&data_key)).await?;
            let batch = Batch::new().expect(Place::HEADER, None).put(Place::HEADER, header);
            match store.apply(batch).await {
                // Somebody else was first; theirs is the vault.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
                // Read back: what cannot be opened again must not be trusted with keys.
                Ok(()) => {}
            }
        }
    }

    fn with(store: Arc<dyn Store>, data_key: DataKey) -> Self {
        let rows = Rows::new(&data_key);
        Self(Arc::new(Shared { store, data_key: Arc::new(data_key), rows }))
    }

    fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    fn rows(&self) -> &Rows {
        &self.0.rows
    }

    /// Locks the store with another passphrase or key from now on. No row is touched; the old one
    /// still opens older copies of the store.
    ///
    /// # Errors
    /// [`VaultError`]; the old one still opens the store then.
    pub async fn change_key(&self, key: StoreKey) -> Result<(), VaultError> {
        let before = self.store().get(&Place::HEADER).await?;
        let header = key.lock(Arc::clone(&self.0.data_key)).await?;
        let batch = Batch::new().expect(Place::HEADER, before).put(Place::HEADER, header);
        Ok(self.store().apply(batch).await?)
    }

    /// What is kept of an account. Nothing need be.
    #[must_use]
    pub fn account(&self, user: UserId) -> AccountVault {
        AccountVault::new(self.clone(), user)
    }

    /// The accounts that have an identity here.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn accounts(&self) -> Result<Vec<UserId>, VaultError> {
        let rows = self.store().list(&Range::all().table(Table::Identity)).await?;
        let mut users: Vec<_> = rows.iter().filter_map(|row| row.place.account()).collect();
        users.sort_unstable();
        Ok(users)
    }

    /// Tries to read every row. Takes as long as there are rows.
    ///
    /// # Errors
    /// [`VaultError::Store`] when the store cannot be read; a row that cannot be read is part of
    /// the answer.
    pub async fn check(&self) -> Result<VaultCheck, VaultError> {
        let mut check = VaultCheck { rows: 0, unreadable: Vec::new() };
        for table in Table::ALL {
            for row in self.store().list(&Range::all().table(table)).await? {
                check.rows += 1;
                check.unreadable.extend(self.check_row(&row).err());
            }
        }
        Ok(check)
    }

    fn check_row(&self, row: &Row) -> Result<(), VaultError> {
        match row.place.table() {
            // It was opened when the vault was.
            Table::Header => Ok(()),
            Table::Identity => self.rows().open_content::<OwnIdentity>(row).map(drop),
            Table::Tokens => self.rows().open_content::<crate::transport::TokenPair>(row).map(drop),
            Table::Pin => self.rows().open_content::<Pin>(row).map(drop),
            _ => conversation::check_row(self.rows(), row),
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}
