//! The one-call door: a session of one account, which remembers everything it must.
//!
//! ```no_run
//! use sealpost::*;
//!
//! # async fn example(client: Client, me: UserId, bob: UserId) -> Result<(), Box<dyn std::error::Error>> {
//! let vault = Vault::open(SqliteStore::open("chat.sealpost").await?, StoreKey::passphrase("...".into())).await?;
//! let session = Session::open(&vault, client, me).await?;
//! session.register(Suite::X25519).await?;
//! let conversation = session.start_conversation(bob).await?;
//! let (version, key) = conversation.current_key().unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! # What it does
//! It looks up and verifies participants, compares their keys with the pinned ones, seals, signs,
//! writes the request down before its first byte leaves, posts, looks among the events where an
//! answer is lost, and commits. Each step can be done alone with what is below it:
//! [`Client`], [`KeyChange`](crate::KeyChange), [`vault`](crate::vault).
//!
//! # After a crash
//! Whatever was under way is in the store. [`open`](Session::open) takes it up, and so does every
//! later call on the conversation that it was in, before anything else. A future that is dropped
//! leaves what a crash leaves.
//!
//! # Several of them
//! A vault has any number of accounts, each with a session of its own. Of one account there may be
//! several sessions on one store, also in several processes where the store allows it: one at a
//! time changes a conversation, for as long as its [lease](SessionBuilder::lease) is, and a worker
//! that was thought dead and comes back is kept out.

mod builder;
mod change;
mod conversation;
mod directory;
mod error;
mod event;
mod group;
mod media;
mod membership;
mod messages;
mod pages;
mod plan;
mod posting;
mod reading;
mod receive;
mod registration;
mod sync;
mod trust;
mod turns;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

pub use builder::SessionBuilder;
pub use conversation::ConversationState;
pub use error::SessionError;
pub use event::SessionEvent;
pub use group::NewGroup;
pub use media::{MediaProgress, MediaToSend};
pub use messages::Sent;
pub use receive::{Incoming, ReceiveCursor};
pub use trust::TrustPolicy;

use self::builder::Clock;
use self::turns::Turns;
use crate::vault::{AccountVault, Lease, Work};
use crate::{
    Account, Client, ConversationId, Error, MessageId, StatusCode, UnixMillis, UserId, Vault,
};

/// The most events that wait to be asked for. The oldest go first.
const MAX_EVENTS: usize = 10_000;

/// A session of one account. Cheap to clone; clones are one session.
///
/// ```
/// # use static_assertions::assert_impl_all;
/// assert_impl_all!(sealpost::Session: Clone, Send, Sync);
/// ```
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    client: Client,
    vault: AccountVault,
    trust: TrustPolicy,
    clock: Clock,
    lease: Duration,
    account: RwLock<Option<Arc<Account>>>,
    turns: Turns,
    events: Mutex<VecDeque<SessionEvent>>,
    /// The refused messages that were handed out the last time.
    refusals_told: Mutex<Vec<(ConversationId, MessageId)>>,
}

impl Session {
    /// Opens the session of an account, with defaults.
    ///
    /// # Errors
    /// As [`SessionBuilder::open`].
    pub async fn open(vault: &Vault, client: Client, user: UserId) -> Result<Self, SessionError> {
        Self::builder(vault, client, user).open().await
    }

    /// A session that is to be opened, of the account that `client` has the credentials of.
    pub fn builder(vault: &Vault, client: Client, user: UserId) -> SessionBuilder {
        SessionBuilder::new(vault.account(user), client)
    }

    /// The account.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.0.vault.user_id()
    }

    /// The client, for calls that need no session.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// What is kept of the account.
    #[must_use]
    pub fn vault(&self) -> &AccountVault {
        &self.0.vault
    }

    /// Takes up every change that is under way, and sends messages again that may not have arrived.
    /// Opening a session and [`sync`](Self::sync) do that, too.
    ///
    /// # Errors
    /// The first that could not be settled; the others were tried.
    pub async fn resume(&self) -> Result<(), SessionError> {
        let mut outcome = Ok(());
        for id in self.vault().unfinished().await? {
            outcome = outcome.and(self.resume_in(id, true).await);
        }
        outcome.and(Box::pin(self.resume_messages()).await)
    }

    /// Removes everything of the account from the store, its private keys included. Without an
    /// [export](crate::IdentityExport) of them, nothing that was ever sealed to the account can be
    /// opened again. The server keeps what it has.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn erase_account(self) -> Result<(), SessionError> {
        self.vault().erase().await?;
        self.set_account(None);
        Ok(())
    }

    fn trust_policy(&self) -> TrustPolicy {
        self.0.trust
    }

    fn now(&self) -> UnixMillis {
        (self.0.clock)()
    }

    /// The lease on some work, once no other worker has it.
    async fn lease(&self, work: Work) -> Result<Lease, SessionError> {
        Ok(self.vault().lease_when_free(work, self.0.lease).await?)
    }

    async fn turn(&self, id: ConversationId) -> OwnedMutexGuard<()> {
        self.0.turns.take(id).await
    }

    fn known_account(&self) -> Option<Arc<Account>> {
        self.0.account.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_account(&self, account: Option<Arc<Account>>) {
        *self.0.account.write().unwrap_or_else(PoisonError::into_inner) = account;
    }

    fn events(&self) -> MutexGuard<'_, VecDeque<SessionEvent>> {
        // No code that could panic runs under the lock.
        self.0.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusals_told(&self) -> MutexGuard<'_, Vec<(ConversationId, MessageId)>> {
        self.0.refusals_told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notice(&self, event: SessionEvent) {
        let mut events = self.events();
        if events.len() >= MAX_EVENTS {
            // A flood of what does not count must not wash away what somebody has to decide.
            let refused = |event: &SessionEvent| matches!(event, SessionEvent::Refused { .. });
            let dropped = events.iter().position(refused).unwrap_or_default();
            events.remove(dropped);
        }
        events.push_back(event);
    }

    fn take_events(&self) -> Vec<SessionEvent> {
        self.events().drain(..).collect()
    }
}

/// Whether the server does not know what was asked for.
fn is_not_found(error: &Error) -> bool {
    matches!(error, Error::Refused(_)) && error.status() == Some(StatusCode::NOT_FOUND)
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session(account {})", self.user_id())
    }
}
