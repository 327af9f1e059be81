//! What a sign-in can end in, other than success.

use std::fmt;

use super::scope::{Scope, write_scopes};
use super::store::StoreError;
use crate::error::Error;
use crate::excerpt::Excerpt;
use crate::rejection::Rejection;

/// Why there are no tokens, or none that may be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OAuth2Error {
    /// The call to the authorization server failed, for a reason that signing in again need not
    /// cure. For [`OAuth2App::refresh`](crate::OAuth2App::refresh) look at
    /// [`Error::may_have_been_applied`]: if it holds, the refresh token may be used up.
    #[error("the authorization server gave no tokens: {0}")]
    Request(#[source] Box<Error>),
    /// `invalid_grant`, or how X says it: the authorization code or the refresh token is not
    /// accepted (any more). A code lives 30 seconds, a refresh token is good for one refresh.
    #[error("the code or refresh token was not accepted ({0}); sign in again")]
    GrantRefused(Box<Rejection>),
    /// The refresh token was refused before, and is not sent again.
    #[error(
        "the refresh token is no longer accepted and the access token is used up; sign in again"
    )]
    SignInEnded,
    /// The outcome of a refresh is unknown, so its refresh token may be used up, and the access
    /// token before it is no longer accepted. The next call may send the refresh token again; if it
    /// is used up, that ends in [`GrantRefused`](Self::GrantRefused).
    #[error("the answer to a refresh was lost and the old access token is refused; try again")]
    RefreshOutcomeUnknown,
    /// The access token is used up and there is no refresh token: `offline.access` was not granted.
    #[error(
        "the access token is used up and there is no refresh token; sign in again and ask for {}",
        Scope::OfflineAccess
    )]
    NoRefreshToken,
    /// The user did not grant all that was asked for.
    #[error(transparent)]
    MissingScopes(MissingScopes),
    /// The store holds no tokens.
    #[error("the token store is empty; sign in")]
    SignedOut,
    /// The store failed. Tokens that it did not take are not used; the next call gives them to it
    /// again.
    #[error("{0}; tokens that are not saved are not used, try again once it works")]
    Store(#[source] StoreError),
    /// The task that was getting the tokens ended early: the runtime is shutting down, or the store
    /// panicked.
    #[error("getting the tokens was broken off; is the runtime shutting down?")]
    BrokenOff,
}

impl OAuth2Error {
    /// Whether the same call may succeed later, without signing in again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Request(error) => error.is_retryable() && !error.may_have_been_applied(),
            Self::Store(_) | Self::RefreshOutcomeUnknown => true,
            Self::GrantRefused(_)
            | Self::SignInEnded
            | Self::NoRefreshToken
            | Self::MissingScopes(_)
            | Self::SignedOut
            | Self::BrokenOff => false,
        }
    }

    /// Whether the user has to sign in (again).
    #[must_use]
    pub const fn needs_sign_in(&self) -> bool {
        match self {
            Self::GrantRefused(_)
            | Self::SignInEnded
            | Self::NoRefreshToken
            | Self::MissingScopes(_)
            | Self::SignedOut => true,
            Self::Request(_) | Self::RefreshOutcomeUnknown | Self::Store(_) | Self::BrokenOff => {
                false
            }
        }
    }

    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "transport.oauth2.request",
            Self::GrantRefused(_) => "transport.oauth2.grant_refused",
            Self::SignInEnded => "transport.oauth2.sign_in_ended",
            Self::RefreshOutcomeUnknown => "transport.oauth2.refresh_outcome_unknown",
            Self::NoRefreshToken => "transport.oauth2.no_refresh_token",
            Self::MissingScopes(error) => error.code(),
            Self::SignedOut => "transport.oauth2.signed_out",
            Self::Store(error) => error.code(),
            Self::BrokenOff => "transport.oauth2.broken_off",
        }
    }
}

/// Scopes that were not granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct MissingScopes {
    pub(super) scopes: Vec<Scope>,
}

impl MissingScopes {
    /// Which; at least one.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "transport.oauth2.missing_scopes"
    }
}

impl fmt::Display for MissingScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sign-in does not cover ")?;
        write_scopes(f, &self.scopes)?;
        f.write_str("; sign in again and grant it")
    }
}

/// Why no authorization code came back from the browser. After any of these start a new
/// [`Authorization`](crate::Authorization).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// The port of the listener is taken, or may not be used.
    #[error("no listener on 127.0.0.1 port {port}: {source}; is the port taken?")]
    Bind {
        /// The port asked for.
        port: u16,
        /// The system's words.
        source: std::io::Error,
    },
    /// The listener stopped working.
    #[error("the listener failed: {0}")]
    Listen(#[source] std::io::Error),
    /// Nobody came back in time.
    #[error("nobody came back from the sign-in page in time; start again")]
    Timeout,
    /// The user said no (`access_denied`).
    #[error("the user did not allow the access")]
    Denied,
    /// The authorization server refused for another reason (RFC 6749 section 4.1.2.1).
    #[error("the authorization server refused: {}; check the app's settings", Excerpt(error))]
    Refused {
        /// The code, such as `invalid_scope`; at most 200 characters.
        error: String,
    },
    /// The state is not that of this authorization, or is missing: somebody else's answer.
    #[error("the answer does not belong to this sign-in; somebody may be interfering, start again")]
    WrongState,
    /// There is neither a code nor an error, or one of them twice.
    #[error("the answer has no usable code; start again")]
    MissingCode,
}

impl CallbackError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bind { .. } => "transport.oauth2.callback.bind",
            Self::Listen(_) => "transport.oauth2.callback.listen",
            Self::Timeout => "transport.oauth2.callback.timeout",
            Self::Denied => "transport.oauth2.callback.denied",
            Self::Refused { .. } => "transport.oauth2.callback.refused",
            Self::WrongState => "transport.oauth2.callback.wrong_state",
            Self::MissingCode => "transport.oauth2.callback.missing_code",
        }
    }
}
