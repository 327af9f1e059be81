//! One request and its response: admission, body, faults, authentication, operation.

use std::sync::Arc;

use axum::RequestPartsExt;
use axum::extract::{RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sealpost_crypto::{UnixMillis, UserId};

use crate::app::App;
use crate::fault::Fault;
use crate::json::Json;
use crate::oauth;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::rate_limit::RateLimit;
use crate::reply::{Answer, Outcome, finish};
use crate::request_body;
use crate::routes;
use crate::state::Admission;
use crate::validate::missing_action_signatures;

pub(crate) const FAULT_HEADER: &str = "x-sandbox-fault";

/// An authenticated request.
pub(crate) struct Call<'a> {
    pub(crate) operation: Operation,
    pub(crate) user: UserId,
    pub(crate) now: UnixMillis,
    pub(crate) uri: &'a Uri,
    /// The path parameter `id`; empty for a path without one.
    pub(crate) id: &'a str,
    pub(crate) fault: Option<Fault>,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl Call<'_> {
    /// The body, which must be declared as JSON and be JSON.
    pub(crate) fn json(&self) -> Result<Json, Problem> {
        json(self.headers, self.body)
    }

    /// Refuses a body.
    pub(crate) fn no_body(&self) -> Result<(), Problem> {
        if self.body.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid_body("This operation takes no body."))
        }
    }
}

/// An operation of the API.
pub(crate) async fn api(app: Arc<App>, operation: Operation, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let own_fault = fault_header(&parts.headers, operation);
    let admission = app.state().admit(Some(operation), own_fault.clone().ok().flatten());
    let mut rate_limit = RateLimit::untouched(admission.now);
    let outcome = match (request_body::read(body, app.read_timeout).await, own_fault) {
        (Err(problem), _) | (_, Err(problem)) => Outcome::Refused(problem),
        (Ok(body), Ok(_)) => {
            let id = path_id(&mut parts).await;
            serve(&app, operation, &parts, id, &body, &admission, &mut rate_limit)
        }
    };
    respond(outcome, &admission, rate_limit)
}

/// A request to the sandbox itself. Needs no token.
pub(crate) async fn control(
    app: Arc<App>,
    request: Request,
    handle: fn(&App, &Json) -> Result<Answer, Problem>,
) -> Response {
    let (parts, body) = request.into_parts();
    let admission = app.state().admit(None, None);
    let outcome = request_body::read(body, app.read_timeout)
        .await
        .and_then(|body| json(&parts.headers, &body))
        .and_then(|body| handle(&app, &body))
        .map_or_else(Outcome::Refused, Outcome::Answered);
    respond(outcome, &admission, RateLimit::untouched(admission.now))
}

/// A request to nothing.
pub(crate) async fn refuse(app: Arc<App>, problem: Problem) -> Response {
    let admission = app.state().admit(None, None);
    respond(Outcome::Refused(problem), &admission, RateLimit::untouched(admission.now))
}

fn respond(outcome: Outcome, admission: &Admission, rate_limit: RateLimit) -> Response {
    let mut response = outcome.into_response();
    finish(&mut response, admission, rate_limit);
    response
}

fn serve(
    app: &App,
    operation: Operation,
    parts: &Parts,
    id: Result<String, Problem>,
    body: &Bytes,
    admission: &Admission,
    rate_limit: &mut RateLimit,
) -> Outcome {
    let now = admission.now;
    if let Some(outcome) = admission.fault.and_then(|fault| before_the_work(fault, operation)) {
        if admission.fault == Some(Fault::RateLimited) {
            *rate_limit = RateLimit::exhausted(now);
        }
        return outcome;
    }
    let performed = oauth::authenticate(app, parts, body, now).and_then(|caller| {
        let user = caller.user;
        *rate_limit = app.state().rate_limits.count(user, operation, now);
        caller.require(operation)?;
        let call = Call {
            operation,
            user,
            now,
            uri: &parts.uri,
            id: &id?,
            fault: admission.fault,
            headers: &parts.headers,
            body,
        };
        routes::perform(app, &call)
    });
    after_the_work(performed, admission.fault)
}

/// Faults that strike before anything is done.
fn before_the_work(fault: Fault, operation: Operation) -> Option<Outcome> {
    let problem = match fault {
        Fault::MissingActionSignatures => missing_action_signatures(operation.action_signatures()),
        Fault::Unauthorized => Problem::unauthorized("The access token has expired."),
        Fault::CreditsDepleted => Problem::credits_depleted(),
        Fault::ClientNotEnrolled => Problem::client_not_enrolled(),
        Fault::RateLimited => Problem::rate_limited(),
        Fault::UsageCapped => Problem::usage_capped(),
        Fault::InternalError => Problem::internal_error("Something went wrong on our side."),
        Fault::Unavailable => Problem::unavailable(),
        Fault::HtmlErrorPage => return Some(Outcome::HtmlErrorPage),
        Fault::Empty404 => return Some(Outcome::Empty404),
        Fault::ResetBeforeCommit => return Some(Outcome::Reset),
        Fault::AcceptedWithErrors
        | Fault::SlowBody
        | Fault::EndlessBody
        | Fault::CommitThenReset
        | Fault::OtherConversation
        | Fault::SwappedDirectoryRow => return None,
    };
    Some(Outcome::Refused(problem))
}

/// Faults that strike when everything is done. A refusal stays a refusal, except that a lost
/// connection loses it too.
fn after_the_work(performed: Result<Answer, Problem>, fault: Option<Fault>) -> Outcome {
    match (performed, fault) {
        (_, Some(Fault::CommitThenReset)) => Outcome::Reset,
        (Err(problem), _) => Outcome::Refused(problem),
        (Ok(answer), Some(Fault::SlowBody)) => Outcome::AnsweredSlowly(answer),
        (Ok(_), Some(Fault::EndlessBody)) => Outcome::AnsweredForever,
        (Ok(mut answer), Some(Fault::AcceptedWithErrors)) => {
            let detail = "The request was accepted, and a part of it failed.";
            answer.errors.push(Problem::internal_error(detail));
            Outcome::Answered(answer)
        }
        (Ok(answer), _) => Outcome::Answered(answer),
    }
}

fn fault_header(headers: &HeaderMap, operation: Operation) -> Result<Option<Fault>, Problem> {
    let Some(value) = headers.get(FAULT_HEADER) else {
        return Ok(None);
    };
    let name = String::from_utf8_lossy(value.as_bytes());
    let fault = name.parse::<Fault>().and_then(|fault| fault.on(operation));
    fault.map(|injection| Some(injection.fault())).map_err(|error| {
        Problem::invalid(FAULT_HEADER, format!("The fault cannot happen: {error}.")).value(&name)
    })
}

fn json(headers: &HeaderMap, body: &[u8]) -> Result<Json, Problem> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|kind| kind.split(';').next()).map(str::trim);
    if essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
        Json::parse(body)
    } else {
        Err(Problem::unsupported_media_type())
    }
}

async fn path_id(parts: &mut Parts) -> Result<String, Problem> {
    let parameters = parts
        .extract::<RawPathParams>()
        .await
        .map_err(|_| Problem::invalid("id", "id is not UTF-8."))?;
    Ok(parameters.iter().next().map(|(_, value)| value.to_owned()).unwrap_or_default())
}
