//! A refresh that fails, or whose outcome nobody knows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use sealpost_transport::*;
use support::oauth2::*;
use support::*;

/// Answers after which nobody knows whether the refresh token was used up.
fn lost_answers() -> Vec<Answer> {
    vec![
        Answer::Bytes(Vec::new()),
        Answer::Bytes(head(200, &[("content-length", "100")])),
        json(500, ""),
        json(503, ""),
        json(200, "{}"),
        json(200, "<html>"),
        response(302, &[("location", "http://127.0.0.1:1/")], ""),
    ]
}

#[tokio::test]
async fn after_a_lost_answer_the_old_token_is_tried_before_the_refresh_is_sent_again() {
    let mut checked = 0;
    for answer in lost_answers() {
        let good = Arc::new(AtomicBool::new(true));
        let still_good = Arc::clone(&good);
        let accepts = move |token: &str| {
            token == "access-2" || token == "access-1" && still_good.load(Ordering::SeqCst)
        };
        let tokens = move |n| if n < 2 { answer.clone() } else { granted(2) };
        let server = server(tokens, accepts).await;
        // Expired by our clock, which may be wrong.
        let store = Store::with(Some(pair(1, -1)));
        let client = session_client(&server, store.clone());
        for _ in 0..2 {
            call(&client).await.unwrap();
        }
        assert_eq!(sent(&server), (vec!["refresh-1".into()], vec!["access-1".into(); 2]));
        // The server refuses the old token: nothing is at stake any more.
        good.store(false, Ordering::SeqCst);
        let error = oauth2(call(&client).await.unwrap_err());
        assert!(matches!(error, OAuth2Error::RefreshOutcomeUnknown), "{error:?}");
        assert!(error.is_retryable() && !error.needs_sign_in());
        call(&client).await.unwrap();
        let (refreshes, calls) = sent(&server);
        assert_eq!(refreshes, ["refresh-1"; 3]);
        assert_eq!(calls, ["access-1", "access-1", "access-1", "access-1", "access-2"]);
        assert_eq!(store.saves(), ["access-1, begun", "access-2"]);
        checked += 1;
    }
    assert_eq!(checked, 7);
}

#[tokio::test]
async fn a_doubt_ends_with_the_server_s_word_or_with_a_new_sign_in() {
    let invalid = || json(400, r#"{"error":"invalid_grant"}"#);
    let tokens = move |n| if n == 0 { json(500, "") } else { invalid() };
    let server = server(tokens, |token| token == "access-9").await;
    let store = Store::with(Some(pair(1, -1)));
    let client = session_client(&server, store.clone());
    let error = oauth2(call(&client).await.unwrap_err());
    assert!(matches!(error, OAuth2Error::GrantRefused(_)), "{error:?}");
    let error = oauth2(call(&client).await.unwrap_err());
    assert!(matches!(error, OAuth2Error::SignInEnded), "{error:?}");
    assert_eq!(sent(&server), (vec!["refresh-1".into(); 2], vec!["access-1".into()]));
    // A new sign-in, put into the store by whoever.
    *store.pair.lock().unwrap() = Some(pair(9, 3600));
    call(&client).await.unwrap();
    assert_eq!(sent(&server).1.last().unwrap(), "access-9");
}

#[tokio::test]
async fn a_doubt_outlives_a_refusal_that_says_nothing_of_it() {
    let tokens = |n| match n {
        0 => json(500, ""),
        1 => json(429, ""),
        _ => granted(2),
    };
    let server = server(tokens, |token| token == "access-2").await;
    let store = Store::with(Some(pair(1, -1)));
    let client = session_client(&server, store.clone());
    let error = oauth2(call(&client).await.unwrap_err());
    assert!(matches!(error, OAuth2Error::Request(_)), "{error:?}");
    assert!(store.pair.lock().unwrap().as_ref().unwrap().refresh_begun());
    call(&client).await.unwrap();
    // The old token went first each time.
    let (refreshes, calls) = sent(&server);
    assert_eq!(refreshes, ["refresh-1"; 3]);
    assert_eq!(calls, ["access-1", "access-1", "access-2"]);
}

#[tokio::test]
async fn a_process_that_dies_in_the_middle_of_a_refresh_leaves_a_mark() {
    let tokens = |n| if n == 0 { Answer::Stall(Vec::new()) } else { granted(2) };
    let server = server(tokens, |token| token == "access-2").await;
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("refresh-begun-{}.json", std::process::id()));
    FileTokenStore::new(&path).save(&pair(1, -1)).await.unwrap();

    let process = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let client = session_client(&server, FileTokenStore::new(&path));
    process.spawn(async move { call(&client).await });
    while sent(&server).0.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.shutdown_background();
    let saved = FileTokenStore::new(&path).load().await.unwrap().unwrap();
    assert!(saved.refresh_begun());

    call(&session_client(&server, FileTokenStore::new(&path))).await.unwrap();
    let (refreshes, calls) = sent(&server);
    assert_eq!(refreshes, ["refresh-1", "refresh-1"]);
    assert_eq!(calls, ["access-1", "access-2"], "the old token went first");
    assert!(!FileTokenStore::new(&path).load().await.unwrap().unwrap().refresh_begun());
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_lost_answer_after_a_401_asks_to_sign_in() {
    let server = server(|_| Answer::Bytes(Vec::new()), |_| false).await;
    let error = call(&session_client(&server, Store::with(Some(pair(1, 3600))))).await.unwrap_err();
    assert!(matches!(oauth2(error), OAuth2Error::RefreshOutcomeUnknown));
    assert_eq!(sent(&server), (vec!["refresh-1".into()], vec!["access-1".into()]));
}

#[tokio::test]
async fn a_refresh_that_was_not_carried_out_may_be_tried_again() {
    for refusal in [json(429, ""), json(400, r#"{"error":"invalid_client"}"#)] {
        let tokens = move |n| if n == 0 { refusal.clone() } else { granted(2) };
        let server = server(tokens, |token| token == "access-2").await;
        let store = Store::with(Some(pair(1, -1)));
        let client = session_client(&server, store.clone());
        let error = oauth2(call(&client).await.unwrap_err());
        assert!(matches!(error, OAuth2Error::Request(_)), "{error:?}");
        assert_eq!(store.saves(), ["access-1, begun", "access-1"], "the mark is taken back");
        call(&client).await.unwrap();
        assert_eq!(sent(&server), (vec!["refresh-1".into(); 2], vec!["access-2".into()]));
    }
}

#[tokio::test]
async fn a_failed_early_refresh_does_not_waste_the_last_minute() {
    for refusal in [json(429, ""), json(400, r#"{"error":"invalid_grant"}"#)] {
        let server = server(move |_| refusal.clone(), |_| true).await;
        call(&session_client(&server, Store::with(Some(pair(1, 30))))).await.unwrap();
        assert_eq!(sent(&server), (vec!["refresh-1".into()], vec!["access-1".into()]));
    }
}

#[tokio::test]
async fn a_refused_refresh_token_is_not_sent_again() {
    let server = server(|_| json(400, r#"{"error":"invalid_grant"}"#), |_| false).await;
    let client = session_client(&server, Store::with(Some(pair(1, -1))));
    let first = oauth2(call(&client).await.unwrap_err());
    assert!(matches!(first, OAuth2Error::GrantRefused(_)), "{first:?}");
    let second = oauth2(call(&client).await.unwrap_err());
    assert!(matches!(second, OAuth2Error::SignInEnded), "{second:?}");
    assert!(first.needs_sign_in() && second.needs_sign_in());
    assert_eq!(sent(&server), (vec!["refresh-1".into()], vec![]));
}

#[tokio::test]
async fn without_a_refresh_token_the_sign_in_ends_with_the_access_token() {
    let server = server(|_| granted(2), |token| token == "access-1").await;
    let short = |token: &str, seconds: u64| {
        let expires_at = SystemTime::now() + Duration::from_secs(seconds);
        Store::with(Some(TokenPair::new(token.into(), None, expires_at, []).unwrap()))
    };
    call(&session_client(&server, short("planted-access-1", 30))).await.unwrap();
    for store in [short("planted-access-1", 0), short("planted-access-0", 3600)] {
        let error = oauth2(call(&session_client(&server, store)).await.unwrap_err());
        assert!(matches!(error, OAuth2Error::NoRefreshToken), "{error:?}");
        assert!(error.to_string().contains("offline.access"), "{error}");
    }
    assert!(sent(&server).0.is_empty());
}
