//! Answers with a success status that are not what they should be.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_transport::{Error, JsonError, Malformation};
use support::*;

async fn assert_malformed(body: &[u8], expected: &Malformation) {
    let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
    let write = write_error(json(200, body)).await;
    assert!(write.may_have_been_applied() && !write.is_retryable(), "{shown}");
    assert_eq!(write.request_id().unwrap().as_str(), "0123456789abcdef");
    let read = read_error(json(200, body)).await;
    assert!(!read.may_have_been_applied() && !read.is_retryable(), "{shown}");
    for error in [write, read] {
        let Error::MalformedResponse { field, reason, .. } = error else {
            panic!("{shown}: {error:?}");
        };
        assert_eq!((field, &reason), ("body", expected), "{shown}");
    }
}

#[tokio::test]
async fn members_that_come_twice_are_refused() {
    for body in [
        r#"{"data":{"sequence_id":"1","sequence_id":"2"}}"#,
        r#"{"data":{"sequence_id":"1"},"data":{"sequence_id":"1"}}"#,
        r#"{"data":{"sequence_id":"1","\u0073equence_id":"1"}}"#,
        r#"{"data":{"sequence_id":"1"},"meta":[{"a":{"b":1,"b":1}}]}"#,
        r#"{"errors":[],"errors":[{"title":"x"}],"data":{"sequence_id":"1"}}"#,
    ] {
        assert_malformed(body.as_bytes(), &JsonError::DuplicateMember.into()).await;
    }
}

#[tokio::test]
async fn a_depth_bomb_is_refused() {
    let nested = |open: &str, close: &str, levels: usize| {
        format!(
            r#"{{"data":{{"sequence_id":"1"}},"x":{}1{}}}"#,
            open.repeat(levels),
            close.repeat(levels)
        )
    };
    for body in [
        nested("[", "]", 32),
        nested(r#"{"a":"#, "}", 32),
        nested("[", "]", 100_000),
        "[".repeat(1_000_000),
        r#"{"a":"#.repeat(500_000),
    ] {
        assert_malformed(body.as_bytes(), &JsonError::TooDeep.into()).await;
    }
    let server = Server::start(json(200, nested("[", "]", 31))).await;
    assert!(client(&server).add_conversation_keys(&prepared()).await.is_ok());
}

#[tokio::test]
async fn a_value_bomb_is_refused() {
    let body = format!(r#"{{"data":{{"sequence_id":"1"}},"x":[{}0]}}"#, "0,".repeat(300_000));
    assert_malformed(body.as_bytes(), &JsonError::TooManyValues.into()).await;
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_refused() {
    for body in [
        &b"{\"data\":{\"sequence_id\":\"1\xff\"}}"[..],
        b"{\"\xc0\x80\":1}",
        b"\xff\xfe{\0}\0",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    ] {
        assert_malformed(body, &JsonError::NotUtf8.into()).await;
    }
}

#[tokio::test]
async fn text_after_the_document_is_refused() {
    for body in [r#"{"data":{"sequence_id":"1"}}{}"#, "{} <!-- -->", "{}\0"] {
        assert_malformed(body.as_bytes(), &JsonError::TrailingData.into()).await;
    }
}

#[tokio::test]
async fn other_documents_are_refused() {
    let object = Malformation::WrongType { expected: "an object" };
    for body in ["[]", "null", "true", "1", "\"x\"", r#"[{"data":{"sequence_id":"1"}}]"#] {
        assert_malformed(body.as_bytes(), &object).await;
    }
}

#[tokio::test]
async fn html_and_nothing_are_syntax_errors() {
    for (body, column) in
        [("<!doctype html><title>502</title>", 1), ("", 0), ("data=1", 1), ("{", 1)]
    {
        let error = JsonError::Syntax { line: 1, column };
        assert_malformed(body.as_bytes(), &error.into()).await;
    }
}

#[tokio::test]
async fn the_content_type_does_not_matter() {
    let body = r#"{"data":{"sequence_id":"42"}}"#;
    for content_type in ["text/html", "application/problem+json", "", "nonsense"] {
        let server = Server::start(response(200, &[("content-type", content_type)], body)).await;
        assert!(client(&server).add_conversation_keys(&prepared()).await.is_ok(), "{content_type}");
    }
    let server = Server::start(response(200, &[], body)).await;
    assert!(client(&server).add_conversation_keys(&prepared()).await.is_ok());
}
