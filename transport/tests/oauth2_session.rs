//! A sign-in that renews itself: once, saved before it is used, and never blindly again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sealpost_transport::*;
use support::oauth2::*;
use support::*;

#[tokio::test]
async fn a_fresh_token_is_used_as_it_is() {
    let server = server(|_| granted(2), |_| true).await;
    let client = session_client(&server, Store::with(Some(pair(1, 90))));
    for _ in 0..3 {
        call(&client).await.unwrap();
    }
    assert_eq!(sent(&server), (vec![], vec!["access-1".into(); 3]));
}

#[tokio::test]
async fn a_token_in_its_last_minute_is_renewed_and_saved_first() {
    for seconds in [59, 1, 0, -1, -1_000_000] {
        let server = server(|_| granted(2), |token| token == "access-2").await;
        let store = Store::with(Some(pair(1, seconds)));
        let client = session_client(&server, store.clone());
        call(&client).await.unwrap();
        call(&client).await.unwrap();
        let expected = (vec!["refresh-1".into()], vec!["access-2".into(); 2]);
        assert_eq!(sent(&server), expected, "{seconds}");
        assert_eq!(store.access(), "planted-access-2");
        assert_eq!(store.saves(), ["access-1, begun", "access-2"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_calls_share_one_refresh() {
    // Once because of the clock, once because of the server.
    for seconds in [-1, 3600] {
        let server = server(
            |_| {
                let Answer::Bytes(bytes) = granted(2) else { unreachable!() };
                Answer::Late(Duration::from_millis(100), bytes)
            },
            |token| token == "access-2",
        )
        .await;
        let store = Store::with(Some(pair(1, seconds)));
        let client = session_client(&server, store.clone());
        let calls: Vec<_> = (0..50)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { call(&client).await })
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let (refreshes, calls) = sent(&server);
        assert_eq!(refreshes, ["refresh-1"]);
        assert_eq!(calls.iter().filter(|token| *token == "access-2").count(), 50);
        assert_eq!(store.saves(), ["access-1, begun", "access-2"]);
    }
}

#[tokio::test]
async fn a_401_is_answered_with_one_refresh_and_one_resend() {
    let server = server(|_| granted(2), |token| token == "access-2").await;
    let client = session_client(&server, Store::with(Some(pair(1, 3600))));
    call(&client).await.unwrap();
    let expected = (vec!["refresh-1".into()], vec!["access-1".into(), "access-2".into()]);
    assert_eq!(sent(&server), expected);
}

#[tokio::test]
async fn the_resend_has_the_same_bytes() {
    let server = Server::scripted(|_, seen| {
        if is_refresh(seen) {
            granted(2)
        } else if seen.header("authorization").ends_with("access-2") {
            json(200, r#"{"data":{"sequence_id":"1"}}"#)
        } else {
            json(401, "{}")
        }
    })
    .await;
    let change = prepared();
    session_client(&server, Store::with(Some(pair(1, 3600))))
        .add_conversation_keys(&change)
        .await
        .unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert_eq!((&*seen[0].body, &*seen[2].body), (change.body(), change.body()));
}

#[tokio::test]
async fn a_second_401_is_the_end() {
    let server = server(|_| granted(2), |_| false).await;
    let error = call(&session_client(&server, Store::with(Some(pair(1, 3600))))).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    let expected = (vec!["refresh-1".into()], vec!["access-1".into(), "access-2".into()]);
    assert_eq!(sent(&server), expected);
}

#[tokio::test]
async fn a_pair_that_cannot_be_saved_is_not_used() {
    let store = Store::with(Some(pair(1, -1)));
    let disk = Arc::clone(&store.broken);
    let fills_up = move |_| {
        disk.store(true, Ordering::SeqCst);
        granted(2)
    };
    let server = server(fills_up, |token| token == "access-2").await;
    let client = session_client(&server, store.clone());
    for _ in 0..3 {
        let error = oauth2(call(&client).await.unwrap_err());
        assert!(matches!(error, OAuth2Error::Store(_)), "{error:?}");
        assert!(error.to_string().contains("the disk is full"), "{error}");
        assert!(error.is_retryable() && !error.needs_sign_in());
    }
    assert_eq!(store.access(), "planted-access-1");
    // One refresh, and not a call.
    assert_eq!(sent(&server), (vec!["refresh-1".into()], vec![]));
    // It was not lost: once the store works it is saved, and then used.
    store.broken.store(false, Ordering::SeqCst);
    call(&client).await.unwrap();
    assert_eq!(store.access(), "planted-access-2");
    assert_eq!(sent(&server), (vec!["refresh-1".into()], vec!["access-2".into()]));
}

#[tokio::test]
async fn no_refresh_is_sent_that_the_store_does_not_know_of() {
    let server = server(|_| granted(2), |token| token == "access-2").await;
    let store = Store::with(Some(pair(1, -1)));
    let client = session_client(&server, store.clone());
    store.broken.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let error = oauth2(call(&client).await.unwrap_err());
        assert!(matches!(error, OAuth2Error::Store(_)), "{error:?}");
    }
    assert_eq!(sent(&server), (vec![], vec![]));
    store.broken.store(false, Ordering::SeqCst);
    call(&client).await.unwrap();
    assert_eq!(store.saves(), ["access-1, begun", "access-2"]);
}

#[tokio::test]
async fn a_call_whose_scopes_were_not_granted_is_not_sent() {
    let server = server(|_| granted(2), |_| true).await;
    for seconds in [3600, -1] {
        let pair = TokenPair::new(
            "planted-access-1".into(),
            Some("planted-refresh-1".into()),
            expiry(seconds),
            [Scope::DmRead, Scope::TweetRead, Scope::OfflineAccess],
        );
        let client = session_client(&server, Store::with(Some(pair.unwrap())));
        let error = within(client.user_public_keys(&user(BOB))).await.unwrap_err();
        let Error::MissingScopes { operation, missing } = &error else { panic!("{error:?}") };
        assert_eq!(*operation, Operation::UserPublicKeys);
        assert_eq!(missing.scopes(), [Scope::UsersRead]);
        assert_eq!(error.code(), "transport.missing_scopes");
        assert!(!error.is_retryable() && !error.may_have_been_applied());
        let said = error.to_string();
        assert!(said.starts_with("public keys of a user: the sign-in does not cover users.read"));
        let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
        assert!(error.to_string().contains("does not cover dm.write, users.read;"), "{error}");
        let error = within(client.initialize_group()).await.unwrap_err();
        assert!(error.to_string().contains("does not cover dm.write;"), "{error}");
    }
    assert_eq!(sent(&server), (vec![], vec![]), "neither a call nor a refresh");
}

#[tokio::test]
async fn a_refresh_that_grants_less_is_noticed() {
    let narrow = |_| {
        json(
            200,
            r#"{"token_type":"bearer","access_token":"planted-access-2","scope":"dm.read tweet.read"}"#,
        )
    };
    // By the clock, and by the server's word.
    for seconds in [-1, 3600] {
        let server = server(narrow, |_| false).await;
        let store = Store::with(Some(pair(1, seconds)));
        let client = session_client(&server, store.clone());
        let error = call(&client).await.unwrap_err();
        assert_eq!(error.code(), "transport.missing_scopes", "{error:?}");
        assert_eq!(store.access(), "planted-access-2", "it is kept all the same");
        assert!(!sent(&server).1.contains(&"access-2".to_owned()));
    }
}

#[tokio::test]
async fn a_store_that_is_shared_knows_when_a_refresh_begins_and_ends() {
    // A good answer, and one that leaves the old token in use.
    for answer in [200, 503] {
        // That a refresh is under way is saved before it is sent.
        let mut calls = vec!["begin", "load", "save"];
        if answer == 200 {
            calls.push("save");
        }
        calls.push("end");
        let server =
            server(move |_| if answer == 200 { granted(2) } else { json(answer, "{}") }, |_| true)
                .await;
        let store = Store::with(Some(pair(1, 30)));
        call(&session_client(&server, store.clone())).await.unwrap();
        assert_eq!(*store.calls.lock().unwrap(), calls);
    }
    let server = server(|_| granted(2), |_| true).await;
    let store = Store::default();
    assert!(call(&session_client(&server, store.clone())).await.is_err());
    assert_eq!(*store.calls.lock().unwrap(), ["begin", "load", "end"]);
}

#[tokio::test]
async fn a_caller_that_leaves_loses_nothing() {
    let server = server(
        |_| {
            let Answer::Bytes(bytes) = granted(2) else { unreachable!() };
            Answer::Late(Duration::from_millis(200), bytes)
        },
        |token| token == "access-2",
    )
    .await;
    let store = Store::with(Some(pair(1, -1)));
    let client = session_client(&server, store.clone());
    let abandoned = tokio::time::timeout(Duration::from_millis(50), call(&client)).await;
    assert!(abandoned.is_err());
    // The next one waits for the refresh that is under way.
    call(&client).await.unwrap();
    assert_eq!(store.access(), "planted-access-2");
    assert_eq!(sent(&server), (vec!["refresh-1".into()], vec!["access-2".into()]));
}

#[tokio::test]
async fn an_empty_store_says_so_until_somebody_signs_in() {
    let server = server(|_| granted(2), |_| true).await;
    let app = OAuth2App::public("client-1").build().unwrap();
    let store = Store::default();
    let session = OAuth2Session::new(app, store.clone());
    let builder = Client::builder().base_url(&server.url());
    let client = builder.credentials(Credentials::oauth2(session.clone())).build().unwrap();
    let error = oauth2(call(&client).await.unwrap_err());
    assert!(matches!(error, OAuth2Error::SignedOut), "{error:?}");
    assert_eq!(error.code(), "transport.oauth2.signed_out");

    store.broken.store(true, Ordering::SeqCst);
    let error = session.sign_in(pair(5, 3600)).await.unwrap_err();
    assert!(matches!(error, OAuth2Error::Store(_)), "{error:?}");
    store.broken.store(false, Ordering::SeqCst);
    session.sign_in(pair(6, 3600)).await.unwrap();
    call(&client).await.unwrap();
    assert_eq!(store.access(), "planted-access-6");
    assert_eq!(sent(&server), (vec![], vec!["access-6".into()]));
    let shown = format!("{client:?} {session:?} {session:#?}");
    assert!(!shown.contains("planted") && shown.contains("Credentials(oauth2)"), "{shown}");
}

#[tokio::test]
async fn tokens_of_another_session_are_taken_over_from_the_store() {
    let server = server(|_| granted(2), |token| token == "access-8").await;
    let store = Store::with(Some(pair(1, 3600)));
    let client = session_client(&server, store.clone());
    call(&client).await.unwrap_err();
    assert_eq!(sent(&server).0.len(), 1);
    *store.pair.lock().unwrap() = Some(pair(8, 3600));
    call(&client).await.unwrap();
    assert_eq!(sent(&server).0.len(), 1, "no refresh was needed");
}

#[tokio::test]
async fn an_error_of_the_server_does_not_repeat_the_access_token() {
    let server = Server::scripted(|_, seen| {
        if is_refresh(seen) {
            granted(2)
        } else {
            json(403, format!(r#"{{"message":"{}"}}"#, seen.header("authorization")))
        }
    })
    .await;
    let error = call(&session_client(&server, Store::with(Some(pair(1, -1))))).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("Bearer [redacted]") && !shown.contains("planted"), "{shown}");
}
