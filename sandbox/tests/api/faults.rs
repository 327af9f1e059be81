//! Each fault, seen on the wire.

use std::io::ErrorKind;
use std::time::Duration;

use sealpost_sandbox::{Fault, Operation};
use serde_json::json;
use tokio::io::AsyncReadExt;

use crate::support::http::{Reply, Request};
use crate::support::{ALICE, World, assert_refused, id, record, rows, text};

const KEYS: &str = "/2/chat/conversations/1002/keys";
const BATCH: &str = "/2/users/public_keys?ids=1001";

impl World {
    /// Alice posts a change while a fault happens.
    fn faulty(&self, version: u64, fault: Fault) -> Request {
        Request::post(KEYS, self.change(version).body())
            .token(&self.alice.token)
            .fault(fault.name())
    }

    async fn stored(&self) -> usize {
        rows(&self.events().await["data"]).len()
    }
}

#[tokio::test]
async fn refusals_look_like_xs_and_change_nothing() {
    let world = World::start().await;
    let rows = [
        (Fault::MissingActionSignatures, 400, "invalid-request", "action_signatures"),
        (Fault::Unauthorized, 401, "about:blank", ""),
        (Fault::CreditsDepleted, 402, "credits-depleted", ""),
        (Fault::RateLimited, 429, "rate-limit-exceeded", ""),
        (Fault::UsageCapped, 429, "usage-capped", ""),
        (Fault::InternalError, 500, "internal-error", ""),
        (Fault::Unavailable, 503, "about:blank", ""),
    ];
    for (fault, status, kind, parameter) in rows {
        let reply = world.client.send(world.faulty(5, fault)).await.unwrap();
        assert_refused(fault.name(), &reply, status, kind, parameter);
        assert_eq!(reply.header("www-authenticate").is_some(), status == 401);
        let remaining: u64 = reply.header("x-rate-limit-remaining").unwrap().parse().unwrap();
        assert_eq!(remaining == 0, fault == Fault::RateLimited);
    }
    assert_eq!(world.stored().await, 0);
}

#[tokio::test]
async fn a_missing_signature_fault_answers_what_a_missing_signature_does() {
    let world = World::start().await;
    let fault = world.client.send(world.faulty(5, Fault::MissingActionSignatures)).await.unwrap();
    let mut body: serde_json::Value = serde_json::from_slice(world.change(5).body()).unwrap();
    body.as_object_mut().unwrap().remove("action_signatures");
    let real = world.post_keys("1002", body.to_string().as_bytes()).await;
    assert_eq!(fault.json(), real.json());
}

#[tokio::test]
async fn a_rate_limit_resets_two_seconds_after_the_date() {
    let world = World::start().await;
    let reply = world.client.send(world.faulty(5, Fault::RateLimited)).await.unwrap();
    assert_eq!(reply.header("date"), Some("Tue, 01 Sep 2026 00:00:00 GMT"));
    assert_eq!(reply.header("x-rate-limit-reset"), Some("1788220802"));
}

#[tokio::test]
async fn the_batch_route_can_be_closed_while_the_other_is_open() {
    let world = World::start().await;
    world.sandbox.inject(Fault::ClientNotEnrolled, 1);
    let one = world.get("/2/users/1001/public_keys", &world.bob.token).await;
    assert_eq!(one.status, 200, "the fault waits for the batch route");
    let reply = world.get(BATCH, &world.bob.token).await;
    assert_refused("batch", &reply, 403, "client-forbidden", "");
    assert_eq!(text(&reply.json()["reason"]), "client-not-enrolled");
    assert_eq!(world.get(BATCH, &world.bob.token).await.status, 200);
}

#[tokio::test]
async fn pages_from_the_edge_are_not_problems() {
    let world = World::start().await;
    let reply = world.client.send(world.faulty(5, Fault::HtmlErrorPage)).await.unwrap();
    assert_eq!(reply.status, 502);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(reply.body().starts_with(b"<!DOCTYPE html>"));

    let reply = world.client.send(world.faulty(5, Fault::Empty404)).await.unwrap();
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("content-type"), None);
    assert_eq!(reply.body(), b"");
    assert_eq!(world.stored().await, 0);
}

#[tokio::test]
async fn an_answer_can_hold_data_and_errors() {
    let world = World::start().await;
    let reply = world.client.send(world.faulty(5, Fault::AcceptedWithErrors)).await.unwrap();
    assert_eq!(reply.status, 200);
    let json = reply.json();
    assert_eq!(text(&json["data"]["conversation_id"]), "1001-1002");
    assert!(text(&json["errors"][0]["type"]).ends_with("/internal-error"));
    assert_eq!(world.stored().await, 1);
}

#[tokio::test]
async fn an_answer_can_name_another_conversation() {
    let world = World::start().await;
    let reply = world.client.send(world.faulty(5, Fault::OtherConversation)).await.unwrap();
    assert_eq!(reply.status, 200);
    let named = reply.json();
    let named = text(&named["data"]["conversation_id"]);
    let other: sealpost_crypto::ConversationId = named.parse().unwrap();
    assert_ne!(other, World::conversation().id());
    assert_eq!(world.stored().await, 1);
}

#[tokio::test]
async fn a_row_can_be_somebody_elses() {
    let world = World::start().await;
    for path in ["/2/users/1001/public_keys", BATCH] {
        let request =
            Request::get(path).token(&world.alice.token).fault(Fault::SwappedDirectoryRow.name());
        let json = world.client.send(request).await.unwrap().json();
        let row = &rows(&json["data"])[0];
        let bob = world.bob.account.participant().identity_key().to_base64();
        assert_eq!(text(&row["public_key"]), bob);
        assert_eq!(row["user_id"].as_str().unwrap_or("1001"), "1001");
        let record = record(row).with_user_id(id(ALICE));
        assert!(record.verify(&id(ALICE)).is_err(), "the binding names Bob");
    }
}

#[tokio::test]
async fn a_slow_body_trickles_and_an_endless_one_never_ends() {
    let world = World::start().await;
    let mut stream = world.client.open(world.faulty(5, Fault::SlowBody)).await.unwrap();
    let mut seen = vec![0; 2048];
    let mut length = 0;
    // The head comes at once and says how long the body is.
    while !seen[..length].windows(4).any(|window| window == b"\r\n\r\n") {
        length += stream.read(&mut seen[length..]).await.unwrap();
    }
    let head = String::from_utf8(seen[..length].to_vec()).unwrap().to_lowercase();
    let expected: usize = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap()
        .parse()
        .unwrap();
    let mut came = head.split_once("\r\n\r\n").unwrap().1.len();
    for _ in 0..3 {
        let more = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut seen)).await;
        let more = more.expect("it goes on").unwrap();
        assert_ne!(more, 0, "it ended after {came} of {expected} bytes");
        came += more;
    }
    assert!(came < expected, "it trickles: {came} of {expected} bytes");
    drop(stream);

    let mut stream = world.client.open(world.faulty(6, Fault::EndlessBody)).await.unwrap();
    let mut total = 0;
    while total < 4 * 1024 * 1024 {
        let count = stream.read(&mut seen).await.unwrap();
        assert_ne!(count, 0, "it ended after {total} bytes");
        total += count;
    }
    drop(stream);
    assert_eq!(world.stored().await, 2, "both were carried out");
}

#[tokio::test]
async fn a_reset_is_a_reset_and_commits_or_not() {
    let world = World::start().await;
    for (fault, version, stored) in
        [(Fault::ResetBeforeCommit, 5, 0), (Fault::CommitThenReset, 6, 1)]
    {
        for _ in 0..2 {
            // The second time, the commit meets a version that is not newer: the refusal is lost too.
            let error = world.client.send(world.faulty(version, fault)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{fault}");
            assert_eq!(world.stored().await, stored, "{fault}");
        }
    }
}

#[tokio::test]
async fn injected_faults_come_in_order_and_run_out() {
    let world = World::start().await;
    let statuses =
        |replies: Vec<Reply>| replies.iter().map(|reply| reply.status).collect::<Vec<_>>();
    world.sandbox.inject(Fault::Unavailable, 2);
    world.sandbox.inject(Fault::InternalError, 1);
    let mut replies = Vec::new();
    for version in 1..=4 {
        replies.push(world.post_change(version).await);
    }
    assert_eq!(statuses(replies), [503, 503, 500, 200]);

    world.sandbox.inject(Fault::Unavailable.on(Operation::GetUsersPublicKeys).unwrap(), 1);
    assert_eq!(world.post_change(5).await.status, 200);
    assert_eq!(world.get(BATCH, &world.alice.token).await.status, 503);
    assert_eq!(world.get(BATCH, &world.alice.token).await.status, 200);

    world.sandbox.inject(Fault::Unavailable, 1);
    let own = Request::get(BATCH).token(&world.alice.token).fault("usage-capped");
    assert_eq!(world.client.send(own).await.unwrap().status, 429);
    assert_eq!(world.get(BATCH, &world.alice.token).await.status, 503, "it was left waiting");
}

#[tokio::test]
async fn faults_can_be_injected_over_http() {
    let world = World::start().await;
    let inject = async |body: serde_json::Value| {
        let request = Request::post("/sandbox/faults", body.to_string().as_bytes());
        world.client.send(request).await.unwrap()
    };
    let reply = inject(json!({"fault": "unavailable", "times": 2})).await;
    assert_eq!(
        reply.json(),
        json!({"data": {"fault": "unavailable", "times": 2, "operation": null}})
    );
    let reply = inject(json!({"fault": "internal-error", "operation": "getUsersPublicKeys"})).await;
    assert_eq!(reply.status, 200);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(world.get(BATCH, &world.alice.token).await.status);
    }
    assert_eq!(statuses, [503, 503, 500, 200]);

    for (body, parameter) in [
        (json!("unavailable"), ""),
        (json!([{"fault": "unavailable"}, []]), "[1]"),
        (json!([{"fault": "unavailable"}, {"fault": "x"}]), "[1].fault"),
        (json!({"fault": "reset-at-accept", "operation": "getUsersPublicKey"}), "operation"),
        (json!({}), "fault"),
        (json!({"fault": 1}), "fault"),
        (json!({"fault": "no-such"}), "fault"),
        (json!({"fault": "unavailable", "times": 0}), "times"),
        (json!({"fault": "unavailable", "times": -1}), "times"),
        (json!({"fault": "unavailable", "times": 1.5}), "times"),
        (json!({"fault": "unavailable", "times": "1"}), "times"),
        (json!({"fault": "unavailable", "times": 4_294_967_296_u64}), "times"),
        (json!({"fault": "unavailable", "operation": "nothing"}), "operation"),
        (json!({"fault": "client-not-enrolled", "operation": "getUsersPublicKey"}), "operation"),
    ] {
        let reply = inject(body.clone()).await;
        assert_refused(&body.to_string(), &reply, 400, "invalid-request", parameter);
    }
    assert_eq!(world.get(BATCH, &world.alice.token).await.status, 200, "nothing was injected");
}

#[tokio::test]
async fn a_fault_that_cannot_happen_is_refused() {
    let world = World::start().await;
    for (path, name) in [
        (BATCH, "no-such-fault"),
        (BATCH, ""),
        (BATCH, "Unavailable"),
        (BATCH, "other-conversation"),
        (BATCH, "missing-action-signatures"),
        ("/2/users/1001/public_keys", "client-not-enrolled"),
    ] {
        let request = Request::get(path).token(&world.alice.token).fault(name);
        let reply = world.client.send(request).await.unwrap();
        assert_refused(name, &reply, 400, "invalid-request", "x-sandbox-fault");
    }
    let sandbox = sealpost_sandbox::Sandbox::start().await.unwrap();
    let client = crate::support::http::Client::new(sandbox.base_url());
    let token = sandbox.token(id(ALICE));
    let request = Request::get(BATCH).token(&token).fault("swapped-directory-row");
    let reply = client.send(request).await.unwrap();
    assert_refused("nobody else", &reply, 400, "invalid-request", "x-sandbox-fault");
}
