//! The same script gives the same bytes.

use sealpost_crypto::{Conversation, Identity, KeyChange, KeyVersion, Suite, UnixMillis};
use sealpost_sandbox::{Fault, Operation, Sandbox};

use crate::support::http::{Client, Request};
use crate::support::{ALICE, BOB, id};

/// The bodies of the script, made once: real keys are random.
struct Script {
    registrations: [(u64, Vec<u8>); 2],
    keys: Vec<u8>,
}

impl Script {
    fn write() -> Self {
        let (alice, bob) = (fresh(), fresh());
        let registrations = [(ALICE, &alice), (BOB, &bob)].map(|(user, identity)| {
            (user, identity.registration(id(user), UnixMillis::new(0)).body().to_vec())
        });
        // What the server will assign: its clock at the first and the second request.
        let start = 1_788_220_800_000;
        let version = |offset: u64| sealpost_crypto::PublicKeyVersion::new(start + offset);
        let alice = alice.registered(id(ALICE), version(1));
        let bob = bob.registered(id(BOB), version(2));
        let conversation = Conversation::direct(id(ALICE), id(BOB));
        let (change, _) = KeyChange::new(&alice, &conversation, KeyVersion::new(5))
            .participants([bob.participant()])
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        Self { registrations, keys: change.body().to_vec() }
    }

    /// Plays the script and returns every byte that came back, and the tokens.
    async fn play(&self, seed: u64) -> (Vec<Vec<u8>>, Vec<String>) {
        let sandbox = Sandbox::builder().seed(seed).start().await.unwrap();
        let client = Client::new(sandbox.base_url());
        let alice = sandbox.token(id(ALICE));
        let bob = sandbox.token(id(BOB));
        sandbox.inject(Fault::RateLimited.on(Operation::AddConversationKeys).unwrap(), 1);
        let keys = || Request::post("/2/chat/conversations/1002/keys", &self.keys).token(&alice);
        let register = |index: usize| {
            let (user, body) = &self.registrations[index];
            let token = if *user == ALICE { &alice } else { &bob };
            Request::post(&format!("/2/users/{user}/public_keys"), body).token(token)
        };
        let events = "/2/chat/conversations/1001/events";
        let mut raw = Vec::new();
        for request in [
            register(0),
            register(1).fault("accepted-with-errors"),
            keys(),
            keys(),
            keys(),
            Request::get(&format!("{events}?max_results=1")).token(&bob),
            Request::get("/2/users/public_keys?ids=1001,1002,7").token(&bob),
            Request::get("/nowhere"),
            Request::post("/2/chat/media/upload/initialize", MEDIA).token(&bob),
            Request::get("/2/chat/conversations?expansions=member_ids").token(&bob),
            Request::new("POST", "/2/chat/conversations/group/initialize").token(&bob),
        ] {
            raw.push(client.send(request).await.unwrap().raw);
        }
        (raw, vec![alice.to_string(), bob.to_string()])
    }
}

const MEDIA: &[u8] = br#"{"conversation_id": "1001", "total_bytes": 1}"#;

fn fresh() -> Identity {
    Identity::generate(Suite::X25519).unwrap()
}

#[tokio::test]
async fn one_seed_gives_one_run() {
    let script = Script::write();
    let (first, tokens) = script.play(7).await;
    let status = |raw: &[u8]| String::from_utf8_lossy(&raw[9..12]).into_owned();
    let statuses: Vec<String> = first.iter().map(|raw| status(raw)).collect();
    assert_eq!(
        statuses,
        ["200", "200", "429", "200", "409", "200", "200", "404", "200", "200", "200"]
    );
    assert_eq!(script.play(7).await, (first.clone(), tokens.clone()));

    let (other, other_tokens) = script.play(8).await;
    for (index, token) in tokens.iter().enumerate() {
        assert_ne!(token, &other_tokens[index]);
    }
    for (index, raw) in first.iter().enumerate() {
        assert_ne!(raw, &other[index], "another seed has other transaction ids");
    }
}

#[tokio::test]
async fn the_clock_moves_with_requests_only() {
    let start = UnixMillis::new(1_000_000);
    let sandbox = Sandbox::builder().clock(start).start().await.unwrap();
    let client = Client::new(sandbox.base_url());
    assert_eq!(sandbox.now(), start);
    for millis in 1..=3 {
        client.send(Request::get("/")).await.unwrap();
        assert_eq!(sandbox.now(), UnixMillis::new(1_000_000 + millis));
    }
    sandbox.clock(UnixMillis::new(0));
    let reply = client.send(Request::get("/")).await.unwrap();
    assert_eq!(sandbox.now(), UnixMillis::new(1));
    assert_eq!(reply.header("date"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
}
