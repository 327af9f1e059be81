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

use sealpost_crypto::encoding::encode_base64;
use sealpost_transport::{Client, Credentials, OAuth1Credentials};
use sha1::{Digest as _, Sha1};
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

// OAuth 1.0a computed a second time, from the bytes on the wire and RFC 5849 alone.

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn decode(text: &str) -> String {
    let bytes = text.replace('+', " ").into_bytes();
    let mut decoded = Vec::new();
    let mut rest = bytes.as_slice();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let hex = std::str::from_utf8(&tail[..2]).unwrap();
            decoded.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &tail[2..];
        } else {
            decoded.push(*first);
        }
    }
    String::from_utf8(decoded).unwrap()
}

/// RFC 2104.
fn hmac_sha1(key: &str, message: &str) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..20].copy_from_slice(&Sha1::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key.as_bytes());
    }
    let inner = Sha1::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message);
    let outer = Sha1::new().chain_update(block.map(|byte| byte ^ 0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
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

/// The parameters of the header, once its signature has been computed again.
fn verified(seen: &Seen, origin: &str, token_secret: &str) -> BTreeMap<String, String> {
    let header = seen.header("authorization").strip_prefix("OAuth ").unwrap();
    let mut parameters: BTreeMap<String, String> = header
        .split(", ")
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            let value = value.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
            assert_eq!(encode(&decode(value)), value, "only unreserved characters are bare");
            (name.to_owned(), decode(value))
        })
        .collect();
    let signature = parameters.remove("oauth_signature").unwrap();

    let (method, target) = seen.target();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut signed: Vec<(String, String)> =
        parameters.iter().map(|(name, value)| (encode(name), encode(value))).collect();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap();
        signed.push((encode(&decode(name)), encode(&decode(value))));
    }
    signed.sort();
    let signed: Vec<String> =
        signed.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let base =
        format!("{method}&{}&{}", encode(&format!("{origin}{path}")), encode(&signed.join("&")));
    let key = format!("{}&{}", encode(CONSUMER_SECRET), encode(token_secret));
    assert_eq!(signature, encode_base64(&hmac_sha1(&key, &base)), "{base}");
    parameters
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
            let parameters = verified(seen, &server.url(), token_secret);
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
    let nonce = |seen: &Seen| verified(seen, &server.url(), "token-secret")["oauth_nonce"].clone();
    assert_ne!(nonce(&seen[0]), nonce(&seen[1]));
}
