//! What the credentials look like on the wire.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use sealpost_transport::{Client, Credentials, OAuth1Credentials};
use support::*;

#[tokio::test]
async fn a_bearer_token_is_sent_as_it_is() {
    let server = Server::start(json(200, r#"{"data":{"sequence_id":"1"}}"#)).await;
    let client = client(&server);
    client.add_conversation_keys(&prepared()).await.unwrap();
    client.users_public_keys(&[user(BOB)]).await.unwrap_err();
    for seen in server.seen() {
        assert_eq!(seen.header("authorization"), format!("Bearer {TOKEN}"));
    }
}

const CONSUMER_SECRET: &str = "consumer&secret=";

fn oauth1(token_secret: &str) -> Credentials {
    Credentials::oauth1(OAuth1Credentials {
        consumer_key: "consumer+key/1".into(),
        consumer_secret: CONSUMER_SECRET.into(),
        token: "1-token%2B&=".into(),
        token_secret: token_secret.into(),
    })
}

fn verified(seen: &Seen, server: &Server, token_secret: &str) -> BTreeMap<String, String> {
    oauth1::verified(seen, &server.url(), CONSUMER_SECRET, token_secret)
}

fn oauth1_client(server: &Server, token_secret: &str) -> Client {
    let builder = Client::builder().base_url(&server.url());
    builder.credentials(oauth1(token_secret)).build().unwrap()
}

#[tokio::test]
async fn an_oauth1_signature_can_be_recomputed_from_the_wire() {
    // The long secret makes a key of more than one block.
    for token_secret in ["token/secret", &"long+".repeat(30)] {
        let server = Server::start(json(200, "{}")).await;
        let client = oauth1_client(&server, token_secret);
        let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        client.add_conversation_keys(&prepared()).await.unwrap_err();
        client.users_public_keys(&[user(ALICE), user(BOB)]).await.unwrap();
        client.user_public_keys(&user(BOB)).await.unwrap();
        let token = sealpost_transport::PaginationToken::new("a b+c&d=é~").unwrap();
        let query = sealpost_transport::EventsQuery::new().max_results(7).page(token);
        client.conversation_events(&direct().id(), query).await.unwrap();

        let seen = server.seen();
        assert_eq!(seen.len(), 4);
        let mut nonces = BTreeSet::new();
        for seen in &seen {
            let parameters = verified(seen, &server, token_secret);
            assert_eq!(parameters["oauth_consumer_key"], "consumer+key/1");
            assert_eq!(parameters["oauth_token"], "1-token%2B&=");
            assert_eq!(parameters["oauth_signature_method"], "HMAC-SHA1");
            assert_eq!(parameters["oauth_version"], "1.0");
            assert_eq!(parameters.len(), 6);
            let timestamp = Duration::from_secs(parameters["oauth_timestamp"].parse().unwrap());
            assert!(timestamp + SOON >= started && timestamp <= started + 5 * SOON);
            assert!(nonces.insert(parameters["oauth_nonce"].clone()), "a nonce came twice");
        }
    }
}

#[tokio::test]
async fn a_second_try_is_signed_anew() {
    let server = Server::start(json(503, "")).await;
    let (client, change) = (oauth1_client(&server, "token-secret"), prepared());
    for _ in 0..2 {
        client.add_conversation_keys(&change).await.unwrap_err();
    }
    let seen = server.seen();
    assert_eq!(seen[0].body, seen[1].body);
    let nonce = |seen: &Seen| verified(seen, &server, "token-secret")["oauth_nonce"].clone();
    assert_ne!(nonce(&seen[0]), nonce(&seen[1]));
}
