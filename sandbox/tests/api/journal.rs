//! The journal: what came in, and what became of it.

use sealpost_sandbox::{Fault, Operation};
use serde_json::{Value, json};

use crate::support::http::Request;
use crate::support::{BOB, World, assert_refused, id, rows, text};

const JOURNAL: &str = "/sandbox/journal";

impl World {
    async fn json_journal(&self) -> Value {
        let reply = self.client.send(Request::get(JOURNAL)).await.unwrap();
        assert_eq!(reply.status, 200);
        reply.json()
    }
}

#[tokio::test]
async fn an_entry_says_what_came_and_what_became_of_it() {
    let world = World::start().await;
    world.sandbox.clear_journal();
    let change = world.change(5);
    let path = "/2/chat/conversations/1002/keys";
    let reply = world.post_keys("1002", change.body()).await;
    world.sandbox.inject(Fault::Unavailable, 1);
    let events = "/2/chat/conversations/1001/events?max_results=7";
    world.get(events, &world.bob.token).await;
    world.client.send(Request::get("/nowhere?a=b")).await.unwrap();

    let [keys, page, nowhere] = &world.sandbox.journal()[..] else { panic!("three entries") };
    assert_eq!(keys.operation(), Some(Operation::AddConversationKeys));
    assert_eq!((keys.method(), keys.path_and_query()), ("POST", path));
    assert_eq!(keys.body(), change.body());
    assert_eq!(keys.header("content-type"), Some("application/json"));
    assert_eq!(keys.header("content-length"), Some(change.body().len().to_string().as_str()));
    assert_eq!(keys.user_id(), Some(world.alice.account.user_id()));
    assert_eq!((keys.fault(), keys.status(), keys.changed_state()), (None, Some(200), true));
    assert_eq!(Some(keys.transaction_id()), reply.header("x-transaction-id"));

    assert_eq!(page.operation(), Some(Operation::GetChatConversationEvents));
    assert_eq!((page.method(), page.path_and_query()), ("GET", events));
    assert_eq!((page.fault(), page.status()), (Some(Fault::Unavailable), Some(503)));
    assert_eq!((page.user_id(), page.changed_state()), (None, false), "it did not come to that");

    assert_eq!((nowhere.operation(), nowhere.status()), (None, Some(404)));
    assert_eq!(nowhere.path_and_query(), "/nowhere?a=b");
    assert_eq!([keys.number() + 1, keys.number() + 2], [page.number(), nowhere.number()]);
}

#[tokio::test]
async fn refusals_change_nothing_and_say_who_asked() {
    let world = World::with_key().await;
    assert_eq!(world.post_change(5).await.status, 409);
    let entry = world.sandbox.journal().pop().unwrap();
    assert_eq!((entry.status(), entry.changed_state()), (Some(409), false));
    world.get("/2/users/1001/public_keys", &world.bob.token).await;
    let entry = world.sandbox.journal().pop().unwrap();
    assert_eq!((entry.status(), entry.changed_state()), (Some(200), false));
    assert_eq!(entry.user_id(), Some(id(BOB)));
    let request = Request::new("POST", "/2/chat/conversations/group/initialize");
    world.client.send(request.token(&world.alice.token)).await.unwrap();
    assert!(world.sandbox.journal().pop().unwrap().changed_state());
    let faulty = Request::get("/2/users/1001/public_keys").token(&world.alice.token);
    world.client.send(faulty.fault("no-such-fault")).await.unwrap();
    let entry = world.sandbox.journal().pop().unwrap();
    assert_eq!((entry.status(), entry.fault()), (Some(400), None));
    assert_eq!(entry.header("x-sandbox-fault"), Some("no-such-fault"));
}

#[tokio::test]
async fn credentials_are_not_kept() {
    let world = World::start().await;
    let token = world.alice.token.to_string();
    let request = Request::get("/2/users/1001/public_keys")
        .token(&world.alice.token)
        .header("cookie", &token)
        .header("proxy-authorization", &token)
        .header("x-api-key", &token);
    assert_eq!(world.client.send(request).await.unwrap().status, 200);
    for entry in world.sandbox.journal() {
        for name in ["authorization", "Authorization", "cookie", "proxy-authorization", "x-api-key"]
        {
            assert_eq!(entry.header(name), None);
        }
        assert!(!format!("{entry:?}").contains(&token));
    }
    assert!(!world.json_journal().await.to_string().contains(&token));
}

#[tokio::test]
async fn other_languages_read_and_forget_it_over_http() {
    let world = World::start().await;
    let clear = || Request::new("DELETE", JOURNAL);
    assert_eq!(world.client.send(clear()).await.unwrap().status, 204);
    let change = world.change(5);
    world.post_keys("1002", change.body()).await;
    let path = "/2/chat/conversations/1002/messages";
    let odd = Request::post(path, b"\xff").token(&world.alice.token).fault("commit-then-reset");
    world.client.send(odd).await.unwrap_err();
    let journal = world.json_journal().await;
    let [keys, odd] = rows(&journal) else { panic!("two entries: {journal}") };
    let body = String::from_utf8(change.body().to_vec()).unwrap();
    assert_eq!(
        *keys,
        json!({
            "number": 3,
            "operation": "addConversationKeys",
            "method": "POST",
            "path": "/2/chat/conversations/1002/keys",
            "headers": {
                "connection": "close",
                "content-length": body.len().to_string(),
                "content-type": "application/json",
            },
            "user_id": "1001",
            "fault": null,
            "status": 200,
            "changed_state": true,
            "transaction_id": text(&keys["transaction_id"]),
            "body": body,
        })
    );
    assert_eq!(text(&odd["body_base64"]), "/w==");
    assert_eq!(odd.get("body"), None);
    assert_eq!((text(&odd["fault"]), &odd["status"]), ("commit-then-reset", &json!(null)));
    // Looking at it leaves no trace in it.
    assert_eq!(world.json_journal().await, journal);
    assert_eq!(world.client.send(clear()).await.unwrap().status, 204);
    assert_eq!(world.json_journal().await, json!([]));
    assert!(world.sandbox.journal().is_empty());
    let reply = world.client.send(clear().body(b"{}")).await.unwrap();
    assert_refused("a body", &reply, 400, "invalid-request", "");
}
