//! Redirects are never followed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_transport::Error;
use support::*;

#[tokio::test]
async fn the_other_server_sees_no_connection() {
    for status in [301, 302, 303, 307, 308] {
        let other = Server::start(json(200, r#"{"data":{"sequence_id":"1"}}"#)).await;
        let target = format!("{}/2/chat/conversations/1/keys?a=b", other.url());
        let first = Server::start(response(status, &[("location", &target)], "")).await;
        let client = client(&first);
        let errors = [
            client.add_conversation_keys(&prepared()).await.unwrap_err(),
            client.user_public_keys(&user(BOB)).await.unwrap_err(),
        ];
        for error in errors {
            assert!(!error.is_retryable());
            let Error::Redirected { target_origin, context } = error else {
                panic!("{status}: {error:?}");
            };
            assert_eq!(target_origin, Some(other.url()), "no path, no query");
            assert_eq!(context.status().unwrap().as_u16(), status);
        }
        assert_eq!((first.seen().len(), other.connections()), (2, 0), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_to_itself_or_to_nowhere_is_refused_too() {
    for location in ["/2/elsewhere", "", "//", "ht tp://x", "javascript:alert(1)"] {
        let server = Server::start(response(307, &[("location", location)], "")).await;
        let error = client(&server).add_conversation_keys(&prepared()).await.unwrap_err();
        assert_eq!(error.code(), "transport.redirected", "{location}");
        assert_eq!(server.connections(), 1);
    }
    let error = write_error(response(301, &[], "")).await;
    let Error::Redirected { target_origin: None, .. } = error else { panic!("{error:?}") };
}
