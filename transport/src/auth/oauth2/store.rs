//! Where the tokens of one account are kept.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;

use super::token_pair::TokenPair;

/// What a [`TokenStore`] returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps the tokens of one account between runs.
///
/// Each refresh gives a new refresh token and uses up the old one, so a pair that is not saved is a
/// sign-in that is lost.
///
/// What is saved also says whether a refresh token has been sent without an answer
/// ([`TokenPair::refresh_begun`]), so that a crash in the middle of a refresh does not have it sent
/// again blindly. [`TokenPair::to_json`] and [`TokenPair::from_json`] lose none of it.
///
/// # Security
/// What is stored gives access to the account. Keep it where only its owner can read it.
pub trait TokenStore: Send + Sync + 'static {
    /// What was saved last; `None` if nothing was.
    fn load(&self) -> StoreFuture<'_, Option<TokenPair>>;

    /// Replaces what was saved. Once it returns, the pair must outlast a crash; if it fails, the
    /// old pair must still be there.
    fn save<'a>(&'a self, pair: &'a TokenPair) -> StoreFuture<'a, ()>;

    /// Called before the pair is loaded to be renewed. A store that several processes share waits
    /// here until no other of them is renewing it: a refresh token works once.
    fn begin_refresh(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Called after the new pair is saved, or there is none. What was begun must also end by itself
    /// some time, should the process not live to say so.
    fn end_refresh(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A store failed.
///
/// # Security
/// Its text is that of the store's own error, which must not repeat a token.
pub struct StoreError(Box<dyn StdError + Send + Sync>);

impl StoreError {
    /// Wraps the store's own error.
    #[must_use]
    pub fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(error.into())
    }

    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "transport.oauth2.store"
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreError({})", self.0)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the token store failed: {}", self.0)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
