//! Scopes: what each operation asks for, and that nothing happens without.

use sealpost_sandbox::{Operation, Scope};

use crate::support::http::Request;
use crate::support::oauth::{CHAT, Desk, parameter};
use crate::support::{World, assert_refused, id, text};

/// The table of the API description: operation, method, path, scopes.
const TABLE: [(Operation, &str, &str, &str); 18] = [
    (Operation::GetChatConversations, "GET", "/2/chat/conversations", "dm.read users.read"),
    (
        Operation::GetChatConversation,
        "GET",
        "/2/chat/conversations/1002",
        "dm.read tweet.read users.read",
    ),
    (
        Operation::SendChatMessage,
        "POST",
        "/2/chat/conversations/1002/messages",
        "dm.write tweet.read users.read",
    ),
    (
        Operation::DeleteChatMessages,
        "POST",
        "/2/chat/conversations/1002/messages/delete",
        "dm.write tweet.read users.read",
    ),
    (
        Operation::MarkChatConversationRead,
        "POST",
        "/2/chat/conversations/1002/read",
        "dm.write tweet.read users.read",
    ),
    (
        Operation::SendChatTypingIndicator,
        "POST",
        "/2/chat/conversations/1002/typing",
        "dm.write tweet.read users.read",
    ),
    (
        Operation::ChatMediaUploadInitialize,
        "POST",
        "/2/chat/media/upload/initialize",
        "media.write",
    ),
    (Operation::ChatMediaUploadAppend, "POST", "/2/chat/media/upload/1/append", "media.write"),
    (Operation::ChatMediaUploadFinalize, "POST", "/2/chat/media/upload/1/finalize", "media.write"),
    (Operation::ChatMediaDownload, "GET", "/2/chat/media/1002/abc", "media.write"),
    (
        Operation::AddConversationKeys,
        "POST",
        "/2/chat/conversations/1002/keys",
        "dm.write tweet.read users.read",
    ),
    (Operation::InitializeChatGroup, "POST", "/2/chat/conversations/group/initialize", "dm.write"),
    (
        Operation::CreateChatConversation,
        "POST",
        "/2/chat/conversations/group",
        "dm.write tweet.read users.read",
    ),
    (
        Operation::AddChatGroupMembers,
        "POST",
        "/2/chat/conversations/g1/members",
        "dm.write tweet.read users.read",
    ),
    (
        Operation::GetChatConversationEvents,
        "GET",
        "/2/chat/conversations/1002/events",
        "dm.read tweet.read users.read",
    ),
    (
        Operation::AddUserPublicKey,
        "POST",
        "/2/users/1001/public_keys",
        "dm.write tweet.read users.read",
    ),
    (
        Operation::GetUsersPublicKey,
        "GET",
        "/2/users/1001/public_keys",
        "dm.read tweet.read users.read",
    ),
    (
        Operation::GetUsersPublicKeys,
        "GET",
        "/2/users/public_keys?ids=1001",
        "dm.read tweet.read users.read",
    ),
];

fn scopes(names: &str) -> Vec<Scope> {
    names.split(' ').map(|name| name.parse().unwrap()).collect()
}

#[tokio::test]
async fn an_operation_wants_each_of_its_scopes_and_no_other() {
    let world = World::start().await;
    let mut checked = 0;
    for (operation, method, path, names) in TABLE {
        let needed = scopes(names);
        assert_eq!(operation.scopes(), needed, "{operation}");
        for left_out in &needed {
            let rest = Scope::ALL.into_iter().filter(|scope| scope != left_out);
            let token = world.sandbox.token_with_scopes(id(1001), rest);
            let request = Request::new(method, path).token(&token);
            let reply = world.client.send(request).await.unwrap();
            assert_refused(path, &reply, 403, "about:blank", "");
            assert_eq!(reply.json()["title"], "Forbidden");
            let detail = reply.json();
            assert!(text(&detail["detail"]).contains(&format!("[{left_out}]")), "{detail}");
            checked += 1;
        }
        let token = world.sandbox.token_with_scopes(id(1001), needed);
        let reply = world.client.send(Request::new(method, path).token(&token)).await.unwrap();
        assert!(reply.json()["title"] != "Forbidden", "{operation}: {}", reply.text());
    }
    assert_eq!((TABLE.len(), checked), (Operation::ALL.len(), 43));
}

#[tokio::test]
async fn all_missing_scopes_are_named() {
    let world = World::start().await;
    let token = world.sandbox.token_with_scopes(id(1001), []);
    let reply = world.get("/2/users/1001/public_keys", &token).await;
    assert!(reply.text().contains("lacks the scopes [dm.read,tweet.read,users.read]"));
}

#[tokio::test]
async fn nothing_is_carried_out_without_the_scopes() {
    let world = World::start().await;
    let token = world.sandbox.token_with_scopes(id(1001), scopes("dm.read tweet.read users.read"));
    let body = world.change(1);
    let request = Request::post("/2/chat/conversations/1002/keys", body.body()).token(&token);
    assert_eq!(world.client.send(request).await.unwrap().status, 403);
    assert_eq!(world.events().await["meta"]["result_count"], 0);
    assert_eq!(world.post_change(1).await.status, 200);
}

#[tokio::test]
async fn a_user_can_withhold_a_scope() {
    let desk = Desk::open().await;
    let fields = [
        ("user_id", "1001"),
        ("decision", "allow"),
        ("withhold", "users.read"),
        ("withhold", "offline.access"),
        ("withhold", "like.read"),
    ];
    let back = desk.answer(&Desk::page(&desk.public, CHAT), &fields).await;
    let tokens = desk.redeem(&desk.public, &parameter(&back, "code").unwrap()).await.json();
    let mut granted: Vec<&str> = text(&tokens["scope"]).split(' ').collect();
    granted.sort_unstable();
    assert_eq!(granted, ["dm.read", "dm.write", "tweet.read"]);
    assert_eq!(tokens.get("refresh_token"), None);
    assert_eq!(desk.status("/2/users/1001/public_keys", &tokens["access_token"]).await, 403);
}
