//! Connections that fail, before and after the request is out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use sealpost_transport::{Client, Error};
use support::*;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Barrier;

fn accepted() -> Answer {
    json(200, r#"{"data":{"sequence_id":"42"}}"#)
}

#[tokio::test]
async fn nobody_listening_is_a_connect_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let client = builder(&url).build().unwrap();
    for error in [
        client.add_conversation_keys(&prepared()).await.unwrap_err(),
        client.user_public_keys(&user(BOB)).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "transport.connect");
        assert!(error.is_retryable() && !error.may_have_been_applied());
        assert_eq!((error.status(), error.request_id()), (None, None));
        assert!(error.context().unwrap().url().starts_with(&url));
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_a_connect_error() {
    // RFC 6761 section 6.4: `.invalid` never resolves.
    let client = builder("https://sealpost.invalid").build().unwrap();
    let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
    assert_eq!(error.code(), "transport.connect");
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn a_connection_lost_after_the_request_proves_nothing() {
    let length = [("content-length", "100")];
    let chunked = [("transfer-encoding", "chunked")];
    for bytes in [
        Vec::new(),
        b"HTTP/1.1 2".to_vec(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n".to_vec(),
        head(200, &length),
        [head(200, &length), b"{\"data\":{\"sequence_id\":\"42\"}}".to_vec()].concat(),
        [head(200, &chunked), b"5\r\n{\"dat".to_vec()].concat(),
        [head(200, &chunked), b"2\r\n{}\r\n".to_vec()].concat(),
        [head(200, &chunked), b"zz\r\n".to_vec()].concat(),
        b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
        b"HTTP/1.1 banana\r\n\r\n".to_vec(),
    ] {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let error = write_error(Answer::Bytes(bytes.clone())).await;
        assert_eq!(error.code(), "transport.interrupted", "{shown}");
        assert!(error.is_retryable() && error.may_have_been_applied(), "{shown}");
        let error = read_error(Answer::Bytes(bytes)).await;
        assert_eq!(error.code(), "transport.interrupted", "{shown}");
        assert!(error.is_retryable() && !error.may_have_been_applied(), "{shown}");
    }
}

#[tokio::test]
async fn a_request_is_sent_once_however_it_ends() {
    let server = Server::start(Answer::Bytes(Vec::new())).await;
    let error = client(&server).add_conversation_keys(&prepared()).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }));
    assert_eq!((server.connections(), server.seen().len()), (1, 1));
}

#[tokio::test]
async fn a_write_on_a_connection_used_before_is_not_repeated_either() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut requests = Vec::new();
        let (mut stream, _) = listener.accept().await.unwrap();
        requests.push(read_request(&mut stream).await.unwrap());
        let body = r#"{"data":{"sequence_id":"42"}}"#;
        let kept = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(kept.as_bytes()).await.unwrap();
        requests.push(read_request(&mut stream).await.unwrap());
        drop(stream);
        // Whoever sent it again would connect now.
        let again = tokio::time::timeout(Duration::from_millis(500), listener.accept()).await;
        (requests, again.is_ok())
    });
    let (client, change) = (builder(&url).build().unwrap(), prepared());
    client.add_conversation_keys(&change).await.unwrap();
    let error = within(client.add_conversation_keys(&change)).await.unwrap_err();
    assert_eq!(error.code(), "transport.interrupted");
    assert!(error.may_have_been_applied());
    let (requests, again) = server.await.unwrap();
    assert!(!again, "the request was sent again");
    assert!(requests.iter().all(|request| request.body == change.body()));
}

#[tokio::test]
async fn endless_headers_end() {
    let line = b"x-header: value\r\n".repeat(1000);
    let error = write_error(Answer::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), line)).await;
    assert_eq!(error.code(), "transport.interrupted");
    assert!(error.may_have_been_applied());
}

#[tokio::test]
async fn a_client_can_be_cloned_and_shared() {
    let server = Server::start(json(200, r#"{"data":{"sequence_id":"42"}}"#)).await;
    let client = client(&server);
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.add_conversation_keys(&prepared()).await.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.unwrap());
    }
    assert_eq!(server.seen().len(), 8);
}

/// Far more than a process may have connections by default, and than a server lets in at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_writes_at_once_take_turns() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = builder(&format!("http://{}", listener.local_addr().unwrap())).build().unwrap();
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (highest, full) = (Arc::clone(&most), Arc::new(Barrier::new(128)));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (under_way, highest) = (Arc::clone(&under_way), Arc::clone(&highest));
            let full = Arc::clone(&full);
            tokio::spawn(async move {
                read_request(&mut stream).await.unwrap();
                highest.fetch_max(under_way.fetch_add(1, SeqCst) + 1, SeqCst);
                full.wait().await;
                // Before the answer, with which another's turn begins.
                under_way.fetch_sub(1, SeqCst);
                let Answer::Bytes(answer) = accepted() else { panic!() };
                stream.write_all(&answer).await.unwrap();
            });
        }
    });
    let change = Arc::new(prepared());
    let calls = (0..16 * 128).map(|_| {
        let (client, change) = (client.clone(), Arc::clone(&change));
        tokio::spawn(async move { client.add_conversation_keys(&change).await })
    });
    for call in calls.collect::<Vec<_>>() {
        within(call).await.unwrap().unwrap();
    }
    assert_eq!(most.load(SeqCst), 128);
}

#[tokio::test]
async fn waiting_for_a_turn_is_no_part_of_a_time_limit() {
    let limit = Duration::from_millis(300);
    let server = Server::start(Answer::Stall(Vec::new())).await;
    let client = builder(&server.url()).whole_request_timeout(limit).build().unwrap();
    let (change, started) = (Arc::new(prepared()), Instant::now());
    let calls = (0..129).map(|_| {
        let (client, change) = (client.clone(), Arc::clone(&change));
        tokio::spawn(async move {
            let error = client.add_conversation_keys(&change).await.unwrap_err();
            (error.code(), started.elapsed())
        })
    });
    let mut longest = Duration::ZERO;
    for call in calls.collect::<Vec<_>>() {
        let (code, elapsed) = within(call).await.unwrap();
        assert_eq!(code, "transport.timeout");
        longest = longest.max(elapsed);
    }
    assert!(longest >= 2 * limit, "the last one waited for another, then had time of its own");
}

#[test]
fn errors_and_clients_cross_threads() {
    const fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Error>();
    crosses::<Client>();
}
