//! X's vectors for the functions that are private here: raw ECDSA, single sealed keys, and the
//! known answer of a key change's signature.

use std::vec::Vec;

use serde_json::Value;

use super::*;
use crate::encoding::{decode_base64, encode_base64_unpadded};
use crate::seal::{Repr, SealedKey};
use crate::{Identity, IdentityPublicKey, SigningPublicKey, Suite};

fn vectors() -> Value {
    serde_json::from_str(sealpost_vectors::XCHAT).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn bytes(value: &Value, name: &str) -> Vec<u8> {
    decode_base64(text(value, name)).unwrap()
}

fn secret_keys(blob: &[u8]) -> SecretKeys {
    let ([identity, signing], []) = blob.as_chunks::<32>() else { unreachable!("64 bytes") };
    SecretKeys::from_scalars(identity, signing).unwrap()
}

/// What `verify` and `decrypt_conversation_key` take: text, and whatever is in it.
fn verifies(op: &Value) -> bool {
    let Ok(signature) = Signature::from_base64(text(op, "signature_b64")) else { return false };
    let key = SigningPublicKey::from_base64(text(op, "public_key_b64")).unwrap();
    let crate::suite::VerifyingKey::XChat(key) = key.0 else { unreachable!("a P-256 key") };
    key.verify(&[&bytes(op, "data_b64")], &signature).is_ok()
}

fn opens(op: &Value) -> Option<ConversationKey> {
    let sealed = SealedKey::from_base64(Suite::XChat, text(op, "encrypted_key_b64")).ok()?;
    let Repr::XChat(sealed) = &sealed.0 else { unreachable!("an XChat key") };
    secret_keys(&bytes(op, "private_keys_b64")).open(sealed).ok()
}

#[test]
fn raw_signatures_and_sealed_keys_agree() {
    let vectors = vectors();
    let mut ran = [0; 4];
    for (set, positive) in [("positive", true), ("negative", false)] {
        for case in vectors[set].as_array().unwrap() {
            let (op, expect, id) = (&case["op"], &case["expect"], text(case, "id"));
            match text(op, "op") {
                "sign" => {
                    let keys = secret_keys(&bytes(op, "private_keys_b64"));
                    let signature = sign(&keys.0.signing, &[&bytes(op, "data_b64")]);
                    let expected = Signature::from_base64(text(expect, "signature_b64")).unwrap();
                    assert_eq!(signature, expected, "{id}");
                    ran[0] += 1;
                }
                "verify" => {
                    assert_eq!(verifies(op), positive, "{id}");
                    ran[1] += 1;
                }
                "decrypt_conversation_key" if positive => {
                    let key = opens(op).unwrap();
                    let expected = bytes(expect, "conversation_key_b64");
                    assert_eq!(key.expose_secret(), &expected[..], "{id}");
                    ran[2] += 1;
                }
                "decrypt_conversation_key" => {
                    assert!(opens(op).is_none(), "{id}");
                    ran[3] += 1;
                }
                _ => {}
            }
        }
    }
    assert_eq!(ran, [3, 13, 10, 20]);
}

#[test]
fn the_signature_of_a_key_change_is_reproduced() {
    let vectors = vectors();
    let answers = vectors["known_answers"].as_array().unwrap();
    let mut ran = 0;
    for answer in answers.iter().filter(|answer| answer["kind"] == "key_change_signature") {
        let keys = secret_keys(&bytes(answer, "signer_private_keys_b64"));
        let context = ChangeContext {
            message_id: text(answer, "message_id").parse().unwrap(),
            sender: text(answer, "sender_id").parse().unwrap(),
            sender_key_version: "1".parse().unwrap(),
            conversation: text(answer, "conversation_id").parse().unwrap(),
            key_version: text(answer, "conversation_key_version").parse().unwrap(),
        };
        let raw = bytes(answer, "conversation_key_b64");
        let key = ConversationKey::filled_by(|key| {
            key.copy_from_slice(&raw);
            Ok::<_, VerifyError>(())
        })
        .unwrap();
        let payload = payload::with_key_change(&context, &key, |parts| parts.concat());
        assert_eq!(payload, text(answer, "payload").as_bytes());
        let signature = keys.sign_key_change(&context, &key);
        assert_eq!(encode_base64_unpadded(signature.as_bytes()), text(answer, "signature"));
        assert!(keys.verifying_key().verify_key_change(&context, &key, &signature).is_ok());
        ran += 1;
    }
    assert_eq!(ran, 1);
}

#[test]
fn the_same_blob_gives_the_same_identity() {
    let vectors = vectors();
    let users = vectors["users"].as_array().unwrap();
    for user in users {
        let blob = bytes(user, "private_keys_b64");
        let identity = Identity::dangerous_from_private_keys(Suite::XChat, &blob).unwrap();
        let expected = IdentityPublicKey::from_base64(text(user, "identity_public_spki_b64"));
        assert_eq!(Ok(identity.identity_key()), expected);
        assert_eq!(identity.dangerous_private_keys().expose_secret(), &blob[..]);
    }
    assert_eq!(users.len(), 4);
}
