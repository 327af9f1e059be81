//! Whether a request is signed by whom it says (RFC 5849 section 3.2).

use std::collections::BTreeSet;
use std::time::SystemTime;

use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use sealpost_crypto::UserId;

use super::super::OAuth;
use super::super::form::Form;
use super::header::{self, Parameter};
use super::nonces::is_timely;
use super::refusal::Refusal;
use super::signature;
use crate::problem::Problem;

/// What a signature is over.
#[derive(Clone, Copy)]
pub(in crate::oauth) struct Signed<'a> {
    pub(in crate::oauth) parts: &'a Parts,
    pub(in crate::oauth) body: &'a [u8],
}

/// Which secret signs beside the app's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum With {
    /// None: the first step of a sign-in.
    AppAlone,
    RequestToken,
    AccessToken,
}

/// A request that is signed as it should be.
pub(super) struct Verified {
    pub(super) consumer_key: String,
    /// Empty for [`With::AppAlone`].
    pub(super) token: String,
    parameters: Vec<Parameter>,
    user: Option<UserId>,
}

impl Verified {
    /// A parameter that belongs to one step.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        find(&self.parameters, name)
    }
}

/// The user that a call of the API is made for.
pub(in crate::oauth) fn user(oauth: &mut OAuth, signed: Signed<'_>) -> Result<UserId, Problem> {
    let verified = verify(oauth, signed, With::AccessToken, now())?;
    verified.user.ok_or_else(|| Refusal::Token.into())
}

/// Who signs does so by the machine's clock, so that is what a timestamp is held against: not the
/// sandbox's own clock, which stands still between requests.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

pub(super) fn verify(
    oauth: &mut OAuth,
    signed: Signed<'_>,
    with: With,
    now: u64,
) -> Result<Verified, Refusal> {
    let parameters = all_parameters(signed)?;
    let claims = Claims::read(&parameters)?;
    let Claims { consumer_key, nonce, timestamp, .. } = claims;
    if !is_timely(now, timestamp) {
        return Err(Refusal::Timestamp);
    }
    let app = oauth.apps.by_consumer_key(consumer_key).ok_or(Refusal::Consumer)?;
    let token = match (with, claims.token) {
        (With::AppAlone, None) => "",
        (With::AppAlone, Some(_)) => {
            return Err(Refusal::Malformed("oauth_token does not belong into this step."));
        }
        (_, token) => token.ok_or(Refusal::Malformed("oauth_token is missing."))?,
    };
    let (token_secret, user) = match with {
        With::AppAlone => ("", None),
        With::RequestToken => {
            let secret = oauth.signed.request_secret(token, consumer_key);
            (secret.ok_or(Refusal::Token)?, None)
        }
        With::AccessToken => {
            let found = oauth.signed.access_secret(token, consumer_key);
            let (secret, user) = found.ok_or(Refusal::Token)?;
            (secret, Some(user))
        }
    };
    let base = base_string(signed, &parameters)?;
    let consumer_secret = app.known_as.consumer_secret();
    if !signature::verifies(claims.signature, &base, consumer_secret, token_secret) {
        return Err(Refusal::Signature { base });
    }
    if !oauth.signed.nonces.is_new(now, timestamp, nonce, consumer_key, token) {
        return Err(Refusal::Replayed);
    }
    let (consumer_key, token) = (consumer_key.to_owned(), token.to_owned());
    Ok(Verified { consumer_key, token, parameters, user })
}

/// The parameters that every signed request has (section 3.1).
struct Claims<'a> {
    consumer_key: &'a str,
    signature: &'a str,
    nonce: &'a str,
    timestamp: u64,
    token: Option<&'a str>,
}

impl<'a> Claims<'a> {
    fn read(parameters: &'a [Parameter]) -> Result<Self, Refusal> {
        let value = |name| find(parameters, name).filter(|value| !value.is_empty());
        let required = |name, error| value(name).ok_or(Refusal::Malformed(error));
        let method = required("oauth_signature_method", "oauth_signature_method is missing.")?;
        if method != "HMAC-SHA1" {
            return Err(Refusal::Malformed("oauth_signature_method must be HMAC-SHA1."));
        }
        if find(parameters, "oauth_version").is_some_and(|version| version != "1.0") {
            return Err(Refusal::Malformed("oauth_version must be 1.0."));
        }
        let timestamp = required("oauth_timestamp", "oauth_timestamp is missing.")?;
        let digits = timestamp.bytes().all(|byte| byte.is_ascii_digit());
        let timestamp = timestamp.parse().ok().filter(|_| digits);
        Ok(Self {
            consumer_key: required("oauth_consumer_key", "oauth_consumer_key is missing.")?,
            signature: required("oauth_signature", "oauth_signature is missing.")?,
            nonce: required("oauth_nonce", "oauth_nonce is missing.")?,
            timestamp: timestamp
                .ok_or(Refusal::Malformed("oauth_timestamp must be a number of seconds."))?,
            token: value("oauth_token"),
        })
    }
}

fn find<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a str> {
    parameters.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

/// Section 3.4.1.3.1: the parameters of the header, of the query, and of a form. Any other body
/// takes no part. Those of OAuth may be in any of the three, each once.
fn all_parameters(signed: Signed<'_>) -> Result<Vec<Parameter>, Refusal> {
    let Parts { uri, headers, .. } = signed.parts;
    let mut all = header_parameters(headers)?;
    all.extend(Form::parse(uri.query().unwrap_or_default().as_bytes()).into_pairs());
    all.extend(Form::of_body(headers, signed.body).map(Form::into_pairs).unwrap_or_default());
    let mut names = BTreeSet::new();
    let mut own = all.iter().map(|(name, _)| name).filter(|name| name.starts_with("oauth_"));
    if own.all(|name| names.insert(name)) {
        Ok(all)
    } else {
        Err(Refusal::Malformed("A parameter of OAuth comes twice."))
    }
}

fn header_parameters(headers: &HeaderMap) -> Result<Vec<Parameter>, Refusal> {
    let mut credentials = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (credentials.next(), credentials.next()) else {
        return Err(Refusal::Malformed("There must be one authorization header."));
    };
    let text = value.to_str().ok().and_then(|text| text.split_once(' '));
    let text = text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("oauth"));
    text.and_then(|(_, text)| header::parameters(text))
        .ok_or(Refusal::Malformed("The header must be OAuth name=\"value\", name=\"value\"."))
}

fn base_string(signed: Signed<'_>, parameters: &[Parameter]) -> Result<String, Refusal> {
    let Parts { method, uri, headers, .. } = signed.parts;
    let url = base_uri(uri, headers).ok_or(Refusal::Malformed("There must be a host header."))?;
    let signed = parameters.iter().filter(|(name, _)| name != "oauth_signature");
    Ok(signature::base_string(method.as_str(), &url, signed))
}

/// Section 3.4.1.2: scheme and host in lower case, without the default port. The sandbox speaks
/// http alone.
fn base_uri(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(HOST)?.to_str().ok()?.to_ascii_lowercase();
    let host = host.strip_suffix(":80").unwrap_or(&host);
    Some(format!("http://{host}{}", uri.path()))
}
