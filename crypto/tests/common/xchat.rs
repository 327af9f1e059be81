//! X's own vectors, and the people in them.
#![allow(dead_code, unreachable_pub)] // used in part by each test
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // test code

use std::convert::Infallible;
use std::sync::LazyLock;

use sealpost_crypto::encoding::decode_base64;
use sealpost_crypto::rand_core::{TryCryptoRng, TryRng};
use sealpost_crypto::*;
use serde_json::Value;

pub static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(sealpost_vectors::XCHAT).unwrap());

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

/// The account whose private keys a case gives.
pub fn reader(op: &Value) -> Account {
    let private_keys = text(op, "private_keys_b64");
    let users = VECTORS["users"].as_array().unwrap();
    let user = users.iter().find(|user| user["private_keys_b64"] == private_keys).unwrap();
    let bytes = decode_base64(private_keys).unwrap();
    Identity::dangerous_from_private_keys(Suite::XChat, &bytes).unwrap().registered(
        text(user, "user_id").parse().unwrap(),
        text(op, "public_key_version").parse().unwrap(),
    )
}

/// The verified participants among a case's signing keys.
pub fn signers(op: &Value) -> Vec<Participant> {
    let keys = op["signing_keys"].as_array().or(VECTORS["signing_keys"].as_array()).unwrap();
    keys.iter()
        .filter_map(|key| {
            let user: UserId = text(key, "user_id").parse().unwrap();
            PublicKeyRecord::from(PublicKeyRow {
                user_id: key["user_id"].as_str(),
                public_key: key["identity_public_key"].as_str(),
                signing_public_key: key["public_key"].as_str(),
                identity_public_key_signature: key["identity_public_key_signature"].as_str(),
                signing_public_key_signature: None,
                public_key_version: key["public_key_version"].as_str(),
            })
            .verify(&user)
            .ok()
        })
        .collect()
}

/// The two conversations of the vectors, with the members one knows of.
pub fn conversation(id: ConversationId) -> Conversation {
    let users = VECTORS["users"].as_array().unwrap();
    let users = users.iter().map(|user| text(user, "user_id").parse().unwrap());
    match id.direct_users() {
        Some(_) => {
            let id: ConversationId = text(&VECTORS, "conversation_id").parse().unwrap();
            let (one, other) = id.direct_users().unwrap();
            Conversation::direct(one, other)
        }
        None => Conversation::group(id, users).unwrap(),
    }
}

/// A generator that gives what an SDK's generator gave.
pub struct Script(pub Vec<u8>);

impl TryRng for Script {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("ids and nonces are bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("ids and nonces are bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(bytes.len());
        bytes.copy_from_slice(&std::mem::replace(&mut self.0, rest));
        Ok(())
    }
}

impl TryCryptoRng for Script {}

/// The bytes of a message id's text.
pub fn id_bytes(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// Cases in the order of the file.
pub fn cases<'a>(set: &str, kinds: &[&str]) -> Vec<&'a Value> {
    let cases = VECTORS[set].as_array().unwrap().iter();
    cases.filter(|case| kinds.contains(&text(case, "kind"))).collect()
}

pub fn case<'a>(set: &str, id: &str) -> &'a Value {
    VECTORS[set].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap()
}

/// The account that sent everything in the vectors.
pub fn sender() -> Account {
    let op = serde_json::json!({
        "private_keys_b64": VECTORS["users"][0]["private_keys_b64"],
        "public_key_version": VECTORS["users"][0]["public_key_version"],
    });
    reader(&op)
}
