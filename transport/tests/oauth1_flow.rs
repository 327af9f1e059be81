//! The three-legged sign-in of OAuth 1.0a.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_transport::*;
use support::*;

const CONSUMER_SECRET: &str = "planted-consumer-secret";
const REQUEST: &str = "oauth_token=planted-request%2B1&oauth_token_secret=planted-request-secret&\
                       oauth_callback_confirmed=true";
const ACCESS: &str = "oauth_token=12-planted-access&oauth_token_secret=planted-access-secret&\
                      user_id=12&screen_name=x";

fn app(server: &Server) -> OAuth1App {
    let (key, secret) = ("planted-consumer-key".into(), CONSUMER_SECRET.into());
    OAuth1App::builder(key, secret).base_url(&server.url()).build().unwrap()
}

fn callback() -> RedirectUri {
    RedirectUri::new("https://app.example/back").unwrap()
}

/// A server of all three steps.
async fn server() -> Server {
    Server::scripted(|_, seen| match seen.target() {
        ("POST", "/oauth/request_token") => response(200, &[], REQUEST),
        ("POST", "/oauth/access_token") => response(200, &[], ACCESS),
        _ => json(200, r#"{"data":[]}"#),
    })
    .await
}

fn returned(query: &str) -> url::Url {
    url::Url::parse(&format!("https://app.example/back?{query}")).unwrap()
}

#[tokio::test]
async fn every_step_is_signed_with_the_secret_of_its_own_token() {
    let server = server().await;
    let app = app(&server);
    let request = app.request_token(Some(&callback())).await.unwrap();
    assert_eq!(request.url(), "https://x.com/oauth/authorize?oauth_token=planted-request%2B1");
    let answer = returned("oauth_token=planted-request%2B1&oauth_verifier=planted%2Fverifier");
    let verifier = request.read_answer(&answer).unwrap();
    let shown = format!("{app:?} {request:?} {verifier:?}");
    assert!(!shown.contains("planted"), "{shown}");
    let credentials = app.access_token(request, &verifier).await.unwrap();
    assert_eq!(credentials.token.expose_secret(), "12-planted-access");
    let builder = Client::builder().base_url(&server.url());
    let client = builder.credentials(Credentials::oauth1(credentials)).build().unwrap();
    client.user_public_keys(&user(BOB)).await.unwrap();

    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    let steps = [
        ("", None, Some(("oauth_callback", "https://app.example/back"))),
        (
            "planted-request-secret",
            Some("planted-request+1"),
            Some(("oauth_verifier", "planted/verifier")),
        ),
        ("planted-access-secret", Some("12-planted-access"), None),
    ];
    for (seen, (token_secret, token, step)) in seen.iter().zip(steps) {
        let signed = oauth1::verified(seen, &server.url(), CONSUMER_SECRET, token_secret);
        assert_eq!(signed.get("oauth_token").map(String::as_str), token);
        assert_eq!(signed["oauth_consumer_key"], "planted-consumer-key");
        if let Some((name, value)) = step {
            assert_eq!(signed[name], value);
        }
        let expected = 5 + usize::from(token.is_some()) + usize::from(step.is_some());
        assert_eq!(signed.len(), expected);
        assert!(seen.body.is_empty());
    }
}

#[tokio::test]
async fn without_a_callback_the_user_types_a_number() {
    let server = server().await;
    let request = app(&server).request_token(None).await.unwrap();
    let signed = oauth1::verified(&server.only(), &server.url(), CONSUMER_SECRET, "");
    assert_eq!(signed["oauth_callback"], "oob");
    let verifier = OAuth1Verifier::new("1234567".into()).unwrap();
    app(&server).access_token(request, &verifier).await.unwrap();
    for text in ["", "123 4567", "1\n"] {
        assert!(OAuth1Verifier::new(text.into()).is_err(), "{text}");
    }
}

#[tokio::test]
async fn an_answer_for_another_sign_in_is_refused() {
    let server = server().await;
    let request = app(&server).request_token(Some(&callback())).await.unwrap();
    let ours = "oauth_token=planted-request%2B1";
    let mut checked = 0;
    for (query, code) in [
        ("".into(), "wrong_state"),
        ("oauth_verifier=v".into(), "wrong_state"),
        ("oauth_token=other&oauth_verifier=v".into(), "wrong_state"),
        (format!("{ours}&{ours}&oauth_verifier=v"), "wrong_state"),
        ("denied=other".into(), "wrong_state"),
        ("denied=planted-request%2B1".into(), "denied"),
        (ours.into(), "missing_code"),
        (format!("{ours}&oauth_verifier="), "missing_code"),
        (format!("{ours}&oauth_verifier=a&oauth_verifier=b"), "missing_code"),
    ] {
        let error = request.read_answer(&returned(&query)).unwrap_err();
        assert_eq!(error.code(), format!("transport.oauth2.callback.{code}"), "{query}");
        checked += 1;
    }
    assert_eq!(checked, 9);
}

async fn refused(answer: Answer) -> Error {
    let server = Server::start(answer).await;
    let error = within(app(&server).request_token(Some(&callback()))).await.unwrap_err();
    let shown = format!("{error} {error:?} {error:#?}");
    assert!(!shown.contains("planted"), "{shown}");
    error
}

#[tokio::test]
async fn bad_answers_are_typed_and_show_nothing() {
    let mut malformed = 0;
    for (body, field) in [
        ("", "oauth_callback_confirmed"),
        ("<html>planted</html>", "oauth_callback_confirmed"),
        ("oauth_token=planted&oauth_token_secret=planted", "oauth_callback_confirmed"),
        ("oauth_token=planted&oauth_callback_confirmed=false", "oauth_callback_confirmed"),
        ("oauth_token=planted&oauth_callback_confirmed=true", "oauth_token_secret"),
        ("oauth_token=&oauth_token_secret=b&oauth_callback_confirmed=true", "oauth_token"),
        ("oauth_token=a%0Ab&oauth_token_secret=b&oauth_callback_confirmed=true", "oauth_token"),
        ("oauth_token=a&oauth_token=b&oauth_callback_confirmed=true", "oauth_token"),
    ] {
        let error = refused(response(200, &[], body)).await;
        let Error::MalformedResponse { field: named, .. } = error else { panic!("{error:?}") };
        assert_eq!(named, field, "{body}");
        malformed += 1;
    }
    assert_eq!(malformed, 8);
    let repeated = format!("planted-consumer-key {CONSUMER_SECRET}");
    let challenge = [("www-authenticate", &*repeated)];
    let error = refused(response(401, &challenge, format!(r#"{{"message":"{repeated}"}}"#))).await;
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
    let location = [("location", "http://127.0.0.1:1/")];
    assert_eq!(refused(response(302, &location, "")).await.code(), "transport.redirected");
    let endless = Answer::Endless(head(200, &[]), vec![b'a'; 4096]);
    assert_eq!(refused(endless).await.code(), "transport.body_too_large");
}

#[test]
fn settings_that_cannot_be_used_are_refused() {
    let at = |key: &str, secret: &str, base: &str, page: &str| {
        let app = OAuth1App::builder(key.into(), secret.into());
        app.base_url(base).authorize_url(page).build().map(drop).unwrap_err().code()
    };
    let (base, page) = ("https://api.x.com", "https://x.com/oauth/authorize");
    assert_eq!(at("", "s", base, page), "transport.build.credentials");
    assert_eq!(at("k", "s\n", base, page), "transport.build.credentials");
    assert_eq!(at("k", "s", "http://api.x.com", page), "transport.build.base_url");
    assert_eq!(at("k", "s", base, "http://x.com/oauth/authorize"), "transport.build.base_url");
    assert!(OAuth1App::new("k".into(), "s".into()).is_ok());
}
