//! Registering public keys: what is refused.

use sealpost_crypto::{Identity, Suite, UnixMillis};
use sealpost_sandbox::Contract;
use serde_json::{Value, json};

use crate::support::http::Request;
use crate::support::{ALICE, World, assert_refused, id, rows};

type Break = fn(&mut Value);

const PATH: &str = "/2/users/1001/public_keys";

fn key(body: &mut Value) -> &mut Value {
    &mut body["public_key"]
}

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name).unwrap();
}

const RULES: &[(&str, Break, &str)] = &[
    ("body a string", |b| *b = json!("x"), ""),
    ("key missing", |b| remove(b, "public_key"), "public_key"),
    ("key a string", |b| b["public_key"] = json!("x"), "public_key"),
    ("version missing", |b| remove(b, "version"), "version"),
    ("version a number", |b| b["version"] = json!(1), "version"),
    ("version not decimal", |b| b["version"] = json!("1e3"), "version"),
    ("generate a string", |b| b["generate_version"] = json!("true"), "generate_version"),
    ("generate null", |b| b["generate_version"] = json!(null), "generate_version"),
    ("identity missing", |b| remove(key(b), "public_key"), "public_key.public_key"),
    ("identity null", |b| key(b)["public_key"] = json!(null), "public_key.public_key"),
    ("identity empty", |b| key(b)["public_key"] = json!(""), "public_key.public_key"),
    ("identity not base64", |b| key(b)["public_key"] = json!("-_-_"), "public_key.public_key"),
    ("signing missing", |b| remove(key(b), "signing_public_key"), "public_key.signing_public_key"),
    (
        "signing not base64",
        |b| key(b)["signing_public_key"] = json!("A"),
        "public_key.signing_public_key",
    ),
    (
        "binding missing",
        |b| remove(key(b), "identity_public_key_signature"),
        "public_key.identity_public_key_signature",
    ),
    (
        "binding not base64",
        |b| key(b)["identity_public_key_signature"] = json!("A A="),
        "public_key.identity_public_key_signature",
    ),
    (
        "fingerprint a number",
        |b| key(b)["public_key_fingerprint"] = json!(1),
        "public_key.public_key_fingerprint",
    ),
    (
        "method a list",
        |b| key(b)["registration_method"] = json!([]),
        "public_key.registration_method",
    ),
    (
        "reverse binding a boolean",
        |b| key(b)["signing_public_key_signature"] = json!(false),
        "public_key.signing_public_key_signature",
    ),
];

#[tokio::test]
async fn each_rule_is_held_and_nothing_is_registered() {
    assert_eq!(RULES.len(), 19, "a row was added or lost: adjust the count");
    for contract in Contract::ALL {
        let world = World::start_in(contract).await;
        let identity = Identity::generate(Suite::X25519).unwrap();
        let valid = identity.registration(id(ALICE), UnixMillis::new(7));
        let valid: Value = serde_json::from_slice(valid.body()).unwrap();
        for (what, break_it, parameter) in RULES {
            let mut body = valid.clone();
            break_it(&mut body);
            assert_ne!(body, valid, "{what} breaks nothing");
            let request =
                Request::post(PATH, body.to_string().as_bytes()).token(&world.alice.token);
            let reply = world.client.send(request).await.unwrap();
            assert_refused(what, &reply, 400, "invalid-request", parameter);
        }
        let keys = world.get(PATH, &world.alice.token).await.json();
        assert_eq!(rows(&keys["data"]).len(), 1);
    }
}

#[tokio::test]
async fn nobody_registers_keys_for_somebody_else() {
    let world = World::start().await;
    let identity = Identity::generate(Suite::X25519).unwrap();
    let body = identity.registration(id(ALICE), UnixMillis::new(7));
    let request = Request::post(PATH, body.body()).token(&world.bob.token);
    let reply = world.client.send(request).await.unwrap();
    assert_refused("foreign", &reply, 403, "not-authorized-for-resource", "id");
    let keys = world.get(PATH, &world.alice.token).await.json();
    assert_eq!(rows(&keys["data"]).len(), 1);
}
