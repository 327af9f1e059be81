//! The calls to the authorization server: exchange, refresh, revoke.

use std::time::SystemTime;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::super::basic;
use super::super::percent::{concatenated, encode};
use super::super::presented::redacted;
use super::app::{Endpoint, OAuth2App};
use super::authorization::{Authorization, AuthorizationCode};
use super::error::OAuth2Error;
use super::token_pair::TokenPair;
use crate::context::{Operation, RequestContext};
use crate::error::Error;
use crate::error_body::{ErrorBody, OAuthError};
use crate::exchange::{Exchange, Reply, Success};
use crate::http_client::sent_once;

/// A token answer has a few hundred bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// The parameters of one request, and which of them must not come back in an error.
struct Form<'a> {
    fields: Vec<(&'a str, &'a str)>,
    secrets: Vec<&'a str>,
}

impl OAuth2App {
    /// Redeems an authorization code, which works once and for 30 seconds.
    ///
    /// # Errors
    /// [`OAuth2Error::GrantRefused`] when the code is not accepted;
    /// [`OAuth2Error::MissingScopes`] when the user granted less than was asked for; else
    /// [`OAuth2Error::Request`]. After each start a new [`Authorization`].
    pub async fn exchange(
        &self,
        authorization: &Authorization,
        code: &AuthorizationCode,
    ) -> Result<TokenPair, OAuth2Error> {
        let (code, verifier) = (code.0.expose_secret(), authorization.verifier.expose_secret());
        let form = Form {
            fields: vec![
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", authorization.redirect_uri.as_str()),
                ("code_verifier", verifier),
            ],
            secrets: vec![code, verifier],
        };
        let sent = SystemTime::now();
        let reply = self.post(Operation::ExchangeCode, &self.inner.token, form).await;
        let pair = reply
            .and_then(|reply| TokenPair::from_answer(reply, sent, &authorization.scopes, None))
            .map_err(sorted)?;
        pair.require(&authorization.scopes).map_err(OAuth2Error::MissingScopes)?;
        Ok(pair)
    }

    /// Trades the refresh token of a pair for a new pair. [`OAuth2Session`](crate::OAuth2Session)
    /// does it in time, once, and without losing the new pair.
    ///
    /// # Errors
    /// [`OAuth2Error::NoRefreshToken`]; [`OAuth2Error::GrantRefused`] when the refresh token is not
    /// accepted; else [`OAuth2Error::Request`].
    ///
    /// # Security
    /// A refresh token works once. Save the new pair before it is used, and never refresh again
    /// with the old one: a server may take that for theft and end the whole sign-in.
    pub async fn refresh(&self, pair: &TokenPair) -> Result<TokenPair, OAuth2Error> {
        let token = pair.refresh_token().ok_or(OAuth2Error::NoRefreshToken)?;
        let text = token.expose_secret();
        let form = Form {
            fields: vec![("grant_type", "refresh_token"), ("refresh_token", text)],
            secrets: vec![text],
        };
        let sent = SystemTime::now();
        let reply = self.post(Operation::RefreshToken, &self.inner.token, form).await;
        reply
            .and_then(|reply| TokenPair::from_answer(reply, sent, pair.scopes(), Some(token)))
            .map_err(sorted)
    }

    /// Makes a token invalid, as when the user signs out (RFC 7009). For a whole sign-in revoke the
    /// access token and the refresh token.
    ///
    /// # Errors
    /// [`OAuth2Error::Request`], if the server did not confirm it.
    pub async fn revoke(&self, token: &SecretString) -> Result<(), OAuth2Error> {
        let text = token.expose_secret();
        let form = Form { fields: vec![("token", text)], secrets: vec![text] };
        // The answer's body says nothing that its status does not say.
        let answer = self.send(Operation::RevokeToken, &self.inner.revoke, form, |_, _| Ok(()));
        answer.await.map_err(sorted)
    }

    async fn post(
        &self,
        operation: Operation,
        endpoint: &Endpoint,
        form: Form<'_>,
    ) -> Result<Reply, Error> {
        self.send(operation, endpoint, form, |exchange, success| exchange.reply(success)).await
    }

    async fn send<T>(
        &self,
        operation: Operation,
        endpoint: &Endpoint,
        mut form: Form<'_>,
        read: impl FnOnce(
            &Exchange<'_, &(dyn Fn(String) -> String + Sync)>,
            Success,
        ) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut request = endpoint.http.post(endpoint.url.clone());
        let credentials;
        match &self.inner.client_secret {
            Some(secret) => {
                credentials = basic::credentials(&self.inner.client_id, secret);
                form.secrets.extend([secret.expose_secret(), credentials.as_str()]);
                request = request.header(AUTHORIZATION, basic::header(&credentials));
            }
            None => form.fields.push(("client_id", &self.inner.client_id)),
        }
        let body = Bytes::from_owner(encoded(&form.fields));
        let length = body.len();
        let request = request
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(sent_once(body));
        let redact = |text: String| redacted(text, form.secrets.iter().copied());
        let exchange = Exchange {
            timeouts: &self.inner.timeouts,
            max_response_body: MAX_ANSWER,
            redact: &redact as &(dyn Fn(String) -> String + Sync),
        };
        let context = RequestContext::new(operation, &endpoint.url);
        let success = exchange.send(request, length, context).await?;
        read(&exchange, success)
    }
}

/// `application/x-www-form-urlencoded`.
fn encoded(fields: &[(&str, &str)]) -> Zeroizing<String> {
    let encoded: Vec<_> = fields.iter().map(|(name, value)| (*name, encode(value))).collect();
    let mut pieces = Vec::new();
    for (name, value) in &encoded {
        let separator = if pieces.is_empty() { "" } else { "&" };
        pieces.extend([separator, name, "=", value]);
    }
    concatenated(&pieces)
}

fn sorted(error: Error) -> OAuth2Error {
    match error {
        Error::Refused(rejection) | Error::Unauthorized(rejection)
            if is_about_the_grant(rejection.body()) =>
        {
            OAuth2Error::GrantRefused(rejection)
        }
        error => OAuth2Error::Request(Box::new(error)),
    }
}

/// RFC 6749 section 5.2: `invalid_grant` is about the code, its verifier or the refresh token, all
/// else is not. X says `invalid_request` for it, in the same words as long as anybody reports them:
/// "Value passed for the token was invalid.", "Value passed for the authorization code was invalid.",
/// "Value passed for the code verifier did not match the code challenge."
fn is_about_the_grant(body: &ErrorBody) -> bool {
    let ErrorBody::OAuth(OAuthError { error, description }) = body else {
        return false;
    };
    let in_words = |text: &String| text.starts_with("Value passed for the ");
    error == "invalid_grant"
        || error == "invalid_request" && description.as_ref().is_some_and(in_words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_escapes_its_values() {
        let form = encoded(&[("a", "x&y=z +é"), ("b", "")]);
        assert_eq!(form.as_str(), "a=x%26y%3Dz%20%2B%C3%A9&b=");
    }
}
