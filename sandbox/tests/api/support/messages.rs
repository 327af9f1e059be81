//! Messages and deletions as Alice sends them. Their contents are opaque to the sandbox, so that
//! these are no real ciphertexts.

use sealpost_crypto::encoding::{decode_base64, encode_base64, encode_base64_unpadded};
use sealpost_crypto::wire::MessageEvent;
use sealpost_sandbox::Contract;
use serde_json::{Value, json};

use super::http::{Reply, Request};
use super::{User, World, text};

pub(crate) const MESSAGES: &str = "/2/chat/conversations/1002/messages";
pub(crate) const DELETE: &str = "/2/chat/conversations/1002/messages/delete";

/// A Thrift field of text or bytes.
fn string(id: i16, value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap().to_be_bytes();
    [&[0x0b][..], &id.to_be_bytes(), &length, value].concat()
}

/// A bare `MessageCreateEvent`.
pub(crate) fn create_event(key_version: &str, contents: &[u8]) -> Vec<u8> {
    let notify = [0x02, 0, 102, 1];
    [&string(100, contents)[..], &string(101, key_version.as_bytes()), &notify, &[0]].concat()
}

/// A `MessageEventSignature`.
pub(crate) fn signature(public_key_version: &str) -> Vec<u8> {
    let signature = encode_base64_unpadded(&[7; 64]);
    [
        &string(1, signature.as_bytes())[..],
        &string(2, public_key_version.as_bytes()),
        &string(3, b"7"),
        &[0],
    ]
    .concat()
}

/// The body of a message.
pub(crate) fn message(user: &User, message_id: &str, key_version: &str, contents: &[u8]) -> Value {
    let version = user.account.public_key_version().to_string();
    json!({
        "message_id": message_id,
        "encoded_message_create_event": encode_base64(&create_event(key_version, contents)),
        "encoded_message_event_signature": encode_base64(&signature(&version)),
    })
}

/// A `MessageEventDetail` with a `MessageDeleteEvent`.
pub(crate) fn delete_detail(sequence_ids: &[&str], action: u8) -> Vec<u8> {
    let count = u32::try_from(sequence_ids.len()).unwrap().to_be_bytes();
    let list: Vec<u8> = sequence_ids
        .iter()
        .flat_map(|id| [&u32::try_from(id.len()).unwrap().to_be_bytes(), id.as_bytes()].concat())
        .collect();
    let head = [0x0c, 0, 7, 0x0f, 0, 1, 0x0b];
    let tail = [0x08, 0, 2, 0, 0, 0, action, 0, 0];
    [&head[..], &count, &list, &tail].concat()
}

/// The body of a deletion.
pub(crate) fn deletion(user: &User, message_id: &str, sequence_ids: &[&str], all: bool) -> Value {
    json!({
        "sequence_ids": sequence_ids,
        "delete_message_action": if all { "delete_for_all" } else { "delete_for_self" },
        "action_signatures": [{
            "message_id": message_id,
            "encoded_message_event_detail":
                encode_base64(&delete_detail(sequence_ids, if all { 2 } else { 1 })),
            "message_event_signature": {
                "signature": encode_base64_unpadded(&[9; 64]),
                "public_key_version": user.account.public_key_version().to_string(),
                "signature_version": "7",
            },
            "signature_payload": "MessageDeleteEvent,...",
        }],
    })
}

impl World {
    /// A world in which the conversation of Alice and Bob has the key version 5.
    pub(crate) async fn with_key() -> Self {
        Self::with_key_in(Contract::default()).await
    }

    pub(crate) async fn with_key_in(contract: Contract) -> Self {
        let world = Self::start_in(contract).await;
        assert_eq!(world.post_change(5).await.status, 200);
        world
    }

    pub(crate) async fn post_as(&self, user: &User, path: &str, body: &Value) -> Reply {
        let request = Request::post(path, body.to_string().as_bytes()).token(&user.token);
        self.client.send(request).await.unwrap()
    }

    /// Sends a message of Alice's or of Bob's, and returns its sequence id.
    pub(crate) async fn say(&self, user: &User, message_id: &str) -> String {
        let body = message(user, message_id, "5", message_id.as_bytes());
        let reply = self.post_as(user, "/2/chat/conversations/1001-1002/messages", &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        sequence_id(&reply)
    }

    /// The sequence ids that a user sees, newest first.
    pub(crate) async fn seen(&self, user: &User) -> Vec<String> {
        let path = "/2/chat/conversations/1001-1002/events?max_results=100";
        let page = self.get(path, &user.token).await.json();
        super::rows(&page["data"]).iter().map(|row| text(&row["id"]).to_owned()).collect()
    }
}

/// The sequence id in the event that the sender of a message gets back.
pub(crate) fn sequence_id(reply: &Reply) -> String {
    let json = reply.json();
    let bytes = decode_base64(text(&json["data"]["encoded_message_event"])).unwrap();
    MessageEvent::decode(&bytes).unwrap().sequence_id.unwrap().to_owned()
}
