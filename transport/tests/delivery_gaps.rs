//! A delivery that looks for its change among events that cannot all be read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::time::Duration;

use sealpost_transport::{DeliveryError, RetryPolicy, Verdict};
use support::*;

#[tokio::test]
async fn a_change_is_not_taken_for_absent_where_a_row_cannot_be_read() {
    for (events, posts) in [
        // All of it can be read, and the change is not there: it is sent again.
        (r#"{"data":[{"encoded_event":"AAAA"}]}"#, 2),
        (r#"{"data":[{"encoded_event":"AAAA"},7]}"#, 1),
        (r#"{"data":[{"encoded_event":7}]}"#, 1),
        (r#"{"meta":{"conversation_key_events":[null]}}"#, 1),
        (r#"{"data":[],"errors":[{"title":"x"}]}"#, 1),
    ] {
        let server = Server::scripted(move |_, seen| match seen.target().0 {
            "POST" => json(503, ""),
            _ => json(200, events),
        })
        .await;
        let (client, change) = (client(&server), prepared());
        let delay = Duration::from_millis(1);
        let policy = RetryPolicy::new().attempts(2).delays(delay, delay);
        let delivery = client.deliver_conversation_keys(&change, |_| Verdict::Other);
        let error = within(delivery.policy(policy).send()).await.unwrap_err();
        let DeliveryError::Failed { outcome_unknown, attempts, .. } = error else {
            panic!("{events}: {error:?}");
        };
        assert_eq!((outcome_unknown || posts == 2, attempts), (true, posts), "{events}");
        let sent = server.seen().iter().filter(|seen| seen.target().0 == "POST").count();
        assert_eq!(sent, posts as usize, "{events}");
    }
}
