//! Calls that wait, outside and inside of an async runtime.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::thread;
use std::time::Duration;

use sealpost_transport::blocking::{Client, block_on};
use sealpost_transport::{
    ClientBuilder, ConversationsQuery, Credentials, EventsQuery, OAuth2App, Operation, PageLimit,
    Progress, RetryPolicy, TotalBytes, UploadError, UploadOptions, Verdict,
};
use support::*;

const DATA: &str = r#"{"data":{"sequence_id":"7"}}"#;

fn server(answer: Answer) -> Server {
    block_on(Server::start(answer)).unwrap()
}

fn blocking(server: &Server) -> Client {
    builder(&server.url()).build_blocking().unwrap()
}

#[test]
fn every_call_waits_for_its_answer() {
    let server = server(json(200, DATA));
    let client = blocking(&server);
    assert_eq!(client.add_conversation_keys(&prepared()).unwrap().sequence_id.as_u64(), 7);
    let delivery = client.deliver_conversation_keys(&prepared(), |_| Verdict::Other).send();
    assert_eq!(delivery.unwrap().attempts, 1);
    let error = client.conversation_events(&direct().id(), EventsQuery::new()).unwrap_err();
    assert_eq!(error.code(), "transport.malformed_response");
    assert_eq!(client.user_public_keys(&user(BOB)).unwrap_err().code(), error.code());
    assert_eq!(server.seen().len(), 4);
}

#[test]
fn waits_and_time_limits_hold() {
    let server = block_on(Server::scripted(|index, _| match index {
        0 => json(503, "{}"),
        1 => Answer::Stall(Vec::new()),
        _ => json(200, r#"{"data":[]}"#),
    }))
    .unwrap();
    let (told, seen) = std::sync::mpsc::channel();
    let client = builder(&server.url())
        .response_head_timeout(Duration::from_millis(100))
        .retry(RetryPolicy::new().delays(Duration::from_millis(1), Duration::from_millis(2)))
        .observer(move |progress| told.send(progress).unwrap())
        .build_blocking()
        .unwrap();
    client.user_public_keys(&user(BOB)).unwrap();
    let sending = Progress::Sending { operation: Operation::UserPublicKeys };
    assert_eq!(seen.try_iter().filter(|progress| *progress == sending).count(), 3);
}

#[test]
fn many_threads_share_a_client() {
    let server = server(json(200, DATA));
    let client = blocking(&server);
    let change = prepared();
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| client.add_conversation_keys(&change).unwrap());
        }
    });
    assert_eq!(server.seen().len(), 16);
}

#[test]
fn pages_are_an_iterator() {
    let server = block_on(Server::scripted(|index, _| match index {
        0 => json(200, r#"{"data":[],"meta":{"has_more":true,"next_token":"b"}}"#),
        _ => json(200, r#"{"data":[]}"#),
    }))
    .unwrap();
    let client = blocking(&server);
    let pages =
        client.conversation_events_pages(&direct().id(), EventsQuery::new(), PageLimit::default());
    assert_eq!(pages.map(|page| page.unwrap().events.len()).collect::<Vec<_>>(), [0, 0]);
    assert_eq!(server.seen().len(), 2);

    let server = self::server(json(403, "{}"));
    let client = blocking(&server);
    let pages = client.conversations_pages(ConversationsQuery::new(), PageLimit::default());
    assert_eq!(pages.filter(Result::is_err).count(), 1, "an error ends it");
}

#[test]
fn attachments_are_read_from_and_written_to_files() {
    let server = block_on(Server::scripted(|_, seen| match seen.target() {
        (_, target) if target.ends_with("/initialize") => {
            json(200, r#"{"data":{"session_id":"5","media_hash_key":"abc"}}"#)
        }
        (_, target) if target.ends_with("/append") => json(200, r#"{"data":{}}"#),
        ("POST", _) => json(200, r#"{"data":{"success":true}}"#),
        _ => response(200, &[("content-type", "application/octet-stream")], [7; 1000]),
    }))
    .unwrap();
    let client = blocking(&server);
    let (id, total) = (direct().id(), TotalBytes::new(100_000));
    let sent = client.upload_media(&id, total, &mut &[7; 100_000][..], UploadOptions::new());
    let key = sent.unwrap().media_hash_key;
    let short = client.upload_media(&id, total, &mut &[7; 99_999][..], UploadOptions::new());
    assert!(matches!(short.unwrap_err(), UploadError::TooShort { .. }));

    let mut file = Vec::new();
    let download = client.download_media(&id, &key, total).unwrap();
    assert_eq!(download.write_to(&mut file).unwrap().as_u64(), 1000);
    assert_eq!(file, [7; 1000]);
    assert_eq!(client.download_media(&id, &key, total).unwrap().into_bytes().unwrap(), file);
    let error = client.download_media(&id, &key, TotalBytes::new(999)).unwrap_err();
    assert_eq!(error.code(), "transport.body_too_large");
}

/// tokio's own `block_on` panics here, and so does dropping a runtime.
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_of_an_async_runtime_can_wait_too() {
    let server = Server::start(json(200, DATA)).await;
    let client = blocking(&server);
    client.add_conversation_keys(&prepared()).unwrap();
    drop(client);
}

#[test]
fn a_sign_in_is_waited_for_with_block_on() {
    let answer = r#"{"error":"invalid_request","error_description":"no"}"#;
    let server = server(json(400, answer));
    let app = OAuth2App::public("client").token_url(&server.url()).build().unwrap();
    let pair = block_on(app.revoke(&"planted-token".into())).unwrap();
    assert_eq!(pair.unwrap_err().code(), "transport.oauth2.request");
}

#[test]
fn a_bad_setting_is_named_here_too() {
    let error = ClientBuilder::build_blocking(Client::builder()).unwrap_err();
    assert_eq!(error.code(), "transport.build.missing_credentials");
    let builder = Client::builder().credentials(Credentials::bearer("planted".into()));
    assert_eq!(
        builder.base_url("x").build_blocking().unwrap_err().code(),
        "transport.build.base_url"
    );
}
