//! The three-legged sign-in of OAuth 1.0a (RFC 5849 section 2).

use std::fmt;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use url::{Url, form_urlencoded};

use super::oauth1::Signer;
use super::oauth2::{CallbackError, RedirectUri};
use super::percent::encode;
use super::presented::{Presented, redacted, signed_header};
use super::{CredentialsError, OAuth1Credentials};
use crate::base_url::{self, BaseUrl, trusted_url};
use crate::builder::{BuildError, Timeouts};
use crate::context::{Operation, RequestContext};
use crate::error::{Error, Malformation};
use crate::exchange::Exchange;
use crate::http_client::HttpClient;

const AUTHORIZE: &str = "https://x.com/oauth/authorize";
/// An answer has about two hundred bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// An app that signs users in with OAuth 1.0a: [`request_token`](Self::request_token), then
/// [`OAuth1RequestToken::url`] in the browser, then [`access_token`](Self::access_token).
#[derive(Clone)]
pub struct OAuth1App {
    consumer_key: SecretString,
    consumer_secret: SecretString,
    base_url: BaseUrl,
    authorize: Url,
    http: reqwest::Client,
}

/// Configures an [`OAuth1App`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct OAuth1AppBuilder {
    consumer_key: SecretString,
    consumer_secret: SecretString,
    base_url: String,
    authorize_url: String,
    http: HttpClient,
}

/// A sign-in under way. `Debug` shows no secret.
#[derive(Debug)]
pub struct OAuth1RequestToken {
    token: SecretString,
    secret: SecretString,
    url: SecretString,
}

/// What the user or the browser brings back from the sign-in page.
#[derive(Clone, Debug)]
pub struct OAuth1Verifier(SecretString);

impl OAuth1App {
    /// An app of X's.
    ///
    /// # Errors
    /// As [`OAuth1AppBuilder::build`].
    pub fn new(
        consumer_key: SecretString,
        consumer_secret: SecretString,
    ) -> Result<Self, BuildError> {
        Self::builder(consumer_key, consumer_secret).build()
    }

    /// Configures an app of another server, or one that is reached in another way.
    pub fn builder(consumer_key: SecretString, consumer_secret: SecretString) -> OAuth1AppBuilder {
        OAuth1AppBuilder {
            consumer_key,
            consumer_secret,
            base_url: base_url::DEFAULT.to_owned(),
            authorize_url: AUTHORIZE.to_owned(),
            http: HttpClient::default(),
        }
    }

    /// Starts a sign-in. `callback` is where the browser comes back to, one of the URLs in the app's
    /// settings; with `None` the user is shown a number to type in.
    ///
    /// # Errors
    /// Any of [`Error`]; a [`MalformedResponse`](Error::MalformedResponse) also when the server
    /// does not confirm the callback.
    pub async fn request_token(
        &self,
        callback: Option<&RedirectUri>,
    ) -> Result<OAuth1RequestToken, Error> {
        let callback = callback.map_or("oob", RedirectUri::as_str);
        let signer = self.signer(None, ("oauth_callback", callback));
        let answer = self.post(Operation::RequestToken, "request_token", signer).await?;
        if answer
            .value("oauth_callback_confirmed")
            .is_none_or(|text| text.expose_secret() != "true")
        {
            return Err(answer.invalid("oauth_callback_confirmed"));
        }
        let (token, secret) = answer.token()?;
        let query = encode(token.expose_secret());
        let url = format!("{}?oauth_token={}", self.authorize, *query).into();
        Ok(OAuth1RequestToken { token, secret, url })
    }

    /// Ends a sign-in. It takes the request token, whose secret must not sign anything after this.
    ///
    /// # Errors
    /// Any of [`Error`]; after each, start again.
    pub async fn access_token(
        &self,
        request: OAuth1RequestToken,
        verifier: &OAuth1Verifier,
    ) -> Result<OAuth1Credentials, Error> {
        let token = Some((&request.token, &request.secret));
        let signer = self.signer(token, ("oauth_verifier", verifier.0.expose_secret()));
        let answer = self.post(Operation::AccessToken, "access_token", signer).await?;
        let (token, token_secret) = answer.token()?;
        let (consumer_key, consumer_secret) =
            (self.consumer_key.clone(), self.consumer_secret.clone());
        Ok(OAuth1Credentials { consumer_key, consumer_secret, token, token_secret })
    }

    fn signer<'a>(
        &'a self,
        token: Option<(&'a SecretString, &'a SecretString)>,
        step: (&'static str, &'a str),
    ) -> Signer<'a> {
        let Self { consumer_key, consumer_secret, .. } = self;
        Signer { consumer_key, consumer_secret, token, step: Some(step) }
    }

    async fn post(
        &self,
        operation: Operation,
        endpoint: &str,
        signer: Signer<'_>,
    ) -> Result<FormAnswer, Error> {
        let url = self.base_url.endpoint(&["oauth", endpoint], &[]);
        let header = signed_header(signer, &Method::POST, &url, std::iter::empty())
            .map_err(Error::Randomness)?;
        let context = RequestContext::new(operation, &url);
        let request = self.http.post(url).header(AUTHORIZATION, header).header(CONTENT_LENGTH, 0);
        let redact = |text: String| redacted(text, signer.secrets());
        let exchange =
            Exchange { timeouts: &Timeouts::DEFAULT, max_response_body: MAX_ANSWER, redact };
        let (body, context) = exchange.send(request, 0, context).await?.into_parts();
        let fields = form_urlencoded::parse(&body)
            .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
            .collect();
        Ok(FormAnswer { fields, context })
    }
}

impl OAuth1AppBuilder {
    /// The origin of `/oauth/request_token` and `/oauth/access_token`. Default
    /// `https://api.x.com`.
    ///
    /// # Security
    /// It receives all secrets of the sign-in. Like the other URL it must be https, or plain http
    /// to 127.0.0.0/8, ::1 or localhost.
    pub fn base_url(mut self, base_url: &str) -> Self {
        base_url.clone_into(&mut self.base_url);
        self
    }

    /// The page that asks the user. Default `https://x.com/oauth/authorize`.
    pub fn authorize_url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.authorize_url);
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
    /// [`BuildError::Credentials`], if the key or the secret cannot be sent;
    /// [`BuildError::BaseUrl`], if one of the URLs is not one that secrets may go to; else as
    /// [`ClientBuilder::build`](crate::ClientBuilder::build).
    pub fn build(self) -> Result<OAuth1App, BuildError> {
        let Self { consumer_key, consumer_secret, .. } = self;
        let consumer =
            [("the consumer key", &consumer_key), ("the consumer secret", &consumer_secret)];
        for (field, secret) in consumer {
            Presented::check_one(field, secret).map_err(BuildError::Credentials)?;
        }
        let base_url = BaseUrl::parse(&self.base_url).map_err(BuildError::BaseUrl)?;
        let authorize = trusted_url(&self.authorize_url).map_err(BuildError::BaseUrl)?;
        let http = self.http.client(base_url.is_https())?;
        Ok(OAuth1App { consumer_key, consumer_secret, base_url, authorize, http })
    }
}

impl fmt::Debug for OAuth1App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth1App")
            .field("base_url", &format_args!("{}", self.base_url))
            .finish_non_exhaustive()
    }
}

impl OAuth1RequestToken {
    /// The page to open in the user's browser.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.expose_secret()
    }

    /// Reads the URL that the browser was sent back to.
    ///
    /// # Errors
    /// [`CallbackError::Denied`] when the user said no, [`CallbackError::WrongState`] when the
    /// answer is for another request token, [`CallbackError::MissingCode`] without a verifier.
    pub fn read_answer(&self, url: &Url) -> Result<OAuth1Verifier, CallbackError> {
        let one = |name: &str| {
            let mut values = url.query_pairs().filter(|(given, _)| given == name);
            let first = values.next().map(|(_, value)| SecretString::from(value.into_owned()));
            first.filter(|_| values.next().is_none())
        };
        let is_ours = |token: &SecretString| -> bool {
            let (given, own) = (token.expose_secret(), self.token.expose_secret());
            given.as_bytes().ct_eq(own.as_bytes()).into()
        };
        if one("denied").as_ref().is_some_and(is_ours) {
            return Err(CallbackError::Denied);
        }
        if !one("oauth_token").as_ref().is_some_and(is_ours) {
            return Err(CallbackError::WrongState);
        }
        let verifier = one("oauth_verifier").ok_or(CallbackError::MissingCode)?;
        OAuth1Verifier::new(verifier).map_err(|_| CallbackError::MissingCode)
    }
}

impl OAuth1Verifier {
    /// The number that the user was shown.
    ///
    /// # Errors
    /// [`CredentialsError`], if it is empty or has a blank.
    pub fn new(text: SecretString) -> Result<Self, CredentialsError> {
        Presented::check_one("the verifier", &text)?;
        Ok(Self(text))
    }
}

/// A form-encoded answer.
struct FormAnswer {
    fields: Vec<(String, SecretString)>,
    context: RequestContext,
}

impl FormAnswer {
    /// A field that is there once.
    fn value(&self, name: &str) -> Option<&SecretString> {
        let mut values = self.fields.iter().filter(|(given, _)| given == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    fn token(&self) -> Result<(SecretString, SecretString), Error> {
        let field = |name: &'static str| {
            let value = self.value(name);
            let value = value.filter(|value| Presented::check_one(name, value).is_ok());
            value.cloned().ok_or_else(|| self.invalid(name))
        };
        Ok((field("oauth_token")?, field("oauth_token_secret")?))
    }

    fn invalid(&self, field: &'static str) -> Error {
        let context = Box::new(self.context.clone());
        Error::MalformedResponse { field, reason: Malformation::InvalidValue, context }
    }
}
