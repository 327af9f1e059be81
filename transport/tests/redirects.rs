//! Redirects are never followed: whoever they point to sees not even a connection.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_transport::{Client, Error, OAuth1App, OAuth2App, OAuth2Error};
use support::tls::{Authority, HERE};
use support::*;

const STATUSES: [u16; 6] = [300, 301, 302, 303, 307, 308];

fn accepted() -> Answer {
    json(200, r#"{"data":{"sequence_id":"1"}}"#)
}

fn pointing_to(status: u16, target: &str) -> Answer {
    response(status, &[("location", target)], "")
}

/// Asserts that a write and a read end as redirects to this origin.
async fn redirected(client: &Client, status: u16, origin: Option<&str>) {
    let errors = [
        within(client.add_conversation_keys(&prepared())).await.unwrap_err(),
        within(client.user_public_keys(&user(BOB))).await.unwrap_err(),
    ];
    for error in errors {
        assert!(!error.is_retryable());
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("planted") && !shown.contains(TOKEN), "{shown}");
        let write = error.context().unwrap().operation().is_write();
        // These two leave the request undone; the others may follow a success.
        assert_eq!(error.may_have_been_applied(), write && ![307, 308].contains(&status));
        let Error::Redirected { target_origin, context } = error else {
            panic!("{status}: {error:?}");
        };
        assert_eq!(target_origin.as_deref(), origin, "no path, no query, no user");
        assert_eq!(context.status().unwrap().as_u16(), status);
    }
}

#[tokio::test]
async fn another_origin_sees_no_connection() {
    for status in STATUSES {
        let other = Server::start(accepted()).await;
        let target = format!("{}/2/chat/conversations/1/keys?a=b#c", other.url());
        let first = Server::start(pointing_to(status, &target)).await;
        redirected(&client(&first), status, Some(&other.url())).await;
        assert_eq!((first.seen().len(), other.connections()), (2, 0), "{status}");
    }
}

#[tokio::test]
async fn neither_does_one_behind_a_user_name_or_another_spelling_of_this_one() {
    let other = Server::start(accepted()).await;
    let port = other.address.port();
    for (target, origin) in [
        (format!("http://planted:planted@127.0.0.1:{port}/"), format!("http://127.0.0.1:{port}")),
        (format!("http://127.0.0.1:1@127.0.0.1:{port}/"), format!("http://127.0.0.1:{port}")),
        (format!("http://localhost:{port}/"), format!("http://localhost:{port}")),
        (format!("http://2130706433:{port}/"), format!("http://127.0.0.1:{port}")),
        (format!("https://127.0.0.1:{port}/"), format!("https://127.0.0.1:{port}")),
    ] {
        let first = Server::start(pointing_to(307, &target)).await;
        redirected(&client(&first), 307, Some(&origin)).await;
    }
    let first = Server::start(pointing_to(307, &format!("//127.0.0.1:{port}/"))).await;
    redirected(&client(&first), 307, None).await;
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn https_does_not_lead_to_plain_http_or_to_another_https_origin() {
    let authority = Authority::new();
    let plain = Server::start(accepted()).await;
    let secure = Server::secure(authority.certify(&HERE).server(&["h2"]), accepted()).await;
    for other in [&plain, &secure] {
        for status in STATUSES {
            let config = authority.certify(&HERE).server(&["h2"]);
            let first = Server::secure(config, pointing_to(status, &other.url())).await;
            let client = builder(&first.url()).http(authority.trusted()).build().unwrap();
            redirected(&client, status, Some(&other.url())).await;
            assert_eq!((first.seen().len(), other.connections()), (2, 0), "{status}");
        }
    }
}

#[tokio::test]
async fn a_redirect_to_itself_or_to_nowhere_is_refused_too() {
    for location in ["/2/elsewhere", "", "//", "ht tp://x", "javascript:alert(1)"] {
        let server = Server::start(pointing_to(307, location)).await;
        let error = client(&server).add_conversation_keys(&prepared()).await.unwrap_err();
        assert_eq!(error.code(), "transport.redirected", "{location}");
        assert_eq!(server.connections(), 1);
    }
    let error = write_error(response(301, &[], "")).await;
    let Error::Redirected { target_origin: None, .. } = error else { panic!("{error:?}") };
}

#[tokio::test]
async fn the_secrets_of_a_sign_in_are_not_sent_on() {
    for status in STATUSES {
        let other = Server::start(accepted()).await;
        let first = Server::start(pointing_to(status, &other.url())).await;
        let app = OAuth2App::confidential("client", "planted-secret".into());
        let token = format!("{}/token", first.url());
        let app = app.token_url(&token).revoke_url(&token).build().unwrap();
        let errors = [
            within(app.refresh(&oauth2::pair(1, 60))).await.unwrap_err(),
            within(app.revoke(&"planted-token".into())).await.unwrap_err(),
        ];
        for error in errors {
            let OAuth2Error::Request(error) = error else { panic!("{error:?}") };
            assert_eq!(error.code(), "transport.redirected", "{status}");
        }
        let app = OAuth1App::builder("planted-key".into(), "planted-secret".into());
        let app = app.base_url(&first.url()).build().unwrap();
        let error = within(app.request_token(None)).await.unwrap_err();
        assert_eq!(error.code(), "transport.redirected", "{status}");
        assert_eq!((first.seen().len(), other.connections()), (3, 0), "{status}");
    }
}

#[tokio::test]
async fn other_ways_to_point_elsewhere_are_not_taken_either() {
    let other = Server::start(accepted()).await;
    let url = other.url();
    let refresh = format!("0; url={url}");
    let alternative = format!("h2c=\"{}\"; ma=3600", other.address);
    let link = format!("<{url}>; rel=canonical");
    let headers = [
        ("location", &*url),
        ("content-location", &url),
        ("refresh", &refresh),
        ("alt-svc", &alternative),
        ("link", &link),
    ];
    let body = r#"{"data":{"sequence_id":"1"}}"#;
    for status in [200, 201] {
        let first = Server::start(response(status, &headers, body)).await;
        let client = client(&first);
        for _ in 0..2 {
            within(client.add_conversation_keys(&prepared())).await.unwrap();
        }
        assert_eq!((first.seen().len(), other.connections()), (2, 0));
    }
}
