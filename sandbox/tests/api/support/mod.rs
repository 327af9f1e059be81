//! Two users with registered keys, and what they send.

pub(crate) mod groups;
pub(crate) mod http;
pub(crate) mod messages;
pub(crate) mod oauth;
pub(crate) mod oauth1;

use sealpost_crypto::{
    Account, Conversation, Identity, KeyChange, KeyVersion, PreparedKeyChange, PublicKeyRecord,
    Suite, UnixMillis, UserId,
};
use sealpost_sandbox::{Contract, RunningSandbox, Sandbox, SandboxBuilder, SandboxToken};
use serde_json::Value;

use http::{Client, Reply, Request};

pub(crate) const ALICE: u64 = 1001;
pub(crate) const BOB: u64 = 1002;
/// Has a token, but no keys and no part in the conversation of Alice and Bob.
pub(crate) const EVE: u64 = 1003;

pub(crate) fn id(user: u64) -> UserId {
    UserId::new(user).unwrap()
}

/// A user with a token and registered keys.
pub(crate) struct User {
    pub(crate) account: Account,
    pub(crate) token: SandboxToken,
}

/// A sandbox in which Alice and Bob have registered keys.
pub(crate) struct World {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) client: Client,
    pub(crate) alice: User,
    pub(crate) bob: User,
    pub(crate) eve: SandboxToken,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(Sandbox::builder()).await
    }

    pub(crate) async fn start_in(contract: Contract) -> Self {
        let mut world = Self::start_with(Sandbox::builder().contract(contract)).await;
        world.client.contract = contract;
        world
    }

    pub(crate) async fn start_with(builder: SandboxBuilder) -> Self {
        let sandbox = builder.start().await.unwrap();
        let client = Client::new(sandbox.base_url());
        let alice = register(&sandbox, &client, ALICE).await;
        let bob = register(&sandbox, &client, BOB).await;
        let eve = sandbox.token(id(EVE));
        Self { sandbox, client, alice, bob, eve }
    }

    pub(crate) fn conversation() -> Conversation {
        Conversation::direct(id(ALICE), id(BOB))
    }

    /// Alice's change for her conversation with Bob.
    pub(crate) fn change(&self, version: u64) -> PreparedKeyChange {
        KeyChange::new(&self.alice.account, &Self::conversation(), KeyVersion::new(version))
            .participants([self.bob.account.participant()])
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare()
            .0
    }

    pub(crate) async fn post_keys(&self, path: &str, body: &[u8]) -> Reply {
        let path = format!("/2/chat/conversations/{path}/keys");
        self.client.send(Request::post(&path, body).token(&self.alice.token)).await.unwrap()
    }

    pub(crate) async fn post_change(&self, version: u64) -> Reply {
        self.post_keys(&BOB.to_string(), self.change(version).body()).await
    }

    /// Alice posts a body.
    pub(crate) async fn post(&self, path: &str, body: &[u8]) -> Reply {
        self.client.send(Request::post(path, body).token(&self.alice.token)).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, token: &SandboxToken) -> Reply {
        self.client.send(Request::get(path).token(token)).await.unwrap()
    }

    /// The events Bob sees.
    pub(crate) async fn events(&self) -> Value {
        let path = format!("/2/chat/conversations/{ALICE}/events?max_results=100");
        let reply = self.get(&path, &self.bob.token).await;
        assert_eq!(reply.status, 200);
        reply.json()
    }
}

/// Makes a user with fresh keys and registers them.
pub(crate) async fn register(sandbox: &RunningSandbox, client: &Client, user: u64) -> User {
    let identity = Identity::generate(Suite::X25519).unwrap();
    let token = sandbox.token(id(user));
    let body = identity.registration(id(user), UnixMillis::new(0));
    let path = format!("/2/users/{user}/public_keys");
    let reply = client.send(Request::post(&path, body.body()).token(&token)).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    let data = reply.json()["data"].clone();
    let version = data.get("public_key_version").unwrap_or(&data["version"]); // 2.165
    let version = text(version).parse().unwrap();
    User { account: identity.registered(id(user), version), token }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string"))
}

pub(crate) fn rows(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is not an array"))
}

pub(crate) fn record(row: &Value) -> PublicKeyRecord {
    serde_json::from_value(row.clone()).unwrap()
}

/// Asserts a refusal: its status, the end of its type in 2.167, and the field it names. For 2.165 the
/// type is the one that stands for it there. In 2.167 a 401 has neither type nor field.
pub(crate) fn assert_refused(what: &str, reply: &Reply, status: u16, kind: &str, parameter: &str) {
    assert_eq!(reply.status, status, "{what}: {}", reply.text());
    let problem = reply.json();
    if status == 401 && reply.contract != Contract::V2_165 {
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"), "{what}");
        assert_eq!(problem["code"], 32, "{what}");
        assert!(!text(&problem["message"]).is_empty(), "{what}");
        return;
    }
    assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{what}");
    assert_eq!(problem["status"], status, "{what}");
    assert!(!text(&problem["title"]).is_empty(), "{what}");
    assert!(!text(&problem["detail"]).is_empty(), "{what}");
    let (host, kind) = match reply.contract {
        Contract::V2_165 => ("https://api.twitter.com/2/problems/", kind_in_2_165(status, kind)),
        _ => ("https://api.x.com/2/problems/", kind),
    };
    let found = text(&problem["type"]);
    let kinds = [format!("{host}{kind}"), kind.to_owned()];
    let is_blank = kind == "about:blank";
    assert_eq!(found, kinds[usize::from(is_blank)], "{what}");
    let named = match (reply.contract, kind) {
        (Contract::V2_165, "invalid-request") => problem["errors"][0]["parameters"]
            .as_object()
            .and_then(|parameters| parameters.keys().next())
            .map_or("", String::as_str),
        _ => problem["parameter"].as_str().unwrap_or_default(),
    };
    let expected = if is_blank { "" } else { parameter };
    assert_eq!(named, expected, "{what}: {problem}");
}

/// The resources that 2.165 has problems about here are users and media, and the tests that hold both
/// contracts against each other ask for neither.
fn kind_in_2_165(status: u16, kind: &str) -> &str {
    match (status, kind) {
        (409, _) => "conflict",
        (400, _) => kind,
        _ => "about:blank",
    }
}
