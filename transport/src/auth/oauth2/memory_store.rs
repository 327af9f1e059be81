//! Tokens for as long as the program runs.

use std::sync::Mutex;

use super::store::{StoreFuture, TokenStore};
use super::token_pair::TokenPair;

/// Keeps tokens in memory: for tests, and for programs that sign in at each start.
#[derive(Debug, Default)]
pub struct MemoryTokenStore {
    pair: Mutex<Option<TokenPair>>,
}

impl MemoryTokenStore {
    /// Starts with these tokens, or with none.
    #[must_use]
    pub const fn new(pair: Option<TokenPair>) -> Self {
        Self { pair: Mutex::new(pair) }
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Option<TokenPair>) -> T) -> T {
        // No code that could panic runs under the lock.
        use_it(&mut self.pair.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl TokenStore for MemoryTokenStore {
    fn load(&self) -> StoreFuture<'_, Option<TokenPair>> {
        let pair = self.with(|pair| pair.clone());
        Box::pin(std::future::ready(Ok(pair)))
    }

    fn save<'a>(&'a self, new: &'a TokenPair) -> StoreFuture<'a, ()> {
        self.with(|pair| *pair = Some(new.clone()));
        Box::pin(std::future::ready(Ok(())))
    }
}
