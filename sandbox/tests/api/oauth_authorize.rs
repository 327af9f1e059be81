//! The page that asks a user, and the way back to the app.

use sealpost_sandbox::AppSettings;

use crate::support::http::Request;
use crate::support::oauth::{BACK, CHAT, Desk, VERIFIER, encode, parameter};

const ALLOW: [(&str, &str); 2] = [("user_id", "1001"), ("decision", "allow")];

#[tokio::test]
async fn the_page_names_the_app_the_scopes_and_the_users() {
    let desk = Desk::open().await;
    for user in ["1001", "1002"] {
        let _ = desk.sandbox.token(user.parse().unwrap());
    }
    let page = Desk::page(&desk.public, CHAT);
    let reply = desk.client.send(Request::get(&page)).await.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let policy = reply.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    let html = reply.text();
    for part in CHAT.split(' ').chain([desk.public.client_id(), "\"1001\"", "\"1002\""]) {
        assert!(html.contains(part), "{part}: {html}");
    }
    assert_eq!(html.matches("name=\"withhold\"").count(), 5);
    assert!(html.contains("<form method=\"post\">"), "it is posted to its own address");
}

#[tokio::test]
async fn allowing_sends_a_code_back_and_denying_does_not() {
    let desk = Desk::open().await;
    let page = Desk::page(&desk.public, CHAT);
    let back = desk.answer(&page, &ALLOW).await;
    assert!(back.starts_with(&format!("{BACK}?state=a+state&code=sandbox-code-")), "{back}");
    assert_ne!(back, desk.answer(&page, &ALLOW).await, "each consent has a code of its own");
    for fields in [&[("decision", "deny")][..], &[("user_id", "1001"), ("decision", "deny")]] {
        let back = desk.answer(&page, fields).await;
        assert_eq!(back, format!("{BACK}?error=access_denied&state=a+state"));
    }
}

#[tokio::test]
async fn what_is_added_to_a_redirect_uri_leaves_its_query() {
    let desk = Desk::open().await;
    let settings = AppSettings::public("com.example.app:/back?a=b".parse().unwrap());
    let app = desk.sandbox.register_app(settings.redirect_uri(BACK.parse().unwrap()));
    let page = Desk::page(&app, "dm.read");
    assert!(desk.answer(&page, &ALLOW).await.starts_with(&format!("{BACK}?state=")));
    let page = page.replace(&encode(BACK), &encode("com.example.app:/back?a=b"));
    let back = desk.answer(&page, &ALLOW).await;
    assert!(back.starts_with("com.example.app:/back?a=b&state="), "{back}");
}

#[tokio::test]
async fn nobody_is_sent_to_an_address_the_app_has_not_registered() {
    let desk = Desk::open().await;
    let page = Desk::page(&desk.public, CHAT);
    let back = encode(BACK);
    let mut checked = 0;
    for (page, reason) in [
        (page.replace(desk.public.client_id(), "sandbox-client-0"), "client_id"),
        (page.replace("client_id=", "client="), "client_id"),
        (page.replace(&back, &encode("https://evil.example/")), "redirect_uri"),
        (page.replace(&back, &encode("http://127.0.0.1:8977/callback")), "redirect_uri"),
        (page.replace(&back, &encode("http://localhost:8976/callback")), "redirect_uri"),
        (page.replace(&back, &encode(&format!("{BACK}/"))), "redirect_uri"),
        (page.replace(&back, ""), "redirect_uri"),
        (format!("{page}&redirect_uri={}", encode("https://evil.example/")), "redirect_uri"),
        (format!("{page}&state=x"), "state"),
        (page.replace("a%20state", &"x".repeat(501)), "state"),
        ("/i/oauth2/authorize".to_owned(), "client_id"),
    ] {
        for request in
            [Request::get(&page), Request::new("POST", &page).body(b"user_id=1001&decision=allow")]
        {
            let reply = desk.client.send(request).await.unwrap();
            assert_eq!(reply.status, 400, "{page}");
            assert_eq!(reply.header("location"), None, "{page}");
            assert!(reply.text().contains(&format!("<p>{reason} ")), "{}", reply.text());
        }
        checked += 1;
    }
    assert_eq!(checked, 11);
}

#[tokio::test]
async fn an_app_is_told_what_is_wrong_with_its_request() {
    let desk = Desk::open().await;
    let page = Desk::page(&desk.public, CHAT);
    let mut checked = 0;
    for (page, error) in [
        (page.replace("response_type=code", "response_type=token"), "unsupported_response_type"),
        (page.replace("response_type=code", "x=y"), "invalid_request"),
        (page.replace("state=a%20state", "state="), "invalid_request"),
        (page.replace("S256", "s256"), "invalid_request"),
        (page.replace("S256", ""), "invalid_request"),
        (page.replace("code_challenge=", "code_challenge=x"), "invalid_request"),
        (page.replace("code_challenge=", "x="), "invalid_request"),
        (page.replace("dm.read", "dm.reed"), "invalid_scope"),
        (page.replace("dm.read%20", "dm.read%20%20"), "invalid_scope"),
        (page.replace("scope=", "x="), "invalid_scope"),
    ] {
        let reply = desk.client.send(Request::get(&page)).await.unwrap();
        assert_eq!(reply.status, 303, "{page}");
        let back = reply.header("location").unwrap();
        assert!(back.starts_with(&format!("{BACK}?error={error}&error_description=")), "{back}");
        assert_eq!(back, desk.answer(&page, &ALLOW).await, "and it cannot be allowed");
        let state = parameter(back, "state");
        assert_eq!(state.is_some(), page.contains("state=a"), "{back}");
        checked += 1;
    }
    assert_eq!(checked, 10);
}

#[tokio::test]
async fn a_decision_that_is_none_is_refused() {
    let desk = Desk::open().await;
    let page = Desk::page(&desk.public, CHAT);
    for fields in [
        &[][..],
        &[("user_id", "1001")],
        &[("user_id", "1001"), ("decision", "maybe")],
        &[("decision", "allow")],
        &[("user_id", "x"), ("decision", "allow")],
        &[("user_id", "01"), ("decision", "allow")],
        &[("user_id", "1001"), ("decision", "allow"), ("withhold", "everything")],
    ] {
        let reply = desk.post_form(&page, fields).await;
        assert_eq!((reply.status, reply.header("location")), (400, None), "{fields:?}");
    }
}

#[tokio::test]
async fn markup_in_a_request_stays_text() {
    let desk = Desk::open().await;
    let page = format!("/i/oauth2/authorize?client_id={}", encode("<script>alert(1)</script>"));
    let reply = desk.client.send(Request::get(&page)).await.unwrap();
    assert!(!reply.text().contains("<script>"));
    // A line break cannot get into a header.
    let page = Desk::page(&desk.public, CHAT).replace("a%20state", "a%0D%0Ax-evil:%201");
    let back = desk.answer(&page, &ALLOW).await;
    assert!(back.contains("state=a%0D%0Ax-evil%3A+1&"), "{back}");
}

#[tokio::test]
async fn a_plain_challenge_is_one_at_x_too() {
    let desk = Desk::open().await;
    let page = Desk::page(&desk.public, CHAT)
        .replace("S256", "plain")
        .replace(crate::support::oauth::CHALLENGE, VERIFIER);
    let code = parameter(&desk.answer(&page, &ALLOW).await, "code").unwrap();
    assert_eq!(desk.redeem(&desk.public, &code).await.status, 200);
}
