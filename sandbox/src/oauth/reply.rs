//! What the authorization server answers with: JSON, a form, a page, a redirect.

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::error::OAuthError;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// Tokens, codes and the pages around them are not to be kept (RFC 6749 section 5.1).
pub(super) fn with_body(status: StatusCode, kind: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = (status, body.into()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    with_body(status, JSON, body.to_string())
}

pub(super) fn form(fields: &[(&str, &str)]) -> Response {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    with_body(StatusCode::OK, FORM, body)
}

pub(super) fn page(status: StatusCode, html: String) -> Response {
    let mut response = with_body(status, HTML, html);
    let headers = response.headers_mut();
    // No script and no frame. `form-action` stays open: it would hold for the redirect, too.
    let policy = "default-src 'none'; frame-ancestors 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Sends the browser back to an app, with parameters added to the query. 303, so that a form is
/// not posted to the app.
pub(super) fn redirect(uri: &str, parameters: &[(&str, &str)]) -> Response {
    let separator = if uri.contains('?') { '&' } else { '?' };
    let added = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let mut response = with_body(StatusCode::SEE_OTHER, HTML, Body::empty());
    // A registered URI and form encoding: visible ASCII, always a header value.
    if let Ok(location) = HeaderValue::try_from(format!("{uri}{separator}{added}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let Self { status, error, description } = self;
        let body = json!({ "error": error, "error_description": description });
        let mut response = json(status, &body);
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"sealpost-sandbox\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
