//! How much of an answer is read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_transport::{Accepted, Error, ErrorBody};
use support::*;

const BODY: &str = r#"{"data":{"sequence_id":"42"}}"#;

async fn post(answer: Answer, limit: usize) -> Result<Accepted, Error> {
    let server = Server::start(answer).await;
    let client = builder(&server.url()).max_response_body(limit).build().unwrap();
    within(client.add_conversation_keys(&prepared())).await
}

fn assert_too_large(result: Result<Accepted, Error>, expected: usize) {
    let error = result.unwrap_err();
    assert!(error.may_have_been_applied() && !error.is_retryable());
    let Error::BodyTooLarge { limit, .. } = error else { panic!("{error:?}") };
    assert_eq!(limit, expected);
}

fn chunked(body: &str) -> Answer {
    let head = head(200, &[("transfer-encoding", "chunked")]);
    let chunks: String = body.chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
    Answer::Bytes([head, chunks.into_bytes(), b"0\r\n\r\n".to_vec()].concat())
}

#[tokio::test]
async fn the_limit_is_exact_with_and_without_a_length() {
    let plain = || Answer::Bytes([head(200, &[]), BODY.into()].concat());
    for answer in [json(200, BODY), plain(), chunked(BODY)] {
        assert!(post(answer.clone(), BODY.len()).await.is_ok());
        assert_too_large(post(answer, BODY.len() - 1).await, BODY.len() - 1);
    }
}

#[tokio::test]
async fn an_announced_excess_is_refused_before_reading() {
    // The body never comes: whoever waited for it would run into the test's time limit.
    let answer = Answer::Stall(head(200, &[("content-length", "1000001")]));
    assert_too_large(post(answer, 1_000_000).await, 1_000_000);
    let answer = Answer::Stall(head(200, &[("content-length", "9223372036854775807")]));
    assert_too_large(post(answer, 1_000_000).await, 1_000_000);
}

#[tokio::test]
async fn an_endless_body_ends_at_the_limit() {
    let chunk = b"4\r\n    \r\n".repeat(1000);
    let chunked = Answer::Endless(head(200, &[("transfer-encoding", "chunked")]), chunk);
    for answer in [Answer::Endless(head(200, &[]), vec![b' '; 65536]), chunked] {
        assert_too_large(post(answer, 300_000).await, 300_000);
    }
}

#[tokio::test]
async fn the_default_limit_bounds_an_endless_body_too() {
    let error = write_error(Answer::Endless(head(200, &[]), vec![b' '; 65536])).await;
    let Error::BodyTooLarge { limit, .. } = error else { panic!("{error:?}") };
    assert_eq!(limit, 16 * 1024 * 1024);
}

#[tokio::test]
async fn an_endless_failure_is_still_a_failure_with_a_short_memory() {
    let error = write_error(Answer::Endless(head(500, &[]), b"<html>".repeat(1000))).await;
    let Error::Refused(rejection) = error else { panic!("{error:?}") };
    let ErrorBody::Unrecognized(raw) = rejection.body() else { panic!("{:?}", rejection.body()) };
    assert_eq!(raw.as_str().len(), 512);
    assert!(raw.as_str().starts_with("<html><html>"));
}
