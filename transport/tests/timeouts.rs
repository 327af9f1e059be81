//! The time limits, each with its own name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::time::{Duration, Instant};

use sealpost_transport::{ClientBuilder, Error, HttpOptions, TimeoutPhase};
use support::*;

const SHORT: Duration = Duration::from_millis(200);

/// What a write runs into, within a time that only tells bounded from unbounded.
async fn phase(answer: Answer, set: fn(ClientBuilder) -> ClientBuilder) -> TimeoutPhase {
    let server = Server::start(answer).await;
    let client = set(builder(&server.url())).build().unwrap();
    let started = Instant::now();
    let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
    assert!(started.elapsed() >= SHORT, "ran out early");
    assert!(error.is_retryable() && error.may_have_been_applied());
    let Error::Timeout { phase, .. } = error else { panic!("{error:?}") };
    let error = within(client.user_public_keys(&user(BOB))).await.unwrap_err();
    assert!(error.is_retryable() && !error.may_have_been_applied(), "a read is never applied");
    phase
}

fn begun() -> Vec<u8> {
    [head(200, &[]), b"{\"data\":".to_vec()].concat()
}

#[tokio::test]
async fn a_server_that_never_answers() {
    let silent = || Answer::Stall(Vec::new());
    assert_eq!(
        phase(silent(), |builder| builder.response_head_timeout(SHORT)).await,
        TimeoutPhase::ResponseHead
    );
    assert_eq!(
        phase(silent(), |builder| builder.whole_request_timeout(SHORT)).await,
        TimeoutPhase::WholeRequest
    );
    let half_a_head = Answer::Stall(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec());
    assert_eq!(
        phase(half_a_head, |builder| builder.response_head_timeout(SHORT)).await,
        TimeoutPhase::ResponseHead
    );
}

#[tokio::test]
async fn a_head_that_drips_is_cut_however_often_something_comes() {
    let drip = |start: &str, rest: &str| {
        Answer::Drip(start.into(), rest.repeat(100).into_bytes(), Duration::from_millis(20))
    };
    for answer in [
        drip("HTTP/1.1 200 OK\r\n", "x-header: value\r\n"),
        drip("HTTP/1.1 200 OK\r\nx-header: ", "value "),
        drip("", "HTTP/1.1 100 Continue\r\n\r\n"),
        drip("", "\r\n"),
    ] {
        assert_eq!(
            phase(answer, |builder| builder.response_head_timeout(SHORT)).await,
            TimeoutPhase::ResponseHead
        );
    }
}

#[tokio::test]
async fn a_body_that_stops() {
    assert_eq!(
        phase(Answer::Stall(begun()), |builder| builder.response_body_timeout(SHORT)).await,
        TimeoutPhase::ResponseBody
    );
    assert_eq!(
        phase(Answer::Stall(begun()), |builder| builder.whole_request_timeout(SHORT)).await,
        TimeoutPhase::WholeRequest
    );
}

#[tokio::test]
async fn a_body_that_drips_is_cut_by_the_whole_request() {
    let drip = Answer::Drip(begun(), vec![b' '; 1000], Duration::from_millis(20));
    let set = |builder: ClientBuilder| {
        builder.response_body_timeout(Duration::from_secs(10)).whole_request_timeout(SHORT)
    };
    assert_eq!(phase(drip, set).await, TimeoutPhase::WholeRequest);
}

#[tokio::test]
async fn a_slow_body_within_its_limits_is_read() {
    let body = br#"{"data":{"sequence_id":"42"}}"#.to_vec();
    let server = Server::start(Answer::Drip(head(200, &[]), body, Duration::from_millis(5))).await;
    let client = builder(&server.url()).build().unwrap();
    assert!(within(client.add_conversation_keys(&prepared())).await.is_ok());
}

#[tokio::test]
async fn a_large_body_has_time_to_be_sent() {
    let large = prepared_for(250);
    assert!(large.body().len() > 64 * 1024, "{} bytes", large.body().len());
    // Later than the limit, and well within the second and more that this body adds to it.
    let answer = response(200, &[], r#"{"data":{"sequence_id":"42"}}"#);
    let Answer::Bytes(bytes) = answer else { panic!() };
    let server = Server::start(Answer::Late(2 * SHORT, bytes)).await;
    for set in [ClientBuilder::response_head_timeout, ClientBuilder::whole_request_timeout] {
        let client = set(builder(&server.url()), SHORT).build().unwrap();
        within(client.add_conversation_keys(&large)).await.unwrap();
        let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
        assert_eq!(error.code(), "transport.timeout");
        let error = within(client.user_public_keys(&user(BOB))).await.unwrap_err();
        assert_eq!(error.code(), "transport.timeout", "a request without a body gets no more");
    }
}

#[tokio::test]
async fn the_time_to_send_is_bounded_too() {
    let server = Server::start(Answer::Stall(Vec::new())).await;
    let client = builder(&server.url()).response_head_timeout(SHORT).build().unwrap();
    let error = within(client.add_conversation_keys(&prepared_for(250))).await.unwrap_err();
    let Error::Timeout { phase, .. } = error else { panic!("{error:?}") };
    assert_eq!(phase, TimeoutPhase::ResponseHead);
}

#[tokio::test]
async fn connecting_has_a_limit_of_its_own() {
    // A listener whose queue is full and never emptied: the handshake gets no answer.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(connected) =
        tokio::time::timeout(SHORT, tokio::net::TcpStream::connect(address)).await
    {
        waiting.push(connected.unwrap());
        assert!(waiting.len() < 1000, "the queue never fills");
    }
    let http = HttpOptions::new().connect_timeout(SHORT);
    let client = builder(&format!("http://{address}")).http(http).build().unwrap();
    let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
    assert!(error.is_retryable() && !error.may_have_been_applied());
    let Error::Timeout { phase, context } = error else { panic!("{error:?}") };
    assert_eq!((phase, context.status()), (TimeoutPhase::Connect, None));
}

#[tokio::test]
async fn the_request_id_survives_a_timeout_in_the_body() {
    let head = head(200, &[("x-transaction-id", "feedface")]);
    let server = Server::start(Answer::Stall(head)).await;
    let client = builder(&server.url()).response_body_timeout(SHORT).build().unwrap();
    let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
    assert_eq!(error.request_id().unwrap().as_str(), "feedface");
}
