//! Tokens, unknown routes, and the headers of every response.

use sealpost_sandbox::Operation;

use crate::support::http::{Reply, Request};
use crate::support::{ALICE, World, assert_refused, id};

const PATH: &str = "/2/users/1001/public_keys";

fn assert_unauthorized(what: &str, reply: &Reply) {
    assert_refused(what, reply, 401, "about:blank", "");
    assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer "), "{what}");
}

#[tokio::test]
async fn every_operation_wants_a_token() {
    let world = World::start().await;
    let routes = [
        ("GET", "/2/chat/conversations"),
        ("GET", "/2/chat/conversations/1002"),
        ("POST", "/2/chat/conversations/1002/keys"),
        ("POST", "/2/chat/conversations/group/initialize"),
        ("POST", "/2/chat/conversations/group"),
        ("POST", "/2/chat/conversations/g1/members"),
        ("GET", "/2/chat/conversations/1002/events"),
        ("POST", "/2/chat/conversations/1002/messages"),
        ("POST", "/2/chat/conversations/1002/messages/delete"),
        ("POST", "/2/chat/conversations/1002/read"),
        ("POST", "/2/chat/conversations/1002/typing"),
        ("POST", "/2/chat/media/upload/initialize"),
        ("POST", "/2/chat/media/upload/1/append"),
        ("POST", "/2/chat/media/upload/1/finalize"),
        ("GET", "/2/chat/media/1002/abc"),
        ("POST", PATH),
        ("GET", PATH),
        ("GET", "/2/users/public_keys?ids=1001"),
    ];
    assert_eq!(routes.len(), Operation::ALL.len());
    for (method, path) in routes {
        let reply = world.client.send(Request::new(method, path)).await.unwrap();
        assert_unauthorized(path, &reply);
    }
}

#[tokio::test]
async fn credentials_that_are_not_one_bearer_token_are_refused() {
    let world = World::start().await;
    let token = &world.alice.token;
    for header in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer sandbox-0".to_owned(),
        format!("Basic {token}"),
        format!("OAuth {token}"),
        token.to_string(),
        format!("Bearer  {token}"),
        format!("Bearer {token}x"),
        format!("Bearer {}", token.as_str().to_uppercase()),
    ] {
        let request = Request::get(PATH).header("authorization", &header);
        assert_unauthorized(&header, &world.client.send(request).await.unwrap());
    }
    let twice = Request::get(PATH).token(token).token(token);
    assert_unauthorized("twice", &world.client.send(twice).await.unwrap());
    let lower = Request::get(PATH).header("authorization", &format!("bearer {token}"));
    assert_eq!(world.client.send(lower).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_revoked_token_is_refused_and_the_next_one_works() {
    let world = World::start().await;
    world.sandbox.revoke(&world.alice.token);
    assert_unauthorized("revoked", &world.get(PATH, &world.alice.token).await);
    assert_eq!(world.get(PATH, &world.bob.token).await.status, 200);
    let next = world.sandbox.token(id(ALICE));
    assert_ne!(next, world.alice.token);
    assert_eq!(world.get(PATH, &next).await.status, 200);
}

#[tokio::test]
async fn unknown_paths_are_404_and_other_methods_405() {
    let world = World::start().await;
    for path in ["/", "/2", "/2/users", "/2/users/1001/public_keys/", "/3/users/public_keys"] {
        let reply = world.get(path, &world.alice.token).await;
        assert_refused(path, &reply, 404, "about:blank", "");
    }
    for (method, path, allow) in [
        ("DELETE", PATH, "GET,HEAD,POST"),
        ("POST", "/2/users/public_keys", "GET,HEAD"),
        ("GET", "/sandbox/faults", "DELETE,POST"),
        ("POST", "/sandbox/journal", "DELETE,GET,HEAD"),
        ("PUT", "/2/chat/conversations/1002/messages/delete", "POST"),
        ("GET", "/2/chat/media/upload/initialize", "POST"),
    ] {
        let reply = world.client.send(Request::new(method, path)).await.unwrap();
        assert_refused(path, &reply, 405, "about:blank", "");
        let mut methods: Vec<&str> = reply.header("allow").unwrap().split(',').collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allow);
    }
}

#[tokio::test]
async fn every_response_carries_the_common_headers() {
    let world = World::start().await;
    let mut transactions = std::collections::BTreeSet::new();
    for request in [
        Request::get(PATH).token(&world.alice.token),
        Request::get(PATH),
        Request::get("/nowhere"),
        Request::new("DELETE", PATH),
        Request::post("/sandbox/faults", b"{}"),
        Request::get(PATH).token(&world.alice.token).fault("empty-404"),
        Request::get(PATH).token(&world.alice.token).fault("html-error-page"),
    ] {
        let reply = world.client.send(request).await.unwrap();
        assert!(transactions.insert(reply.header("x-transaction-id").unwrap().to_owned()));
        for name in ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"] {
            let value = reply.header(name).unwrap_or_else(|| panic!("no {name}"));
            assert!(value.parse::<u64>().unwrap() > 0, "{name}");
        }
        assert_eq!(reply.header("date"), Some("Tue, 01 Sep 2026 00:00:00 GMT"));
    }
}
