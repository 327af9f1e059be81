//! Posting a key change.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_crypto::{Conversation, ConversationId, SequenceId};
use sealpost_transport::{Accepted, Error, Malformation, ReportedError};
use support::*;

async fn post(body: &str) -> Result<Accepted, Error> {
    let server = Server::start(json(200, body)).await;
    within(client(&server).add_conversation_keys(&prepared())).await
}

fn direct_id() -> ConversationId {
    direct().id()
}

#[tokio::test]
async fn the_request_is_the_documented_one_and_its_body_the_prepared_bytes() {
    for (conversation, segment) in
        [(direct(), BOB.to_string()), (group(), "g1603419180975409999".to_owned())]
    {
        let server = Server::start(json(200, r#"{"data":{"sequence_id":"5"}}"#)).await;
        let change = prepared_in(&conversation);
        client(&server).add_conversation_keys(&change).await.unwrap();
        let seen = server.only();
        let path = format!("/2/chat/conversations/{segment}/keys");
        assert_eq!(seen.request_line(), format!("POST {path} HTTP/1.1"));
        assert_eq!(contract::documented(&seen).await, "addConversationKeys");
        assert_eq!(seen.body, change.body());
        assert_eq!(seen.header("content-type"), "application/json");
        assert_eq!(seen.header("content-length"), change.body().len().to_string());
        assert_eq!(seen.header("host"), server.address.to_string());
        assert_eq!(seen.header("accept"), "application/json, application/problem+json");
        assert!(seen.header("user-agent").starts_with("sealpost-transport/"));
        assert!(seen.all("accept-encoding").is_empty() && seen.all("cookie").is_empty());
    }
}

#[tokio::test]
async fn a_second_try_sends_the_same_bytes() {
    let server = Server::start(json(503, "")).await;
    let (client, change) = (client(&server), prepared());
    for _ in 0..2 {
        client.add_conversation_keys(&change).await.unwrap_err();
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 2, "one request per call, nothing repeated");
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn an_answer_with_or_without_the_conversation_is_accepted() {
    let (alice, bob) = (ALICE, BOB);
    for id in [
        String::new(),
        r#","conversation_id":null"#.to_owned(),
        format!(r#","conversation_id":"{alice}-{bob}""#),
        format!(r#","conversation_id":"{bob}-{alice}""#),
        format!(r#","conversation_id":"{alice}:{bob}""#),
        format!(r#","conversation_id":"{bob}""#),
    ] {
        let accepted = post(&format!(r#"{{"data":{{"sequence_id":"42"{id}}}}}"#)).await.unwrap();
        assert_eq!(accepted.conversation_id, direct_id());
        assert_eq!(accepted.sequence_id, SequenceId::new(42));
        assert_eq!(accepted.response.request_id.unwrap().as_str(), "0123456789abcdef");
    }
}

#[tokio::test]
async fn documented_drift_is_tolerated() {
    for body in [
        r#"{"data":{"sequence_id":42}}"#,
        r#"{"data":{"sequence_id":"42","new_member":[1]},"meta":{},"errors":null}"#,
        r#"{"data":{"sequence_id":"42"},"errors":[]}"#,
    ] {
        assert_eq!(post(body).await.unwrap().sequence_id, SequenceId::new(42), "{body}");
    }
}

#[tokio::test]
async fn another_conversation_is_a_mismatch_whatever_else_the_answer_says() {
    for id in ["g1", "1603419180975409153-1603419180975409154", "1603419180975409154", "1:2"] {
        for rest in
            [r#","sequence_id":"42"}}"#, "}}", r#","sequence_id":"42"},"errors":[{"a":1}]}"#]
        {
            let error =
                post(&format!(r#"{{"data":{{"conversation_id":"{id}"{rest}"#)).await.unwrap_err();
            assert!(error.may_have_been_applied() && !error.is_retryable(), "{error}");
            let Error::ConversationIdMismatch { signed, answered, context } = error else {
                panic!("{id}{rest}: {error:?}");
            };
            assert_eq!(signed, direct_id());
            assert_ne!(answered, signed);
            assert_eq!(context.request_id().unwrap().as_str(), "0123456789abcdef");
        }
    }
}

#[tokio::test]
async fn a_direct_id_is_a_mismatch_for_a_group() {
    let conversation: Conversation = group();
    let server = Server::start(json(
        200,
        format!(r#"{{"data":{{"conversation_id":"{BOB}","sequence_id":"1"}}}}"#),
    ))
    .await;
    let error =
        client(&server).add_conversation_keys(&prepared_in(&conversation)).await.unwrap_err();
    assert_eq!(error.code(), "transport.conversation_id_mismatch");
}

#[tokio::test]
async fn success_with_errors_is_no_success() {
    let problem =
        r#"{"type":"https://api.x.com/2/problems/internal-error","title":"Internal","detail":"x"}"#;
    for (body, missing, problems) in [
        (format!(r#"{{"data":{{"sequence_id":"42"}},"errors":[{problem}]}}"#), None, 1),
        (format!(r#"{{"errors":[{problem},{problem}]}}"#), Some("data.sequence_id"), 2),
        (format!(r#"{{"data":null,"errors":[{problem}]}}"#), Some("data.sequence_id"), 1),
        (r#"{"data":{"sequence_id":"42"},"errors":[{"code":1,"message":"x"}]}"#.into(), None, 0),
        (r#"{"data":{"sequence_id":"42"},"errors":"x"}"#.into(), None, 0),
        (r#"{"data":{"sequence_id":"42"},"errors":{}}"#.into(), None, 0),
    ] {
        let error = post(&body).await.unwrap_err();
        assert_eq!(error.code(), "transport.accepted_with_errors", "{body}");
        assert!(error.may_have_been_applied() && !error.is_retryable(), "{body}");
        assert_eq!(error.request_id().unwrap().as_str(), "0123456789abcdef");
        let Error::AcceptedWithErrors(unconfirmed) = error else { panic!("{error:?}") };
        assert_eq!(unconfirmed.missing(), missing, "{body}");
        assert!(!unconfirmed.errors().is_empty());
        let found = unconfirmed.errors().iter().filter_map(ReportedError::problem).count();
        assert_eq!(found, problems, "{body}");
    }
}

#[tokio::test]
async fn success_without_a_sequence_id_is_no_success() {
    for body in [
        "{}",
        r#"{"data":{}}"#,
        r#"{"data":null}"#,
        r#"{"data":{"sequence_id":null}}"#,
        r#"{"sequence_id":"42"}"#,
        r#"{"data":{"Sequence_id":"42"}}"#,
    ] {
        let Error::AcceptedWithErrors(unconfirmed) = post(body).await.unwrap_err() else {
            panic!("{body}");
        };
        assert_eq!(unconfirmed.missing(), Some("data.sequence_id"), "{body}");
        assert!(unconfirmed.errors().is_empty());
    }
}

#[tokio::test]
async fn a_member_of_the_wrong_form_is_named() {
    let string = Malformation::WrongType { expected: "a string" };
    for (body, field, reason) in [
        (r#"{"data":[]}"#, "data", Malformation::WrongType { expected: "an object" }),
        (r#"{"data":"x"}"#, "data", Malformation::WrongType { expected: "an object" }),
        (r#"{"data":{"sequence_id":true}}"#, "data.sequence_id", string.clone()),
        (r#"{"data":{"sequence_id":1.5}}"#, "data.sequence_id", string.clone()),
        (r#"{"data":{"sequence_id":-1}}"#, "data.sequence_id", string.clone()),
        (r#"{"data":{"sequence_id":[]}}"#, "data.sequence_id", string.clone()),
        (r#"{"data":{"sequence_id":""}}"#, "data.sequence_id", Malformation::InvalidValue),
        (r#"{"data":{"sequence_id":"x"}}"#, "data.sequence_id", Malformation::InvalidValue),
        (r#"{"data":{"sequence_id":"01"}}"#, "data.sequence_id", Malformation::InvalidValue),
        (r#"{"data":{"sequence_id":"1","conversation_id":5}}"#, "data.conversation_id", string),
        (
            r#"{"data":{"sequence_id":"1","conversation_id":"x"}}"#,
            "data.conversation_id",
            Malformation::InvalidValue,
        ),
        (
            r#"{"data":{"sequence_id":"1","conversation_id":""}}"#,
            "data.conversation_id",
            Malformation::InvalidValue,
        ),
    ] {
        let error = post(body).await.unwrap_err();
        assert!(error.may_have_been_applied(), "{body}");
        let Error::MalformedResponse { field: found, reason: why, .. } = error else {
            panic!("{body}: {error:?}");
        };
        assert_eq!((found, why), (field, reason), "{body}");
    }
}
