//! What is kept of one account.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::rows::Rows;
use super::saved::{Content, Saved};
use super::{
    ConversationRecord, Lease, OwnIdentity, Pin, Registration, Vault, VaultError, VaultTokenStore,
    Work,
};
use crate::store::{Batch, Fence, Item, Place, Range, Row, Store, StoreError, Table};
use crate::{ConversationId, UserId};

/// What is kept of one account. Cheap to clone.
#[derive(Clone)]
pub struct AccountVault {
    vault: Vault,
    user: UserId,
}

impl AccountVault {
    pub(super) const fn new(vault: Vault, user: UserId) -> Self {
        Self { vault, user }
    }

    /// The account.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.user
    }

    /// The vault it is in.
    #[must_use]
    pub const fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(super) fn store(&self) -> &Arc<dyn Store> {
        self.vault.store()
    }

    pub(super) fn rows(&self) -> &Rows {
        self.vault.rows()
    }

    pub(super) fn open_row<T: Content>(
        &self,
        place: Place,
        value: Vec<u8>,
    ) -> Result<T, VaultError> {
        self.rows().open_content(&Row { place, value })
    }

    const fn range(&self) -> Range {
        Range::all().account(self.user)
    }

    const fn place(&self, table: Table, item: Item) -> Place {
        Place::of_account(self.user, table, item)
    }

    async fn read<T: Content>(&self, place: Place) -> Result<Option<Saved<T>>, VaultError> {
        let value = self.store().get(&place).await?;
        value.map(|value| self.rows().open_saved(Row { place, value })).transpose()
    }

    async fn write<T: Content>(
        &self,
        place: Place,
        saved: &mut Saved<T>,
        fence: Option<&Fence>,
    ) -> Result<(), VaultError> {
        let (batch, sealed) = saved.write(self.rows(), place, begin(fence))?;
        self.store().apply(batch).await?;
        saved.written(sealed);
        Ok(())
    }

    /// The account's identity, if it has one.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn identity(&self) -> Result<Option<Saved<OwnIdentity>>, VaultError> {
        self.read(self.place(Table::Identity, Item::Only)).await
    }

    /// Saves an identity, a new one or one that was [exported](crate::IdentityExport). Once this
    /// returns a new one may be registered.
    ///
    /// # Errors
    /// [`VaultError::IdentityExists`]: the private keys of an account are never written over.
    pub async fn add_identity(
        &self,
        identity: impl Into<OwnIdentity> + Send,
    ) -> Result<Saved<OwnIdentity>, VaultError> {
        let mut saved = Saved::new(identity.into());
        match self.write(self.place(Table::Identity, Item::Only), &mut saved, None).await {
            Err(VaultError::Store(StoreError::Conflict { .. })) => {
                Err(VaultError::IdentityExists { user: self.user })
            }
            done => done.map(|()| saved),
        }
    }

    /// Notes how far the identity's registration has come.
    ///
    /// # Errors
    /// [`VaultError`]; what is stored, and `identity`, are as they were then.
    pub async fn set_registration(
        &self,
        identity: &mut Saved<OwnIdentity>,
        registration: Registration,
        fence: Option<&Fence>,
    ) -> Result<(), VaultError> {
        let before = std::mem::replace(&mut identity.value.registration, registration);
        let done = self.write(self.place(Table::Identity, Item::Only), identity, fence).await;
        if done.is_err() {
            identity.value.registration = before;
        }
        done
    }

    /// Where an [`OAuth2Session`](crate::transport::OAuth2Session) of the account keeps its tokens.
    #[must_use]
    pub fn tokens(&self) -> VaultTokenStore {
        VaultTokenStore::new(self.clone())
    }

    /// What is known of another user's keys, if they were ever seen.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn pin(&self, user: UserId) -> Result<Option<Saved<Pin>>, VaultError> {
        self.read(self.place(Table::Pin, Item::User(user))).await
    }

    /// All pins, in the order of user ids.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn pins(&self) -> Result<Vec<Saved<Pin>>, VaultError> {
        let rows = self.store().list(&self.range().table(Table::Pin)).await?;
        rows.into_iter().map(|row| self.rows().open_saved(row)).collect()
    }

    /// Saves pins, all of them or none.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn save_pins(
        &self,
        pins: impl IntoIterator<Item = &mut Saved<Pin>> + Send,
    ) -> Result<(), VaultError> {
        let mut batch = Batch::new();
        let mut written = Vec::new();
        for pin in pins {
            let place = self.place(Table::Pin, Item::User(pin.value.user_id()));
            let (next, sealed) = pin.write(self.rows(), place, batch)?;
            batch = next;
            written.push((pin, sealed));
        }
        self.store().apply(batch).await?;
        written.into_iter().for_each(|(pin, sealed)| pin.written(sealed));
        Ok(())
    }

    /// Everything of a conversation; an empty record if nothing is known of it.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn conversation(&self, id: ConversationId) -> Result<ConversationRecord, VaultError> {
        let rows = self.store().list(&self.range().conversation(id)).await?;
        ConversationRecord::read(self.user, id, self.rows(), rows)
    }

    /// Saves everything of a conversation together. With a fence only as long as that lease is the
    /// newest one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the conversation was saved by somebody else since it was read;
    /// otherwise as [`VaultError`] says. Nothing is stored then.
    pub async fn save(
        &self,
        record: &mut ConversationRecord,
        fence: Option<&Fence>,
    ) -> Result<(), VaultError> {
        let (batch, anchor) = record.write(self.rows(), begin(fence))?;
        self.store().apply(batch).await?;
        record.written(anchor);
        Ok(())
    }

    /// The conversations of which something is known.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn conversations(&self) -> Result<Vec<ConversationId>, VaultError> {
        self.conversations_with(Table::Conversation).await
    }

    /// The conversations that have a change under way: those to take up after a start.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn unfinished(&self) -> Result<Vec<ConversationId>, VaultError> {
        self.conversations_with(Table::Change).await
    }

    async fn conversations_with(&self, table: Table) -> Result<Vec<ConversationId>, VaultError> {
        let rows = self.store().list(&self.range().table(table)).await?;
        let mut ids: Vec<_> = rows.iter().filter_map(|row| row.place.conversation()).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// Removes everything of a conversation, its keys included: what was sent in it can be read no
    /// more, and its version floor is forgotten.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn forget(&self, id: ConversationId) -> Result<(), VaultError> {
        Ok(self.store().apply(Batch::new().clear(self.range().conversation(id))).await?)
    }

    /// Removes everything of the account, its private keys included. Without a copy of them,
    /// nothing that was ever sealed to the account can be opened again.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn erase(&self) -> Result<(), VaultError> {
        Ok(self.store().apply(Batch::new().clear(self.range())).await?)
    }

    /// The lease on some work, for at most this time.
    ///
    /// # Errors
    /// [`StoreError::Leased`] while another worker has it.
    pub async fn lease(&self, work: Work, time: Duration) -> Result<Lease, VaultError> {
        Lease::acquire(self.store(), work.place(self.user), time).await
    }

    /// The same, once nobody else has it: whoever has it loses it when their time is over.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn lease_when_free(&self, work: Work, time: Duration) -> Result<Lease, VaultError> {
        loop {
            match self.lease(work, time).await {
                Err(VaultError::Store(StoreError::Leased { remaining, .. })) => {
                    tokio::time::sleep(remaining.min(PATIENCE)).await;
                }
                done => return done,
            }
        }
    }
}

/// How often a waiting worker asks again.
const PATIENCE: Duration = Duration::from_millis(100);

fn begin(fence: Option<&Fence>) -> Batch {
    fence.map_or_else(Batch::new, |fence| Batch::new().fenced(fence))
}

impl fmt::Debug for AccountVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountVault({})", self.user)
    }
}
