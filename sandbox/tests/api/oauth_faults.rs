//! What goes wrong with a request for tokens, on demand.

use std::io::ErrorKind;

use sealpost_sandbox::OAuthFault;

use crate::support::http::Request;
use crate::support::oauth::{CHAT, Desk, assert_error, form};
use crate::support::{assert_refused, text};

impl Desk {
    /// A request for tokens that says which fault it wants.
    fn request(&self, fields: &[(&str, &str)], fault: Option<&str>) -> Request {
        let request = Request::new("POST", "/2/oauth2/token")
            .body(form(fields).as_bytes())
            .header("content-type", "application/x-www-form-urlencoded");
        match fault {
            Some(fault) => request.fault(fault),
            None => request,
        }
    }
}

#[tokio::test]
async fn a_reset_happens_before_or_after_the_refresh_token_is_used_up() {
    let desk = Desk::open().await;
    for (fault, used_up) in
        [(OAuthFault::ResetBeforeCommit, false), (OAuthFault::CommitThenReset, true)]
    {
        let tokens = desk.sign_in(&desk.public, CHAT).await;
        let refresh = text(&tokens["refresh_token"]);
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("client_id", desk.public.client_id()),
        ];
        desk.sandbox.inject_oauth(fault, 1);
        let lost = desk.client.send(desk.request(&fields, None)).await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::ConnectionReset, "{fault}");
        let again = desk.refresh(&desk.public, refresh).await;
        assert_eq!(again.status == 400, used_up, "{fault}: {}", again.text());
    }
}

#[tokio::test]
async fn other_faults_answer_and_change_nothing_but_time() {
    let desk = Desk::open().await;
    let tokens = desk.sign_in(&desk.public, CHAT).await;
    let refresh = text(&tokens["refresh_token"]);
    desk.sandbox.inject_oauth(OAuthFault::InternalError, 1);
    desk.sandbox.inject_oauth(OAuthFault::InvalidGrant, 1);
    let reply = desk.refresh(&desk.public, refresh).await;
    assert_refused("internal-error", &reply, 500, "internal-error", "");
    let reply = desk.refresh(&desk.public, refresh).await;
    assert_error("invalid-grant", &reply, 400, "invalid_grant", "token was invalid");
    let body = r#"{"fault":"internal-error","times":2}"#;
    let asked = Request::post("/sandbox/oauth/faults", body.as_bytes());
    let reply = desk.client.send(asked).await.unwrap();
    assert_eq!((reply.status, &reply.json()["data"]["times"]), (200, &2.into()));
    for _ in 0..2 {
        assert_eq!(desk.refresh(&desk.public, refresh).await.status, 500);
    }
    assert_eq!(desk.refresh(&desk.public, refresh).await.status, 200);
}

#[tokio::test]
async fn a_slow_answer_is_the_right_one() {
    use tokio::io::AsyncReadExt as _;
    let desk = Desk::open().await;
    let tokens = desk.sign_in(&desk.public, CHAT).await;
    let refresh = text(&tokens["refresh_token"]);
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("client_id", desk.public.client_id()),
    ];
    let mut stream = desk.client.open(desk.request(&fields, Some("slow-body"))).await.unwrap();
    let mut begin = String::new();
    while !begin.ends_with("\r\n\r\n{\"") {
        begin.push(char::from(stream.read_u8().await.unwrap()));
    }
    assert!(begin.starts_with("HTTP/1.1 200 "), "{begin}");
    // The rest would take half a minute; the refresh token is used up by now.
    assert_eq!(desk.refresh(&desk.public, refresh).await.status, 400);
}

#[tokio::test]
async fn a_fault_that_is_none_is_refused() {
    let desk = Desk::open().await;
    for name in ["", "unavailable", "Invalid-Grant"] {
        let reply = desk.client.send(desk.request(&[], Some(name))).await.unwrap();
        assert_refused(name, &reply, 400, "invalid-request", "x-sandbox-fault");
        let body = format!(r#"{{"fault":"{name}"}}"#);
        let request = Request::post("/sandbox/oauth/faults", body.as_bytes());
        let reply = desk.client.send(request).await.unwrap();
        assert_refused(name, &reply, 400, "invalid-request", "fault");
    }
}
