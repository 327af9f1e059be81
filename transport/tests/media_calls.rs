//! The three calls an upload is made of.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::time::Duration;

use bytes::Bytes;
use sealpost_crypto::ConversationId;
use sealpost_crypto::encoding::decode_base64;
use sealpost_transport::{
    Error, InvalidArgument, MediaDetails, ResponseInfo, SegmentAppended, SegmentForm, SegmentIndex,
    SegmentSize, TotalBytes, UploadOptions, UploadSession, UploadSessionId,
};
use serde_json::{Value, json as value};
use support::*;

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
