//! X's own vectors: what its official SDK (PyPI `chatxdk` 0.5.2) answered, case by case, and what
//! we answer. Cases of messages, media and other actions stand in `content_vectors.rs`
//! and `content_action_vectors.rs`.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

#[path = "common/xchat.rs"]
mod xchat;

use std::collections::BTreeMap;

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::*;
use serde_json::Value;
use xchat::{VECTORS, conversation, reader, signers, text};

/// After every version in the vectors, so that none is in the far future.
const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

/// Kinds of cases that stand there.
const OTHER_KINDS: [&str; 5] =
    ["message", "metadata", "stream", "signed_event", "message_delete_action"];
/// Positive cases whose ids our types refuse: letters, three parts, leading zeros, 20 digits.
const REFUSED_IDS: [&str; 6] = ["pos-038", "pos-039", "pos-040", "pos-041", "pos-043", "pos-044"];

/// A conversation with the members that a group change begins with.
fn conversation_of(id: ConversationId, members: &[UserId]) -> Conversation {
    if id.is_group() {
        Conversation::group(id, members.iter().copied()).unwrap()
    } else {
        conversation(id)
    }
}

type Failure = Box<dyn std::error::Error>;

/// Reads one event for a case's reader.
fn read(op: &Value, event: &str, policy: ReadPolicy) -> Result<VerifiedKeyChange, Failure> {
    match EncodedEvent::new(event)?.parse()? {
        ChatEvent::KeyChange(change) => {
            let conversation = conversation(change.conversation_id());
            let reader = reader(op);
            let signers = signers(op);
            Ok(change.open_with_policy(&reader, &conversation, &signers, policy)?)
        }
        _ => Err("not a key change".into()),
    }
}

/// Group creations and additions in each layout stand among the other signed events.
fn is_group_action(case: &Value) -> bool {
    let title = text(case, "title");
    text(case, "kind") == "signed_event"
        && (title.starts_with("group create") || title.starts_with("member add"))
}

/// Parses a group action. The vectors of group creations stand in a direct conversation, which we
/// refuse; the signature does not cover it, so the same event can be read in a group.
fn group_action(event: &str) -> ChatEvent {
    let encoded = EncodedEvent::new(event).unwrap();
    match encoded.parse() {
        Err(EventError::Conversation(ConversationError::NotAGroup { .. })) => {
            let bytes = decode_base64(event).unwrap();
            let mut event = wire::MessageEvent::decode(&bytes).unwrap();
            event.conversation_id = VECTORS["group_id"].as_str();
            let moved = encode_base64(&event.encode().unwrap());
            EncodedEvent::new(moved).unwrap().parse().unwrap()
        }
        parsed => parsed.unwrap(),
    }
}

fn verify_group_action(event: &ChatEvent, op: &Value, policy: ReadPolicy) -> Result<(), ReadError> {
    let signers = signers(op);
    match event {
        ChatEvent::GroupCreate(created) => {
            created.verify(created.conversation_id(), &signers, policy).map(drop)
        }
        ChatEvent::MemberAdd(added) => {
            let conversation = conversation_of(added.conversation_id(), added.claimed_members());
            added.verify(&conversation, &signers, policy).map(drop)
        }
        other => panic!("not a group action: {other:?}"),
    }
}

/// Reads one event that may also be a group action.
fn read_into(ring: &mut Option<Keyring>, op: &Value, event: &str) -> Result<(), Failure> {
    match EncodedEvent::new(event)?.parse()? {
        action @ (ChatEvent::GroupCreate(_) | ChatEvent::MemberAdd(_)) => {
            verify_group_action(&action, op, ReadPolicy::strict())?;
        }
        _ => {
            let opened = read(op, event, ReadPolicy::strict())?;
            let ring = ring.get_or_insert_with(|| Keyring::new(opened.conversation_id()));
            ring.adopt(opened, NOW)?;
        }
    }
    Ok(())
}

/// Reads the events of all batches into one keyring; errors by event.
fn read_batches(op: &Value) -> (Option<Keyring>, BTreeMap<usize, Failure>) {
    let mut ring: Option<Keyring> = None;
    let mut errors = BTreeMap::new();
    let batches = op["batches"].as_array().unwrap();
    let events = batches.iter().flat_map(|batch| batch.as_array().unwrap());
    for (index, event) in events.enumerate() {
        if let Err(error) = read_into(&mut ring, op, event.as_str().unwrap()) {
            errors.insert(index, error);
        }
    }
    (ring, errors)
}

fn identity_key(text: &str) -> Result<IdentityPublicKey, KeyError> {
    let bytes = decode_base64(text).map_err(|_| KeyError::Encoding)?;
    match bytes.len() {
        65 => IdentityPublicKey::from_sec1(&bytes),
        _ => IdentityPublicKey::from_spki(&bytes),
    }
}

/// Binding is checked as part of a directory row.
fn verify_binding(op: &Value) -> Result<Participant, RecordError> {
    PublicKeyRecord::from(PublicKeyRow {
        user_id: None,
        public_key: op["identity_public_key_b64"].as_str(),
        signing_public_key: op["signing_public_key_b64"].as_str(),
        identity_public_key_signature: op["identity_public_key_signature_b64"].as_str(),
        signing_public_key_signature: None,
        public_key_version: Some("1"),
    })
    .verify(&UserId::new(1).unwrap())
}

/// Whether a registered public key is the account's own.
fn matches(op: &Value) -> bool {
    let ours = reader(op);
    identity_key(text(op, "public_key_b64"))
        .is_ok_and(|key| &key == ours.participant().identity_key())
}

fn check_positive(case: &Value) {
    let (id, op, expect) = (text(case, "id"), &case["op"], &case["expect"]);
    match text(op, "op") {
        "public_keys" => {
            let ours = reader(op);
            let users = VECTORS["users"].as_array().unwrap();
            let user = users
                .iter()
                .find(|user| user["private_keys_b64"] == op["private_keys_b64"])
                .unwrap();
            let participant = ours.participant();
            assert_eq!(
                participant.identity_key().to_base64(),
                text(user, "identity_public_spki_b64")
            );
            assert_eq!(
                participant.signing_key().to_base64(),
                text(user, "signing_public_spki_b64")
            );
            let sec1 = decode_base64(text(user, "identity_public_sec1_b64")).unwrap();
            assert_eq!(IdentityPublicKey::from_sec1(&sec1).unwrap(), *participant.identity_key());
            let bytes = decode_base64(text(op, "private_keys_b64")).unwrap();
            let identity = Identity::dangerous_from_private_keys(Suite::XChat, &bytes).unwrap();
            assert_eq!(identity.dangerous_private_keys().expose_secret(), &bytes[..]);
            let body = identity.registration(ours.user_id(), UnixMillis::new(5));
            let body: Value = serde_json::from_slice(body.body()).unwrap();
            // Bindings and all: ECDSA nonces are those of RFC 6979.
            assert_eq!(body["public_key"], user["registration"], "{id}");
        }
        "matches_registered_key" => assert!(matches(op), "{id}"),
        "verify_key_binding" => assert!(verify_binding(op).is_ok(), "{id}"),
        "canonical_conversation_id" => {
            let resolved = text(op, "sender_id")
                .parse()
                .and_then(|sender| ConversationId::resolve(text(op, "conversation_id"), sender));
            if REFUSED_IDS.contains(&id) {
                assert!(resolved.is_err(), "{id}");
            } else {
                assert_eq!(resolved.unwrap().to_string(), text(expect, "canonical"), "{id}");
            }
        }
        "decrypt_event" if is_group_action(case) => {
            let event = group_action(text(op, "event_b64"));
            let legacy = ReadPolicy::strict().accept_legacy_signatures();
            let is_current = text(case, "title").contains(" v7 ");
            for (policy, accepted) in [(legacy, true), (ReadPolicy::strict(), is_current)] {
                assert_eq!(verify_group_action(&event, op, policy).is_ok(), accepted, "{id}");
            }
        }
        "decrypt_event" => {
            let event = text(op, "event_b64");
            let legacy = ReadPolicy::strict().accept_legacy_signatures();
            let opened = read(op, event, legacy).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(expect["event"]["id"], opened.message_id().to_string(), "{id}");
            let is_current = case["title"].as_str().unwrap().contains("signature_version 7")
                || case["title"].as_str().unwrap().contains("standalone");
            assert_eq!(read(op, event, ReadPolicy::strict()).is_ok(), is_current, "{id}");
        }
        "extract_conversation_keys" => {
            let event = op["events"][0].as_str().unwrap();
            let opened = read(op, event, ReadPolicy::strict()).unwrap();
            let version = opened.key_version().to_string();
            let key = encode_base64(opened.key().expose_secret());
            assert_eq!(expect["keys"][version], key, "{id}");
        }
        "decrypt_events" => {
            let (ring, errors) = read_batches(op);
            let ring = ring.unwrap();
            let last = expect["steps"].as_array().unwrap().last().unwrap();
            let latest = ring.floor().unwrap().to_string();
            assert_eq!(last["latest_version"], latest, "{id}");
            assert_eq!(
                last["keys"][&latest],
                encode_base64(ring.current().unwrap().1.expose_secret()),
                "{id}"
            );
            match text(case, "kind") {
                // The replayed older version is refused, not adopted.
                "freshness" => {
                    assert_eq!(errors.keys().collect::<Vec<_>>(), [&1, &2], "{id}");
                    for error in errors.values() {
                        assert!(error.to_string().contains("is not above"), "{id}: {error}");
                    }
                }
                _ => assert!(errors.is_empty(), "{id}: {errors:?}"),
            }
        }
        other => panic!("{id}: nothing checks {other}"),
    }
}

fn check_negative(case: &Value) {
    let (id, op) = (text(case, "id"), &case["op"]);
    match text(op, "op") {
        "import_keys" => {
            let bytes = decode_base64(text(op, "private_keys_b64")).unwrap();
            assert!(Identity::dangerous_from_private_keys(Suite::XChat, &bytes).is_err(), "{id}");
        }
        "prepare_recipient" => assert!(identity_key(text(op, "public_key_b64")).is_err(), "{id}"),
        "verify_key_binding" => assert!(verify_binding(op).is_err(), "{id}"),
        "matches_registered_key" => assert!(!matches(op), "{id}"),
        "decrypt_event" => {
            for policy in [ReadPolicy::strict(), ReadPolicy::strict().accept_legacy_signatures()] {
                let opened = read(op, text(op, "event_b64"), policy);
                if let Some(supplied) = op["conversation_keys"].as_object() {
                    // A key of the caller's own, known under the event's version, and another
                    // one sealed: for us a conflict in the keyring.
                    let (version, _) = supplied.iter().next().unwrap();
                    assert_conflict(opened.unwrap(), version, id);
                } else {
                    assert!(opened.is_err(), "{id}");
                }
            }
        }
        "decrypt_events" => {
            let (ring, errors) = read_batches(op);
            match id {
                "neg-089" => assert!(ring.is_none() && errors.len() == 1, "{id}"),
                // Two keys of one version: for us the second is the conflict, whoever is first.
                "neg-090" => assert_eq!(errors.keys().collect::<Vec<_>>(), [&1], "{id}"),
                _ => panic!("{id} is not known"),
            }
        }
        "prepare_title" => {
            let error = sign_group_with_title(reader(op), text(op, "title"));
            assert_eq!(error, Some(SignError::AmbiguousText { suite: Suite::XChat }), "{id}");
        }
        other => panic!("{id}: nothing checks {other}"),
    }
}

/// Creates a group of one with this title.
fn sign_group_with_title(sender: Account, title: &str) -> Option<SignError> {
    let id = text(&VECTORS, "group_id").parse().unwrap();
    let conversation = Conversation::group(id, [sender.user_id()]).unwrap();
    KeyChange::new(&sender, &conversation, KeyVersion::new(1))
        .creating_group(GroupCreate::new([sender.user_id()]).title(title.parse().unwrap()))
        .unwrap()
        .seal()
        .unwrap()
        .sign()
        .err()
}

/// A keyring that knows another key of this version refuses the opened one.
fn assert_conflict(opened: VerifiedKeyChange, version: &str, id: &str) {
    let version: KeyVersion = version.parse().unwrap();
    assert_eq!(opened.key_version(), version, "{id}");
    let conversation = conversation(opened.conversation_id());
    let (one, other) = opened.conversation_id().direct_users().unwrap();
    let account =
        |user| Identity::generate(Suite::XChat).unwrap().registered(user, PublicKeyVersion::new(1));
    let (sender, peer) = (account(one), account(other));
    let (prepared, key) = KeyChange::new(&sender, &conversation, version)
        .participants([peer.participant()])
        .seal()
        .unwrap()
        .sign()
        .unwrap()
        .prepare();
    let mut ring = Keyring::new(conversation.id());
    ring.commit(&prepared, key).unwrap();
    let refused = ring.adopt(opened, NOW).unwrap_err();
    assert_eq!(refused, KeyringError::ConflictingKeyVersion { version }, "{id}");
}

/// Runs all cases of a set that are about keys; returns how many ran and how many did not, by kind.
fn run(set: &str, check: impl Fn(&Value)) -> (usize, BTreeMap<String, usize>) {
    let mut ran = 0;
    let mut left = BTreeMap::new();
    for case in VECTORS[set].as_array().unwrap() {
        let kind = text(case, "kind");
        // Raw ECDSA and single sealed keys are checked where those functions are private.
        let other = OTHER_KINDS.contains(&kind) && !is_group_action(case);
        if other || ["ecdsa", "open_key"].contains(&kind) {
            *left.entry(kind.to_owned()).or_default() += 1;
        } else {
            check(case);
            ran += 1;
        }
    }
    (ran, left)
}

fn counts(list: &[(&str, usize)]) -> BTreeMap<String, usize> {
    list.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
}

#[test]
fn every_positive_case_agrees() {
    let (ran, left) = run("positive", check_positive);
    assert_eq!(ran, 47);
    assert_eq!(
        left,
        counts(&[
            ("ecdsa", 5),
            ("message", 13),
            ("message_delete_action", 1),
            ("metadata", 3),
            ("open_key", 10),
            ("signed_event", 21),
            ("stream", 7),
        ])
    );
}

#[test]
fn every_negative_case_is_refused() {
    let (ran, left) = run("negative", check_negative);
    assert_eq!(ran, 69);
    assert_eq!(
        left,
        counts(&[("ecdsa", 11), ("message", 14), ("metadata", 3), ("open_key", 20), ("stream", 7)])
    );
}

/// What we do with a case that X's SDK is lenient about.
#[derive(Debug, PartialEq)]
enum Decision {
    /// We take it, too.
    Accept,
    /// We read over it: it has nothing to do with keys.
    Ignore,
    /// We refuse it, with this code.
    Refuse(&'static str),
}

/// Each lenient case, our decision and why.
const LENIENT: [(&str, Decision); 15] = {
    use Decision::{Accept, Ignore, Refuse};
    [
        // Versions above 7 do not exist: what they would sign is unknown.
        ("len-001", Refuse("read.signature_version")),
        // A version that is no number selects nothing.
        ("len-002", Refuse("read.signature_version")),
        // Padding is a spelling of the same 64 bytes; servers may normalise it.
        ("len-003", Accept),
        // Bytes behind the event are nobody's.
        ("len-004", Refuse("wire.trailing_bytes")),
        // A copy filed under another user is not ours to open.
        ("len-005", Refuse("read.no_copy")),
        // Without the key version it is not certain what the copy is sealed to.
        ("len-006", Refuse("event.missing")),
        // X may send its group tree any day; it is checked for form and has no effect.
        ("len-007", Accept),
        // Unsigned, without effect.
        ("len-008", Accept),
        // Only the canonical id is ever signed by an honest client.
        ("len-009", Refuse("event.not_canonical_conversation")),
        // There is no switch that takes bad signatures.
        ("len-010", Refuse("signature.verify")),
        // Nor is a bad signature good for the key below some sequence number.
        ("len-011", Refuse("signature.verify")),
        // Nor is there a road to a key around its signature.
        ("len-012", Refuse("signature.verify")),
        // New kinds of events must not break old readers.
        ("len-013", Ignore),
        // The algorithm identifier is compared, every bit of it.
        ("len-014", Refuse("key.algorithm")),
        // A message without a key version is plaintext, which nobody signs.
        ("len-015", Refuse("event.missing")),
    ]
};

#[test]
fn every_lenient_case_has_its_decision() {
    let cases = VECTORS["lenient"].as_array().unwrap();
    assert_eq!(cases.len(), LENIENT.len());
    for (case, (id, decision)) in cases.iter().zip(LENIENT) {
        let op = &case["op"];
        assert_eq!(text(case, "id"), id);
        let event = match text(op, "op") {
            "prepare_recipient" => {
                let error = identity_key(text(op, "public_key_b64")).unwrap_err();
                assert_eq!(decision, Decision::Refuse(error.code()), "{id}");
                continue;
            }
            "decrypt_event" => text(op, "event_b64"),
            "decrypt_events" => op["batches"][0][0].as_str().unwrap(),
            "extract_conversation_keys" => op["events"][0].as_str().unwrap(),
            other => panic!("{id}: nothing checks {other}"),
        };
        let outcome = match EncodedEvent::new(event).unwrap().parse() {
            Err(error) => Decision::Refuse(error.code()),
            Ok(ChatEvent::KeyChange(change)) => {
                let conversation = conversation(change.conversation_id());
                match change.open(&reader(op), &conversation, &signers(op)) {
                    Ok(_) => Decision::Accept,
                    Err(error) => Decision::Refuse(error.code()),
                }
            }
            Ok(_) => Decision::Ignore,
        };
        assert_eq!(outcome, decision, "{id}: {}", text(case, "title"));
    }
}
