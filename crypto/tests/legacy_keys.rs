//! Keys that X's old signatures introduce (versions 2 to 5, which do not cover the key): for
//! reading history, and never for writing.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

#[path = "common/xchat.rs"]
mod xchat;

use std::collections::BTreeMap;

use sealpost_crypto::*;
use serde_json::Value;
use xchat::{VECTORS, conversation, reader, signers, text};

const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
const LEGACY: ReadPolicy = ReadPolicy::strict().accept_legacy_signatures();

fn event(op: &Value) -> Option<KeyChangeEvent> {
    match EncodedEvent::new(op["event_b64"].as_str()?).ok()?.parse().ok()? {
        ChatEvent::KeyChange(change) => Some(change),
        _ => None,
    }
}

fn open(op: &Value) -> VerifiedKeyChange {
    let event = event(op).unwrap();
    let conversation = conversation(event.conversation_id());
    event.open_with_policy(&reader(op), &conversation, &signers(op), LEGACY).unwrap()
}

/// X's events of key changes with such a signature.
fn cases() -> Vec<&'static Value> {
    let is_legacy = |op: &&Value| event(op).is_some() && open(op).is_legacy();
    let cases = VECTORS["positive"].as_array().unwrap().iter().map(|case| &case["op"]);
    cases.filter(|op| text(op, "op") == "decrypt_event").filter(is_legacy).collect()
}

#[test]
fn they_are_kept_beside_the_others_and_never_become_current() {
    assert_eq!(cases().len(), 4, "versions 2, 3, 4 and 5");
    for op in cases() {
        let (version, id) = (open(op).key_version(), open(op).conversation_id());
        let mut ring = Keyring::new(id);
        let refused = KeyringError::LegacySignature { version };
        assert_eq!(ring.adopt(open(op), NOW), Err(refused));
        assert_eq!((ring.suite(), ring.versions().count()), (None, 0), "nothing has changed");
        for _ in ["once", "and again"] {
            ring.keep_for_history(open(op)).unwrap();
            assert_eq!(ring.get(version), Some(open(op).key()));
            assert_eq!(ring.legacy_keys().count(), 1);
        }
        assert_eq!((ring.current(), ring.floor()), (None, None));
        assert_eq!(ring.suite(), Some(Suite::XChat));
        assert_eq!(ring.adopt(open(op), NOW), Err(refused), "not even when it is known");

        // Another key of that version is a conflict, whichever is the old one.
        let other = || ConversationKey::dangerous_from_bytes(&[7; 32]);
        let only = |key| BTreeMap::from([(version, key)]);
        let mut ring =
            Keyring::dangerous_restore(id, Suite::XChat, None, BTreeMap::new(), only(other()))
                .unwrap();
        let conflict = Err(KeyringError::ConflictingKeyVersion { version });
        assert_eq!(ring.keep_for_history(open(op)), conflict);
        let floor = Some((version, other().fingerprint()));
        let mut ring =
            Keyring::dangerous_restore(id, Suite::XChat, floor, only(other()), BTreeMap::new())
                .unwrap();
        assert_eq!(ring.keep_for_history(open(op)), conflict);
        assert_eq!(ring.get(version), Some(&other()), "what was there stays");
    }
}

#[test]
fn an_inbox_takes_them_when_it_is_told_to() {
    for op in cases() {
        let encoded: EncodedEvent = text(op, "event_b64").parse().unwrap();
        let conversation = conversation(open(op).conversation_id());
        let (reader, signers) = (reader(op), signers(op));
        let inbox = Inbox::new(&reader, &conversation, &signers);
        let mut ring = Keyring::new(conversation.id());
        let mut seen = SeenActions::new();
        let strict = inbox.read([&encoded], &mut ring, &mut seen, NOW).remove(0).unwrap_err();
        assert_eq!(strict.code(), "read.signature_version");

        let inbox = inbox.with_policy(LEGACY);
        let outcome = inbox.read([&encoded], &mut ring, &mut seen, NOW).remove(0).unwrap();
        let Received::KeyChange { key_version, adoption, .. } = outcome else {
            unreachable!("a key change")
        };
        assert_eq!(adoption, Adoption::KeptForHistory);
        assert_eq!(ring.legacy_keys().next(), Some((key_version, open(op).key())));
        assert_eq!(ring.current(), None);
    }
}
