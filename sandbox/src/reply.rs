//! Replies: from an outcome to the response on the wire.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::clock::http_date;
use crate::fault_body::{EndlessBody, SlowBody};
use crate::problem::Problem;
use crate::rate_limit::RateLimit;
use crate::state::Admission;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const HTML_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\
    <body><center><h1>502 Bad Gateway</h1></center><hr><center>edge</center></body></html>\n";

/// The body of a success, and its status: 200 unless another is set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) data: Option<Value>,
    pub(crate) errors: Vec<Problem>,
    pub(crate) meta: Option<Value>,
}

impl Answer {
    pub(crate) fn of(data: Value) -> Self {
        Self { data: Some(data), ..Self::default() }
    }

    fn into_bytes(self) -> Vec<u8> {
        let mut body = Map::new();
        if let Some(data) = self.data {
            body.insert("data".to_owned(), data);
        }
        if !self.errors.is_empty() {
            body.insert("errors".to_owned(), self.errors.iter().map(to_value).collect());
        }
        if let Some(meta) = self.meta {
            body.insert("meta".to_owned(), meta);
        }
        Value::Object(body).to_string().into_bytes()
    }
}

fn to_value(problem: &Problem) -> Value {
    serde_json::to_value(problem).unwrap_or_default()
}

/// How a request ends.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Answered(Answer),
    AnsweredSlowly(Answer),
    AnsweredForever,
    Refused(Problem),
    HtmlErrorPage,
    Empty404,
    Reset,
}

/// In a response's extensions: cut the connection instead of sending it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CutConnection;

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        match self {
            Self::Answered(answer) => with_body(answer.status, JSON, answer.into_bytes()),
            Self::AnsweredSlowly(answer) => {
                let status = answer.status;
                let body = Body::new(SlowBody::new(answer.into_bytes()));
                with_body(status, JSON, body)
            }
            Self::AnsweredForever => {
                with_body(StatusCode::OK, JSON, Body::new(EndlessBody::default()))
            }
            Self::Refused(problem) => {
                let body = to_value(&problem).to_string();
                with_body(problem.status(), PROBLEM_JSON, body)
            }
            Self::HtmlErrorPage => with_body(StatusCode::BAD_GATEWAY, HTML, HTML_PAGE),
            Self::Empty404 => StatusCode::NOT_FOUND.into_response(),
            Self::Reset => {
                let mut response = StatusCode::NO_CONTENT.into_response();
                response.extensions_mut().insert(CutConnection);
                response
            }
        }
    }
}

fn with_body(status: StatusCode, kind: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = (status, body.into()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Adds what every response carries.
pub(crate) fn finish(response: &mut Response, admission: &Admission, rate_limit: RateLimit) {
    let mut set = |name: &'static str, value: String| {
        // Digits, hex and ASCII dates: always a header value.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    set("date", http_date(admission.now));
    set("x-transaction-id", admission.transaction_id.clone());
    set("x-rate-limit-limit", rate_limit.limit.to_string());
    set("x-rate-limit-remaining", rate_limit.remaining.to_string());
    set("x-rate-limit-reset", rate_limit.reset.to_string());
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"sealpost-sandbox\"");
        response.headers_mut().entry(WWW_AUTHENTICATE).or_insert(challenge);
    }
}
