//! Groups: their ids, their creation, their new members.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_crypto::{ConversationId, SequenceId};
use sealpost_transport::{Error, GroupCreated, Malformation, MembersAdded};
use support::*;

const GROUP: &str = "g1603419180975409999";
const SEQUENCE: &str = "data.conversation_key_change_sequence_id";

async fn create(status: u16, body: &str) -> Result<GroupCreated, Error> {
    let server = Server::start(json(status, body)).await;
    within(client(&server).create_group(&prepared_group())).await
}

async fn add(body: &str) -> Result<MembersAdded, Error> {
    let server = Server::start(json(200, body)).await;
    within(client(&server).add_group_members(&prepared_members())).await
}

async fn initialize(body: &str) -> Result<ConversationId, Error> {
    let server = Server::start(json(200, body)).await;
    within(client(&server).initialize_group()).await
}

#[tokio::test]
async fn the_requests_are_the_documented_ones_and_the_bodies_the_prepared_bytes() {
    let server = Server::start(json(503, "")).await;
    let (client, group, members) = (client(&server), prepared_group(), prepared_members());
    client.initialize_group().await.unwrap_err();
    client.create_group(&group).await.unwrap_err();
    client.add_group_members(&members).await.unwrap_err();
    let seen = server.seen();
    let targets: Vec<_> = seen.iter().map(Seen::target).collect();
    assert_eq!(
        targets,
        [
            ("POST", "/2/chat/conversations/group/initialize"),
            ("POST", "/2/chat/conversations/group"),
            ("POST", &*format!("/2/chat/conversations/{GROUP}/members")),
        ]
    );
    for (seen, operation) in
        seen.iter().zip(["initializeChatGroup", "createChatConversation", "addChatGroupMembers"])
    {
        assert_eq!(contract::documented(seen).await, operation);
    }
    assert!(seen[0].body.is_empty() && seen[0].all("content-type").is_empty());
    assert_eq!(seen[0].header("content-length"), "0");
    assert_eq!(seen[1].body, group.body());
    assert_eq!(seen[2].body, members.body());
    for seen in &seen[1..] {
        assert_eq!(seen.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn every_group_call_is_a_write() {
    let server = Server::start(json(503, "")).await;
    let client = client(&server);
    for error in [
        client.initialize_group().await.unwrap_err(),
        client.create_group(&prepared_group()).await.unwrap_err(),
        client.add_group_members(&prepared_members()).await.unwrap_err(),
    ] {
        assert!(error.may_have_been_applied() && error.is_retryable(), "{error}");
        assert!(error.context().unwrap().operation().is_write());
    }
}

#[tokio::test]
async fn a_group_is_minted() {
    for body in [
        r#"{"data":{"conversation_id":"g5","more":1},"errors":null}"#,
        r#"{"data":{"conversation_id":"g5"}}"#,
    ] {
        assert_eq!(initialize(body).await.unwrap(), ConversationId::group(5).unwrap());
    }
    for (body, code) in [
        ("{}", "transport.accepted_with_errors"),
        (r#"{"data":{}}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"conversation_id":null}}"#, "transport.accepted_with_errors"),
        (r#"{"conversation_id":"g5"}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"conversation_id":"g5"},"errors":[{}]}"#, "transport.accepted_with_errors"),
        (r#"{"data":[]}"#, "transport.malformed_response"),
        (r#"{"data":{"conversation_id":5}}"#, "transport.malformed_response"),
        (r#"{"data":{"conversation_id":"5"}}"#, "transport.malformed_response"),
        (r#"{"data":{"conversation_id":"1:2"}}"#, "transport.malformed_response"),
        (r#"{"data":{"conversation_id":"g"}}"#, "transport.malformed_response"),
        (r#"{"data":{"conversation_id":"g0/../x"}}"#, "transport.malformed_response"),
    ] {
        let error = initialize(body).await.unwrap_err();
        assert_eq!(error.code(), code, "{body}");
        assert!(error.may_have_been_applied(), "{body}");
    }
}

#[tokio::test]
async fn a_created_group_names_its_key_change() {
    for (status, id) in [
        (201, format!(r#","conversation_id":"{GROUP}""#)),
        (200, format!(r#","conversation_id":"{GROUP}""#)),
        (201, String::new()),
    ] {
        let body = format!(r#"{{"data":{{"conversation_key_change_sequence_id":"42"{id}}}}}"#);
        let created = create(status, &body).await.unwrap();
        assert_eq!(created.conversation_id, GROUP.parse().unwrap());
        assert_eq!(created.sequence_id, SequenceId::new(42));
        assert_eq!(created.response.request_id.unwrap().as_str(), "0123456789abcdef");
    }
}

#[tokio::test]
async fn a_creation_that_is_not_confirmed_is_no_success() {
    for (body, missing) in [
        ("{}".to_owned(), Some(SEQUENCE)),
        (format!(r#"{{"data":{{"conversation_id":"{GROUP}"}}}}"#), Some(SEQUENCE)),
        // The name it has in the answer to new keys.
        (r#"{"data":{"sequence_id":"42"}}"#.to_owned(), Some(SEQUENCE)),
        (
            r#"{"data":{"conversation_key_change_sequence_id":"42"},"errors":[{"title":"x"}]}"#
                .to_owned(),
            None,
        ),
    ] {
        let error = create(201, &body).await.unwrap_err();
        assert!(error.may_have_been_applied() && !error.is_retryable(), "{body}");
        let Error::AcceptedWithErrors(unconfirmed) = error else { panic!("{body}: {error:?}") };
        assert_eq!(unconfirmed.missing(), missing, "{body}");
    }
    for id in ["7", "true", "\"x\"", "[]"] {
        let id = format!(r#"{{"data":{{"conversation_key_change_sequence_id":{id}}}}}"#);
        let result = create(201, &id).await;
        if id.contains(":7") {
            assert_eq!(result.unwrap().sequence_id, SequenceId::new(7));
        } else {
            let error = result.unwrap_err();
            let Error::MalformedResponse { field, .. } = error else { panic!("{id}: {error:?}") };
            assert_eq!(field, SEQUENCE);
        }
    }
}

#[tokio::test]
async fn another_conversation_is_a_mismatch() {
    for id in ["g1", "1603419180975409153", "1:2"] {
        for rest in [r#","conversation_key_change_sequence_id":"42"}"#, "}"] {
            let body = format!(r#"{{"data":{{"conversation_id":"{id}"{rest}}}"#);
            for error in [create(201, &body).await.unwrap_err(), add(&body).await.unwrap_err()] {
                assert!(error.may_have_been_applied() && !error.is_retryable(), "{error}");
                let Error::ConversationIdMismatch { signed, answered, .. } = error else {
                    panic!("{body}: {error:?}");
                };
                assert_eq!(signed, GROUP.parse().unwrap());
                assert_ne!(answered, signed);
            }
        }
    }
}

#[tokio::test]
async fn both_shapes_of_an_addition_are_read() {
    let both = format!(
        r#""conversation_key_change_sequence_id":"42","current_member_ids":["{ALICE}",{BOB}]"#
    );
    let members = Some(vec![user(ALICE), user(BOB)]);
    let sequence_id = Some(SequenceId::new(42));
    for (body, sequence_id, members) in [
        (format!("{{{both}}}"), sequence_id, members.clone()),
        (format!(r#"{{"data":{{{both}}}}}"#), sequence_id, members),
        (r#"{"conversation_key_change_sequence_id":42}"#.to_owned(), sequence_id, None),
        (r#"{"current_member_ids":[]}"#.to_owned(), None, Some(vec![])),
        // What 2.167 literally says, a post.
        (r#"{"data":{"id":"1346889436626259968","text":"Learn"}}"#.to_owned(), None, None),
        (format!(r#"{{"data":{{"conversation_id":"{GROUP}","id":"1"}}}}"#), None, None),
    ] {
        let added = add(&body).await.unwrap();
        assert_eq!(added.sequence_id, sequence_id, "{body}");
        assert_eq!(added.current_member_ids, members, "{body}");
        assert_eq!(added.response.request_id.unwrap().as_str(), "0123456789abcdef");
    }
}

#[tokio::test]
async fn an_addition_that_is_not_confirmed_is_no_success() {
    let problem = r#"[{"title":"x"}]"#;
    for (body, missing) in [
        ("{}".to_owned(), Some("data")),
        (r#"{"data":null}"#.to_owned(), Some("data")),
        (r#"{"data":{}}"#.to_owned(), Some("data")),
        (r#"{"meta":{"result_count":1}}"#.to_owned(), Some("data")),
        (format!(r#"{{"errors":{problem}}}"#), Some("data")),
        (format!(r#"{{"data":{{"id":"1"}},"errors":{problem}}}"#), None),
        (format!(r#"{{"current_member_ids":["1"],"errors":{problem}}}"#), None),
    ] {
        let error = add(&body).await.unwrap_err();
        assert!(error.may_have_been_applied() && !error.is_retryable(), "{body}");
        let Error::AcceptedWithErrors(unconfirmed) = error else { panic!("{body}: {error:?}") };
        assert_eq!(unconfirmed.missing(), missing, "{body}");
    }
    let array = Malformation::WrongType { expected: "an array" };
    for (body, field, reason) in [
        (r#"{"data":[]}"#, "data", Malformation::WrongType { expected: "an object" }),
        (r#"{"current_member_ids":"1"}"#, "current_member_ids", array),
        (r#"{"current_member_ids":["x"]}"#, "current_member_ids[]", Malformation::InvalidValue),
        (
            r#"{"data":{"conversation_key_change_sequence_id":"x"}}"#,
            "conversation_key_change_sequence_id",
            Malformation::InvalidValue,
        ),
    ] {
        let error = add(body).await.unwrap_err();
        let Error::MalformedResponse { field: found, reason: why, .. } = error else {
            panic!("{body}: {error:?}");
        };
        assert_eq!((found, why), (field, reason), "{body}");
    }
}
