//! Replies: from an outcome to the response.

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use sealpost_crypto::UnixMillis;
use serde_json::{Map, Value};

use crate::clock::http_date;
use crate::contract::Contract;
use crate::fault::{EndlessBody, GzipBomb, SlowBody};
use crate::problem::{Form, Problem};
use crate::rate_limit::RateLimit;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A success: 200 unless another status is set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Whether the request changed what the sandbox remembers.
    pub(crate) changed: bool,
    content: Content,
}

#[derive(Clone, Debug, Default)]
enum Content {
    #[default]
    Empty,
    /// A JSON object, and the problems for its `errors`.
    Object(Map<String, Value>, Vec<Problem>),
    List(Value),
    Octets(Bytes),
}

impl Answer {
    /// A JSON object with the member `data`.
    pub(crate) fn of(data: Value) -> Self {
        Self::object(Map::new()).with("data", data)
    }

    /// A JSON object.
    pub(crate) fn object(members: Map<String, Value>) -> Self {
        Self { content: Content::Object(members, Vec::new()), ..Self::default() }
    }

    /// A JSON array.
    pub(crate) fn list(items: Vec<Value>) -> Self {
        Self { content: Content::List(items.into()), ..Self::default() }
    }

    pub(crate) fn octets(octets: Bytes) -> Self {
        Self { content: Content::Octets(octets), ..Self::default() }
    }

    pub(crate) const fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, changed: false, content: Content::Empty }
    }

    /// Says whether the request changed anything.
    pub(crate) const fn changed(mut self, changed: bool) -> Self {
        self.changed = changed;
        self
    }

    pub(crate) const fn created(mut self) -> Self {
        self.status = StatusCode::CREATED;
        self
    }

    /// Adds a member to the JSON object.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        if let Content::Object(members, _) = &mut self.content {
            members.insert(name.to_owned(), value);
        }
        self
    }

    /// Adds a problem to the `errors` of the JSON object.
    pub(crate) fn add_error(&mut self, problem: Problem) {
        if let Content::Object(_, errors) = &mut self.content {
            errors.push(problem);
        }
    }

    /// Takes a member out of the JSON object and out of its `data`.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Content::Object(members, _) = &mut self.content {
            members.remove(name);
            if let Some(Value::Object(data)) = members.get_mut("data") {
                data.remove(name);
            }
        }
    }

    fn into_parts(self, contract: Contract) -> (StatusCode, Option<HeaderValue>, Bytes) {
        let (kind, bytes) = match self.content {
            Content::Empty => (None, Bytes::new()),
            Content::Object(mut members, errors) => {
                if !errors.is_empty() {
                    let errors = errors.iter().map(|problem| problem.document(contract));
                    members.insert("errors".to_owned(), errors.collect());
                }
                (Some(JSON), Value::Object(members).to_string().into())
            }
            Content::List(items) => (Some(JSON), items.to_string().into()),
            Content::Octets(octets) => (Some(OCTETS), octets),
        };
        (self.status, kind, bytes)
    }
}

/// Adds a member to a JSON object.
pub(crate) fn insert(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value.into());
    }
}

/// How a request ends.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Answered(Answer),
    AnsweredSlowly(Answer),
    AnsweredForever,
    AnsweredWithBomb,
    Refused(Problem),
    HtmlErrorPage(StatusCode),
    Empty404,
    /// No response: the connection is cut.
    Nothing,
}

impl Outcome {
    pub(crate) fn into_response(self, contract: Contract) -> Response {
        match self {
            Self::Answered(answer) => {
                let (status, kind, bytes) = answer.into_parts(contract);
                with_body(status, kind, bytes)
            }
            Self::AnsweredSlowly(answer) => {
                let (status, kind, bytes) = answer.into_parts(contract);
                with_body(status, kind, Body::new(SlowBody::new(bytes)))
            }
            Self::AnsweredForever => {
                with_body(StatusCode::OK, Some(JSON), Body::new(EndlessBody::default()))
            }
            Self::AnsweredWithBomb => bomb(),
            Self::Refused(problem) => {
                let (form, body) = problem.body(contract);
                let kind = match form {
                    Form::Problem => PROBLEM_JSON,
                    Form::Error => JSON,
                };
                with_body(problem.status(), Some(kind), body.to_string())
            }
            Self::HtmlErrorPage(status) => with_body(status, Some(HTML), html_page(status)),
            Self::Empty404 => StatusCode::NOT_FOUND.into_response(),
            Self::Nothing => StatusCode::NO_CONTENT.into_response(),
        }
    }
}

fn with_body(status: StatusCode, kind: Option<HeaderValue>, body: impl Into<Body>) -> Response {
    let mut response = (status, body.into()).into_response();
    match kind {
        Some(kind) => response.headers_mut().insert(CONTENT_TYPE, kind),
        None => response.headers_mut().remove(CONTENT_TYPE),
    };
    response
}

fn bomb() -> Response {
    let Ok(bomb) = GzipBomb::new() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = with_body(StatusCode::OK, Some(JSON), Body::new(bomb));
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

fn html_page(status: StatusCode) -> String {
    format!(
        "<!DOCTYPE html>\n<html><head><title>{status}</title></head>\
         <body><center><h1>{status}</h1></center><hr><center>edge</center></body></html>\n"
    )
}

/// Adds what every response carries.
pub(crate) fn finish(
    response: &mut Response,
    date: UnixMillis,
    transaction_id: &str,
    rate_limit: RateLimit,
) {
    let mut set = |name: HeaderName, value: String| {
        // Digits, hex and ASCII dates: always a header value.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    };
    set(DATE, http_date(date));
    set(HeaderName::from_static("x-transaction-id"), transaction_id.to_owned());
    set(HeaderName::from_static("x-rate-limit-limit"), rate_limit.limit.to_string());
    set(HeaderName::from_static("x-rate-limit-remaining"), rate_limit.remaining.to_string());
    set(HeaderName::from_static("x-rate-limit-reset"), rate_limit.reset.to_string());
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"sealpost-sandbox\"");
        response.headers_mut().entry(WWW_AUTHENTICATE).or_insert(challenge);
    }
}
