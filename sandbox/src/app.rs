//! What the connections share.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::contract::Contract;
use crate::state::State;

#[derive(Debug)]
pub(crate) struct App {
    state: Mutex<State>,
    pub(crate) contract: Contract,
    /// How long a client may take to send its headers, and then its body.
    pub(crate) read_timeout: Duration,
    /// Connections accepted so far.
    pub(crate) connections: AtomicU64,
}

impl App {
    pub(crate) const fn new(state: State, contract: Contract, read_timeout: Duration) -> Self {
        let connections = AtomicU64::new(0);
        Self { state: Mutex::new(state), contract, read_timeout, connections }
    }

    /// Every change is complete before the lock is released, so a poisoned lock is still sound.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
