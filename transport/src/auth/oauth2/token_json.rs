//! Tokens as text, for stores.

use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::scope::Scope;
use super::token_pair::TokenPair;

/// Far more than a pair of tokens takes.
pub(super) const MAX_JSON: usize = 64 * 1024;

/// A text is no pair of tokens. It is not part of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenJsonError {
    /// It is not the JSON of [`TokenPair::to_json`].
    #[error("not the JSON of a pair of tokens; sign in again")]
    Form,
    /// A token is empty, or has a character that is not visible ASCII.
    #[error("a token is empty or has a blank; sign in again")]
    Token,
    /// The time is out of range.
    #[error("expires_at is out of range; sign in again")]
    Time,
    /// It is longer than 64 KiB.
    #[error("the tokens are too long")]
    Length,
}

impl TokenJsonError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form => "transport.oauth2.token_json.form",
            Self::Token => "transport.oauth2.token_json.token",
            Self::Time => "transport.oauth2.token_json.time",
            Self::Length => "transport.oauth2.token_json.length",
        }
    }
}

#[derive(Serialize)]
struct Written<'a> {
    access_token: &'a str,
    refresh_token: Option<&'a str>,
    /// Seconds since the Unix epoch.
    expires_at: u64,
    scopes: Vec<&'a str>,
    refresh_begun: bool,
}

#[derive(Deserialize)]
struct Read {
    access_token: String,
    refresh_token: Option<String>,
    expires_at: u64,
    scopes: Vec<String>,
    #[serde(default)]
    refresh_begun: bool,
}

impl TokenPair {
    /// All that a store has to keep, as JSON: the tokens, their scopes, and whether the refresh token
    /// [may be used up](Self::refresh_begun).
    ///
    /// # Errors
    /// [`TokenJsonError::Length`], if the tokens are longer than any that are issued.
    pub fn to_json(&self) -> Result<SecretString, TokenJsonError> {
        let since = self.expires_at().duration_since(SystemTime::UNIX_EPOCH);
        let written = Written {
            access_token: self.access_token().expose_secret(),
            refresh_token: self.refresh_token().map(|token| token.expose_secret()),
            expires_at: since.unwrap_or_default().as_secs(),
            scopes: self.scopes().iter().map(Scope::as_str).collect(),
            refresh_begun: self.refresh_begun(),
        };
        // One allocation: a buffer that grows leaves its old contents behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_JSON));
        serde_json::to_writer(&mut *bytes, &written).map_err(|_| TokenJsonError::Length)?;
        if bytes.len() > MAX_JSON {
            return Err(TokenJsonError::Length);
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| TokenJsonError::Form)?;
        Ok(text.into())
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// [`TokenJsonError`], if it is another text.
    pub fn from_json(text: &str) -> Result<Self, TokenJsonError> {
        if text.len() > MAX_JSON {
            return Err(TokenJsonError::Length);
        }
        // The parser's own words could quote the text.
        let read: Read = serde_json::from_str(text).map_err(|_| TokenJsonError::Form)?;
        let expires_at = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(read.expires_at))
            .ok_or(TokenJsonError::Time)?;
        let scopes: Vec<Scope> =
            read.scopes.iter().filter_map(|scope| scope.parse().ok()).collect();
        let refresh = read.refresh_token.map(SecretString::from);
        let pair = Self::new(read.access_token.into(), refresh, expires_at, scopes);
        Ok(pair.map_err(|_| TokenJsonError::Token)?.marked(read.refresh_begun))
    }
}
