//! An upload as one thing: from a reader, or piece by piece.

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

use sealpost_transport::{SegmentSize, TotalBytes, UploadError, UploadOptions};
use serde_json::{Value, json as value};
use support::*;
use tokio::io::{AsyncRead, ReadBuf};

const BEGUN: &str = r#"{"data":{"session_id":"735401","media_hash_key":"rByqeHiVlD"}}"#;
const DONE: &str = r#"{"data":{"success":true}}"#;
const MESSAGE_ID: &str = "1c8ab1f0-5b7d-4c09-9f3e-2d6a7b1c0e55";

fn body(seen: &Seen) -> Value {
    serde_json::from_slice(&seen.body).unwrap()
}

/// A server that takes uploads, and answers the requests with these numbers in another way.
async fn taking(faults: &'static [(usize, Answer)]) -> Server {
    Server::scripted(move |index, seen| {
        if let Some((_, fault)) = faults.iter().find(|(number, _)| *number == index) {
            return fault.clone();
        }
        match seen.target().1.rsplit('/').next().unwrap() {
            "initialize" => json(200, BEGUN),
            "append" => json(200, r#"{"data":{"expires_at":1}}"#),
            _ => json(200, DONE),
        }
    })
    .await
}

/// The segments a server took, and `num_parts`.
async fn taken(server: &Server) -> (Vec<(String, Vec<u8>)>, Option<String>) {
    let (mut segments, mut parts) = (Vec::new(), None);
    for seen in server.seen() {
        match &*contract::documented(&seen).await {
            "chatMediaUploadAppend" => {
                let mut form = contract::form(&seen).await;
                let index = form.remove("segment_index").unwrap().bytes;
                let media = form.remove("media").unwrap().bytes;
                segments.push((String::from_utf8(index).unwrap(), media));
            }
            "chatMediaUploadFinalize" => {
                let text = body(&seen)["num_parts"].as_str().unwrap().to_owned();
                assert!(parts.replace(text).is_none(), "finalized twice");
            }
            _ => {}
        }
    }
    (segments, parts)
}

/// Gives its bytes a few at a time.
struct Dribble(Vec<u8>, usize);

impl AsyncRead for Dribble {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.1.min(self.0.len()).min(buffer.remaining());
        let rest = self.0.split_off(length);
        buffer.put_slice(&self.0);
        self.0 = rest;
        Poll::Ready(Ok(()))
    }
}

fn ciphertext(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

#[tokio::test]
async fn a_reader_s_bytes_are_cut_into_segments() {
    for (length, segment, lengths) in [
        (1, 10, vec![1]),
        (9, 10, vec![9]),
        (10, 10, vec![10]),
        (11, 10, vec![10, 1]),
        (30, 10, vec![10, 10, 10]),
        (200_001, 100_000, vec![100_000, 100_000, 1]),
    ] {
        for dribble in [3, 7, 1_000_000] {
            if length / dribble > 1000 {
                continue;
            }
            let server = taking(&[]).await;
            let options = UploadOptions::new().segment_size(SegmentSize::new(segment).unwrap());
            let reader = Dribble(ciphertext(length), dribble);
            let total = TotalBytes::new(length as u64);
            let (client, id) = (client(&server), direct().id());
            let uploaded = client.upload_media(&id, total, reader, options);
            let uploaded = within(uploaded).await.unwrap();
            assert_eq!(uploaded.media_hash_key.as_str(), "rByqeHiVlD");
            let (segments, parts) = taken(&server).await;
            let sizes: Vec<usize> = segments.iter().map(|(_, media)| media.len()).collect();
            assert_eq!(sizes, lengths);
            for (index, (text, _)) in segments.iter().enumerate() {
                assert_eq!(*text, index.to_string());
            }
            let whole: Vec<u8> = segments.into_iter().flat_map(|(_, media)| media).collect();
            assert_eq!(whole, ciphertext(length));
            assert_eq!(parts, Some(lengths.len().to_string()));
        }
    }
}

#[tokio::test]
async fn pieces_of_any_length_are_taken() {
    let server = taking(&[]).await;
    let options = UploadOptions::new()
        .segment_size(SegmentSize::new(10).unwrap())
        .message_id(MESSAGE_ID.parse().unwrap())
        .ttl(Duration::from_secs(60));
    let total = TotalBytes::new(47);
    let mut upload =
        client(&server).begin_media_upload(&group().id(), total, options).await.unwrap();
    assert_eq!(upload.session().id.to_string(), "735401");
    let whole = ciphertext(47);
    for piece in [0..0, 0..3, 3..35, 35..35, 35..40, 40..47] {
        upload.write(&whole[piece]).await.unwrap();
    }
    upload.finish().await.unwrap();
    let (segments, parts) = taken(&server).await;
    let sizes: Vec<usize> = segments.iter().map(|(_, media)| media.len()).collect();
    assert_eq!((sizes, parts.as_deref()), (vec![10, 10, 10, 10, 7], Some("5")));
    let last = body(server.seen().last().unwrap());
    assert_eq!((&last["message_id"], &last["ttl_msec"]), (&value!(MESSAGE_ID), &value!("60000")));
    assert!(!format!("{upload:?}").contains("BytesMut"), "ciphertext does not fill logs");
}

#[tokio::test]
async fn a_failed_segment_is_sent_again_and_nothing_is_lost() {
    static FAULTS: std::sync::LazyLock<[(usize, Answer); 3]> = std::sync::LazyLock::new(|| {
        // The second segment twice, then the end of the upload.
        [(2, json(503, "")), (3, Answer::Bytes(vec![])), (5, json(500, ""))]
    });
    let server = taking(&*FAULTS).await;
    let options = UploadOptions::new().segment_size(SegmentSize::new(10).unwrap());
    let total = TotalBytes::new(20);
    let mut upload =
        client(&server).begin_media_upload(&direct().id(), total, options).await.unwrap();
    let error = upload.write(&ciphertext(20)).await.unwrap_err();
    assert_eq!(error.code(), "transport.refused");
    let error = upload.write(&[]).await.unwrap_err();
    assert_eq!(error.code(), "transport.interrupted");
    upload.write(&[]).await.unwrap();
    let error = upload.finish().await.unwrap_err();
    assert_eq!(error.code(), "transport.refused");
    upload.finish().await.unwrap();

    let mut segments = Vec::new();
    for seen in server.seen().iter().filter(|seen| seen.target().1.ends_with("/append")) {
        let mut form = contract::form(seen).await;
        segments.push((
            form.remove("segment_index").unwrap().bytes,
            form.remove("media").unwrap().bytes,
        ));
    }
    let (first, second) = (ciphertext(10), ciphertext(20).split_off(10));
    let expected =
        [(&b"0"[..], first), (b"1", second.clone()), (b"1", second.clone()), (b"1", second)];
    assert_eq!(segments, expected.map(|(index, media)| (index.to_vec(), media)));
}

#[tokio::test]
async fn a_dropped_call_loses_nothing() {
    static FAULTS: std::sync::LazyLock<[(usize, Answer); 1]> =
        std::sync::LazyLock::new(|| [(1, Answer::Stall(vec![]))]);
    let server = taking(&*FAULTS).await;
    let options = UploadOptions::new().segment_size(SegmentSize::new(10).unwrap());
    let total = TotalBytes::new(12);
    let mut upload =
        client(&server).begin_media_upload(&direct().id(), total, options).await.unwrap();
    let whole = ciphertext(12);
    let stalled = upload.write(&whole);
    assert!(tokio::time::timeout(Duration::from_millis(200), stalled).await.is_err());
    upload.finish().await.unwrap();
    let (segments, parts) = taken(&server).await;
    let media: Vec<u8> = segments.into_iter().skip(1).flat_map(|(_, media)| media).collect();
    assert_eq!((media, parts.as_deref()), (whole, Some("2")));
}

#[tokio::test]
async fn an_upload_has_the_announced_length_or_does_not_complete() {
    for (given, code) in [(19, "transport.upload.too_short"), (21, "transport.upload.too_long")] {
        let server = taking(&[]).await;
        let options = UploadOptions::new().segment_size(SegmentSize::new(10).unwrap());
        let total = TotalBytes::new(20);
        let reader = Dribble(ciphertext(given), 4);
        let result = client(&server).upload_media(&direct().id(), total, reader, options).await;
        assert_eq!(result.unwrap_err().code(), code);
        assert_eq!(taken(&server).await.1, None, "not finalized");
    }
    let server = taking(&[]).await;
    let total = TotalBytes::new(5);
    let options = UploadOptions::new();
    let mut upload =
        client(&server).begin_media_upload(&direct().id(), total, options).await.unwrap();
    let error = upload.write(&ciphertext(6)).await.unwrap_err();
    assert!(matches!(error, UploadError::TooLong { announced } if announced == total));
    upload.write(&ciphertext(3)).await.unwrap();
    let error = upload.finish().await.unwrap_err();
    let UploadError::TooShort { given, .. } = error else { panic!("{error:?}") };
    assert_eq!(given, TotalBytes::new(3));
    upload.write(&ciphertext(2)).await.unwrap();
    upload.finish().await.unwrap();
    assert_eq!(taken(&server).await.0.len(), 1);
}

/// Fails after its bytes.
struct Broken(Option<Vec<u8>>);

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.0.take() {
            Some(bytes) => {
                buffer.put_slice(&bytes);
                Poll::Ready(Ok(()))
            }
            None => Poll::Ready(Err(io::Error::other("planted"))),
        }
    }
}

#[tokio::test]
async fn a_reader_that_fails_ends_the_upload() {
    let server = taking(&[]).await;
    let (reader, options) = (Broken(Some(ciphertext(3))), UploadOptions::new());
    let total = TotalBytes::new(20);
    let result = client(&server).upload_media(&direct().id(), total, reader, options).await;
    let Err(UploadError::Read(error)) = result else { panic!("{result:?}") };
    assert_eq!(error.to_string(), "planted");
    assert_eq!(taken(&server).await, (vec![], None));
}
