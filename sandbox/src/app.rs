//! What the connections share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::state::State;

#[derive(Debug)]
pub(crate) struct App {
    state: Mutex<State>,
    /// How long a client may take to send its headers, and then its body.
    pub(crate) read_timeout: Duration,
}

impl App {
    pub(crate) const fn new(state: State, read_timeout: Duration) -> Self {
        Self { state: Mutex::new(state), read_timeout }
    }

    /// Every change is complete before the lock is released, so a poisoned lock is still sound.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
