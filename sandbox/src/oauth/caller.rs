//! Who calls the API, and what they may do there.

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sealpost_crypto::{UnixMillis, UserId};

use super::oauth1::{self, Signed};
use super::scope::{Scope, Scopes, joined};
use crate::app::App;
use crate::operation::Operation;
use crate::problem::Problem;

/// A user, or an app on behalf of one.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) user: UserId,
    pub(crate) scopes: Scopes,
}

impl Caller {
    /// Refuses an operation that the user has not granted.
    pub(crate) fn require(&self, operation: Operation) -> Result<(), Problem> {
        let missing: Vec<&Scope> =
            operation.scopes().iter().filter(|scope| !self.scopes.contains(scope)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Problem::forbidden(format!(
            "The access token lacks the scopes [{}] of {operation}.",
            joined(missing, ",")
        )))
    }
}

/// Finds out who calls.
pub(crate) fn authenticate(
    app: &App,
    parts: &Parts,
    body: &[u8],
    now: UnixMillis,
) -> Result<Caller, Problem> {
    const HOW: &str = "Send one header `authorization: Bearer TOKEN` with a token of the sandbox, \
                       or sign the request with OAuth 1.0a.";
    let mut credentials = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (credentials.next(), credentials.next()) else {
        return Err(Problem::unauthorized(HOW));
    };
    let text = value.to_str().ok().and_then(|text| text.split_once(' '));
    let (scheme, token) = text.ok_or_else(|| Problem::unauthorized(HOW))?;
    let mut state = app.state();
    if scheme.eq_ignore_ascii_case("oauth") {
        // OAuth 1.0a knows no scopes.
        let user = oauth1::user(&mut state.oauth, Signed { parts, body })?;
        return Ok(Caller { user, scopes: Scope::ALL.into() });
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::unauthorized(HOW));
    }
    let (user, scopes) =
        state.tokens.caller(token).or_else(|| state.oauth.grants.access(token, now)).ok_or_else(
            || {
                let detail = "The sandbox has not issued this token, or it is expired or revoked.";
                Problem::unauthorized(detail)
            },
        )?;
    Ok(Caller { user, scopes: scopes.clone() })
}
