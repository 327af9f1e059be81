//! Leases: one worker at one thing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::VaultError;
use crate::ConversationId;
use crate::store::{Batch, Fence, Item, Place, Store, Table};

/// What only one worker may be at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Work {
    /// Registering the account's identity.
    Registration,
    /// Renewing the account's tokens.
    Tokens,
    /// A change of a conversation.
    Change(ConversationId),
}

impl Work {
    pub(super) const fn place(self, account: crate::UserId) -> Place {
        match self {
            Self::Registration => Place::of_account(account, Table::Identity, Item::Only),
            Self::Tokens => Place::of_account(account, Table::Tokens, Item::Only),
            Self::Change(conversation) => {
                Place::of_conversation(account, conversation, Table::Change, Item::Only)
            }
        }
    }
}

/// A lease that this worker has. Dropping it gives it back as soon as the runtime gets to it; a
/// worker that dies has it until its time is over.
#[must_use = "dropping a lease gives it back"]
pub struct Lease {
    store: Arc<dyn Store>,
    fence: Fence,
    is_held: bool,
}

impl Lease {
    pub(super) async fn acquire(
        store: &Arc<dyn Store>,
        place: Place,
        time: Duration,
    ) -> Result<Self, VaultError> {
        let fence = store.acquire(&place, time).await?;
        Ok(Self { store: Arc::clone(store), fence, is_held: true })
    }

    /// The lease's number, to be written with.
    #[must_use]
    pub const fn fence(&self) -> &Fence {
        &self.fence
    }

    /// Makes sure that nobody else has been given it since.
    ///
    /// # Errors
    /// [`StoreError::Fenced`](crate::store::StoreError::Fenced) if somebody has.
    pub async fn check(&self) -> Result<(), VaultError> {
        Ok(self.store.apply(Batch::new().fenced(&self.fence)).await?)
    }

    /// Lets it end this much later, counted from now.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub async fn renew(&self, time: Duration) -> Result<(), VaultError> {
        Ok(self.store.renew(&self.fence, time).await?)
    }

    /// Gives it back.
    ///
    /// # Errors
    /// [`VaultError::Store`]; the lease ends by itself then.
    pub async fn release(mut self) -> Result<(), VaultError> {
        self.is_held = false;
        Ok(self.store.release(&self.fence).await?)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_held
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (store, fence) = (Arc::clone(&self.store), self.fence);
            runtime.spawn(async move { store.release(&fence).await });
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({}, number {})", self.fence.place(), self.fence.number())
    }
}
