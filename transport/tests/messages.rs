//! Sending and deleting messages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::wire::{
    MessageCreateEvent, MessageEvent, MessageEventDetail, MessageFailureEvent, MessageTypingEvent,
};
use sealpost_crypto::{MessageParts, PreparedMessage};
use sealpost_transport::{Error, Malformation, MessageSent, ResponseInfo};
use support::*;

const EVENT: &str = "data.encoded_message_event";

async fn send(status: u16, body: &str) -> Result<MessageSent, Error> {
    let server = Server::start(json(status, body)).await;
    within(client(&server).send_message(&prepared_message())).await
}

async fn delete(body: &str) -> Result<ResponseInfo, Error> {
    let server = Server::start(json(200, body)).await;
    within(client(&server).delete_messages(&prepared_delete())).await
}

#[tokio::test]
async fn the_requests_are_the_documented_ones_and_the_bodies_the_prepared_bytes() {
    let server = Server::start(json(503, "")).await;
    let (client, message, deletion) = (client(&server), prepared_message(), prepared_delete());
    let in_a_group = MessageParts { conversation_id: group().id(), ..message_parts() };
    let in_a_group = PreparedMessage::new(&in_a_group).unwrap();
    for _ in 0..2 {
        client.send_message(&message).await.unwrap_err();
    }
    client.send_message(&in_a_group).await.unwrap_err();
    client.delete_messages(&deletion).await.unwrap_err();
    let seen = server.seen();
    let (direct, group) = (format!("{ALICE}-{BOB}"), "g1603419180975409999");
    let expected = [
        ("sendChatMessage", format!("/2/chat/conversations/{direct}/messages"), message.body()),
        ("sendChatMessage", format!("/2/chat/conversations/{direct}/messages"), message.body()),
        ("sendChatMessage", format!("/2/chat/conversations/{group}/messages"), in_a_group.body()),
        (
            "deleteChatMessages",
            format!("/2/chat/conversations/{group}/messages/delete"),
            deletion.body(),
        ),
    ];
    assert_eq!(seen.len(), expected.len());
    for (seen, (operation, path, body)) in seen.iter().zip(expected) {
        assert_eq!(contract::documented(seen).await, operation);
        assert_eq!(seen.target(), ("POST", &*path));
        assert_eq!(seen.body, body);
        assert_eq!(seen.header("content-type"), "application/json");
        assert_eq!(seen.header("authorization"), format!("Bearer {TOKEN}"));
    }
}

#[tokio::test]
async fn every_message_call_is_a_write() {
    let server = Server::start(json(503, "")).await;
    let client = client(&server);
    for error in [
        client.send_message(&prepared_message()).await.unwrap_err(),
        client.delete_messages(&prepared_delete()).await.unwrap_err(),
    ] {
        assert!(error.may_have_been_applied() && error.is_retryable(), "{error}");
        assert!(error.context().unwrap().operation().is_write());
    }
}

#[tokio::test]
async fn a_sent_message_comes_back_as_an_event() {
    for status in [201, 200] {
        for rest in ["", r#","more":{"x":[]}"#] {
            let body = format!(r#"{{"data":{{"encoded_message_event":"AAAA"{rest}}}}}"#);
            let sent = send(status, &body).await.unwrap();
            assert_eq!(sent.event.as_str(), "AAAA");
            assert_eq!(sent.response.request_id.unwrap().as_str(), "0123456789abcdef");
        }
    }
}

/// The answer with the event of the message that was sent, and then changed.
async fn send_and_get(change: impl FnOnce(&mut MessageEvent<'_>)) -> Result<MessageSent, Error> {
    let (message, conversation) = (message_parts().message_id.to_string(), direct().id());
    let (sender, conversation) = (ALICE.to_string(), conversation.to_string());
    let mut event = MessageEvent {
        sequence_id: Some("7"),
        message_id: Some(&message),
        sender_id: Some(&sender),
        conversation_id: Some(&conversation),
        detail: Some(MessageEventDetail::MessageCreate(MessageCreateEvent::default())),
        ..MessageEvent::default()
    };
    change(&mut event);
    let event = encode_base64(&event.encode().unwrap());
    send(201, &format!(r#"{{"data":{{"encoded_message_event":"{event}"}}}}"#)).await
}

const OTHER: &str = "1c8ab1f0-5b7d-4c09-9f3e-2d6a7b1c0e56";

#[tokio::test]
async fn an_event_that_names_the_message_or_nothing_confirms_it() {
    send_and_get(|_| ()).await.unwrap();
    send_and_get(|event| event.message_id = None).await.unwrap();
    send_and_get(|event| event.detail = None).await.unwrap();
    let hyphenated = "1215441834412953600-1603419180975409153";
    for spelling in [None, Some(hyphenated), Some("1603419180975409153")] {
        send_and_get(|event| event.conversation_id = spelling).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_of_another_message_is_a_mismatch() {
    let error = send_and_get(|event| event.message_id = Some(OTHER)).await.unwrap_err();
    assert_eq!(error.code(), "transport.message_id_mismatch");
    assert!(error.may_have_been_applied() && !error.is_retryable(), "{error}");
    assert!(error.request_id().is_some());
    let Error::MessageIdMismatch { sent, answered, .. } = error else { panic!("{error:?}") };
    assert_eq!((sent, answered.to_string().as_str()), (message_parts().message_id, OTHER));
}

#[tokio::test]
async fn an_event_of_another_conversation_is_a_mismatch_and_outranks_everything() {
    for other in ["g7", "7:8", "7"] {
        let error = send_and_get(|event| {
            event.conversation_id = Some(other);
            event.message_id = Some(OTHER);
        });
        let error = error.await.unwrap_err();
        assert_eq!(error.code(), "transport.conversation_id_mismatch", "{other}");
        assert!(error.may_have_been_applied() && !error.is_retryable(), "{error}");
        let Error::ConversationIdMismatch { signed, .. } = error else { panic!("{error:?}") };
        assert_eq!(signed, direct().id());
    }
}

#[tokio::test]
async fn an_event_that_is_no_message_confirms_nothing() {
    let failure = MessageEventDetail::MessageFailure(MessageFailureEvent::default());
    let typing = MessageEventDetail::MessageTyping(MessageTypingEvent::default());
    for error in [
        send_and_get(|event| event.detail = Some(failure)).await.unwrap_err(),
        send_and_get(|event| event.detail = Some(typing)).await.unwrap_err(),
        send_and_get(|event| event.message_id = Some("none")).await.unwrap_err(),
        send_and_get(|event| event.message_id = Some("")).await.unwrap_err(),
        send_and_get(|event| event.conversation_id = Some("none")).await.unwrap_err(),
    ] {
        assert!(error.may_have_been_applied() && !error.is_retryable(), "{error}");
        let Error::MalformedResponse { field, reason, .. } = error else { panic!("{error:?}") };
        assert_eq!((field, reason), (EVENT, Malformation::InvalidValue));
    }
}

#[tokio::test]
async fn a_message_that_is_not_confirmed_is_not_sent() {
    let event = r#""data":{"encoded_message_event":"AAAA"}"#;
    for (body, missing) in [
        ("{}".to_owned(), Some(EVENT)),
        (r#"{"data":null}"#.to_owned(), Some(EVENT)),
        (r#"{"data":{}}"#.to_owned(), Some(EVENT)),
        (r#"{"data":{"encoded_message_event":null}}"#.to_owned(), Some(EVENT)),
        (r#"{"data":{"encoded_event":"AAAA"}}"#.to_owned(), Some(EVENT)),
        (r#"{"errors":[{"title":"x"}]}"#.to_owned(), Some(EVENT)),
        (format!(r#"{{{event},"errors":[{{"title":"x"}}]}}"#), None),
    ] {
        let error = send(201, &body).await.unwrap_err();
        assert!(error.may_have_been_applied() && !error.is_retryable(), "{body}");
        let Error::AcceptedWithErrors(unconfirmed) = error else { panic!("{body}: {error:?}") };
        assert_eq!(unconfirmed.missing(), missing, "{body}");
    }
}

#[tokio::test]
async fn an_answer_of_the_wrong_form_is_named() {
    let wrong = |expected| Malformation::WrongType { expected };
    for (body, field, reason) in [
        (r#"{"data":[]}"#, "data", wrong("an object")),
        (r#"{"data":"AAAA"}"#, "data", wrong("an object")),
        (r#"{"data":{"encoded_message_event":1}}"#, EVENT, wrong("a string")),
        (r#"{"data":{"encoded_message_event":{}}}"#, EVENT, wrong("a string")),
        ("[]", "body", wrong("an object")),
    ] {
        let error = send(201, body).await.unwrap_err();
        assert!(error.may_have_been_applied(), "{body}");
        let Error::MalformedResponse { field: found, reason: why, .. } = error else {
            panic!("{body}: {error:?}");
        };
        assert_eq!((found, why), (field, reason), "{body}");
    }
}

#[tokio::test]
async fn a_deletion_counts_when_the_server_says_so() {
    let response = delete(r#"{"data":{"deleted":true,"more":1}}"#).await.unwrap();
    assert_eq!(response.request_id.unwrap().as_str(), "0123456789abcdef");
    for (body, missing) in [
        ("{}", Some("data.deleted")),
        (r#"{"data":{}}"#, Some("data.deleted")),
        (r#"{"data":{"deleted":false}}"#, Some("data.deleted")),
        (r#"{"data":{"deleted":null}}"#, Some("data.deleted")),
        (r#"{"data":{"success":true}}"#, Some("data.deleted")),
        (r#"{"deleted":true}"#, Some("data.deleted")),
        (r#"{"errors":[{"title":"x"}]}"#, Some("data.deleted")),
        (r#"{"data":{"deleted":true},"errors":[{"title":"x"}]}"#, None),
    ] {
        let error = delete(body).await.unwrap_err();
        assert!(error.may_have_been_applied() && !error.is_retryable(), "{body}");
        let Error::AcceptedWithErrors(unconfirmed) = error else { panic!("{body}: {error:?}") };
        assert_eq!(unconfirmed.missing(), missing, "{body}");
    }
    for body in [r#"{"data":{"deleted":"true"}}"#, r#"{"data":{"deleted":1}}"#, r#"{"data":[]}"#] {
        assert_eq!(delete(body).await.unwrap_err().code(), "transport.malformed_response");
    }
}

#[tokio::test]
async fn a_refused_message_is_told_apart_from_a_lost_one() {
    for (status, code, open) in [
        (400, "transport.refused", false),
        (403, "transport.forbidden", false),
        (409, "transport.refused", true),
        (429, "transport.rate_limited", false),
        (500, "transport.refused", true),
    ] {
        let error = send(status, "{}").await.unwrap_err();
        assert_eq!((error.code(), error.may_have_been_applied()), (code, open), "{status}");
    }
}
