//! The limit that is held, in real time.

use std::time::Duration;

use sealpost_sandbox::{Operation, Sandbox};

use crate::support::http::{Client, Request};
use crate::support::{World, assert_refused, id};

const PATH: &str = "/2/users/1001/public_keys";

#[tokio::test]
async fn a_limit_is_per_user_and_operation_and_passes_with_time() {
    let window = Duration::from_secs(1);
    let world = World::start_with(Sandbox::builder().rate_limit(2, window)).await;
    let remaining = |reply: &crate::support::http::Reply| {
        reply.header("x-rate-limit-remaining").unwrap().parse::<u64>().unwrap()
    };
    for left in [1, 0] {
        let reply = world.get(PATH, &world.alice.token).await;
        assert_eq!((reply.status, remaining(&reply)), (200, left));
        assert_eq!(reply.header("x-rate-limit-limit"), Some("2"));
    }
    let reply = world.get(PATH, &world.alice.token).await;
    assert_refused("the third", &reply, 429, "rate-limit-exceeded", "");
    assert_eq!(remaining(&reply), 0);
    let entry = world.sandbox.journal().pop().unwrap();
    assert_eq!(
        (entry.status(), entry.operation()),
        (Some(429), Some(Operation::GetUsersPublicKey))
    );
    assert_eq!(world.get(PATH, &world.bob.token).await.status, 200);
    let batch = "/2/users/public_keys?ids=1001";
    assert_eq!(world.get(batch, &world.alice.token).await.status, 200);
    // The reset is not before the end of the window, by the `date` that comes with it.
    assert_eq!(reply.header("date"), Some("Tue, 01 Sep 2026 00:00:00 GMT"));
    let reset: u64 = reply.header("x-rate-limit-reset").unwrap().parse().unwrap();
    assert!((1_788_220_801..=1_788_220_802).contains(&reset), "{reset}");
    tokio::time::sleep(window).await;
    assert_eq!(world.get(PATH, &world.alice.token).await.status, 200);
}

#[tokio::test]
async fn a_limit_of_none_lets_nothing_through() {
    let limited = Sandbox::builder().rate_limit(0, Duration::from_secs(3_600));
    let sandbox = limited.start().await.unwrap();
    let client = Client::new(sandbox.base_url());
    let token = sandbox.token(id(1001));
    let reply = client.send(Request::get(PATH).token(&token)).await.unwrap();
    assert_refused("the first", &reply, 429, "rate-limit-exceeded", "");
    assert_eq!(client.send(Request::get(PATH)).await.unwrap().status, 401, "nobody to count");
}
