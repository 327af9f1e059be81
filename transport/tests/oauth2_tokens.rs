//! Exchange, refresh and revoke, as they look on the wire, and what goes wrong with them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::time::{Duration, SystemTime};

use sealpost_transport::*;
use support::*;

const CODE: &str = "planted-code+/=&1";
const CLIENT_SECRET: &str = "planted-client-secret";
const ACCESS: &str = "planted-access-1";
const REFRESH: &str = "planted-refresh-1";

fn public(server: &Server) -> OAuth2App {
    let url = format!("{}/2/oauth2/token", server.url());
    let builder = OAuth2App::public("client-1").token_url(&url);
    builder.revoke_url(&format!("{}/2/oauth2/revoke", server.url())).build().unwrap()
}

fn confidential(server: &Server) -> OAuth2App {
    let builder = OAuth2App::confidential("client-1", CLIENT_SECRET.into());
    builder.token_url(&format!("{}/2/oauth2/token", server.url())).build().unwrap()
}

fn authorization(app: &OAuth2App) -> Authorization {
    let redirect_uri = RedirectUri::new("http://127.0.0.1:8080/callback").unwrap();
    app.authorize(&redirect_uri, Scope::CHAT).unwrap()
}

fn code(authorization: &Authorization) -> AuthorizationCode {
    let mut url = url::Url::parse("http://127.0.0.1:8080/callback").unwrap();
    let state = authorization.state().expose_secret();
    url.query_pairs_mut().append_pair("state", state).append_pair("code", CODE);
    authorization.read_answer(&url).unwrap()
}

async fn exchange(app: &OAuth2App) -> Result<TokenPair, OAuth2Error> {
    let authorization = authorization(app);
    within(app.exchange(&authorization, &code(&authorization))).await
}

fn pair() -> TokenPair {
    let scopes = [Scope::DmRead, Scope::OfflineAccess];
    TokenPair::new(ACCESS.into(), Some(REFRESH.into()), SystemTime::now(), scopes).unwrap()
}

async fn refresh(answer: Answer) -> Result<TokenPair, OAuth2Error> {
    let server = Server::start(answer).await;
    within(confidential(&server).refresh(&pair())).await
}

const GRANTED: &str = r#"{"token_type":"bearer","expires_in":7200,"access_token":"new-access",
    "refresh_token":"new-refresh","extra":[],
    "scope":"users.read tweet.read dm.read dm.write offline.access like.read"}"#;

#[tokio::test]
async fn a_public_client_redeems_a_code_with_its_verifier() {
    let server = Server::start(json(200, GRANTED)).await;
    let app = public(&server);
    let authorization = authorization(&app);
    let before = SystemTime::now();
    let pair = app.exchange(&authorization, &code(&authorization)).await.unwrap();
    let after = SystemTime::now();

    let seen = server.only();
    assert_eq!(seen.target(), ("POST", "/2/oauth2/token"));
    assert!(seen.all("authorization").is_empty());
    let verifier = authorization.verifier().expose_secret();
    let expected = [
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", "http://127.0.0.1:8080/callback"),
        ("code_verifier", verifier),
        ("client_id", "client-1"),
    ];
    assert_eq!(seen.form(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));

    assert_eq!(pair.access_token().expose_secret(), "new-access");
    assert_eq!(pair.refresh_token().unwrap().expose_secret(), "new-refresh");
    let lifetime = Duration::from_secs(7200);
    assert!(pair.expires_at() >= before + lifetime && pair.expires_at() <= after + lifetime);
    assert_eq!(pair.scopes().len(), 6);
    assert!(pair.scopes().contains(&"like.read".parse().unwrap()));
}

#[tokio::test]
async fn a_confidential_client_proves_itself_with_basic() {
    let server = Server::start(json(200, GRANTED)).await;
    exchange(&confidential(&server)).await.unwrap();
    confidential(&server).refresh(&pair()).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    for seen in &seen {
        // base64 of client-1:planted-client-secret
        let basic = "Basic Y2xpZW50LTE6cGxhbnRlZC1jbGllbnQtc2VjcmV0";
        assert_eq!(seen.header("authorization"), basic);
        assert!(seen.form().iter().all(|(name, _)| name != "client_id" && name != "client_secret"));
    }
    let expected = [("grant_type", "refresh_token"), ("refresh_token", REFRESH)];
    assert_eq!(seen[1].form(), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn what_an_answer_leaves_out_stays_as_it_was() {
    let minimal = r#"{"token_type":"Bearer","access_token":"new-access"}"#;
    let renewed = refresh(json(200, minimal)).await.unwrap();
    assert_eq!(renewed.access_token().expose_secret(), "new-access");
    assert_eq!(renewed.refresh_token().unwrap().expose_secret(), REFRESH);
    assert_eq!(renewed.scopes(), pair().scopes());
    let left = renewed.expires_at().duration_since(SystemTime::now()).unwrap();
    assert!(left > Duration::from_secs(7100) && left <= Duration::from_secs(7200));

    let server = Server::start(json(200, minimal)).await;
    let first = exchange(&public(&server)).await.unwrap();
    assert!(first.refresh_token().is_none());
    assert_eq!(first.scopes().len(), 5);
}

#[tokio::test]
async fn scopes_that_were_not_granted_are_named() {
    let body = r#"{"token_type":"bearer","access_token":"a-token","scope":"dm.read users.read"}"#;
    let server = Server::start(json(200, body)).await;
    let error = exchange(&public(&server)).await.unwrap_err();
    let OAuth2Error::MissingScopes(missing) = &error else { panic!("{error:?}") };
    assert_eq!(missing.scopes(), [Scope::DmWrite, Scope::TweetRead, Scope::OfflineAccess]);
    assert!(error.to_string().contains("dm.write, tweet.read, offline.access"), "{error}");
    assert!(error.needs_sign_in() && !error.is_retryable());
    assert_eq!(error.code(), "transport.oauth2.missing_scopes");
}

#[tokio::test]
async fn revoking_sends_the_token_and_reads_no_body() {
    for body in ["", "{\"revoked\":true}", "not json"] {
        let server = Server::start(json(200, body)).await;
        public(&server).revoke(pair().access_token()).await.unwrap();
        let seen = server.only();
        assert_eq!(seen.target(), ("POST", "/2/oauth2/revoke"));
        let expected = [("token", ACCESS), ("client_id", "client-1")];
        assert_eq!(seen.form(), expected.map(|(n, value)| (n.to_owned(), value.to_owned())));
    }
    let server = Server::start(json(503, "")).await;
    let error = public(&server).revoke(pair().access_token()).await.unwrap_err();
    assert_eq!(error.code(), "transport.oauth2.request");
}

#[tokio::test]
async fn a_refused_grant_asks_for_a_new_sign_in() {
    let body = r#"{"error":"invalid_grant","error_description":"Value passed was invalid"}"#;
    for status in [400, 401] {
        let error = refresh(json(status, body)).await.unwrap_err();
        let OAuth2Error::GrantRefused(rejection) = &error else { panic!("{error:?}") };
        assert_eq!(rejection.status().as_u16(), status);
        assert!(error.to_string().contains("Value passed was invalid"), "{error}");
        assert!(error.needs_sign_in() && !error.is_retryable());
    }
    let server = Server::start(json(400, body)).await;
    assert!(matches!(exchange(&public(&server)).await, Err(OAuth2Error::GrantRefused(_))));
    // What X says for the same.
    for words in [
        "Value passed for the token was invalid.",
        "Value passed for the authorization code was invalid.",
        "Value passed for the code verifier did not match the code challenge.",
    ] {
        let body = format!(r#"{{"error":"invalid_request","error_description":"{words}"}}"#);
        let error = refresh(json(400, &body)).await.unwrap_err();
        assert!(matches!(error, OAuth2Error::GrantRefused(_)), "{error:?}");
        let server = Server::start(json(400, &body)).await;
        assert!(matches!(exchange(&public(&server)).await, Err(OAuth2Error::GrantRefused(_))));
    }
}

/// The code of the error inside, and whether the token may be used up.
async fn refused(answer: Answer) -> (&'static str, bool) {
    let error = refresh(answer).await.unwrap_err();
    assert!(!error.needs_sign_in(), "{error:?}");
    let OAuth2Error::Request(inner) = &error else { panic!("{error:?}") };
    assert!(!inner.may_have_been_applied() || !error.is_retryable());
    (inner.code(), inner.may_have_been_applied())
}

#[tokio::test]
async fn every_other_answer_is_a_typed_failure() {
    let oauth = |error: &str| json(400, format!(r#"{{"error":"{error}"}}"#));
    assert_eq!(refused(oauth("invalid_request")).await, ("transport.refused", false));
    let missing =
        r#"{"error":"invalid_request","error_description":"Missing required parameter [x]."}"#;
    assert_eq!(refused(json(400, missing)).await, ("transport.refused", false));
    assert_eq!(refused(oauth("invalid_client")).await, ("transport.refused", false));
    assert_eq!(refused(json(401, "{}")).await, ("transport.unauthorized", false));
    assert_eq!(refused(json(429, "")).await, ("transport.rate_limited", false));
    assert_eq!(refused(json(503, "<html>")).await, ("transport.refused", true));
    let location = [("location", "http://127.0.0.1:1/")];
    assert_eq!(refused(response(302, &location, "")).await, ("transport.redirected", true));
    assert_eq!(refused(response(307, &location, "")).await, ("transport.redirected", false));
    let cut = Answer::Bytes(head(200, &[("content-length", "10")]));
    assert_eq!(refused(cut).await, ("transport.interrupted", true));
    let huge = Answer::Endless(head(200, &[]), vec![b' '; 4096]);
    assert_eq!(refused(huge).await, ("transport.body_too_large", true));
    let mut malformed = 0;
    for body in [
        "",
        "[]",
        "token",
        r#"{"access_token":"a","access_token":"b","token_type":"bearer"}"#,
        r#"{"access_token":1,"token_type":"bearer"}"#,
        r#"{"access_token":"","token_type":"bearer"}"#,
        r#"{"access_token":"a b","token_type":"bearer"}"#,
        r#"{"access_token":"a\r\nX: y","token_type":"bearer"}"#,
        r#"{"access_token":"a"}"#,
        r#"{"access_token":"a","token_type":"mac"}"#,
        r#"{"access_token":"a","token_type":"bearer","refresh_token":""}"#,
        r#"{"access_token":"a","token_type":"bearer","refresh_token":[]}"#,
        r#"{"access_token":"a","token_type":"bearer","scope":["dm.read"]}"#,
        r#"{"access_token":"a","token_type":"bearer","expires_in":-1}"#,
        r#"{"access_token":"a","token_type":"bearer","expires_in":1.5}"#,
        r#"{"access_token":"a","token_type":"bearer","expires_in":"soon"}"#,
        r#"{"access_token":"a","token_type":"bearer","expires_in":18446744073709551615}"#,
    ] {
        assert_eq!(
            refused(json(200, body)).await,
            ("transport.malformed_response", true),
            "{body}"
        );
        malformed += 1;
    }
    assert_eq!(malformed, 17);
    for body in ["{}", r#"{"error":"invalid_grant"}"#, r#"{"errors":[{"message":"x"}]}"#] {
        let unconfirmed = ("transport.accepted_with_errors", true);
        assert_eq!(refused(json(200, body)).await, unconfirmed, "{body}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time() {
    let server = Server::start(Answer::Stall(Vec::new())).await;
    let url = server.url();
    let app = OAuth2App::public("client-1").token_url(&url).timeout(Duration::from_millis(200));
    let error = within(app.build().unwrap().refresh(&pair())).await.unwrap_err();
    let OAuth2Error::Request(inner) = &error else { panic!("{error:?}") };
    assert_eq!(inner.code(), "transport.timeout");
    assert!(inner.may_have_been_applied());
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let other = Server::start(json(200, GRANTED)).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("{}/2/oauth2/token", other.url());
        refresh(response(status, &[("location", &location)], "")).await.unwrap_err();
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn no_error_repeats_a_secret() {
    // The base64 of the Basic credentials, too.
    const BASIC: &str = "Y2xpZW50LTE6cGxhbnRlZC1jbGllbnQtc2VjcmV0";
    let mut shown = String::new();
    for status in [200, 302, 400, 401, 403, 429, 500] {
        let server = Server::scripted(move |_, seen| {
            let form: Vec<String> = seen.form().into_iter().map(|(_, value)| value).collect();
            let said = format!("{} {BASIC} {CLIENT_SECRET}", form.join(" "));
            let challenge = said.clone();
            let body = format!(
                r#"{{"error":"{said}","error_description":"{said}","errors":[{{"message":"{said}"}}]}}"#
            );
            response(status, &[("www-authenticate", &challenge), ("location", &said)], body)
        })
        .await;
        let app = confidential(&server);
        let authorization = authorization(&app);
        let error = within(app.exchange(&authorization, &code(&authorization))).await.unwrap_err();
        let said = format!("{error} {error:?} {error:#?}");
        assert!(!said.contains(authorization.verifier().expose_secret()), "{said}");
        let error = within(app.refresh(&pair())).await.unwrap_err();
        shown.push_str(&format!("{said} {error} {error:?} {error:#?}"));
    }
    shown.push_str(&format!("{:?}", pair()));
    for secret in ["planted", BASIC] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("[redacted]"), "nothing was repeated in the first place");
}
