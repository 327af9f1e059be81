//! With the feature `tracing`: what can be logged of a full run, by this crate and by all below it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealpost_crypto::{Identity, Suite, UnixMillis};
use sealpost_transport::{EventsQuery, PaginationToken, RetryPolicy, Verdict};
use support::*;
use tracing_subscriber::util::SubscriberInitExt as _;

/// All that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The members of a JSON body that are long enough to be looked for.
fn members(body: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(body).unwrap();
    text.split('"').filter(|part| part.len() >= 40).map(str::to_owned).collect()
}

#[tokio::test]
async fn ids_counts_and_durations_are_logged_and_no_token_key_or_body() {
    let log = Log::default();
    let writer = log.clone();
    let _guard = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish()
        .set_default();

    let planted = "planted-answer-7d1f";
    let server = Server::scripted(move |index, seen| match index {
        0 => json(503, format!(r#"{{"title":"{planted}"}}"#)),
        _ if seen.target().1.contains("/events") => json(200, r#"{"data":[]}"#),
        _ if seen.target().1.contains("/keys") => json(200, r#"{"data":{"sequence_id":"7"}}"#),
        _ if seen.target().0 == "POST" => {
            let config = format!(r#"{{"token":"{planted}"}}"#);
            json(200, format!(r#"{{"data":{{"version":"9","juicebox_config":{config}}}}}"#))
        }
        _ => json(429, format!(r#"{{"detail":"{planted}"}}"#)),
    })
    .await;
    let quick = RetryPolicy::new().delays(Duration::from_millis(1), Duration::from_millis(2));
    let client = builder(&server.url()).retry(quick).build().unwrap();
    let change = prepared();
    let registration = Identity::generate(Suite::X25519).unwrap();
    let registration = registration.registration(user(ALICE), UnixMillis::new(1));

    let delivery = client.deliver_conversation_keys(&change, |_| Verdict::Other);
    within(delivery.send()).await.unwrap();
    within(client.add_user_public_key(&user(ALICE), &registration)).await.unwrap();
    within(client.user_public_keys(&user(BOB))).await.unwrap_err();
    let page = PaginationToken::new("planted-page-93b2").unwrap();
    within(client.conversation_events(&direct().id(), EventsQuery::new().page(page)))
        .await
        .unwrap();

    let text = log.text();
    for told in [
        "delivery{conversation_id=1215441834412953600:1603419180975409153",
        &format!("message_id={}", change.message_id()),
        "suite=X25519",
        "attempts=2",
        "found=false",
        "outcome=\"ok\"",
        "outcome=\"transport.refused\"",
        "outcome=\"transport.rate_limited\"",
        "duration_ms=",
        "status=503",
        "request_id=0123456789abcdef",
        "/2/users/1603419180975409153/public_keys",
    ] {
        assert!(text.contains(told), "{told}\n{text}");
    }
    let mut secrets = vec![TOKEN.to_owned(), planted.to_owned(), "planted".to_owned()];
    secrets.extend(members(change.body()));
    secrets.extend(members(registration.body()));
    assert!(secrets.len() > 10);
    for secret in secrets {
        assert!(!text.contains(&secret), "{secret}");
    }
}
