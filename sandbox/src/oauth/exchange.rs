//! One request to the authorization server and its response.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sealpost_crypto::UnixMillis;
use serde_json::json;

use super::error::OAuthError;
use super::fault::OAuthFault;
use super::oauth1::Signed;
use super::{reply, token};
use crate::app::App;
use crate::exchange::FAULT_HEADER;
use crate::fault_body::SlowBody;
use crate::json::Json;
use crate::problem::Problem;
use crate::rate_limit::RateLimit;
use crate::reply::{Answer, Outcome, finish};
use crate::request_body;
use crate::validate::oauth_fault;

/// What came in.
pub(super) struct Asked<'a> {
    parts: &'a Parts,
    pub(super) body: &'a [u8],
    pub(super) now: UnixMillis,
}

impl Asked<'_> {
    pub(super) fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    pub(super) const fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    pub(super) const fn signed(&self) -> Signed<'_> {
        Signed { parts: self.parts, body: self.body }
    }
}

/// A request that no fault happens to.
pub(super) async fn answer(
    app: Arc<App>,
    request: Request,
    handle: fn(&App, &Asked<'_>) -> Response,
) -> Response {
    respond(app, request, handle).await
}

/// A request for tokens.
pub(super) async fn tokens(app: Arc<App>, request: Request) -> Response {
    respond(app, request, |app, asked| {
        let own = match asked.headers().get(FAULT_HEADER).map(|value| value.to_str()) {
            None => None,
            Some(name) => match name.map(str::parse::<OAuthFault>) {
                Ok(Ok(fault)) => Some(fault),
                _ => return refusal(Problem::invalid(FAULT_HEADER, "The fault cannot happen.")),
            },
        };
        let fault = own.or_else(|| app.state().oauth.faults.take());
        match fault {
            Some(OAuthFault::ResetBeforeCommit) => return Outcome::Reset.into_response(),
            Some(OAuthFault::InternalError) => {
                return refusal(Problem::internal_error("Something went wrong on our side."));
            }
            Some(OAuthFault::InvalidGrant) => return OAuthError::invalid_grant().into_response(),
            None | Some(OAuthFault::CommitThenReset | OAuthFault::SlowBody) => {}
        }
        match (token::issue(app, asked), fault) {
            (_, Some(OAuthFault::CommitThenReset)) => Outcome::Reset.into_response(),
            (Err(error), _) => error.into_response(),
            (Ok(answer), Some(OAuthFault::SlowBody)) => {
                let mut response = reply::json(StatusCode::OK, &answer);
                *response.body_mut() = Body::new(SlowBody::new(answer.to_string().into_bytes()));
                response
            }
            (Ok(answer), _) => reply::json(StatusCode::OK, &answer),
        }
    })
    .await
}

/// The switch for programs in other languages.
pub(super) fn inject(app: &App, body: &Json) -> Result<Answer, Problem> {
    let (fault, times) = oauth_fault(body)?;
    app.state().oauth.faults.push(fault, times);
    Ok(Answer::of(json!({ "fault": fault.name(), "times": times })))
}

fn refusal(problem: Problem) -> Response {
    Outcome::Refused(problem).into_response()
}

async fn respond(
    app: Arc<App>,
    request: Request,
    handle: impl FnOnce(&App, &Asked<'_>) -> Response,
) -> Response {
    let (parts, body) = request.into_parts();
    let admission = app.state().admit(None, None);
    let body = request_body::read(body, app.read_timeout).await;
    let mut response = match body {
        Ok(body) => handle(&app, &Asked { parts: &parts, body: &body, now: admission.now }),
        Err(problem) => refusal(problem),
    };
    finish(&mut response, &admission, RateLimit::untouched(admission.now));
    response
}
