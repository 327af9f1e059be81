//! The shapes a failure's body can have, told apart by structure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_transport::{Error, ErrorBody, ReportedError};
use support::*;

async fn read(body: impl AsRef<[u8]>) -> (ErrorBody, String) {
    let error = write_error(response(404, &[("content-type", "text/html")], body)).await;
    let shown = error.to_string();
    let Error::Refused(rejection) = error else { panic!("{error:?}") };
    (rejection.body().clone(), shown)
}

#[tokio::test]
async fn a_legacy_error() {
    for (body, code, message) in [
        (r#"{"code":34,"message":"Sorry"}"#, Some(34), "Sorry"),
        (r#"{"message":"Sorry"}"#, None, "Sorry"),
        (r#"{"code":"34","message":"Sorry","x":1}"#, None, "Sorry"),
    ] {
        let (ErrorBody::Legacy(legacy), shown) = read(body).await else { panic!("{body}") };
        assert_eq!((legacy.code, legacy.message.as_str()), (code, message));
        assert!(shown.contains("Sorry"), "{shown}");
    }
}

#[tokio::test]
async fn a_list_of_errors_of_any_kind() {
    let body = r#"{"errors":[{"code":88,"message":"Rate limit exceeded"},
        {"type":"https://api.x.com/2/problems/conflict","title":"Conflict"},{"x":1},7]}"#;
    let (ErrorBody::Errors(errors), shown) = read(body).await else { panic!() };
    let kinds: Vec<_> = errors
        .iter()
        .map(|error| match error {
            ReportedError::Legacy(legacy) => legacy.code,
            ReportedError::Problem(_) => Some(-1),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, [Some(88), Some(-1), None, None]);
    assert!(shown.contains("88: Rate limit exceeded; conflict: Conflict; "), "{shown}");
    assert!(shown.contains("; and 1 more"), "{shown}");
}

#[tokio::test]
async fn an_oauth_error() {
    for (body, description) in [
        (r#"{"error":"invalid_request","error_description":"Value passed"}"#, Some("Value passed")),
        (r#"{"error":"invalid_request"}"#, None),
    ] {
        let (ErrorBody::OAuth(oauth), shown) = read(body).await else { panic!("{body}") };
        assert_eq!(
            (oauth.error.as_str(), oauth.description.as_deref()),
            ("invalid_request", description)
        );
        assert!(shown.contains("invalid_request"), "{shown}");
    }
}

#[tokio::test]
async fn a_problem_wins_over_the_errors_inside_it() {
    let body = r#"{"errors":[{"message":"m"}],"title":"Invalid Request","detail":"One or more",
        "type":"https://api.twitter.com/2/problems/invalid-request"}"#;
    assert!(matches!(read(body).await.0, ErrorBody::Problem(_)));
}

#[tokio::test]
async fn nothing_is_empty() {
    let (body, shown) = read("").await;
    assert_eq!(body, ErrorBody::Empty);
    assert!(shown.contains("empty body"), "{shown}");
}

#[tokio::test]
async fn anything_else_keeps_its_beginning_out_of_sight() {
    for body in [
        &b"<html><title>planted 502</title></html>"[..],
        b"planted text",
        b"{\"planted\":",
        b"{\"planted\":1}",
        b"{\"errors\":[],\"planted\":1}",
        b"{\"errors\":null}",
        b"{\"message\":7,\"error\":7}",
        b"{\"code\":1,\"code\":1,\"message\":\"planted\"}",
        b"[\"planted\"]",
        b"null",
        b"\xff\xfeplanted",
        b"{\"message\":\"planted\"} trailing",
    ] {
        let (read, shown) = read(body).await;
        let ErrorBody::Unrecognized(raw) = &read else { panic!("{read:?}") };
        assert_eq!(raw.as_str(), String::from_utf8_lossy(body));
        assert!(!shown.contains("planted") && !format!("{read:?}").contains("planted"), "{shown}");
    }
}

#[tokio::test]
async fn the_server_cannot_write_lines_into_a_log() {
    let (_, shown) = read(r#"{"title":"a\nERROR forged\u001b[2J","detail":"\u202ex"}"#).await;
    assert!(!shown.contains(['\n', '\u{1b}', '\u{202e}']), "{shown:?}");
    let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(60_000));
    assert!(read(&long).await.1.len() < 1000);
}

#[tokio::test]
async fn a_body_beyond_what_is_read_is_cut_not_parsed() {
    let body = format!(r#"{{"message":"m","pad":"{}"}}"#, "x".repeat(64 * 1024));
    let (ErrorBody::Unrecognized(raw), _) = read(&body).await else { panic!() };
    assert_eq!(raw.as_str(), &body[..512]);
}
