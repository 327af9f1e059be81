//! What each HTTP status means for a write and for a read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_transport::{Error, ErrorBody, OAuth2App, Scope};
use support::*;

/// Status, code, retryable, whether a write may have been applied.
const STATUSES: [(u16, &str, bool, bool); 31] = [
    (400, "transport.refused", false, false),
    (401, "transport.unauthorized", false, false),
    (402, "transport.quota_exhausted", false, false),
    (403, "transport.forbidden", false, false),
    (404, "transport.refused", false, false),
    (405, "transport.refused", false, false),
    (406, "transport.refused", false, false),
    (408, "transport.refused", true, true),
    (409, "transport.refused", false, true),
    (410, "transport.refused", false, false),
    (413, "transport.refused", false, false),
    (415, "transport.refused", false, false),
    (422, "transport.refused", false, false),
    (429, "transport.rate_limited", true, false),
    (451, "transport.refused", false, false),
    (499, "transport.refused", false, false),
    (500, "transport.refused", true, true),
    (501, "transport.refused", true, true),
    (502, "transport.refused", true, true),
    (503, "transport.refused", true, true),
    (504, "transport.refused", true, true),
    (520, "transport.refused", true, true),
    (599, "transport.refused", true, true),
    (600, "transport.refused", true, true),
    (999, "transport.refused", true, true),
    (300, "transport.redirected", false, true),
    (302, "transport.redirected", false, true),
    (303, "transport.redirected", false, true),
    (304, "transport.redirected", false, true),
    (307, "transport.redirected", false, false),
    (308, "transport.redirected", false, false),
];

#[tokio::test]
async fn every_status_has_its_meaning() {
    for (status, code, retryable, applied) in STATUSES {
        let write = write_error(json(status, "")).await;
        assert_eq!(write.code(), code, "{status}");
        assert_eq!(write.is_retryable(), retryable, "{status}");
        assert_eq!(write.may_have_been_applied(), applied, "{status}");
        assert_eq!(write.status().unwrap().as_u16(), status);
        assert_eq!(write.request_id().unwrap().as_str(), "0123456789abcdef");

        let read = read_error(json(status, "")).await;
        assert_eq!(read.code(), code, "{status}");
        assert_eq!(read.is_retryable(), retryable, "{status}");
        assert!(!read.may_have_been_applied(), "{status}");
    }
}

#[tokio::test]
async fn other_success_statuses_still_need_their_confirmation() {
    let body = r#"{"data":{"sequence_id":"42"}}"#;
    for status in [200, 201, 202, 299] {
        let server = Server::start(json(status, body)).await;
        assert!(client(&server).add_conversation_keys(&prepared()).await.is_ok(), "{status}");
        let error = write_error(json(status, "{}")).await;
        assert_eq!(error.code(), "transport.accepted_with_errors", "{status}");
    }
    let error = write_error(Answer::Bytes(head(204, &[]))).await;
    assert_eq!(error.code(), "transport.malformed_response");
    assert!(error.may_have_been_applied());
}

#[tokio::test]
async fn a_used_up_plan_is_no_rate_limit() {
    for kind in ["usage-capped", "credits-depleted"] {
        for status in [429, 403, 402] {
            let problem =
                format!(r#"{{"type":"https://api.x.com/2/problems/{kind}","title":"t"}}"#);
            for body in [problem.clone(), format!(r#"{{"errors":[{{"message":"m"}},{problem}]}}"#)]
            {
                let error = write_error(json(status, &body)).await;
                assert_eq!(error.code(), "transport.quota_exhausted", "{status} {body}");
                assert!(!error.is_retryable() && !error.may_have_been_applied());
            }
        }
    }
    let ordinary = r#"{"type":"https://api.x.com/2/problems/rate-limit-exceeded","title":"t"}"#;
    for body in [ordinary, r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#] {
        assert_eq!(write_error(json(429, body)).await.code(), "transport.rate_limited", "{body}");
    }
    // A server failure stays one: the quota says nothing about what happened to the request.
    let capped = r#"{"type":"https://api.x.com/2/problems/usage-capped","title":"t"}"#;
    assert!(write_error(json(503, capped)).await.may_have_been_applied());
}

#[tokio::test]
async fn the_rate_limit_and_the_challenge_are_kept() {
    let headers = [
        ("x-rate-limit-limit", "15"),
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", "1767225600"),
        ("retry-after", "3"),
        ("www-authenticate", "OAuth realm=\"https://api.x.com\""),
    ];
    let Error::RateLimited(rejection) = write_error(response(429, &headers, "")).await else {
        panic!("not rate limited");
    };
    let limit = rejection.rate_limit();
    assert_eq!((limit.limit, limit.remaining), (Some(15), Some(0)));
    assert_eq!(limit.retry_after.unwrap().as_secs(), 3);
    let reset = limit.reset.unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(reset.as_secs(), 1_767_225_600);
    assert_eq!(rejection.body(), &ErrorBody::Empty);
    assert_eq!(rejection.context().request_id(), None);

    let Error::Unauthorized(rejection) = write_error(response(401, &headers, "")).await else {
        panic!("not unauthorized");
    };
    assert_eq!(rejection.challenge(), Some("OAuth realm=\"https://api.x.com\""));
}

/// What X answers for want of a scope, and no more.
const FORBIDDEN: &str =
    r#"{"title":"Forbidden","type":"about:blank","status":403,"detail":"Forbidden"}"#;

#[tokio::test]
async fn a_403_tells_the_scopes_that_the_call_takes() {
    let error = write_error(json(403, FORBIDDEN)).await;
    let said = error.to_string();
    assert!(said.contains("covers dm.write, tweet.read, users.read, then the app's"), "{said}");
    let operation = error.context().unwrap().operation();
    assert_eq!(operation.scopes(), [Scope::DmWrite, Scope::TweetRead, Scope::UsersRead]);

    // The calls of a sign-in take none.
    let server = Server::start(json(403, FORBIDDEN)).await;
    let app = OAuth2App::public("id").base_url(&server.url()).build().unwrap();
    let error = within(app.revoke(&"token-of-theirs".into())).await.unwrap_err();
    assert!(error.to_string().contains("check the app's enrolment"), "{error}");
}

#[tokio::test]
async fn the_status_decides_even_if_the_body_never_ends_well() {
    let length = [("content-length", "100")];
    for (status, code) in [(429, "transport.rate_limited"), (403, "transport.forbidden")] {
        let cut = Answer::Bytes([head(status, &length), b"{\"ti".to_vec()].concat());
        let endless = Answer::Endless(head(status, &[]), vec![b'<'; 4096]);
        for answer in [cut, endless] {
            let error = write_error(answer).await;
            assert_eq!(error.code(), code);
            assert!(!error.may_have_been_applied());
        }
        let server = Server::start(Answer::Stall(head(status, &length))).await;
        let client = builder(&server.url())
            .response_body_timeout(std::time::Duration::from_millis(200))
            .build()
            .unwrap();
        let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
}
