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
use crate::call::Sent;
use crate::exchange::FAULT_HEADER;
use crate::fault::{Cut, Delivery, SlowBody};
use crate::problem::Problem;
use crate::reply::{Answer, Outcome, finish};
use crate::request_body::{self, RequestBody};
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
                _ => {
                    return refusal(
                        app,
                        Problem::invalid(FAULT_HEADER, "The fault cannot happen."),
                    );
                }
            },
        };
        let fault = own.or_else(|| app.state().oauth.faults.take());
        match fault {
            Some(OAuthFault::ResetBeforeCommit) => return reset(),
            Some(OAuthFault::InternalError) => {
                return refusal(app, Problem::internal_error("Something went wrong on our side."));
            }
            Some(OAuthFault::InvalidGrant) => return OAuthError::invalid_grant().into_response(),
            None | Some(OAuthFault::CommitThenReset | OAuthFault::SlowBody) => {}
        }
        match (token::issue(app, asked), fault) {
            (_, Some(OAuthFault::CommitThenReset)) => reset(),
            (Err(error), _) => error.into_response(),
            (Ok(answer), Some(OAuthFault::SlowBody)) => {
                let mut response = reply::json(StatusCode::OK, &answer);
                *response.body_mut() = Body::new(SlowBody::new(answer.to_string().into()));
                response
            }
            (Ok(answer), _) => reply::json(StatusCode::OK, &answer),
        }
    })
    .await
}

/// The switch for programs in other languages.
pub(crate) fn inject(app: &App, sent: &Sent<'_>) -> Result<Answer, Problem> {
    let (fault, times) = oauth_fault(&sent.json()?)?;
    app.state().oauth.faults.push(fault, times);
    Ok(Answer::of(json!({ "fault": fault.name(), "times": times })))
}

fn refusal(app: &App, problem: Problem) -> Response {
    Outcome::Refused(problem).into_response(app.contract)
}

/// No byte of an answer, and the end of the connection.
fn reset() -> Response {
    let mut response = StatusCode::OK.into_response();
    response.extensions_mut().insert(Delivery::Cut(Cut::BeforeHead));
    response
}

async fn respond(
    app: Arc<App>,
    request: Request,
    handle: impl FnOnce(&App, &Asked<'_>) -> Response,
) -> Response {
    let (parts, body) = request.into_parts();
    let admission = app.state().admit(None, None);
    let RequestBody { bytes, problem } = request_body::read(body, app.read_timeout, None).await;
    let mut response = match problem {
        None => handle(&app, &Asked { parts: &parts, body: &bytes, now: admission.now }),
        Some(problem) => refusal(&app, problem),
    };
    finish(&mut response, admission.now, &admission.transaction_id, admission.rate_limit);
    response
}
