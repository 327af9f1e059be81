//! A `reqwest::Client` of the caller's: what holds with it, too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use sealpost_transport::*;
use support::tls::{Authority, HERE, careless};
use support::*;

fn own(server: &Server) -> Client {
    builder(&server.url()).http(careless(&[]).build().unwrap()).build().unwrap()
}

fn accepted() -> Answer {
    json(200, r#"{"data":{"sequence_id":"42"}}"#)
}

#[tokio::test]
async fn requests_go_out_through_it() {
    let server = Server::start(accepted()).await;
    let mut headers = HeaderMap::new();
    headers.insert("x-mine", HeaderValue::from_static("1"));
    let http = careless(&[]).default_headers(headers).user_agent("mine/1").build().unwrap();
    let client = builder(&server.url()).http(http.clone()).build().unwrap();
    within(client.add_conversation_keys(&prepared())).await.unwrap();
    let seen = server.only();
    assert_eq!((seen.header("x-mine"), seen.header("user-agent")), ("1", "mine/1"));
    assert_eq!(seen.header("authorization"), format!("Bearer {TOKEN}"));
    assert_eq!(seen.header("content-length"), seen.body.len().to_string());

    let app = OAuth2App::public("client").token_url(&format!("{}/token", server.url()));
    let app = app.http(http.clone()).build().unwrap();
    within(app.refresh(&oauth2::pair(1, 60))).await.unwrap_err();
    let app = OAuth1App::builder("key".into(), "secret".into()).base_url(&server.url());
    within(app.http(http).build().unwrap().request_token(None)).await.unwrap_err();
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|seen| seen.header("x-mine") == "1"));
}

#[tokio::test]
async fn its_trust_is_its_own() {
    let authority = Authority::new();
    let server = Server::secure(authority.certify(&HERE).server(&["h2"]), accepted()).await;
    let error = within(own(&server).add_conversation_keys(&prepared())).await.unwrap_err();
    assert_eq!(error.code(), "transport.tls", "{error:?}");
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_base_url_must_be_fit_for_credentials_all_the_same() {
    let client = builder("http://api.x.com").http(careless(&[]).build().unwrap());
    assert_eq!(client.build().unwrap_err().code(), "transport.build.base_url");
}

/// Two servers, the first of which sends everybody to the second.
async fn two_servers(status: u16) -> (Server, Server) {
    let other = Server::start(accepted()).await;
    let target = format!("{}/2/elsewhere?a=b", other.url());
    (Server::start(response(status, &[("location", &target)], "")).await, other)
}

#[tokio::test]
async fn a_body_is_not_sent_on_by_a_client_that_follows_redirects() {
    let change = prepared();
    for status in [307, 308] {
        let (first, other) = two_servers(status).await;
        let error = within(own(&first).add_conversation_keys(&change)).await.unwrap_err();
        assert!(!error.is_retryable() && !error.may_have_been_applied());
        let Error::Redirected { target_origin, context } = error else { panic!("{error:?}") };
        assert_eq!(target_origin, Some(other.url()));
        assert_eq!(context.status().unwrap().as_u16(), status);
        assert_eq!((first.seen().len(), other.connections()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn an_answer_from_elsewhere_is_no_answer_and_has_seen_no_secret() {
    let change = prepared();
    for status in [301, 302, 303] {
        let (first, other) = two_servers(status).await;
        let error = within(own(&first).add_conversation_keys(&change)).await.unwrap_err();
        assert!(!error.is_retryable() && error.may_have_been_applied(), "{status}");
        let Error::Redirected { target_origin, context } = error else { panic!("{error:?}") };
        assert_eq!(target_origin, Some(other.url()));
        assert_eq!(context.status().unwrap().as_u16(), 200);
        assert!(context.url().starts_with(&first.url()));
        let seen = other.only();
        assert_eq!(seen.target().0, "GET");
        assert!(seen.body.is_empty() && seen.all("authorization").is_empty(), "{}", seen.head);
    }
    // Reads are sent on by every one of them.
    for status in [301, 302, 303, 307, 308] {
        let (first, other) = two_servers(status).await;
        let error = within(own(&first).user_public_keys(&user(BOB))).await.unwrap_err();
        assert_eq!(error.code(), "transport.redirected", "{status}: {error:?}");
        assert!(!error.may_have_been_applied());
        assert!(other.only().all("authorization").is_empty());
        assert!(!other.only().head.contains(TOKEN));
    }
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_none_the_less_one() {
    let server = Server::scripted(|index, seen| match index {
        0 => response(302, &[("location", &format!("{}?again", seen.target().1))], ""),
        _ => accepted(),
    })
    .await;
    let error = within(own(&server).user_public_keys(&user(BOB))).await.unwrap_err();
    assert_eq!(error.code(), "transport.redirected", "{error:?}");
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let server = Server::start(response(302, &[("location", "/2/again")], "")).await;
    let error = within(own(&server).add_conversation_keys(&prepared())).await.unwrap_err();
    assert_eq!(error.code(), "transport.redirected", "{error:?}");
    assert!(error.may_have_been_applied() && !error.is_retryable());
}

#[tokio::test]
async fn secrets_of_a_sign_in_are_not_sent_on_either() {
    for status in [307, 308] {
        let (first, other) = two_servers(status).await;
        let app = OAuth2App::confidential("client", "planted-secret".into());
        let app = app.token_url(&format!("{}/token", first.url()));
        let app = app.http(careless(&[]).build().unwrap()).build().unwrap();
        let error = within(app.refresh(&oauth2::pair(1, 60))).await.unwrap_err();
        let OAuth2Error::Request(error) = error else { panic!("{error:?}") };
        assert_eq!(error.code(), "transport.redirected");
        assert_eq!(other.connections(), 0);
    }
}

#[tokio::test]
async fn its_own_retries_send_no_body_again() {
    let server = Server::start(json(503, "{}")).await;
    let again = reqwest::retry::for_host("127.0.0.1")
        .no_budget()
        .max_retries_per_request(2)
        .classify_fn(|attempt| match attempt.status() {
            Some(reqwest::StatusCode::SERVICE_UNAVAILABLE) => attempt.retryable(),
            _ => attempt.success(),
        });
    let http = careless(&[]).retry(again).build().unwrap();
    let client = builder(&server.url()).http(http).build().unwrap();
    within(client.add_conversation_keys(&prepared())).await.unwrap_err();
    assert_eq!(server.seen().len(), 1);
    // The policy is in force: a read is sent again.
    within(client.user_public_keys(&user(BOB))).await.unwrap_err();
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn the_limits_of_this_crate_hold() {
    let silent = Server::start(Answer::Stall(Vec::new())).await;
    let http = careless(&[]).build().unwrap();
    let client =
        builder(&silent.url()).http(http).response_head_timeout(Duration::from_millis(200));
    let client = client.build().unwrap();
    let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
    let Error::Timeout { phase, .. } = error else { panic!("{error:?}") };
    assert_eq!(phase, TimeoutPhase::ResponseHead);

    let endless = Server::start(Answer::Endless(head(200, &[]), vec![b' '; 65536])).await;
    let error = within(own(&endless).add_conversation_keys(&prepared())).await.unwrap_err();
    assert_eq!(error.code(), "transport.body_too_large");
}

#[tokio::test]
async fn a_limit_of_its_own_ends_a_call_as_a_lost_connection() {
    for answer in [Answer::Stall(Vec::new()), Answer::Stall(head(200, &[]))] {
        let silent = Server::start(answer).await;
        let http = careless(&[]).timeout(Duration::from_millis(200)).build().unwrap();
        let client = builder(&silent.url()).http(http).build().unwrap();
        let error = within(client.add_conversation_keys(&prepared())).await.unwrap_err();
        assert_eq!(error.code(), "transport.interrupted", "{error:?}");
        assert!(error.may_have_been_applied());
    }
}
