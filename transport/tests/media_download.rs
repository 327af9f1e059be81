//! Downloading attachments.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _};
use sealpost_transport::{
    Client, DownloadError, Error, Malformation, MediaDownload, TimeoutPhase, TotalBytes,
};
use support::*;
use tokio::io::AsyncWrite;

const OCTETS: (&str, &str) = ("content-type", "application/octet-stream");
const LIMIT: u64 = 1_000_000;

async fn open(client: &Client, limit: u64) -> Result<MediaDownload, Error> {
    let key = "rByqeHiVlD".parse().unwrap();
    within(client.download_media(&direct().id(), &key, TotalBytes::new(limit))).await
}

/// What a download ends in, and how much arrived before.
async fn download(answer: Answer, limit: u64) -> (usize, Result<(), Error>) {
    let server = Server::start(answer).await;
    let mut received = 0;
    let mut stream = match open(&client(&server), limit).await {
        Ok(download) => download.into_stream(),
        Err(error) => return (0, Err(error)),
    };
    let result = loop {
        match within(stream.try_next()).await {
            Ok(Some(piece)) => received += piece.len(),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    assert!(stream.next().await.is_none(), "nothing comes after the end");
    (received, result)
}

fn ciphertext(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

#[tokio::test]
async fn the_request_is_the_documented_one() {
    let server = Server::start(json(503, "")).await;
    let key = "rByqeHiVlD".parse().unwrap();
    open(&client(&server), LIMIT).await.unwrap_err();
    let limit = TotalBytes::new(LIMIT);
    client(&server).download_media(&group().id(), &key, limit).await.unwrap_err();
    let seen = server.seen();
    let expected = [
        format!("/2/chat/media/{ALICE}-{BOB}/rByqeHiVlD"),
        "/2/chat/media/g1603419180975409999/rByqeHiVlD".to_owned(),
    ];
    assert_eq!(seen.len(), expected.len());
    for (seen, target) in seen.iter().zip(expected) {
        assert_eq!(contract::documented(seen).await, "chatMediaDownload");
        assert_eq!(seen.target(), ("GET", &*target));
        assert_eq!(
            seen.header("accept"),
            "application/octet-stream, application/json, application/problem+json"
        );
    }
}

#[tokio::test]
async fn the_bytes_come_as_they_are_in_each_form() {
    for length in [0, 1, 300_000] {
        let whole = ciphertext(length);
        for announced in [true, false] {
            let answer = if announced {
                response(200, &[OCTETS], &whole)
            } else {
                Answer::Bytes([head(200, &[OCTETS]), whole.clone()].concat())
            };
            let server = Server::start(answer).await;
            let client = client(&server);
            let limit = length as u64;
            let download = open(&client, limit).await.unwrap();
            let expected = announced.then_some(TotalBytes::new(limit));
            assert_eq!(download.announced(), expected);
            assert!(format!("{download:?}").starts_with("MediaDownload { announced"));
            assert_eq!(download.into_bytes().await.unwrap(), whole);

            let stream = open(&client, limit).await.unwrap().into_stream();
            let pieces: Vec<Bytes> = stream.try_collect().await.unwrap();
            assert_eq!(pieces.concat(), whole);

            let mut written = Vec::new();
            let download = open(&client, limit).await.unwrap();
            let total = download.write_to(&mut written).await.unwrap();
            assert_eq!((total.as_u64(), written), (limit, whole.clone()));
        }
    }
}

#[tokio::test]
async fn a_content_type_is_not_needed_and_the_head_is_kept() {
    for headers in [
        &[("x-transaction-id", "0123456789abcdef")][..],
        &[("x-transaction-id", "0123456789abcdef"), ("content-type", "image/png")],
    ] {
        let server = Server::start(response(200, headers, "abc")).await;
        let download = open(&client(&server), 3).await.unwrap();
        let response = download.response();
        assert_eq!(response.request_id.unwrap().as_str(), "0123456789abcdef");
        assert_eq!(download.into_bytes().await.unwrap(), "abc");
    }
}

#[tokio::test]
async fn no_more_than_the_limit_is_taken() {
    // Announced: nothing is read at all.
    let answer = Answer::Stall(head(200, &[OCTETS, ("content-length", "1000001")]));
    let (received, result) = download(answer, LIMIT).await;
    let Err(Error::BodyTooLarge { limit, .. }) = result else { panic!("{result:?}") };
    assert_eq!((limit as u64, received), (LIMIT, 0));

    // Not announced: the limit is where it ends, however much there is.
    let answer = Answer::Endless(head(200, &[OCTETS]), vec![7; 65_536]);
    let (received, result) = download(answer, LIMIT).await;
    assert!(matches!(result, Err(Error::BodyTooLarge { .. })), "{result:?}");
    assert!(received as u64 <= LIMIT && received > 0, "{received}");

    let answer = Answer::Bytes([head(200, &[OCTETS]), ciphertext(11)].concat());
    let (received, result) = download(answer, 10).await;
    assert!(matches!(result, Err(Error::BodyTooLarge { limit: 10, .. })), "{result:?}");
    assert_eq!(received, 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_end() {
    let length = ("content-length", "100");
    let answer = Answer::Bytes([head(200, &[OCTETS, length]), ciphertext(60)].concat());
    let (received, result) = download(answer, LIMIT).await;
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert!(error.is_retryable() && !error.may_have_been_applied());
    assert_eq!(received, 60);

    let chunked = ("transfer-encoding", "chunked");
    let answer = Answer::Bytes([head(200, &[OCTETS, chunked]), b"3\r\nabc\r\n".to_vec()].concat());
    let (received, result) = download(answer, LIMIT).await;
    assert!(matches!(result, Err(Error::Interrupted { .. })), "{result:?}");
    assert_eq!(received, 3);
}

#[tokio::test]
async fn a_body_that_stalls_or_drips_runs_out_of_time() {
    let server = Server::start(Answer::Stall([head(200, &[OCTETS]), ciphertext(3)].concat())).await;
    let client = builder(&server.url()).response_body_timeout(Duration::from_millis(100));
    let download = open(&client.build().unwrap(), LIMIT).await.unwrap();
    let error = within(download.into_bytes()).await.unwrap_err();
    let Error::Timeout { phase, .. } = error else { panic!("{error:?}") };
    assert_eq!(phase, TimeoutPhase::ResponseBody);

    let drip = Answer::Drip(head(200, &[OCTETS]), vec![7; 1000], Duration::from_millis(20));
    let server = Server::start(drip).await;
    let client = builder(&server.url()).whole_request_timeout(Duration::from_millis(400));
    let download = open(&client.build().unwrap(), 1000).await.unwrap();
    let error = within(download.into_bytes()).await.unwrap_err();
    let Error::Timeout { phase, .. } = error else { panic!("{error:?}") };
    assert_eq!(phase, TimeoutPhase::WholeRequest);
}

#[tokio::test]
async fn a_success_that_is_no_ciphertext_is_none() {
    let errors = format!(r#"{{"errors":[{{"title":"{TOKEN}"}}]}}"#);
    for content_type in
        ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"]
    {
        let headers = [("content-type", content_type)];
        let (_, result) = download(response(200, &headers, &errors), LIMIT).await;
        let error = result.unwrap_err();
        assert!(!format!("{error:?} {error}").contains(TOKEN), "{error:?}");
        let Error::AcceptedWithErrors(unconfirmed) = error else { panic!("{error:?}") };
        assert_eq!(unconfirmed.errors().len(), 1);
        for body in [r#"{"data":{}}"#, "[]", "<html>", ""] {
            let (_, result) = download(response(200, &headers, body), LIMIT).await;
            assert_eq!(result.unwrap_err().code(), "transport.malformed_response", "{body}");
        }
    }
    let page = response(200, &[("content-type", "text/html")], "<html>");
    let (_, result) = download(page, LIMIT).await;
    let Err(Error::MalformedResponse { field, reason, .. }) = result else { panic!("{result:?}") };
    assert_eq!((field, reason), ("body", Malformation::WrongType { expected: "bytes" }));
}

#[tokio::test]
async fn a_refusal_is_read_as_for_every_call() {
    let problem = r#"{"type":"https://api.x.com/2/problems/resource-not-found","title":"x"}"#;
    for (status, code) in [
        (400, "transport.refused"),
        (401, "transport.unauthorized"),
        (403, "transport.forbidden"),
        (404, "transport.refused"),
        (429, "transport.rate_limited"),
        (503, "transport.refused"),
    ] {
        let (_, result) = download(json(status, problem), LIMIT).await;
        let error = result.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(!error.may_have_been_applied(), "a read is never applied");
    }
    let (_, result) =
        download(response(302, &[("location", "https://x.example/")], ""), LIMIT).await;
    assert!(matches!(result, Err(Error::Redirected { .. })), "{result:?}");
}

/// A full disk.
struct Full;

impl AsyncWrite for Full {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::Error::from(io::ErrorKind::StorageFull)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_said_so() {
    let server = Server::start(response(200, &[OCTETS], "abc")).await;
    let download = open(&client(&server), LIMIT).await.unwrap();
    let error = download.write_to(&mut Full).await.unwrap_err();
    assert_eq!(error.code(), "transport.download.write");
    let DownloadError::Write(error) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);

    let cut = head(200, &[OCTETS, ("content-length", "9")]);
    let server = Server::start(Answer::Bytes(cut)).await;
    let download = open(&client(&server), LIMIT).await.unwrap();
    let error = download.write_to(&mut Vec::new()).await.unwrap_err();
    assert_eq!(error.code(), "transport.interrupted");
}
