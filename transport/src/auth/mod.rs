//! Credentials: what proves to X who is calling.

pub(crate) mod basic;
mod oauth1;
pub(crate) mod oauth1_flow;
pub(crate) mod oauth2;
mod percent;
mod presented;

use std::borrow::Cow;
use std::fmt;

use secrecy::SecretString;

use crate::context::Operation;
use crate::error::Error;
use oauth2::{OAuth2Error, OAuth2Session};
pub(crate) use presented::Presented;

/// What proves to X on whose behalf a call is made.
///
/// Sent to the configured origin only, in a header marked as sensitive. `Debug` shows the kind.
///
/// Wiped on drop, and so is what this crate computes from them. The HTTP library's buffers, through
/// which the header leaves, are not; the secrets of OAuth 1.0a never get there.
#[derive(Clone)]
pub struct Credentials(Kind);

#[derive(Clone)]
enum Kind {
    Fixed(Presented),
    OAuth2(OAuth2Session),
}

/// The four values of OAuth 1.0a user context. They do not expire.
#[derive(Clone, Debug)]
pub struct OAuth1Credentials {
    /// The app's key ("API key").
    pub consumer_key: SecretString,
    /// The app's secret ("API key secret").
    pub consumer_secret: SecretString,
    /// The user's access token.
    pub token: SecretString,
    /// The user's access token secret.
    pub token_secret: SecretString,
}

/// Why credentials were refused. Their text is not part of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// The named value is empty.
    #[error("{field} is empty")]
    Empty {
        /// Which value.
        field: &'static str,
    },
    /// The named value has a character that cannot stand in a header: a blank, a line break, or
    /// one that is not ASCII. Often a token was read from a file with its line break.
    #[error("{field} has a character that is not visible ASCII; was it read with its line break?")]
    Character {
        /// Which value.
        field: &'static str,
    },
}

impl CredentialsError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "transport.credentials.empty",
            Self::Character { .. } => "transport.credentials.character",
        }
    }
}

impl Credentials {
    /// An OAuth 2.0 access token of a user (RFC 6750). App-only tokens are not accepted by the
    /// endpoints of this crate.
    #[must_use]
    pub const fn bearer(token: SecretString) -> Self {
        Self(Kind::Fixed(Presented::Bearer(token)))
    }

    /// OAuth 1.0a user context (RFC 5849, HMAC-SHA1): every request gets a nonce and a timestamp of
    /// its own.
    #[must_use]
    pub const fn oauth1(credentials: OAuth1Credentials) -> Self {
        Self(Kind::Fixed(Presented::OAuth1(credentials)))
    }

    /// An OAuth 2.0 sign-in that renews its access token: shortly before it expires, and once when
    /// the server answers 401, after which the request is sent a second time. A call whose scopes
    /// were not granted is not sent at all ([`Error::MissingScopes`]).
    #[must_use]
    pub const fn oauth2(session: OAuth2Session) -> Self {
        Self(Kind::OAuth2(session))
    }

    /// What is fixed must be fit to send; a session checks each token when it gets it.
    pub(crate) fn check(&self) -> Result<(), CredentialsError> {
        match &self.0 {
            Kind::Fixed(presented) => presented.check(),
            Kind::OAuth2(_) => Ok(()),
        }
    }

    /// What the next request presents.
    pub(crate) async fn present(&self, operation: Operation) -> Result<Cow<'_, Presented>, Error> {
        match &self.0 {
            Kind::Fixed(presented) => Ok(Cow::Borrowed(presented)),
            Kind::OAuth2(session) => {
                let token = session.access_token(operation.scopes()).await;
                let token = token.map_err(|error| no_token(error, operation))?;
                Ok(Cow::Owned(Presented::Bearer(token)))
            }
        }
    }

    /// What to present after a 401; `None` where there is nothing else to try.
    pub(crate) async fn renew(
        &self,
        refused: &Presented,
        operation: Operation,
    ) -> Result<Option<Presented>, Error> {
        match (&self.0, refused) {
            (Kind::OAuth2(session), Presented::Bearer(token)) => {
                let renewed = session.access_token_after(token, operation.scopes()).await;
                let renewed = renewed.map_err(|error| no_token(error, operation))?;
                Ok(Some(Presented::Bearer(renewed)))
            }
            // A nonce and a timestamp of its own may be all that was missing.
            (Kind::Fixed(Presented::OAuth1(_)), Presented::OAuth1(_)) => Ok(Some(refused.clone())),
            _ => Ok(None),
        }
    }
}

fn no_token(error: OAuth2Error, operation: Operation) -> Error {
    match error {
        OAuth2Error::MissingScopes(missing) => Error::MissingScopes { operation, missing },
        error => Error::OAuth2(error),
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Fixed(Presented::Bearer(_)) => "Credentials(bearer)",
            Kind::Fixed(Presented::OAuth1(_)) => "Credentials(oauth1)",
            Kind::OAuth2(_) => "Credentials(oauth2)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let inner = OAuth1Credentials {
            consumer_key: "planted-1".into(),
            consumer_secret: "planted-2".into(),
            token: "planted-3".into(),
            token_secret: "planted-4".into(),
        };
        let shown = format!(
            "{inner:?} {:?} {:?}",
            Credentials::oauth1(inner.clone()),
            Credentials::bearer("planted-5".into())
        );
        assert!(!shown.contains("planted"), "{shown}");
        assert!(shown.contains("Credentials(oauth1) Credentials(bearer)"), "{shown}");
    }
}
