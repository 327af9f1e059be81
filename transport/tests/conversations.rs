//! The inbox, one conversation, read marks and typing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::time::Duration;

use sealpost_crypto::{Conversation, ConversationId, SequenceId, UnixMillis};
use sealpost_transport::{
    ConversationDetails, ConversationInfo, ConversationKind, ConversationsPage, ConversationsQuery,
    Error, InvalidArgument, Malformation, PaginationToken, ResponseInfo,
};
use serde_json::{Value, json as value};
use support::*;

async fn inbox(body: Value) -> Result<ConversationsPage, Error> {
    let server = Server::start(json(200, body.to_string())).await;
    within(client(&server).conversations(ConversationsQuery::new())).await
}

async fn one(body: Value) -> Result<ConversationDetails, Error> {
    let server = Server::start(json(200, body.to_string())).await;
    within(client(&server).conversation(&group().id())).await
}

async fn mark_read(body: &str) -> Result<ResponseInfo, Error> {
    let server = Server::start(json(200, body)).await;
    within(client(&server).mark_conversation_read(&group().id(), SequenceId::new(7))).await
}

async fn typing(body: &str) -> Result<ResponseInfo, Error> {
    let server = Server::start(json(200, body)).await;
    within(client(&server).send_typing_indicator(&group().id())).await
}

#[tokio::test]
async fn the_requests_are_the_documented_ones() {
    const SELECTION: &str = "chat_conversation.fields=id%2Ctype%2Ccreated_at%2Cupdated_at%2Cgroup_name\
         %2Cgroup_avatar_url%2Cis_muted%2Cmessage_ttl_ms%2Cscreen_capture_blocking_enabled\
         %2Cscreen_capture_detection_enabled&expansions=member_ids%2Cadmin_ids%2Cparticipant_ids";
    let server = Server::start(json(503, "")).await;
    let client = client(&server);
    let query =
        ConversationsQuery::new().max_results(100).page(PaginationToken::new("a&b").unwrap());
    client.conversations(ConversationsQuery::new()).await.unwrap_err();
    client.conversations(query).await.unwrap_err();
    client.conversation(&direct().id()).await.unwrap_err();
    client.mark_conversation_read(&direct().id(), SequenceId::new(7)).await.unwrap_err();
    client.send_typing_indicator(&group().id()).await.unwrap_err();
    let seen = server.seen();
    let base = "/2/chat/conversations";
    let expected = [
        ("getChatConversations", "GET", format!("{base}?{SELECTION}"), ""),
        (
            "getChatConversations",
            "GET",
            format!("{base}?max_results=100&pagination_token=a%26b&{SELECTION}"),
            "",
        ),
        ("getChatConversation", "GET", format!("{base}/{ALICE}-{BOB}?{SELECTION}"), ""),
        (
            "markChatConversationRead",
            "POST",
            format!("{base}/{ALICE}-{BOB}/read"),
            r#"{"seen_until_sequence_id":"7"}"#,
        ),
        ("sendChatTypingIndicator", "POST", format!("{base}/g1603419180975409999/typing"), ""),
    ];
    assert_eq!(seen.len(), expected.len());
    for (seen, (operation, method, target, body)) in seen.iter().zip(expected) {
        assert_eq!(contract::documented(seen).await, operation);
        assert_eq!(seen.target(), (method, &*target));
        assert_eq!(std::str::from_utf8(&seen.body).unwrap(), body);
        let types = if body.is_empty() { vec![] } else { vec!["application/json"] };
        assert_eq!(seen.all("content-type"), types);
    }
    assert_eq!(seen[4].header("content-length"), "0");
}

/// A group as 2.167 and as 2.165 describe it.
fn rows() -> [Value; 2] {
    let common = value!({
        "id": "g1603419180975409999",
        "type": "group",
        "group_name": "planted name",
        "group_avatar_url": "https://example.invalid/a.png",
        "is_muted": true,
        "screen_capture_blocking_enabled": false,
        "screen_capture_detection_enabled": true,
        "member_ids": [ALICE.to_string(), BOB],
        "admin_ids": [ALICE.to_string()],
        "participant_ids": [],
        "more": { "x": [1] },
    });
    let mut newer = common.clone();
    newer["created_at"] = "2026-01-01T00:00:00.123Z".into();
    newer["updated_at"] = "2026-01-01T00:00:01Z".into();
    newer["message_ttl_ms"] = 86_400_000.into();
    let mut older = common;
    older["created_at_msec"] = "1767225600123".into();
    older["updated_at_msec"] = 1_767_225_601_000_u64.into();
    older["message_ttl_msec"] = "86400000".into();
    [newer, older]
}

fn check_group(info: &ConversationInfo) {
    assert_eq!(info.id, group().id());
    assert_eq!(info.kind, Some(ConversationKind::Group));
    assert_eq!(info.created_at, Some(UnixMillis::new(1_767_225_600_123)));
    assert_eq!(info.updated_at, Some(UnixMillis::new(1_767_225_601_000)));
    assert_eq!(info.group_name.as_ref().unwrap().unverified(), "planted name");
    let avatar = info.group_avatar_url.as_ref().unwrap();
    assert_eq!(avatar.unverified(), "https://example.invalid/a.png");
    assert_eq!(info.is_muted, Some(true));
    assert_eq!(info.message_ttl, Some(Duration::from_secs(24 * 3600)));
    assert_eq!(info.screen_capture_blocking, Some(false));
    assert_eq!(info.screen_capture_detection, Some(true));
    assert_eq!(info.members.as_ref().unwrap().unverified(), [user(ALICE), user(BOB)]);
    assert_eq!(info.admins.as_ref().unwrap().unverified(), [user(ALICE)]);
    assert_eq!(info.participants.as_ref().unwrap().unverified(), []);
    assert!(!format!("{info:?}").contains("planted"), "{info:?}");
}

#[tokio::test]
async fn both_contracts_are_read() {
    let includes = value!({ "users": [
        { "id": BOB.to_string(), "name": "planted", "username": "bob", "more": 1 },
        { "id": "x", "name": "nobody" }, 7, null,
        { "id": ALICE, "name": 5 },
    ] });
    for row in rows() {
        let page = inbox(value!({
            "data": [row], "includes": includes,
            "meta": { "result_count": 1, "has_more": true, "next_token": "t",
                      "has_message_requests": true },
        }));
        let page = page.await.unwrap();
        check_group(&page.conversations[0]);
        assert_eq!(page.has_message_requests, Some(true));
        assert!(page.is_complete() && page.has_more);
        assert_eq!(page.next.unwrap().as_str(), "t");
        assert_eq!(page.response.request_id.unwrap().as_str(), "0123456789abcdef");
        let ids: Vec<_> = page.users.iter().map(|user| user.id).collect();
        assert_eq!(ids, [user(BOB), user(ALICE)]);
        assert_eq!(page.users[0].username.as_ref().unwrap().unverified(), "bob");
        assert_eq!(page.users[1].name, None);
        assert!(!format!("{:?}", page.users).contains("planted"));

        // The one conversation is an object, or by the letter of 2.165 a list of one.
        for data in [row.clone(), value!([row])] {
            let details = one(value!({ "data": data, "includes": includes })).await.unwrap();
            check_group(&details.conversation);
            assert_eq!(details.users.len(), 2);
            assert!(details.errors.is_empty());
        }
    }
}

#[tokio::test]
async fn what_the_server_merely_says_may_be_missing_or_nonsense() {
    for row in [
        value!({ "id": "g1603419180975409999" }),
        value!({ "id": "g1603419180975409999", "type": null, "member_ids": null }),
        value!({
            "id": "g1603419180975409999", "type": 7, "created_at": "soon", "updated_at": {},
            "created_at_msec": "-1", "group_name": [], "group_avatar_url": 1, "is_muted": "yes",
            "message_ttl_ms": "1d", "screen_capture_blocking_enabled": 1,
            "screen_capture_detection_enabled": "", "member_ids": ["x"], "admin_ids": "1",
            "participant_ids": [["1"]],
        }),
        value!({ "id": "g1603419180975409999", "created_at": "1969-12-31T23:59:59Z",
                 "message_ttl_ms": -1 }),
    ] {
        let page = inbox(value!({ "data": [row], "includes": { "users": "x" } })).await.unwrap();
        let info = &page.conversations[0];
        assert!(info.kind.is_none() && info.created_at.is_none(), "{row}");
        assert!(info.updated_at.is_none() && info.group_name.is_none(), "{row}");
        assert!(info.group_avatar_url.is_none() && info.is_muted.is_none(), "{row}");
        assert!(info.message_ttl.is_none() && info.screen_capture_blocking.is_none(), "{row}");
        assert!(info.screen_capture_detection.is_none() && info.members.is_none(), "{row}");
        assert!(info.admins.is_none() && info.participants.is_none(), "{row}");
        assert!(page.users.is_empty() && page.is_complete(), "{row}");
    }
    let row = value!({ "id": "1:2", "type": "broadcast" });
    let page = inbox(value!({ "data": [row] })).await.unwrap();
    let kind = page.conversations[0].kind.clone();
    assert_eq!(kind, Some(ConversationKind::Other("broadcast".to_owned())));
}

#[tokio::test]
async fn an_odd_row_spoils_no_other() {
    let wrong = |expected| Malformation::WrongType { expected };
    let good = value!({ "id": format!("{BOB}-{ALICE}") });
    for (odd, field, reason) in [
        (value!("x"), "data[]", wrong("an object")),
        (value!(null), "data[]", wrong("an object")),
        (value!({}), "data[].id", wrong("a string")),
        (value!({ "id": null }), "data[].id", wrong("a string")),
        (value!({ "id": [] }), "data[].id", wrong("a string")),
        (value!({ "id": "x" }), "data[].id", Malformation::InvalidValue),
        // Whose conversation with this user it is nobody says.
        (value!({ "id": BOB.to_string() }), "data[].id", Malformation::InvalidValue),
    ] {
        let page = inbox(value!({ "data": [odd, good] })).await.unwrap();
        let ids: Vec<ConversationId> = page.conversations.iter().map(|info| info.id).collect();
        assert_eq!(ids, [direct().id()], "{odd}");
        let [row] = &page.unreadable[..] else { panic!("{odd}") };
        assert_eq!((row.index, row.field, &row.reason), (0, field, &reason), "{odd}");
        assert!(!page.is_complete() && page.errors.is_empty());
    }
}

#[tokio::test]
async fn an_empty_inbox_is_no_failure_and_errors_alone_are() {
    for body in [value!({}), value!({ "data": [] }), value!({ "data": null, "meta": null })] {
        let page = inbox(body).await.unwrap();
        assert!(page.conversations.is_empty() && page.is_complete() && !page.has_more);
    }
    let errors = value!([{ "title": "x" }]);
    let page = inbox(value!({ "data": [{ "id": "1:2" }], "errors": errors })).await.unwrap();
    assert!(page.conversations.len() == 1 && page.errors.len() == 1 && !page.is_complete());
    let error = inbox(value!({ "errors": errors })).await.unwrap_err();
    assert_eq!(error.code(), "transport.accepted_with_errors");
    assert!(!error.may_have_been_applied(), "a read is never applied");
    for (body, field) in [
        (value!({ "data": {} }), "data"),
        (value!({ "meta": [] }), "meta"),
        (value!({ "meta": { "next_token": 7 } }), "meta.next_token"),
    ] {
        let error = inbox(body).await.unwrap_err();
        let Error::MalformedResponse { field: found, .. } = error else { panic!("{error:?}") };
        assert_eq!(found, field);
    }
}

#[tokio::test]
async fn one_conversation_is_the_one_asked_for_or_none() {
    // A row that does not say which it is, is the one asked for.
    for data in [value!({}), value!({ "id": null }), value!([{}])] {
        let details = one(value!({ "data": data })).await.unwrap();
        assert_eq!(details.conversation.id, group().id());
    }
    let wrong = |expected| Malformation::WrongType { expected };
    for (data, field, reason) in [
        (value!({ "id": "g1" }), "data.id", Malformation::InvalidValue),
        (value!({ "id": "1:2" }), "data.id", Malformation::InvalidValue),
        (value!({ "id": "x" }), "data.id", Malformation::InvalidValue),
        (value!({ "id": 5.5 }), "data.id", wrong("a string")),
        (value!([]), "data", Malformation::InvalidValue),
        (value!([{}, {}]), "data", Malformation::InvalidValue),
        (value!([7]), "data", wrong("an object")),
        (value!("x"), "data", wrong("an object")),
    ] {
        let error = one(value!({ "data": data })).await.unwrap_err();
        assert!(!error.may_have_been_applied());
        let Error::MalformedResponse { field: found, reason: why, .. } = error else {
            panic!("{data}: {error:?}");
        };
        assert_eq!((found, why), (field, reason), "{data}");
    }
    for body in [value!({}), value!({ "data": null }), value!({ "errors": [{ "title": "x" }] })] {
        let error = one(body.clone()).await.unwrap_err();
        let Error::AcceptedWithErrors(unconfirmed) = error else { panic!("{body}: {error:?}") };
        assert_eq!(unconfirmed.missing(), Some("data"), "{body}");
    }
    let body = value!({ "data": {}, "errors": [{ "title": "x" }] });
    assert_eq!(one(body).await.unwrap().errors.len(), 1);
}

#[tokio::test]
async fn the_server_s_members_are_compared_with_the_known_ones() {
    let page = inbox(value!({ "data": [
        { "id": "g5", "member_ids": ["2", "1"] },
        { "id": "g5", "member_ids": ["3", "1", "1"] },
        { "id": "g5", "member_ids": [] },
    ] }));
    let page = page.await.unwrap();
    let known = Conversation::group("g5".parse().unwrap(), [user(1), user(2)]).unwrap();
    let compared = page.conversations.iter().map(|info| info.members.as_ref().unwrap());
    let compared: Vec<_> = compared.map(|members| members.compare(&known)).collect();
    assert_eq!(compared[0], None);
    let lists = |index: usize| {
        let difference = compared[index].clone().unwrap();
        (difference.only_claimed, difference.only_known)
    };
    assert_eq!(lists(1), (vec![user(3)], vec![user(2)]));
    assert_eq!(lists(2), (vec![], vec![user(1), user(2)]));
}

#[tokio::test]
async fn a_flag_confirms_what_was_said() {
    let body = r#"{"data":{"success":true}}"#;
    for response in [mark_read(body).await.unwrap(), typing(body).await.unwrap()] {
        assert_eq!(response.request_id.unwrap().as_str(), "0123456789abcdef");
    }
    for (body, code) in [
        ("{}", "transport.accepted_with_errors"),
        (r#"{"data":{}}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"success":false}}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"success":true},"errors":[{}]}"#, "transport.accepted_with_errors"),
        (r#"{"errors":[{"title":"x"}]}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"success":"true"}}"#, "transport.malformed_response"),
        (r#"{"data":true}"#, "transport.malformed_response"),
        ("", "transport.malformed_response"),
    ] {
        for error in [mark_read(body).await.unwrap_err(), typing(body).await.unwrap_err()] {
            assert_eq!(error.code(), code, "{body}");
            assert!(error.may_have_been_applied(), "{body}");
        }
    }
}

#[tokio::test]
async fn a_page_size_out_of_range_is_refused_before_anything_is_sent() {
    let server = Server::start(json(200, "{}")).await;
    let client = client(&server);
    for given in [0, 101, u32::MAX] {
        let query = ConversationsQuery::new().max_results(given);
        let error = client.conversations(query).await.unwrap_err();
        let Error::InvalidArgument(InvalidArgument::MaxResults { given: found }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(found, given);
    }
    assert_eq!(server.connections(), 0);
}
