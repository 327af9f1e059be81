//! What one request presents: the header, and what must not come back in an error.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::SystemTime;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use zeroize::Zeroizing;

use super::oauth1::{self, Signer};
use super::{CredentialsError, OAuth1Credentials};
use crate::error::RandomnessError;

/// Shorter texts are too likely to stand in an answer by chance.
const MIN_REDACTED: usize = 8;
const NONCE_BYTES: usize = 16;
const SCHEME: &str = "Bearer ";

/// Credentials at one moment.
#[derive(Clone)]
pub(crate) enum Presented {
    Bearer(SecretString),
    OAuth1(OAuth1Credentials),
}

impl Presented {
    pub(crate) fn check(&self) -> Result<(), CredentialsError> {
        self.secrets().try_for_each(|(field, secret)| Self::check_one(field, secret))
    }

    /// Whether a secret can stand in a header.
    pub(crate) fn check_one(
        field: &'static str,
        secret: &SecretString,
    ) -> Result<(), CredentialsError> {
        let text = secret.expose_secret();
        if text.is_empty() {
            return Err(CredentialsError::Empty { field });
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CredentialsError::Character { field });
        }
        Ok(())
    }

    /// The `Authorization` header of one request. The URL's query takes part in a signature. The
    /// HTTP library copies it into the buffers it sends from, which are not wiped.
    pub(crate) fn authorization(
        &self,
        method: &Method,
        url: &Url,
    ) -> Result<HeaderValue, RandomnessError> {
        let text = match self {
            Self::Bearer(token) => {
                let token = token.expose_secret();
                let mut text = Zeroizing::new(String::with_capacity(SCHEME.len() + token.len()));
                text.extend([SCHEME, token]);
                text
            }
            Self::OAuth1(credentials) => {
                let signer = Signer::from(credentials);
                return signed_header(signer, method, url, url.query_pairs());
            }
        };
        Ok(sensitive(text))
    }

    /// Blots out these credentials in a text of the server's, which may repeat what it was sent.
    pub(crate) fn redact(&self, text: String) -> String {
        redacted(text, self.secrets().map(|(_, secret)| secret.expose_secret()))
    }

    fn secrets(&self) -> impl Iterator<Item = (&'static str, &SecretString)> {
        let (bearer, oauth1) = match self {
            Self::Bearer(token) => (Some(("the bearer token", token)), None),
            Self::OAuth1(credentials) => (None, Some(credentials)),
        };
        let oauth1 = oauth1.into_iter().flat_map(|credentials| {
            [
                ("the OAuth 1.0a consumer key", &credentials.consumer_key),
                ("the OAuth 1.0a consumer secret", &credentials.consumer_secret),
                ("the OAuth 1.0a token", &credentials.token),
                ("the OAuth 1.0a token secret", &credentials.token_secret),
            ]
        });
        bearer.into_iter().chain(oauth1)
    }
}

/// A signed header with a nonce and a timestamp of its own. `parameters` are those of the query.
pub(super) fn signed_header<'a>(
    signer: Signer<'_>,
    method: &Method,
    url: &Url,
    parameters: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<HeaderValue, RandomnessError> {
    let nonce = nonce()?;
    let occasion =
        oauth1::Occasion { method: method.as_str(), url, nonce: &nonce, timestamp: now() };
    Ok(sensitive(oauth1::authorization(signer, occasion, parameters)))
}

/// Checks and encodings leave visible ASCII only, so nothing is lost here. The value owns this very
/// text, which is wiped with it.
pub(super) fn sensitive(text: Zeroizing<String>) -> HeaderValue {
    let mut header = HeaderValue::from_maybe_shared(Bytes::from_owner(text))
        .unwrap_or_else(|_| HeaderValue::from_static(""));
    header.set_sensitive(true);
    header
}

/// Blots out secrets in a text of the server's, which may repeat what it was sent.
pub(super) fn redacted<'a>(text: String, secrets: impl Iterator<Item = &'a str>) -> String {
    secrets.filter(|secret| secret.len() >= MIN_REDACTED).fold(text, |text, secret| {
        if text.contains(secret) { text.replace(secret, "[redacted]") } else { text }
    })
}

/// 128 random bits in hex (RFC 5849 section 3.3).
fn nonce() -> Result<String, RandomnessError> {
    let mut bytes = [0; NONCE_BYTES];
    getrandom::fill(&mut bytes).map_err(RandomnessError)?;
    let mut nonce = String::with_capacity(2 * NONCE_BYTES);
    for byte in bytes {
        let _ = write!(nonce, "{byte:02x}");
    }
    Ok(nonce)
}

/// A clock before 1970 gives zero, which the server answers with 401, as it does for any wrong clock.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oauth1(token_secret: &str) -> Presented {
        Presented::OAuth1(OAuth1Credentials {
            consumer_key: "consumer-key".into(),
            consumer_secret: "consumer-secret".into(),
            token: "access-token".into(),
            token_secret: token_secret.into(),
        })
    }

    #[test]
    fn values_that_cannot_stand_in_a_header_are_refused() {
        let field = "the bearer token";
        assert_eq!(Presented::Bearer("".into()).check(), Err(CredentialsError::Empty { field }));
        for token in ["a\n", "a b", "a\r\nX-Evil: 1", "ä", "\u{7f}"] {
            assert_eq!(
                Presented::Bearer(token.into()).check(),
                Err(CredentialsError::Character { field })
            );
        }
        let field = "the OAuth 1.0a token secret";
        assert_eq!(oauth1("").check(), Err(CredentialsError::Empty { field }));
        assert_eq!(oauth1("a\n").check(), Err(CredentialsError::Character { field }));
        assert_eq!(oauth1("a").check(), Ok(()));
    }

    #[test]
    fn the_header_is_marked_sensitive() {
        let url = Url::parse("https://api.x.com/2/users/public_keys?ids=1").unwrap();
        for credentials in [Presented::Bearer("planted-token".into()), oauth1("planted-secret")] {
            let header = credentials.authorization(&Method::GET, &url).unwrap();
            assert!(header.is_sensitive());
            assert_eq!(format!("{header:?}"), "Sensitive");
        }
    }

    #[test]
    fn every_signature_has_a_nonce_of_its_own() {
        let url = Url::parse("https://api.x.com/").unwrap();
        let credentials = oauth1("secret");
        let one = credentials.authorization(&Method::GET, &url).unwrap();
        let two = credentials.authorization(&Method::GET, &url).unwrap();
        assert_ne!(one, two);
        let nonces = [nonce().unwrap(), nonce().unwrap()];
        assert_ne!(nonces[0], nonces[1]);
        assert!(nonces.iter().all(|n| n.len() == 32 && n.bytes().all(|b| b.is_ascii_hexdigit())));
    }

    #[test]
    fn credentials_are_blotted_out_of_foreign_text() {
        let credentials = oauth1("token-secret-value");
        let text = "bad access-token, consumer-key and token-secret-value".to_owned();
        assert_eq!(credentials.redact(text), "bad [redacted], [redacted] and [redacted]");
        assert_eq!(Presented::Bearer("short".into()).redact("short".into()), "short");
    }
}
