//! Codes, access tokens, refresh tokens: what they are good for, and for how long.

use sealpost_sandbox::{AppSettings, Sandbox};

use crate::support::http::Request;
use crate::support::oauth::{BACK, CHAT, Desk, VERIFIER, assert_error, basic, form};
use crate::support::{assert_refused, text};

const TOKEN: &str = "/2/oauth2/token";
const REVOKE: &str = "/2/oauth2/revoke";
const OWN_KEYS: &str = "/2/users/1001/public_keys";

#[tokio::test]
async fn both_kinds_of_app_sign_a_user_in() {
    let desk = Desk::open().await;
    for app in [&desk.public, &desk.confidential] {
        let tokens = desk.sign_in(app, CHAT).await;
        assert_eq!(tokens["token_type"], "bearer");
        assert_eq!(tokens["expires_in"], 7200);
        let mut granted: Vec<&str> = text(&tokens["scope"]).split(' ').collect();
        granted.sort_unstable();
        assert_eq!(granted, ["dm.read", "dm.write", "offline.access", "tweet.read", "users.read"]);
        assert!(tokens["refresh_token"].is_string());
        assert_eq!(desk.status(OWN_KEYS, &tokens["access_token"]).await, 200);
        assert_eq!(desk.status(OWN_KEYS, &tokens["refresh_token"]).await, 401);
    }
}

#[tokio::test]
async fn a_token_speaks_for_the_user_that_consented() {
    let desk = Desk::open().await;
    let tokens = desk.sign_in(&desk.public, CHAT).await;
    let bearer = format!("Bearer {}", text(&tokens["access_token"]));
    let request =
        Request::post("/2/users/1002/public_keys", b"{}").header("authorization", &bearer);
    let reply = desk.client.send(request).await.unwrap();
    assert_refused("for another user", &reply, 403, "not-authorized-for-resource", "id");
    assert!(reply.text().contains("User 1001 cannot register keys for user 1002"));
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let desk = Desk::open().await;
    let tokens = desk.sign_in(&desk.public, "dm.read tweet.read users.read").await;
    assert_eq!(tokens.get("refresh_token"), None);
    assert_eq!(desk.status(OWN_KEYS, &tokens["access_token"]).await, 200);
}

#[tokio::test]
async fn codes_and_tokens_end_by_the_sandbox_s_clock() {
    let desk = Desk::open().await;
    let code = desk.code(&desk.public, CHAT).await;
    desk.pass(30);
    let reply = desk.redeem(&desk.public, &code).await;
    assert_error("after 30 s", &reply, 400, "invalid_request", "authorization code was invalid");

    let tokens = desk.sign_in(&desk.public, CHAT).await;
    desk.pass(7_199);
    assert_eq!(desk.status(OWN_KEYS, &tokens["access_token"]).await, 200);
    desk.pass(1);
    assert_eq!(desk.status(OWN_KEYS, &tokens["access_token"]).await, 401);
    let renewed = desk.refresh(&desk.public, text(&tokens["refresh_token"])).await;
    assert_eq!(renewed.status, 200);
    assert_eq!(desk.status(OWN_KEYS, &renewed.json()["access_token"]).await, 200);
}

#[tokio::test]
async fn a_refresh_token_works_once_and_a_replay_ends_the_sign_in() {
    let desk = Desk::open().await;
    for app in [&desk.public, &desk.confidential] {
        let first = desk.sign_in(app, CHAT).await;
        let second = desk.refresh(app, text(&first["refresh_token"])).await.json();
        assert_eq!(second["scope"], first["scope"]);
        let third = desk.refresh(app, text(&second["refresh_token"])).await.json();
        for tokens in [&first, &second, &third] {
            assert_eq!(desk.status(OWN_KEYS, &tokens["access_token"]).await, 200);
        }
        let replay = desk.refresh(app, text(&first["refresh_token"])).await;
        assert_error("replay", &replay, 400, "invalid_request", "token was invalid");
        for tokens in [&first, &second, &third] {
            assert_eq!(desk.status(OWN_KEYS, &tokens["access_token"]).await, 401);
        }
        let newest = desk.refresh(app, text(&third["refresh_token"])).await;
        assert_error("family", &newest, 400, "invalid_request", "token was invalid");
    }
}

#[tokio::test]
async fn what_proves_nothing_gets_nothing() {
    let desk = Desk::open().await;
    let code = desk.code(&desk.confidential, CHAT).await;
    let good = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let id = desk.confidential.client_id();
    let secret = desk.confidential.client_secret().unwrap();
    let with = |field| {
        let mut fields = good.to_vec();
        fields.push(field);
        fields
    };
    let mut checked = 0;
    for (fields, authorization) in [
        (with(("client_id", id)), None),
        (with(("client_secret", secret)), Some(basic(id, "x"))),
        (good.to_vec(), Some(basic("x", secret))),
        (good.to_vec(), Some(basic(id, ""))),
        (good.to_vec(), Some(basic(desk.public.client_id(), ""))),
        (good.to_vec(), Some(basic(id, secret).replace("Basic", "Bearer"))),
        (good.to_vec(), Some("Basic !".to_owned())),
        (good.to_vec(), Some("Basic".to_owned())),
        (with(("client_id", desk.public.client_id())), Some(basic(id, secret))),
        (with(("client_id", "sandbox-client-0")), None),
    ] {
        let reply = desk.send_form(TOKEN, &fields, authorization.as_deref()).await;
        assert_error("client", &reply, 401, "unauthorized_client", "valid authorization header");
        assert!(reply.header("www-authenticate").unwrap().starts_with("Basic "));
        checked += 1;
    }
    assert_eq!(checked, 10);
    let reply = desk.send_form(TOKEN, &good, None).await;
    assert_error("nobody", &reply, 400, "invalid_request", "[client_id]");
    let reply = desk.redeem(&desk.public, &code).await;
    assert_error("another app's", &reply, 400, "invalid_request", "authorization code");
    // None of this used the code up.
    let fields = with(("client_id", id));
    let reply = desk.send_form(TOKEN, &fields, Some(&basic(id, secret))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn each_part_of_a_request_counts() {
    let desk = Desk::open().await;
    let code = desk.code(&desk.public, CHAT).await;
    let good = [
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let mut checked = 0;
    for (name, value, error, words) in [
        ("grant_type", "", "invalid_request", "[grant_type]"),
        ("grant_type", "password", "unsupported_grant_type", "authorization_code"),
        ("grant_type", "refresh_token", "invalid_request", "[refresh_token]"),
        ("code", "", "invalid_request", "[code]"),
        ("code", "sandbox-code-0", "invalid_request", "authorization code was invalid"),
        ("redirect_uri", "", "invalid_request", "[redirect_uri]"),
        ("redirect_uri", "http://127.0.0.1:8976/", "invalid_request", "redirect uri did not match"),
        ("code_verifier", "", "invalid_request", "[code_verifier]"),
        ("code_verifier", BACK, "invalid_request", "code verifier did not match"),
        ("code_verifier", &VERIFIER.to_lowercase(), "invalid_request", "did not match"),
    ] {
        let fields = good.map(|(known, old)| (known, if known == name { value } else { old }));
        let reply = desk.call(&desk.public, TOKEN, &fields).await;
        assert_error(&format!("{name}={value}"), &reply, 400, error, words);
        checked += 1;
    }
    assert_eq!(checked, 10);
    for name in ["grant_type", "code", "client_id", "token"] {
        let mut fields = good.to_vec();
        fields.extend([(name, "x"), (name, "x")]);
        let reply = desk.call(&desk.public, TOKEN, &fields).await;
        assert_error(name, &reply, 400, "invalid_request", "more than once");
    }
    let json = Request::post(TOKEN, b"{}");
    let reply = desk.client.send(json).await.unwrap();
    assert_error("JSON", &reply, 400, "invalid_request", "x-www-form-urlencoded");
    assert_eq!(desk.redeem(&desk.public, &code).await.status, 200);
    let reply = desk.redeem(&desk.public, &code).await;
    assert_error("twice", &reply, 400, "invalid_request", "authorization code was invalid");
}

#[tokio::test]
async fn a_revoked_token_is_none_and_others_are_not_touched() {
    let desk = Desk::open().await;
    for app in [&desk.public, &desk.confidential] {
        let tokens = desk.sign_in(app, CHAT).await;
        let other = desk.sign_in(app, CHAT).await;
        let stranger = if app == &desk.public { &desk.confidential } else { &desk.public };
        let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
        for (app, token, status) in [
            (stranger, access, 200),
            (stranger, refresh, 200),
            (app, "sandbox-access-0", 200),
            (app, access, 401),
        ] {
            let reply = desk.call(app, REVOKE, &[("token", token)]).await;
            assert_eq!((reply.status, &reply.json()["revoked"]), (200, &true.into()));
            assert_eq!(desk.status(OWN_KEYS, &tokens["access_token"]).await, status, "{token}");
        }
        let renewed = desk.refresh(app, refresh).await.json();
        assert_eq!(desk.status(OWN_KEYS, &renewed["access_token"]).await, 200);
        desk.call(app, REVOKE, &[("token", text(&renewed["refresh_token"]))]).await;
        assert_eq!(desk.status(OWN_KEYS, &renewed["access_token"]).await, 401);
        assert_eq!(desk.status(OWN_KEYS, &other["access_token"]).await, 200);
        let reply = desk.call(app, REVOKE, &[]).await;
        assert_error("nothing", &reply, 400, "invalid_request", "[token]");
    }
    let reply = desk.post_form(REVOKE, &[("token", "x"), ("client_id", "x")]).await;
    assert_error("nobody", &reply, 401, "unauthorized_client", "");
}

#[tokio::test]
async fn the_same_script_gives_the_same_tokens() {
    let script = async || {
        let desk = Desk::open().await;
        let tokens = desk.sign_in(&desk.public, CHAT).await;
        let ids = format!("{:?} {:?}", desk.public, desk.confidential.client_secret());
        (ids, desk.refresh(&desk.public, text(&tokens["refresh_token"])).await.raw)
    };
    assert_eq!(script().await, script().await);
    let other = Sandbox::builder().seed(1).start().await.unwrap();
    let settings = || AppSettings::public(BACK.parse().unwrap());
    let one = other.register_app(settings());
    assert_ne!(one.client_id(), other.register_app(settings()).client_id());
    assert_ne!(one.client_id(), Desk::open().await.public.client_id());
}

#[tokio::test]
async fn the_token_endpoint_takes_only_posts() {
    let desk = Desk::open().await;
    for path in [TOKEN, REVOKE] {
        let reply = desk.client.send(Request::get(path)).await.unwrap();
        assert_refused(path, &reply, 405, "about:blank", "");
    }
    let query = format!("{TOKEN}?{}", form(&[("grant_type", "refresh_token")]));
    let reply = desk.call(&desk.public, &query, &[]).await;
    assert_error("in the query", &reply, 400, "invalid_request", "[grant_type]");
}
