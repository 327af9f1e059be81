//! One request and its response: admission, body, faults, authentication, operation.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;
use sealpost_crypto::UserId;

use crate::app::App;
use crate::call::{Call, PathParameters, Sent};
use crate::fault::{Cut, Delivery, Fault, after_the_work, before_the_work, misstate};
use crate::journal::JournalEntry;
use crate::oauth;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::rate_limit::RateLimit;
use crate::reply::{Answer, Outcome, finish};
use crate::request_body::{self, RequestBody};
use crate::routes;
use crate::state::Admission;

pub(crate) const FAULT_HEADER: &str = "x-sandbox-fault";

/// What is learned of a request while it is served.
struct Course {
    rate_limit: RateLimit,
    user: Option<UserId>,
    changed: bool,
}

impl Course {
    const fn new(admission: &Admission) -> Self {
        Self { rate_limit: admission.rate_limit, user: None, changed: false }
    }
}

/// An operation of the API.
pub(crate) async fn api(app: Arc<App>, operation: Operation, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let own_fault = fault_header(&parts.headers, operation);
    let admission = app.state().admit(Some(operation), own_fault.as_ref().ok().copied().flatten());
    let RequestBody { bytes, problem } =
        request_body::read(body, app.read_timeout, admission.fault).await;
    let mut course = Course::new(&admission);
    let outcome = match (problem, own_fault) {
        (Some(problem), _) | (None, Err(problem)) => Outcome::Refused(problem),
        (None, Ok(_)) => serve(&app, operation, &mut parts, &bytes, &admission, &mut course).await,
    };
    respond(&app, Some(operation), &parts, bytes, outcome, &admission, course)
}

/// A request to the sandbox itself. Needs no token, and leaves no trace in the journal.
pub(crate) async fn control(
    app: Arc<App>,
    request: Request,
    handle: fn(&App, &Sent<'_>) -> Result<Answer, Problem>,
) -> Response {
    let (parts, body) = request.into_parts();
    let admission = app.state().admit(None, None);
    let RequestBody { bytes, problem } = request_body::read(body, app.read_timeout, None).await;
    let outcome = match problem {
        Some(problem) => Err(problem),
        None => handle(&app, &Sent { uri: &parts.uri, headers: &parts.headers, body: &bytes }),
    };
    let mut response =
        outcome.map_or_else(Outcome::Refused, Outcome::Answered).into_response(app.contract);
    finish(&mut response, admission.now, &admission.transaction_id, admission.rate_limit);
    response
}

/// A request to nothing.
pub(crate) fn refuse(app: &App, request: Request, problem: Problem) -> Response {
    let (parts, _) = request.into_parts();
    let admission = app.state().admit(None, None);
    let course = Course::new(&admission);
    respond(app, None, &parts, Bytes::new(), Outcome::Refused(problem), &admission, course)
}

fn respond(
    app: &App,
    operation: Option<Operation>,
    parts: &Parts,
    body: Bytes,
    outcome: Outcome,
    admission: &Admission,
    course: Course,
) -> Response {
    let Course { mut rate_limit, user, changed } = course;
    let mut date = admission.now;
    let mut delivery = Delivery::Whole;
    if let Some(fault) = admission.fault {
        misstate(fault, &mut rate_limit, &mut date);
        delivery = fault.delivery();
    }
    let mut response = outcome.into_response(app.contract);
    finish(&mut response, date, &admission.transaction_id, rate_limit);
    let answered = delivery != Delivery::Cut(Cut::BeforeHead);
    let mut entry = JournalEntry::of(parts, body);
    entry.operation = operation;
    entry.user = user;
    entry.fault = admission.fault;
    entry.status = answered.then(|| response.status());
    entry.changed = changed;
    entry.transaction_id.clone_from(&admission.transaction_id);
    app.state().journal.push(entry);
    response.extensions_mut().insert(delivery);
    response
}

async fn serve(
    app: &App,
    operation: Operation,
    parts: &mut Parts,
    body: &Bytes,
    admission: &Admission,
    course: &mut Course,
) -> Outcome {
    if let Some(outcome) = admission.fault.and_then(|fault| before_the_work(fault, operation)) {
        return outcome;
    }
    let path = PathParameters::read(parts).await;
    let performed = async {
        let caller = oauth::authenticate(app, parts, body, admission.now)?;
        let user = caller.user;
        course.user = Some(user);
        let (rate_limit, within) =
            app.state().rate_limits.count(user, operation, admission.now, Instant::now());
        course.rate_limit = rate_limit;
        if !within {
            return Err(Problem::rate_limited());
        }
        caller.require(operation)?;
        let call = Call {
            contract: app.contract,
            user,
            now: admission.now,
            fault: admission.fault,
            path: &path?,
            sent: Sent { uri: &parts.uri, headers: &parts.headers, body },
        };
        routes::perform(app, operation, &call).await
    };
    let performed = performed.await;
    course.changed = performed.as_ref().is_ok_and(|answer| answer.changed);
    after_the_work(performed, admission.fault)
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
