//! An app as the authorization server knows it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::super::{CredentialsError, basic};
use crate::base_url::{BaseUrlError, trusted_url};
use crate::builder::{BuildError, Timeouts, is_usable_limit};
use crate::http_client::HttpClient;

const AUTHORIZE: &str = "https://x.com/i/oauth2/authorize";
const TOKEN: &str = "https://api.x.com/2/oauth2/token";
const REVOKE: &str = "https://api.x.com/2/oauth2/revoke";

/// An app registered with X: who asks for access, and where. Cheap to clone.
#[derive(Clone)]
pub struct OAuth2App {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) client_id: String,
    pub(super) client_secret: Option<SecretString>,
    pub(super) authorize: Url,
    pub(super) token: Endpoint,
    pub(super) revoke: Endpoint,
    pub(super) timeouts: Timeouts,
}

/// Where a secret is sent, and the client that may send there.
pub(super) struct Endpoint {
    pub(super) url: Url,
    pub(super) http: reqwest::Client,
}

/// Configures an [`OAuth2App`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct OAuth2AppBuilder {
    client_id: String,
    client_secret: Option<SecretString>,
    authorize_url: String,
    token_url: String,
    revoke_url: String,
    timeout: Duration,
    http: HttpClient,
}

/// The three URLs of an authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OAuth2Url {
    /// Where the user's browser goes.
    Authorize,
    /// Where codes and refresh tokens become tokens.
    Token,
    /// Where tokens are made invalid.
    Revoke,
}

impl fmt::Display for OAuth2Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authorize => "authorize_url",
            Self::Token => "token_url",
            Self::Revoke => "revoke_url",
        })
    }
}

/// Why an app's settings were refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OAuth2AppError {
    /// The client id is empty, or has a colon or a character that is not visible ASCII.
    #[error("client id: one word of visible ASCII without a colon, from the app's settings page")]
    ClientId,
    /// The client secret cannot be sent.
    #[error("{0}")]
    ClientSecret(#[source] CredentialsError),
    /// A URL is not one that secrets may go to.
    #[error("{which}: {error}")]
    Url {
        /// Which.
        which: OAuth2Url,
        /// What is wrong with it.
        #[source]
        error: BaseUrlError,
    },
    /// The time limit is zero or longer than a day.
    #[error("timeout: must be more than zero and at most 24 hours")]
    Timeout,
    /// The HTTP client could not be set up.
    #[error("{0}")]
    HttpClient(#[source] BuildError),
}

impl OAuth2AppError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ClientId => "transport.oauth2.app.client_id",
            Self::ClientSecret(_) => "transport.oauth2.app.client_secret",
            Self::Url { .. } => "transport.oauth2.app.url",
            Self::Timeout => "transport.oauth2.app.timeout",
            Self::HttpClient(_) => "transport.oauth2.app.http_client",
        }
    }
}

impl OAuth2App {
    /// A public client, which cannot keep a secret: X's "Native App" and "Single page App".
    pub fn public(client_id: &str) -> OAuth2AppBuilder {
        OAuth2AppBuilder {
            client_id: client_id.to_owned(),
            client_secret: None,
            authorize_url: AUTHORIZE.to_owned(),
            token_url: TOKEN.to_owned(),
            revoke_url: REVOKE.to_owned(),
            timeout: Timeouts::DEFAULT.response_head,
            http: HttpClient::default(),
        }
    }

    /// A confidential client: X's "Web App" and "Automated App or Bot". It proves itself with HTTP
    /// Basic (RFC 6749 section 2.3.1).
    pub fn confidential(client_id: &str, client_secret: SecretString) -> OAuth2AppBuilder {
        OAuth2AppBuilder { client_secret: Some(client_secret), ..Self::public(client_id) }
    }
}

impl fmt::Debug for OAuth2App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2App")
            .field("client_id", &self.inner.client_id)
            .field("confidential", &self.inner.client_secret.is_some())
            .field("token_url", &self.inner.token.url.as_str())
            .finish_non_exhaustive()
    }
}

impl OAuth2AppBuilder {
    /// Another server than X's with all three of X's paths under one origin, such as a sandbox: sets
    /// all three URLs.
    pub fn base_url(mut self, base_url: &str) -> Self {
        let base_url = base_url.trim_end_matches('/');
        self.authorize_url = format!("{base_url}/i/oauth2/authorize");
        self.token_url = format!("{base_url}/2/oauth2/token");
        self.revoke_url = format!("{base_url}/2/oauth2/revoke");
        self
    }

    /// Where the user's browser goes. Default `https://x.com/i/oauth2/authorize`.
    pub fn authorize_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.authorize_url);
        self
    }

    /// Where tokens come from. Default `https://api.x.com/2/oauth2/token`.
    ///
    /// # Security
    /// It receives all secrets of the sign-in. Like all three URLs it must be https, or plain http
    /// to 127.0.0.0/8, ::1 or localhost.
    pub fn token_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.token_url);
        self
    }

    /// Where tokens are revoked. Default `https://api.x.com/2/oauth2/revoke`.
    pub fn revoke_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.revoke_url);
        self
    }

    /// Limit for each call to the authorization server. Default 30 seconds.
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// What carries the calls: [`HttpOptions`](crate::HttpOptions), or a `reqwest::Client` of yours
    /// under the conditions of [`HttpClient`].
    pub fn http(mut self, http: impl Into<HttpClient>) -> Self {
        self.http = http.into();
        self
    }

    /// Checks every setting and makes the app. Nothing is connected yet.
    ///
    /// # Errors
    /// [`OAuth2AppError`] names the setting that cannot be used.
    pub fn build(self) -> Result<OAuth2App, OAuth2AppError> {
        if !basic::is_user(&self.client_id) {
            return Err(OAuth2AppError::ClientId);
        }
        if let Some(secret) = &self.client_secret {
            basic::check_password("the client secret", secret)
                .map_err(OAuth2AppError::ClientSecret)?;
        }
        if !is_usable_limit(self.timeout) {
            return Err(OAuth2AppError::Timeout);
        }
        let url = |which, text: &str| {
            trusted_url(text).map_err(|error| OAuth2AppError::Url { which, error })
        };
        let timeouts = Timeouts {
            response_head: self.timeout,
            response_body: self.timeout,
            whole_request: self.timeout,
        };
        let authorize = url(OAuth2Url::Authorize, &self.authorize_url)?;
        let token = url(OAuth2Url::Token, &self.token_url)?;
        let http = |url: &Url| {
            self.http.client(url.scheme() == "https").map_err(OAuth2AppError::HttpClient)
        };
        let token = Endpoint { http: http(&token)?, url: token };
        let revoke = url(OAuth2Url::Revoke, &self.revoke_url)?;
        let revoke = if revoke.scheme() == token.url.scheme() {
            Endpoint { http: token.http.clone(), url: revoke }
        } else {
            Endpoint { http: http(&revoke)?, url: revoke }
        };
        let Self { client_id, client_secret, .. } = self;
        let inner = Inner { client_id, client_secret, authorize, token, revoke, timeouts };
        Ok(OAuth2App { inner: Arc::new(inner) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(builder: OAuth2AppBuilder) -> &'static str {
        let error = builder.build().unwrap_err();
        assert!(!format!("{error:?} {error}").contains("planted"), "{error:?}");
        error.code()
    }

    #[test]
    fn the_defaults_are_those_of_x() {
        let app = OAuth2App::public("id").build().unwrap();
        assert_eq!(app.inner.authorize.as_str(), AUTHORIZE);
        assert_eq!(app.inner.token.url.as_str(), TOKEN);
        assert_eq!(app.inner.revoke.url.as_str(), REVOKE);
    }

    #[test]
    fn a_server_with_x_s_paths_is_named_once() {
        for base_url in ["http://127.0.0.1:4010", "http://127.0.0.1:4010/"] {
            let app = OAuth2App::public("id").base_url(base_url).build().unwrap();
            let Inner { authorize, token, revoke, .. } = &*app.inner;
            let urls = [authorize, &token.url, &revoke.url].map(Url::as_str);
            assert_eq!(
                urls,
                [
                    "http://127.0.0.1:4010/i/oauth2/authorize",
                    "http://127.0.0.1:4010/2/oauth2/token",
                    "http://127.0.0.1:4010/2/oauth2/revoke",
                ]
            );
        }
    }

    #[test]
    fn each_bad_setting_is_named() {
        for id in ["", "a b", "a:b", "a\n", "ä"] {
            assert_eq!(code(OAuth2App::public(id)), "transport.oauth2.app.client_id");
        }
        for secret in ["", "planted\n", "plänted"] {
            let builder = OAuth2App::confidential("id", secret.into());
            assert_eq!(code(builder), "transport.oauth2.app.client_secret");
        }
        for limit in [Duration::ZERO, Duration::MAX] {
            let builder = OAuth2App::public("id").timeout(limit);
            assert_eq!(code(builder), "transport.oauth2.app.timeout");
        }
        for url in [
            "planted",
            "http://planted.example/token",
            "https://planted:planted@api.x.com/token",
            "https://api.x.com/token?planted",
            "https://api.x.com/token#planted",
            "ftp://planted.example/",
        ] {
            let app = || OAuth2App::public("id");
            assert_eq!(code(app().authorize_url(url)), "transport.oauth2.app.url");
            assert_eq!(code(app().token_url(url)), "transport.oauth2.app.url");
            assert_eq!(code(app().revoke_url(url)), "transport.oauth2.app.url");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let builder = OAuth2App::confidential("id", "planted-secret".into());
        let shown = format!("{builder:?} {:?}", builder.clone().build().unwrap());
        assert!(!shown.contains("planted"), "{shown}");
        assert!(shown.contains("confidential: true"), "{shown}");
    }
}
