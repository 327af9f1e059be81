//! No error shows a secret, whatever the server does with it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::time::Duration;

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::wire::MessageEvent;
use sealpost_transport::{Error, ErrorBody, EventsQuery, HttpOptions, PaginationToken, Proxy};
use support::*;

/// Everything that can be printed of an error.
fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut cause: Option<&dyn StdError> = error.source();
    while let Some(error) = cause {
        shown.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    shown
}

/// Answers that repeat the token in every place a server can repeat it in.
fn reflecting() -> Vec<Answer> {
    let problem = format!(
        r#"{{"type":"https://api.x.com/2/problems/{TOKEN}","title":"{TOKEN}","detail":"a {TOKEN} b",
            "{TOKEN}":{{"x":["{TOKEN}"]}},"status":403}}"#
    );
    let escaped: String = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let bodies = [
        problem.clone(),
        format!(r#"{{"code":1,"message":"{TOKEN}"}}"#),
        format!(r#"{{"message":"{escaped}"}}"#),
        format!(r#"{{"errors":[{problem},{{"message":"{TOKEN}"}},"{TOKEN}"]}}"#),
        format!(r#"{{"error":"{TOKEN}","error_description":"{TOKEN}"}}"#),
        format!("<html>{TOKEN}</html>"),
        format!(r#"{{"unknown":"{TOKEN}"}}"#),
    ];
    let mut answers = Vec::new();
    for status in [400, 401, 402, 403, 429, 500] {
        let challenge = format!("Bearer error=\"{TOKEN}\"");
        let headers = [
            ("www-authenticate", &*challenge),
            ("x-rate-limit-limit", TOKEN),
            ("x-transaction-id", TOKEN),
        ];
        answers.extend(bodies.iter().map(|body| response(status, &headers, body)));
    }
    answers.extend(bodies.iter().map(|body| json(200, body)));
    let location = format!("http://127.0.0.1:1/{TOKEN}?{TOKEN}#{TOKEN}");
    answers.push(response(307, &[("location", &location)], ""));
    let location = format!("https://{TOKEN}.example/");
    answers.push(response(302, &[("location", &location)], ""));
    answers.extend([
        json(200, format!(r#"{{"data":{{"sequence_id":"{TOKEN}"}}}}"#)),
        json(200, format!(r#"{{"data":{{"sequence_id":"1","conversation_id":"{TOKEN}"}}}}"#)),
        json(200, format!(r#"{{"{TOKEN}":1,"{TOKEN}":1}}"#)),
        json(200, format!("{TOKEN}{TOKEN}")),
        json(200, r#"{"data":{"sequence_id":"1","conversation_id":"g1"}}"#),
        json(200, format!(r#"{{"data":{{"encoded_message_event":"{}"}}}}"#, other_message())),
        Answer::Endless(head(200, &[]), TOKEN.repeat(1000).into_bytes()),
        Answer::Bytes(TOKEN.into()),
        Answer::Bytes(format!("HTTP/1.1 {TOKEN}\r\n{TOKEN}\r\n\r\n").into_bytes()),
        Answer::Bytes(Vec::new()),
        Answer::Stall(head(200, &[])),
        Answer::Stall(Vec::new()),
    ]);
    answers
}

/// The event of a message that nobody sent, from a token.
fn other_message() -> String {
    let event = MessageEvent {
        message_id: Some("1c8ab1f0-5b7d-4c09-9f3e-2d6a7b1c0e56"),
        sender_id: Some(TOKEN),
        ..MessageEvent::default()
    };
    encode_base64(&event.encode().unwrap())
}

#[tokio::test]
async fn no_error_shows_the_token_or_a_body_or_a_query() {
    let mut codes = BTreeSet::new();
    let mut errors = Vec::new();
    let (change, group, members) = (prepared(), prepared_group(), prepared_members());
    let page = PaginationToken::new("planted-query").unwrap();
    for answer in reflecting() {
        let server = Server::start(answer).await;
        let client = builder(&server.url())
            .response_head_timeout(Duration::from_millis(300))
            .response_body_timeout(Duration::from_millis(300))
            .max_response_body(100_000)
            .build()
            .unwrap();
        errors.push(within(client.add_conversation_keys(&change)).await.unwrap_err());
        errors.push(within(client.create_group(&group)).await.unwrap_err());
        errors.extend(within(client.send_message(&prepared_message())).await.err());
        // Some of these answers are good ones for the other calls.
        errors.extend(within(client.add_group_members(&members)).await.err());
        errors.extend(within(client.initialize_group()).await.err());
        let query = EventsQuery::new().page(page.clone());
        errors.extend(within(client.conversation_events(&direct().id(), query)).await.err());
    }
    let closed = builder("http://127.0.0.1:1").build().unwrap();
    errors.push(closed.add_conversation_keys(&change).await.unwrap_err());
    errors.push(closed.users_public_keys(&[]).await.unwrap_err());
    let tls = builder(&format!("https://{}", plain_speaker().await)).build().unwrap();
    errors.push(within(tls.add_conversation_keys(&change)).await.unwrap_err());

    for answer in [response(407, &[], TOKEN), response(403, &[], TOKEN)] {
        let server = Server::start(answer).await;
        let proxy = Proxy::new(&server.url()).unwrap();
        let proxy = proxy.basic_auth("planted-user", &"planted-password".into()).unwrap();
        let client = builder("https://api.x.com").http(HttpOptions::new().proxy(proxy)).build();
        errors.push(within(client.unwrap().add_conversation_keys(&change)).await.unwrap_err());
    }

    let body = std::str::from_utf8(change.body()).unwrap();
    let sealed = body.split("\"encrypted_conversation_key\":\"").nth(1).unwrap();
    let sealed = sealed.split('"').next().unwrap();
    for error in &errors {
        let shown = shown(error);
        for secret in [TOKEN, "planted", sealed, "encrypted_conversation_key"] {
            // A URL's host comes out in lower case.
            let shown = shown.to_lowercase();
            assert!(!shown.contains(&secret.to_lowercase()), "{secret}: {shown}");
        }
        codes.insert(error.code());
    }
    // Every variant a test can bring about: all but a failing random generator and HTTP/2's
    // refusal, which hold no text of the server's, and a sign-in, which has tests of its own.
    assert_eq!(
        codes.into_iter().collect::<Vec<_>>(),
        [
            "transport.accepted_with_errors",
            "transport.argument.user_count",
            "transport.body_too_large",
            "transport.connect",
            "transport.conversation_id_mismatch",
            "transport.forbidden",
            "transport.interrupted",
            "transport.malformed_response",
            "transport.message_id_mismatch",
            "transport.no_tunnel",
            "transport.proxy_authentication",
            "transport.quota_exhausted",
            "transport.rate_limited",
            "transport.redirected",
            "transport.refused",
            "transport.timeout",
            "transport.tls",
            "transport.unauthorized",
        ]
    );
}

#[tokio::test]
async fn a_token_across_a_border_is_blotted_out_before_the_cut() {
    // Both are cut after 512 characters.
    for before in 490..520 {
        let text = format!("{}{TOKEN}", "x".repeat(before));
        let answer = response(400, &[("www-authenticate", &*text)], &text);
        let server = Server::start(answer).await;
        // The limit is for successes: it must not cut a failure within the token either.
        let client = builder(&server.url()).max_response_body(before + 4).build().unwrap();
        let error = client.add_conversation_keys(&prepared()).await.unwrap_err();
        let Error::Refused(rejection) = error else { panic!("{error:?}") };
        let ErrorBody::Unrecognized(raw) = rejection.body() else { panic!("{rejection:?}") };
        for kept in [rejection.challenge().unwrap(), raw.as_str()] {
            assert!(kept.starts_with(&"x".repeat(490)) && kept.len() <= 512, "{before}: {kept}");
            let rest = kept.trim_start_matches('x');
            assert!("[redacted]".starts_with(rest), "{before}: {rest}");
        }
    }
}

#[tokio::test]
async fn the_other_printable_types_show_no_secret() {
    let server = Server::start(json(200, "{}")).await;
    let builder = builder(&server.url());
    let client = builder.clone().build().unwrap();
    let shown = format!("{builder:?} {builder:#?} {client:?} {client:#?}");
    assert!(!shown.contains(TOKEN), "{shown}");
    assert!(shown.contains("Credentials(bearer)"), "{shown}");
}
