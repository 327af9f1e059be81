//! Asking a user for access, and reading what the browser brings back.

use std::collections::BTreeSet;
use std::{fmt, iter};

use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use url::{Url, form_urlencoded};

use super::super::percent::encode;
use super::super::presented::redacted;
use super::app::OAuth2App;
use super::error::CallbackError;
use super::pkce::{CodeVerifier, random_text};
use super::scope::Scope;
use crate::base_url::{BaseUrlError, trusted_url};
use crate::error::RandomnessError;

/// What is kept of an error code of the authorization server's.
const MAX_ERROR_CHARS: usize = 200;

/// Where the browser brings the answer: https, or plain http on this machine. It must be one of
/// those in the app's settings, letter for letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Checks a URI; it is then sent as it was given.
    ///
    /// # Errors
    /// [`BaseUrlError`], if it is not https or loopback http, or has a user name, password, query
    /// or fragment.
    pub fn new(text: &str) -> Result<Self, BaseUrlError> {
        trusted_url(text).map(|_| Self(text.to_owned()))
    }

    pub(super) fn loopback(port: u16, path: &str) -> Self {
        Self(format!("http://127.0.0.1:{port}{path}"))
    }

    /// The URI as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One sign-in under way. Keep it until the answer is there, and use it for one answer only.
///
/// `Debug` shows neither the state nor the verifier.
#[derive(Clone, Debug)]
pub struct Authorization {
    pub(super) redirect_uri: RedirectUri,
    pub(super) scopes: BTreeSet<Scope>,
    pub(super) verifier: CodeVerifier,
    state: SecretString,
    /// With the state in it.
    url: SecretString,
}

/// What the browser brought back: good for one exchange, within 30 seconds.
#[derive(Clone, Debug)]
pub struct AuthorizationCode(pub(super) SecretString);

impl OAuth2App {
    /// Starts a sign-in, with a state and a PKCE verifier of its own.
    ///
    /// # Errors
    /// [`RandomnessError`], if the operating system gives no randomness.
    pub fn authorize(
        &self,
        redirect_uri: &RedirectUri,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> Result<Authorization, RandomnessError> {
        let scopes: BTreeSet<Scope> = scopes.into_iter().collect();
        let (verifier, state) = (CodeVerifier::generate()?, random_text()?);
        let scope = scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ");
        let challenge = verifier.challenge();
        let mut url = self.inner.authorize.to_string();
        for (index, (name, value)) in [
            ("response_type", "code"),
            ("client_id", &self.inner.client_id),
            ("redirect_uri", redirect_uri.as_str()),
            ("scope", &scope),
            ("state", state.expose_secret()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ]
        .into_iter()
        .enumerate()
        {
            // A blank is %20, as in X's documentation; not every server reads the plus of forms.
            let separator = if index == 0 { '?' } else { '&' };
            url.push(separator);
            url.extend([name, "=", &encode(value)]);
        }
        let redirect_uri = redirect_uri.clone();
        Ok(Authorization { redirect_uri, scopes, verifier, state, url: url.into() })
    }
}

impl Authorization {
    /// The page to open in the user's browser.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.expose_secret()
    }

    /// The value that ties the answer to this browser: 43 random characters.
    #[must_use]
    pub const fn state(&self) -> &SecretString {
        &self.state
    }

    /// The PKCE verifier.
    #[must_use]
    pub const fn verifier(&self) -> &CodeVerifier {
        &self.verifier
    }

    /// Reads an answer: the URL the browser was sent to. [`LoopbackListener`] does it for programs
    /// on the user's machine; a web app calls it from its own handler.
    ///
    /// [`LoopbackListener`]: crate::LoopbackListener
    ///
    /// # Errors
    /// [`CallbackError::WrongState`], whatever else the answer says; then
    /// [`CallbackError::Denied`], [`CallbackError::Refused`] or [`CallbackError::MissingCode`].
    pub fn read_answer(&self, url: &Url) -> Result<AuthorizationCode, CallbackError> {
        self.read_query(url.query().unwrap_or_default())
    }

    pub(super) fn read_query(&self, query: &str) -> Result<AuthorizationCode, CallbackError> {
        let one = |name: &str| {
            let mut values = form_urlencoded::parse(query.as_bytes())
                .filter(|(given, _)| given == name)
                .map(|(_, value)| SecretString::from(value.into_owned()));
            (values.next(), values.next().is_some())
        };
        let (state, twice) = one("state");
        // Not a word of an answer counts before it is known to be the answer to this question.
        let expected = self.state.expose_secret().as_bytes();
        let ours = |state: &SecretString| state.expose_secret().as_bytes().ct_eq(expected).into();
        if twice || !state.as_ref().is_some_and(ours) {
            return Err(CallbackError::WrongState);
        }
        match (one("error"), one("code")) {
            ((Some(error), _), _) if error.expose_secret() == "access_denied" => {
                Err(CallbackError::Denied)
            }
            ((Some(error), _), _) => {
                // Whoever sends an error may repeat the state in it.
                let error = redacted(
                    error.expose_secret().to_owned(),
                    iter::once(self.state.expose_secret()),
                );
                Err(CallbackError::Refused { error: error.chars().take(MAX_ERROR_CHARS).collect() })
            }
            (_, (Some(code), false)) if !code.expose_secret().is_empty() => {
                Ok(AuthorizationCode(code))
            }
            _ => Err(CallbackError::MissingCode),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorization() -> Authorization {
        let app = OAuth2App::public("client+1").build().unwrap();
        let redirect_uri = RedirectUri::new("http://127.0.0.1:8080/callback").unwrap();
        app.authorize(&redirect_uri, Scope::CHAT).unwrap()
    }

    #[test]
    fn the_url_has_the_documented_parameters() {
        let authorization = authorization();
        let state = authorization.state().expose_secret();
        let challenge = authorization.verifier().challenge();
        assert_eq!(
            authorization.url(),
            format!(
                "https://x.com/i/oauth2/authorize?response_type=code&client_id=client%2B1&\
                 redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fcallback&\
                 scope=dm.read%20dm.write%20tweet.read%20users.read%20offline.access&\
                 state={state}&code_challenge={challenge}&code_challenge_method=S256"
            )
        );
        assert_eq!(state.len(), 43);
        assert!(!authorization.url().contains(authorization.verifier().expose_secret()));
    }

    #[test]
    fn nothing_is_used_twice_or_shown() {
        let (one, two) = (authorization(), authorization());
        assert_ne!(one.state().expose_secret(), two.state().expose_secret());
        assert_ne!(one.verifier().expose_secret(), two.verifier().expose_secret());
        let shown = format!("{one:?} {one:#?}");
        for secret in [one.state().expose_secret(), one.verifier().expose_secret()] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn an_answer_is_read_by_its_state_first() {
        let authorization = authorization();
        let state = authorization.state().expose_secret();
        let read = |query: &str| match authorization.read_query(&query.replace("STATE", state)) {
            Ok(code) => code.0.expose_secret().to_owned(),
            Err(error) => error.code().rsplit('.').next().unwrap().to_owned(),
        };
        let mut checked = 0;
        for (query, expected) in [
            ("state=STATE&code=a%2Bb", "a+b"),
            ("code=c&state=STATE&session=1", "c"),
            // RFC 9207: X names no issuer, and each sign-in knows the one server it asked.
            ("iss=https%3A%2F%2Fx.com&code=c&state=STATE", "c"),
            ("", "wrong_state"),
            ("code=c", "wrong_state"),
            ("code=c&state=", "wrong_state"),
            ("code=c&state=STATEx", "wrong_state"),
            ("code=c&state=STATE&state=STATE", "wrong_state"),
            ("error=access_denied", "wrong_state"),
            ("error=access_denied&state=other", "wrong_state"),
            ("error=access_denied&state=STATE", "denied"),
            ("error=access_denied&code=c&state=STATE", "denied"),
            ("error=invalid_scope&state=STATE", "refused"),
            ("error=&state=STATE", "refused"),
            ("state=STATE", "missing_code"),
            ("state=STATE&code=", "missing_code"),
            ("state=STATE&code=a&code=b", "missing_code"),
        ] {
            assert_eq!(read(query), expected, "{query}");
            checked += 1;
        }
        assert_eq!(checked, 17);
        let query = format!("error=no+{state}+no&state={state}");
        match authorization.read_query(&query).unwrap_err() {
            CallbackError::Refused { error } => assert_eq!(error, "no [redacted] no"),
            other => panic!("{other:?}"),
        }
        let url = format!("https://app.example/back?state={state}&code=c");
        assert!(authorization.read_answer(&Url::parse(&url).unwrap()).is_ok());
        assert!(authorization.read_answer(&Url::parse("https://app.example").unwrap()).is_err());
    }

    #[test]
    fn a_redirect_uri_leads_to_https_or_this_machine() {
        for text in ["https://app.example/back", "http://localhost:1/", "http://[::1]:1/x"] {
            assert_eq!(RedirectUri::new(text).unwrap().as_str(), text);
        }
        for text in ["http://app.example/", "javascript:alert(1)", "https://a@b/", "https://a/#x"] {
            assert!(RedirectUri::new(text).is_err(), "{text}");
        }
    }
}
