//! Pages of events.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_crypto::{SequenceId, UnixMillis};
use sealpost_transport::{
    Error, EventsPage, EventsQuery, InvalidArgument, Malformation, PaginationToken,
};
use support::*;

async fn page(body: &str) -> Result<EventsPage, Error> {
    let server = Server::start(json(200, body)).await;
    client(&server).conversation_events(&direct().id(), EventsQuery::new()).await
}

#[tokio::test]
async fn the_request_is_the_documented_one() {
    const FIELDS: &str = "chat_message_event.fields=id%2Cprevious_id%2Cconversation_id%2Cconversation_token%2Csender_id%2Ccreated_at%2Cencoded_event%2Cis_trusted";
    let server = Server::start(json(200, "{}")).await;
    let client = client(&server);
    let token = PaginationToken::new("a/b+c=&d é").unwrap();
    let query = EventsQuery::new().max_results(100).page(token);
    client.conversation_events(&direct().id(), EventsQuery::new()).await.unwrap();
    client.conversation_events(&group().id(), query).await.unwrap();
    let seen = server.seen();
    for seen in &seen {
        assert_eq!(contract::documented(seen).await, "getChatConversationEvents");
    }
    assert_eq!(
        seen[0].target(),
        ("GET", &*format!("/2/chat/conversations/{ALICE}-{BOB}/events?{FIELDS}"))
    );
    assert_eq!(
        seen[1].target(),
        (
            "GET",
            &*format!(
                "/2/chat/conversations/g1603419180975409999/events\
                 ?max_results=100&pagination_token=a%2Fb%2Bc%3D%26d+%C3%A9&{FIELDS}"
            )
        )
    );
}

#[tokio::test]
async fn both_contracts_are_read() {
    let (a, b) = (ALICE, BOB);
    for row in [
        format!(
            r#"{{"id":"9","previous_id":"8","created_at":"2026-01-01T00:00:00.123Z",
                "conversation_id":"{a}-{b}","sender_id":"{b}","encoded_event":"AAAA","is_trusted":true,"conversation_token":"tok"}}"#
        ),
        format!(
            r#"{{"id":"another","sequence_id":"9","previous_sequence_id":"8",
                "created_at_msec":"1767225600123","conversation_id":"{a}:{b}","sender_id":{b},
                "encoded_event":"AAAA","is_trusted":true,"conversation_token":"tok",
                "message_event_signature":{{}}}}"#
        ),
    ] {
        let body = format!(
            r#"{{"data":[{row}],"meta":{{"result_count":1,"has_more":true,"next_token":"t",
                "conversation_key_events":["BBBB","CCCC"]}}}}"#
        );
        let page = page(&body).await.unwrap();
        let event = &page.events[0];
        assert_eq!(event.encoded_event.as_ref().unwrap().as_str(), "AAAA");
        assert_eq!(event.sequence_id, Some(SequenceId::new(9)));
        assert_eq!(event.previous_sequence_id, Some(SequenceId::new(8)));
        assert_eq!(event.conversation_id, Some(direct().id()));
        assert_eq!(event.sender_id, Some(user(BOB)));
        assert_eq!(event.is_trusted, Some(true));
        assert_eq!(event.created_at, Some(UnixMillis::new(1_767_225_600_123)));
        assert_eq!(event.conversation_token.as_ref().unwrap().as_str(), "tok");
        let keys: Vec<_> = page.key_events.iter().map(|event| event.as_str()).collect();
        assert_eq!(keys, ["BBBB", "CCCC"]);
        assert_eq!(page.next.as_ref().unwrap().as_str(), "t");
        assert!(page.has_more && page.is_complete());
        assert_eq!(page.response.request_id.unwrap().as_str(), "0123456789abcdef");
    }
}

#[tokio::test]
async fn what_the_server_merely_says_may_be_missing_or_nonsense() {
    for row in [
        r"{}".to_owned(),
        r#"{"id":null,"sender_id":null,"encoded_event":null}"#.to_owned(),
        r#"{"id":"x","previous_id":[],"sender_id":"-1","conversation_id":"a","created_at":"soon","is_trusted":"yes","conversation_token":"\n"}"#
            .to_owned(),
        format!(r#"{{"conversation_id":"{BOB}"}}"#),
    ] {
        let page = page(&format!(r#"{{"data":[{row}]}}"#)).await.unwrap();
        let event = &page.events[0];
        assert!(event.encoded_event.is_none() && event.sequence_id.is_none(), "{row}");
        assert!(event.previous_sequence_id.is_none() && event.conversation_id.is_none(), "{row}");
        assert!(event.sender_id.is_none() && event.is_trusted.is_none(), "{row}");
        assert!(event.created_at.is_none() && event.conversation_token.is_none(), "{row}");
    }
}

#[tokio::test]
async fn an_empty_page_and_the_end_of_a_listing() {
    for (body, has_more, next) in [
        ("{}", false, None),
        (r#"{"data":[],"meta":{}}"#, false, None),
        (r#"{"data":null,"meta":null}"#, false, None),
        (r#"{"meta":{"result_count":0,"has_more":false}}"#, false, None),
        (r#"{"meta":{"next_token":"t"}}"#, true, Some("t")),
        (r#"{"meta":{"next_token":""}}"#, false, None),
        (r#"{"meta":{"next_token":"t","has_more":false}}"#, false, Some("t")),
        (r#"{"meta":{"has_more":true}}"#, true, None),
        (r#"{"meta":{"has_more":"yes","next_token":null}}"#, false, None),
    ] {
        let page = page(body).await.unwrap();
        assert_eq!(page.has_more, has_more, "{body}");
        assert_eq!(page.next.as_ref().map(PaginationToken::as_str), next, "{body}");
        assert!(page.events.is_empty() && page.key_events.is_empty(), "{body}");
    }
}

#[tokio::test]
async fn errors_beside_events_are_handed_on_and_without_them_fail() {
    let page = page(r#"{"data":[{"encoded_event":"AAAA"}],"errors":[{"title":"x"}]}"#);
    let page = page.await.unwrap();
    assert_eq!((page.events.len(), page.errors.len()), (1, 1));
    assert!(!page.is_complete());

    let server = Server::start(json(200, r#"{"errors":[{"title":"x"}],"meta":{}}"#)).await;
    let query = EventsQuery::new();
    let error = client(&server).conversation_events(&direct().id(), query).await.unwrap_err();
    assert_eq!(error.code(), "transport.accepted_with_errors");
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn what_matters_must_have_its_form() {
    let long_token = format!(r#"{{"meta":{{"next_token":"{}"}}}}"#, "t".repeat(4097));
    let wrong = |expected| Malformation::WrongType { expected };
    for (body, field, reason) in [
        (r#"{"data":{}}"#, "data", wrong("an array")),
        (r#"{"meta":[]}"#, "meta", wrong("an object")),
        (r#"{"meta":{"next_token":7}}"#, "meta.next_token", wrong("a string")),
        (&long_token, "meta.next_token", Malformation::InvalidValue),
        (
            r#"{"meta":{"conversation_key_events":"AAAA"}}"#,
            "meta.conversation_key_events",
            wrong("an array"),
        ),
    ] {
        let error = page(body).await.unwrap_err();
        let Error::MalformedResponse { field: found, reason: why, .. } = error else {
            panic!("{body}: {error:?}");
        };
        assert_eq!((found, why), (field, reason), "{body}");
    }
}

#[tokio::test]
async fn an_odd_row_spoils_no_other() {
    let wrong = |expected| Malformation::WrongType { expected };
    for (odd, field, reason) in [
        (r#""AAAA""#, "data[]", wrong("an object")),
        ("null", "data[]", wrong("an object")),
        (r#"{"encoded_event":1}"#, "data[].encoded_event", wrong("a string")),
    ] {
        let body = format!(r#"{{"data":[{{"encoded_event":"AAAA"}},{odd},{{"id":"9"}}]}}"#);
        let page = page(&body).await.unwrap();
        assert_eq!(page.events.len(), 2, "{odd}");
        assert_eq!(page.events[1].sequence_id, Some(SequenceId::new(9)));
        let [row] = &page.unreadable[..] else { panic!("{odd}") };
        assert_eq!((row.index, row.field, &row.reason), (1, field, &reason), "{odd}");
        assert!(!page.is_complete() && page.errors.is_empty());
    }
    let page = page(r#"{"meta":{"conversation_key_events":[{},"AAAA",7]}}"#).await.unwrap();
    assert_eq!(page.key_events.len(), 1);
    let places: Vec<_> = page.unreadable.iter().map(|row| (row.index, row.field)).collect();
    let field = "meta.conversation_key_events[]";
    assert_eq!(places, [(0, field), (2, field)]);
}

#[tokio::test]
async fn a_page_size_out_of_range_is_refused_before_anything_is_sent() {
    let server = Server::start(json(200, "{}")).await;
    let client = client(&server);
    for given in [0, 101, u32::MAX] {
        let query = EventsQuery::new().max_results(given);
        let error = client.conversation_events(&direct().id(), query).await.unwrap_err();
        let Error::InvalidArgument(InvalidArgument::MaxResults { given: found }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(found, given);
    }
    assert_eq!(server.connections(), 0);
    for given in [1, 100] {
        let query = EventsQuery::new().max_results(given);
        client.conversation_events(&direct().id(), query).await.unwrap();
    }
}

#[test]
fn a_token_has_a_length() {
    assert_eq!(PaginationToken::new(""), None);
    assert_eq!(PaginationToken::new(&"t".repeat(4097)), None);
    assert_eq!(PaginationToken::new(&"t".repeat(4096)).unwrap().to_string().len(), 4096);
}
