//! Answers that mislead: errors for what was done, successes that say too little, wrong counters.

use std::io::Read;
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use sealpost_sandbox::Fault;
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::support::groups::{CREATE, members_path, with_group};
use crate::support::http::{Reply, Request};
use crate::support::{World, assert_refused, rows, text};

const KEYS: &str = "/2/chat/conversations/1002/keys";

impl World {
    /// Alice posts a change while a fault happens.
    async fn post_under(&self, version: u64, fault: Fault) -> Reply {
        let request = Request::post(KEYS, self.change(version).body())
            .token(&self.alice.token)
            .fault(fault.name());
        self.client.send(request).await.unwrap()
    }
}

fn number(reply: &Reply, header: &str) -> u64 {
    reply.header(header).unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_error_can_come_of_what_was_done() {
    let world = World::start().await;
    let reply = world.post_under(1, Fault::CommitThenInternalError).await;
    assert_refused("500", &reply, 500, "internal-error", "");
    let reply = world.post_under(2, Fault::CommitThenUnavailable).await;
    assert_refused("503", &reply, 503, "about:blank", "");
    let reply = world.post_under(3, Fault::CommitThenGatewayTimeout).await;
    assert_eq!(reply.status, 504);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(world.seen(&world.bob).await.len(), 3);
    let changed: Vec<_> = world.sandbox.journal().iter().map(|e| e.changed_state()).collect();
    assert_eq!(changed[2..5], [true, true, true]);

    // What is refused is refused, and the fault has nothing to hide.
    let reply = world.post_under(3, Fault::CommitThenUnavailable).await;
    assert_eq!(reply.status, 409);
}

#[tokio::test]
async fn a_success_can_be_without_the_number_of_its_event() {
    let (world, group, carol) = with_group().await;
    let reply = world.post_under(1, Fault::NoSequenceId).await;
    assert_eq!(
        (reply.status, reply.json()),
        (200, json!({"data": {"conversation_id": "1001-1002"}}))
    );
    assert_eq!(world.seen(&world.bob).await.len(), 1);
    let under = async |path: &str, body: &[u8]| {
        let request = Request::post(path, body).token(&world.alice.token).fault("no-sequence-id");
        world.client.send(request).await.unwrap()
    };
    let addition = world.addition(group, 6, carol.account.participant());
    let reply = under(&members_path(group), addition.body()).await;
    assert_eq!(reply.json(), json!({"data": {"current_member_ids": ["1001", "1002", "1004"]}}));
    let other = world.mint().await;
    let reply = under(CREATE, world.creation(other, 5).body()).await;
    assert_eq!(
        (reply.status, reply.json()),
        (201, json!({"data": {"conversation_id": other.to_string()}}))
    );
    let reply = under("/2/chat/conversations/1002/messages", b"{}").await;
    assert_refused("no number", &reply, 400, "invalid-request", "x-sandbox-fault");
}

#[tokio::test]
async fn the_counters_of_a_limit_can_mislead() {
    let world = World::start().await;
    let now = 1_788_220_800;
    for (fault, remains, reset) in [
        (Fault::RateLimited, false, now + 2),
        (Fault::RateLimitedWithRemaining, true, now + 900),
        (Fault::RateLimitedUntilPast, false, now - 60),
        (Fault::RateLimitedUntilFar, false, now + 31_536_000),
    ] {
        let reply = world.post_under(5, fault).await;
        assert_refused(fault.name(), &reply, 429, "rate-limit-exceeded", "");
        assert_eq!(number(&reply, "x-rate-limit-remaining") > 0, remains, "{fault}");
        assert_eq!(number(&reply, "x-rate-limit-reset"), reset, "{fault}");
    }
    assert_eq!(world.seen(&world.bob).await.len(), 0);
}

#[tokio::test]
async fn the_date_can_be_wrong() {
    let world = World::start().await;
    let reply = world.post_under(5, Fault::SkewedDate).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("date"), Some("Tue, 01 Sep 2026 01:00:00 GMT"));
    assert_eq!(number(&reply, "x-rate-limit-reset"), 1_788_221_700);
    let reply = world.post_under(5, Fault::SkewedDate).await;
    assert_eq!((reply.status, reply.header("date")), (409, Some("Tue, 01 Sep 2026 01:00:00 GMT")));
}

#[tokio::test]
async fn a_slow_head_trickles() {
    let world = World::start().await;
    let request = Request::post(KEYS, world.change(5).body())
        .token(&world.alice.token)
        .fault(Fault::SlowHead.name());
    let mut stream = world.client.open(request).await.unwrap();
    for expected in b"HTTP/1" {
        let mut byte = [0; 64];
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut byte));
        let count = read.await.expect("it goes on").unwrap();
        assert_eq!(&byte[..count], [*expected], "one byte at a time");
    }
    drop(stream);
    assert_eq!(world.seen(&world.bob).await.len(), 1);
}

#[tokio::test]
async fn a_gzip_bomb_is_valid_and_large() {
    let world = World::start().await;
    let reply = world.post_under(5, Fault::GzipBomb).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    let body = unchunked(reply.body());
    assert!(body.len() < 2 * 1024 * 1024, "{} bytes", body.len());
    // The whole gigabyte would take its time; the first two members show how it is made.
    let mut begin = vec![0; 1024 * 1024 + 10];
    MultiGzDecoder::new(&body[..]).read_exact(&mut begin).unwrap();
    assert!(begin.starts_with(b"{\"data\":\"aaa") && begin.ends_with(b"aaa"));
    let mut end = String::new();
    let last = body.windows(3).rposition(|window| window == [0x1f, 0x8b, 8]).unwrap();
    MultiGzDecoder::new(&body[last..]).read_to_string(&mut end).unwrap();
    assert_eq!(end, "\"}");
    let members = body.windows(3).filter(|window| window == &[0x1f, 0x8b, 8]).count();
    assert_eq!(members, 1_026);
    assert_eq!(world.seen(&world.bob).await.len(), 1);
}

/// The body without the chunks it came in.
fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}

#[tokio::test]
async fn faults_happen_to_every_operation() {
    let world = World::with_key().await;
    for path in ["/2/chat/conversations", "/2/chat/conversations/1002"] {
        let request = Request::get(path).token(&world.alice.token).fault("accepted-with-errors");
        let reply = world.client.send(request).await.unwrap();
        assert_eq!(rows(&reply.json()["errors"]).len(), 1, "{path}");
        let request = Request::get(path).token(&world.alice.token).fault("none");
        assert_eq!(world.client.send(request).await.unwrap().json().get("errors"), None);
    }
    let path = "/2/chat/conversations/1002/messages/delete";
    let request = Request::post(path, b"{}").token(&world.alice.token);
    let reply = world.client.send(request.fault("missing-action-signatures")).await.unwrap();
    assert_refused("delete", &reply, 400, "invalid-request", "action_signatures");
    assert!(text(&reply.json()["detail"]).contains("exactly one, of the deletion"));
}

#[tokio::test]
async fn a_script_can_be_injected_and_forgotten_over_http() {
    let world = World::start().await;
    let script = json!([
        {"fault": "none"},
        {"fault": "unavailable", "times": 2},
        {"fault": "internal-error", "operation": "initializeChatConversationKeys"},
    ]);
    let request = Request::post("/sandbox/faults", script.to_string().as_bytes());
    let reply = world.client.send(request).await.unwrap();
    let expected = json!({"data": [
        {"fault": "none", "times": 1, "operation": null},
        {"fault": "unavailable", "times": 2, "operation": null},
        {"fault": "internal-error", "times": 1, "operation": "addConversationKeys"},
    ]});
    assert_eq!((reply.status, reply.json()), (200, expected));
    let mut statuses = Vec::new();
    for version in 1..=4 {
        statuses.push(world.post_change(version).await.status);
    }
    assert_eq!(statuses, [200, 503, 503, 500]);
    world.sandbox.inject(Fault::Unavailable, 9);
    let clear = Request::new("DELETE", "/sandbox/faults");
    let reply = world.client.send(clear).await.unwrap();
    assert_eq!((reply.status, reply.body()), (204, &b""[..]));
    assert_eq!(world.post_change(9).await.status, 200);
}
