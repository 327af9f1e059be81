//! Uploading attachments: the three calls, and the upload that makes them.

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
use sealpost_crypto::ConversationId;
use sealpost_crypto::encoding::decode_base64;
use sealpost_transport::{
    Error, InvalidArgument, MediaDetails, ResponseInfo, SegmentAppended, SegmentForm, SegmentIndex,
    SegmentSize, TotalBytes, UploadError, UploadOptions, UploadSession, UploadSessionId,
};
use serde_json::{Value, json as value};
use support::*;
use tokio::io::{AsyncRead, ReadBuf};

const BEGUN: &str = r#"{"data":{"session_id":"735401","media_hash_key":"rByqeHiVlD"}}"#;
const DONE: &str = r#"{"data":{"success":true}}"#;
const MESSAGE_ID: &str = "1c8ab1f0-5b7d-4c09-9f3e-2d6a7b1c0e55";

fn session() -> UploadSession {
    UploadSession {
        conversation_id: direct().id(),
        id: "735401".parse().unwrap(),
        media_hash_key: "rByqeHiVlD".parse().unwrap(),
    }
}

async fn begin(body: &str) -> Result<UploadSession, Error> {
    let server = Server::start(json(200, body)).await;
    within(client(&server).initialize_media_upload(&direct().id(), TotalBytes::new(9))).await
}

async fn append(body: &str) -> Result<SegmentAppended, Error> {
    let server = Server::start(json(200, body)).await;
    let (client, bytes) = (client(&server), Bytes::from_static(b"x"));
    let form = SegmentForm::default();
    within(client.append_media_segment(&session(), SegmentIndex::FIRST, bytes, form)).await
}

async fn finalize(body: &str) -> Result<ResponseInfo, Error> {
    let server = Server::start(json(200, body)).await;
    let details = MediaDetails::default();
    within(client(&server).finalize_media_upload(&session(), SegmentIndex::FIRST, &details)).await
}

/// Bytes that a careless form would stumble over.
fn awkward() -> Bytes {
    let mut bytes = b"\r\n--boundary--\r\n\r\n\0\xff\"".to_vec();
    bytes.extend((0..=255).cycle().take(70_000));
    Bytes::from(bytes)
}

fn body(seen: &Seen) -> Value {
    assert_eq!(seen.header("content-type"), "application/json");
    serde_json::from_slice(&seen.body).unwrap()
}

#[tokio::test]
async fn the_requests_are_the_documented_ones() {
    let server = Server::start(json(503, "")).await;
    let (client, group) = (client(&server), group().id());
    let last = SegmentIndex::new(999).unwrap();
    client
        .initialize_media_upload(&direct().id(), TotalBytes::new(u64::MAX / 2))
        .await
        .unwrap_err();
    client.initialize_media_upload(&group, TotalBytes::new(1)).await.unwrap_err();
    for form in [SegmentForm::Multipart, SegmentForm::Base64Json] {
        client.append_media_segment(&session(), last, awkward(), form).await.unwrap_err();
    }
    client.finalize_media_upload(&session(), last, &MediaDetails::default()).await.unwrap_err();
    let details = MediaDetails {
        message_id: Some(MESSAGE_ID.parse().unwrap()),
        ttl: Some(Duration::from_millis(86_400_001)),
    };
    let in_group = UploadSession { conversation_id: group, ..session() };
    client.finalize_media_upload(&in_group, SegmentIndex::FIRST, &details).await.unwrap_err();

    let seen = server.seen();
    let base = "/2/chat/media/upload";
    let expected = [
        ("chatMediaUploadInitialize", format!("{base}/initialize")),
        ("chatMediaUploadInitialize", format!("{base}/initialize")),
        ("chatMediaUploadAppend", format!("{base}/735401/append")),
        ("chatMediaUploadAppend", format!("{base}/735401/append")),
        ("chatMediaUploadFinalize", format!("{base}/735401/finalize")),
        ("chatMediaUploadFinalize", format!("{base}/735401/finalize")),
    ];
    assert_eq!(seen.len(), expected.len());
    for (seen, (operation, target)) in seen.iter().zip(expected) {
        assert_eq!(contract::documented(seen).await, operation);
        assert_eq!(seen.target(), ("POST", &*target));
        assert_eq!(seen.header("content-length"), seen.body.len().to_string());
        assert_eq!(seen.header("accept"), "application/json, application/problem+json");
    }
    // The conversation is spelled as it is signed.
    let direct = format!("{ALICE}:{BOB}");
    assert_eq!(body(&seen[0]), value!({ "conversation_id": direct, "total_bytes": u64::MAX / 2 }));
    assert_eq!(
        body(&seen[1]),
        value!({ "conversation_id": "g1603419180975409999", "total_bytes": 1 })
    );
    let json = body(&seen[3]);
    assert_eq!(decode_base64(json["media"].as_str().unwrap()).unwrap(), awkward());
    assert_eq!(json["segment_index"], 999);
    assert_eq!(json["conversation_id"], direct);
    let key = "rByqeHiVlD";
    assert_eq!(
        body(&seen[4]),
        value!({ "conversation_id": direct, "media_hash_key": key, "num_parts": "1000" })
    );
    assert_eq!(
        body(&seen[5]),
        value!({
            "conversation_id": "g1603419180975409999", "media_hash_key": key, "num_parts": "1",
            "message_id": MESSAGE_ID, "ttl_msec": "86400001",
        })
    );
}

#[tokio::test]
async fn a_segment_is_a_file_in_a_form() {
    let server = Server::start(json(200, "{}")).await;
    let (client, form) = (client(&server), SegmentForm::default());
    let index = SegmentIndex::new(7).unwrap();
    client.append_media_segment(&session(), index, awkward(), form).await.unwrap();
    let parts = contract::form(&server.only()).await;
    let text = |text: &str| contract::Part {
        content_type: None,
        file_name: None,
        bytes: text.as_bytes().to_vec(),
    };
    let media = contract::Part {
        content_type: Some("application/octet-stream".to_owned()),
        file_name: Some("media".to_owned()),
        bytes: awkward().to_vec(),
    };
    let expected = [
        ("conversation_id", text(&format!("{ALICE}:{BOB}"))),
        ("media", media),
        ("media_hash_key", text("rByqeHiVlD")),
        ("segment_index", text("7")),
    ];
    assert_eq!(parts, expected.map(|(name, part)| (name.to_owned(), part)).into());
}

#[tokio::test]
async fn an_upload_begins_with_a_name_and_a_key() {
    let (a, b) = (ALICE, BOB);
    for (id, rest) in [
        ("\"735401\"", String::new()),
        ("735401", String::new()),
        ("\"735401\"", r#","conversation_id":null,"more":[]"#.to_owned()),
        ("\"735401\"", format!(r#","conversation_id":"{a}:{b}""#)),
        ("\"735401\"", format!(r#","conversation_id":"{b}-{a}""#)),
    ] {
        let body =
            format!(r#"{{"data":{{"session_id":{id},"media_hash_key":"rByqeHiVlD"{rest}}}}}"#);
        assert_eq!(begin(&body).await.unwrap(), session(), "{body}");
    }
    let (id, key) = ("data.session_id", "data.media_hash_key");
    for (body, missing) in [
        ("{}", Some(id)),
        (r#"{"data":{}}"#, Some(id)),
        (r#"{"data":{"media_hash_key":"a"}}"#, Some(id)),
        (r#"{"data":{"session_id":"1"}}"#, Some(key)),
        (r#"{"data":{"session_id":"1","media_hash_key":"a"},"errors":[{}]}"#, None),
        (r#"{"errors":[{"title":"x"}]}"#, Some(id)),
    ] {
        let error = begin(body).await.unwrap_err();
        assert!(error.may_have_been_applied(), "{body}");
        let Error::AcceptedWithErrors(unconfirmed) = error else { panic!("{body}: {error:?}") };
        assert_eq!(unconfirmed.missing(), missing, "{body}");
    }
    for (body, field) in [
        (r#"{"data":[]}"#, "data"),
        (r#"{"data":{"session_id":"../x","media_hash_key":"a"}}"#, id),
        (r#"{"data":{"session_id":"","media_hash_key":"a"}}"#, id),
        (r#"{"data":{"session_id":{},"media_hash_key":"a"}}"#, id),
        (r#"{"data":{"session_id":"1","media_hash_key":"a/b"}}"#, key),
        (
            r#"{"data":{"session_id":"1","media_hash_key":"a","conversation_id":"x"}}"#,
            "data.conversation_id",
        ),
    ] {
        let error = begin(body).await.unwrap_err();
        let Error::MalformedResponse { field: found, .. } = error else {
            panic!("{body}: {error:?}")
        };
        assert_eq!(found, field, "{body}");
    }
    for id in ["1:2", "g1"] {
        let body = format!(
            r#"{{"data":{{"session_id":"1","media_hash_key":"a","conversation_id":"{id}"}}}}"#
        );
        let error = begin(&body).await.unwrap_err();
        let Error::ConversationIdMismatch { signed, answered, .. } = error else {
            panic!("{body}: {error:?}");
        };
        assert_eq!((signed, answered), (direct().id(), id.parse::<ConversationId>().unwrap()));
    }
}

#[tokio::test]
async fn a_segment_needs_no_confirmation_but_no_errors_either() {
    for (body, expires_at) in [
        (r#"{"data":{"expires_at":1767225600}}"#, Some(1_767_225_600)),
        (r#"{"data":{"expires_at":"1767225600"}}"#, Some(1_767_225_600)),
        (r#"{"data":{"expires_at":-1}}"#, None),
        (r#"{"data":{}}"#, None),
        (r#"{"data":[]}"#, None),
        ("{}", None),
    ] {
        let appended = append(body).await.unwrap();
        assert_eq!(appended.expires_at, expires_at, "{body}");
        assert_eq!(appended.response.request_id.unwrap().as_str(), "0123456789abcdef");
    }
    for (body, code) in [
        (r#"{"errors":[{"title":"x"}]}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"expires_at":1},"errors":[{}]}"#, "transport.accepted_with_errors"),
        ("", "transport.malformed_response"),
        ("[]", "transport.malformed_response"),
    ] {
        let error = append(body).await.unwrap_err();
        assert_eq!(error.code(), code, "{body}");
        assert!(error.may_have_been_applied(), "{body}");
    }
}

#[tokio::test]
async fn an_upload_is_complete_when_the_server_says_so() {
    let response = finalize(DONE).await.unwrap();
    assert_eq!(response.request_id.unwrap().as_str(), "0123456789abcdef");
    for (body, code) in [
        ("{}", "transport.accepted_with_errors"),
        (r#"{"data":{"success":false}}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"success":true},"errors":[{}]}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"success":1}}"#, "transport.malformed_response"),
    ] {
        let error = finalize(body).await.unwrap_err();
        assert_eq!(error.code(), code, "{body}");
        assert!(error.may_have_been_applied(), "{body}");
    }
}

#[tokio::test]
async fn what_cannot_be_uploaded_is_refused_before_anything_is_sent() {
    let server = Server::start(json(200, BEGUN)).await;
    let (client, id) = (client(&server), direct().id());
    let form = SegmentForm::default();
    for error in [
        client.initialize_media_upload(&id, TotalBytes::new(0)).await.unwrap_err(),
        client
            .append_media_segment(&session(), SegmentIndex::FIRST, Bytes::new(), form)
            .await
            .unwrap_err(),
        client.begin_media_upload(&id, TotalBytes::new(0), UploadOptions::new()).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::InvalidArgument(InvalidArgument::EmptyMedia)), "{error:?}");
    }
    for (size, limit) in
        [(SegmentSize::default(), 3_145_728_000), (SegmentSize::new(2).unwrap(), 2000)]
    {
        let options = UploadOptions::new().segment_size(size);
        let total = TotalBytes::new(limit + 1);
        let error = client.begin_media_upload(&id, total, options).await.unwrap_err();
        let Error::InvalidArgument(InvalidArgument::MediaTooLarge { given, limit: most }) = error
        else {
            panic!("{error:?}");
        };
        assert_eq!((given, most), (limit + 1, limit));
    }
    assert_eq!(server.connections(), 0);
    let options = UploadOptions::new().segment_size(SegmentSize::new(2).unwrap());
    assert!(client.begin_media_upload(&id, TotalBytes::new(2000), options).await.is_ok());
}

#[test]
fn sizes_and_places_have_their_ranges() {
    assert_eq!(SegmentIndex::new(999).unwrap().next(), None);
    assert_eq!(SegmentIndex::new(1000), None);
    assert_eq!(SegmentIndex::FIRST.next(), SegmentIndex::new(1));
    assert_eq!((SegmentSize::new(0), SegmentSize::new(5 * 1024 * 1024 + 1)), (None, None));
    assert_eq!(SegmentSize::new(5 * 1024 * 1024).unwrap().as_u32(), 5 * 1024 * 1024);
    for good in ["1", "735401", "a-B_9", &"x".repeat(64)] {
        assert_eq!(good.parse::<UploadSessionId>().unwrap().to_string(), good);
    }
    for bad in ["", "..", "a/b", "a b", "a%2f", "é", "a\n", &"x".repeat(65)] {
        let error = bad.parse::<UploadSessionId>().unwrap_err();
        assert_eq!(error.code(), "transport.upload_session_id", "{bad}");
    }
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
                assert!(parts.replace(text).is_none());
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
