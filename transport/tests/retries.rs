//! Which failures of ordinary calls are tried again, over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealpost_crypto::{Identity, Suite, UnixMillis};
use sealpost_transport::{
    Client, Credentials, Error, OAuth1Credentials, Operation, Progress, RetryPolicy,
};
use support::*;

fn quick() -> RetryPolicy {
    RetryPolicy::new().delays(Duration::from_millis(1), Duration::from_millis(4))
}

fn retrying(server: &Server) -> Client {
    builder(&server.url()).retry(quick()).build().unwrap()
}

/// A server that fails in one way `failures` times, then answers.
async fn failing(failures: usize, failure: Answer, success: &'static str) -> Server {
    Server::scripted(
        move |index, _| {
            if index < failures { failure.clone() } else { json(200, success) }
        },
    )
    .await
}

/// Failures that pass, as far as a read is concerned.
fn passing() -> Vec<Answer> {
    let unfinished = [head(200, &[("content-length", "10")]), b"{".to_vec()].concat();
    let mut answers: Vec<Answer> =
        [408, 429, 500, 502, 503, 504].into_iter().map(|status| json(status, "{}")).collect();
    answers.extend([Answer::Bytes(Vec::new()), Answer::Bytes(unfinished)]);
    answers
}

#[tokio::test]
async fn a_read_is_tried_again_until_it_passes_or_the_budget_is_used_up() {
    for failure in passing() {
        let server = failing(3, failure.clone(), r#"{"data":[]}"#).await;
        within(retrying(&server).user_public_keys(&user(BOB))).await.unwrap();
        assert_eq!(server.seen().len(), 4, "{failure:?}");

        let server = failing(4, failure.clone(), r#"{"data":[]}"#).await;
        within(retrying(&server).user_public_keys(&user(BOB))).await.unwrap_err();
        assert_eq!(server.seen().len(), 4, "{failure:?}");
    }
}

#[tokio::test]
async fn what_will_not_pass_is_asked_once() {
    let capped = r#"{"type":"https://api.x.com/2/problems/usage-capped"}"#;
    let credits = r#"{"type":"https://api.x.com/2/problems/credits-depleted"}"#;
    let statuses = [400, 401, 402, 403, 404, 409, 413, 422];
    let mut answers: Vec<Answer> = statuses.into_iter().map(|status| json(status, "{}")).collect();
    answers.extend([json(429, capped), json(429, credits), json(200, "[]"), json(200, "<html>")]);
    for answer in answers {
        let server = failing(9, answer.clone(), "{}").await;
        within(retrying(&server).user_public_keys(&user(BOB))).await.unwrap_err();
        assert_eq!(server.seen().len(), 1, "{answer:?}");
    }
}

/// A registration has no id to recognise it by.
#[tokio::test]
async fn a_registration_is_sent_again_only_when_it_surely_changed_nothing() {
    let identity = Identity::generate(Suite::X25519).unwrap();
    let registration = identity.registration(user(ALICE), UnixMillis::new(1));
    for (failure, requests) in [(json(429, "{}"), 4), (json(500, "{}"), 1), (json(503, "{}"), 1)] {
        let server = failing(3, failure, r#"{"data":{"public_key_version":"9"}}"#).await;
        let outcome =
            within(retrying(&server).add_user_public_key(&user(ALICE), &registration)).await;
        assert_eq!(server.seen().len(), requests);
        assert_eq!(outcome.is_ok(), requests == 4);
        let bodies: Vec<Vec<u8>> = server.seen().into_iter().map(|seen| seen.body).collect();
        assert!(bodies.iter().all(|body| body == &bodies[0]), "the same bytes every time");
    }
}

/// The low door: what decides about a second try is a look at the events.
#[tokio::test]
async fn a_key_change_is_never_sent_twice_by_the_plain_call() {
    for failure in passing() {
        let server = failing(1, failure, r#"{"data":{"sequence_id":"7"}}"#).await;
        within(retrying(&server).add_conversation_keys(&prepared())).await.unwrap_err();
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_by_the_server_s_clock() {
    // The reset lies decades in the past of the client's clock, and two seconds after the date.
    let limited = || {
        let headers = [
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("x-rate-limit-limit", "15"),
            ("x-rate-limit-remaining", "3999"),
            ("x-rate-limit-reset", "784111778"),
        ];
        response(429, &headers, "{}")
    };
    let server = failing(1, limited(), r#"{"data":[]}"#).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let client = retrying(&server).with_observer({
        let told = Arc::clone(&told);
        move |progress| told.lock().unwrap().push(progress)
    });
    within(client.user_public_keys(&user(BOB))).await.unwrap();
    let told = told.lock().unwrap().clone();
    let operation = Operation::UserPublicKeys;
    let [sending, answered, waiting, sending_again, answered_again] = told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((sending, sending_again), (Progress::Sending { operation }, sending));
    let Progress::Answered { status, rate_limit, .. } = answered else { panic!("{told:?}") };
    assert_eq!(
        (status.as_u16(), rate_limit.limit, rate_limit.remaining),
        (429, Some(15), Some(3999))
    );
    let Progress::Waiting { attempt: 2, wait, rate_limited: true, .. } = waiting else {
        panic!("{told:?}")
    };
    assert!(wait >= Duration::from_secs(1) && wait < Duration::from_millis(1005), "{wait:?}");
    let Progress::Answered { status, .. } = answered_again else { panic!("{told:?}") };
    assert_eq!(status.as_u16(), 200);
}

#[tokio::test]
async fn a_rate_limit_that_lasts_longer_than_the_policy_is_reported_at_once() {
    let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    for (name, value) in [
        ("x-rate-limit-reset", "784112677"),   // in 15 minutes
        ("x-rate-limit-reset", "99999999999"), // in some thousand years
        ("retry-after", "900"),
        ("retry-after", "Sun, 06 Nov 1994 09:04:37 GMT"),
    ] {
        let server = failing(1, response(429, &[date, (name, value)], "{}"), "{}").await;
        let error = within(retrying(&server).user_public_keys(&user(BOB))).await.unwrap_err();
        assert!(matches!(error, Error::RateLimited(_)), "{error:?}");
        assert!(error.server_wait().unwrap() >= Duration::from_secs(900));
        assert_eq!(server.seen().len(), 1, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_reset_in_the_past_does_not_make_a_hot_loop() {
    let headers = [("x-rate-limit-reset", "1"), ("x-rate-limit-remaining", "40000")];
    let server = failing(9, response(429, &headers, "{}"), "{}").await;
    let error = within(retrying(&server).user_public_keys(&user(BOB))).await.unwrap_err();
    assert!(matches!(error, Error::RateLimited(_)), "{error:?}");
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_refused_signature_is_made_anew_once() {
    let server = failing(9, json(401, "{}"), "{}").await;
    let credentials = Credentials::oauth1(OAuth1Credentials {
        consumer_key: "consumer".into(),
        consumer_secret: "planted-consumer".into(),
        token: "token".into(),
        token_secret: "planted-token".into(),
    });
    let client = builder(&server.url()).credentials(credentials).retry(quick()).build().unwrap();
    let error = within(client.user_public_keys(&user(BOB))).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert_ne!(seen[0].header("authorization"), seen[1].header("authorization"));
}
