//! Opening a session.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, SystemTime};

use super::turns::Turns;
use super::{Inner, Session, SessionError, TrustPolicy};
use crate::store::StoreError;
use crate::vault::{AccountVault, VaultError};
use crate::{Client, RetryPolicy, UnixMillis};

/// Longer than one request and its answer.
const LEASE: Duration = Duration::from_secs(90);

pub(super) type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// A session that is to be opened.
#[must_use = "nothing is opened before `open`"]
pub struct SessionBuilder {
    vault: AccountVault,
    client: Client,
    trust: TrustPolicy,
    clock: Clock,
    lease: Duration,
}

impl SessionBuilder {
    pub(super) fn new(vault: AccountVault, client: Client) -> Self {
        let clock = Arc::new(|| SystemTime::now().into());
        Self { vault, client, trust: TrustPolicy::default(), clock, lease: LEASE }
    }

    /// Which keys are sealed to; by default those of first use.
    pub const fn trust(mut self, policy: TrustPolicy) -> Self {
        self.trust = policy;
        self
    }

    /// Another clock than the system's. A clock that goes back does no harm: versions only move
    /// forward. One that runs ahead lets far-future versions pass.
    pub fn clock(mut self, clock: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How long this worker has a conversation to itself, from its last sign of life: what others
    /// wait before they take up the work of one that died. 90 seconds by default, and at most
    /// [`MAX_LEASE`](crate::store::MAX_LEASE).
    ///
    /// Make it longer than a request and its answer take. A worker that is slower than its lease
    /// loses its work to others, who then send the same bytes: that costs requests, not a key.
    pub const fn lease(mut self, time: Duration) -> Self {
        self.lease = time;
        self
    }

    /// Opens it, and tries to settle what an earlier one has left; what cannot be settled now waits
    /// for the next call on its conversation.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn open(self) -> Result<Session, SessionError> {
        let Self { vault, client, trust, clock, lease } = self;
        let session = |client| {
            Session(Arc::new(Inner {
                client,
                vault: vault.clone(),
                trust,
                clock: Arc::clone(&clock),
                lease,
                account: RwLock::new(None),
                turns: Turns::default(),
                events: Mutex::new(VecDeque::new()),
                refusals_told: Mutex::new(Vec::new()),
            }))
        };
        // One try: whoever opens a session without a network should not wait for it.
        let hasty = session(client.with_retry(RetryPolicy::never()));
        for id in vault.unfinished().await? {
            match hasty.resume_in(id, false).await {
                // Another worker is at it.
                Err(SessionError::Vault(VaultError::Store(StoreError::Leased { .. }))) => {}
                Err(error @ SessionError::Vault(_)) => return Err(error),
                _ => {}
            }
        }
        if let Err(error @ SessionError::Vault(_)) = hasty.resume_messages().await {
            return Err(error);
        }
        let noticed = hasty.take_events();
        let session = session(client);
        noticed.into_iter().for_each(|event| session.notice(event));
        Ok(session)
    }
}

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionBuilder(account {}, {:?})", self.vault.user_id(), self.trust)
    }
}
