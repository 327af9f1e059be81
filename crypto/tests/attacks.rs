//! The adversary controls the server, the network and the directory: whatever they make of a key
//! change is refused by its own error, and changes nothing.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

mod common;

use common::{NOW, Parts, account, send, user};
use proptest::prelude::*;
use sealpost_crypto::*;

const VERSION: u64 = NOW.as_u64() - 5;

/// What an attacker does to an event.
type Tampering = fn(&mut Parts);

struct Stage {
    alice: Account,
    bob: Account,
    conversation: Conversation,
}

impl Stage {
    fn new() -> Self {
        let (alice, bob) = (account(10), account(20));
        let conversation = Conversation::direct(alice.user_id(), bob.user_id());
        Self { alice, bob, conversation }
    }

    /// Bob reads an event of this conversation, knowing Alice.
    fn bob_opens(&self, parts: &Parts) -> Result<VerifiedKeyChange, ReadError> {
        parts.event().open(&self.bob, &self.conversation, [self.alice.participant()])
    }

    fn honest(&self) -> Parts {
        Parts::of(&send(&self.alice, &[&self.bob], &self.conversation, VERSION).prepared)
    }
}

#[test]
fn both_sides_hold_the_same_key_after_an_honest_change() {
    let stage = Stage::new();
    let sent = send(&stage.alice, &[&stage.bob], &stage.conversation, VERSION);
    let parts = Parts::of(&sent.prepared);
    let received = stage.bob_opens(&parts).unwrap();
    assert_eq!(received.key(), &sent.key);
    assert_eq!(received.sender(), stage.alice.user_id());
    assert_eq!(received.message_id(), sent.prepared.message_id());
    assert_eq!(parts.event().sequence_id(), Some(SequenceId::new(7)));
    assert_eq!(
        parts.event().recipients().collect::<Vec<_>>(),
        [stage.alice.user_id(), stage.bob.user_id()]
    );
    // Alice's other device, and Alice after a crash: she needs nobody's keys but her own.
    let own = parts.event().open(&stage.alice, &stage.conversation, []).unwrap();
    assert_eq!(own.key(), &sent.key);
}

#[test]
fn a_registered_stranger_cannot_change_the_key_of_others() {
    let stage = Stage::new();
    let mallory = account(66);
    // Mallory seals a key to both members and herself, and signs it properly, in a conversation
    // of her own making; the server files it under Alice's and Bob's.
    let group = ConversationId::group(1).unwrap();
    let users = [&stage.alice, &stage.bob, &mallory].map(Account::user_id);
    let hers = Conversation::group(group, users).unwrap();
    let sent = send(&mallory, &[&stage.alice, &stage.bob], &hers, VERSION);
    let mut parts = Parts::of(&sent.prepared);
    let signers = [*stage.alice.participant(), *mallory.participant()];
    let read = |parts: &Parts| parts.event().open(&stage.bob, &stage.conversation, &signers);
    assert_eq!(
        read(&parts).err(),
        Some(ReadError::WrongConversation { expected: stage.conversation.id(), found: group })
    );
    parts.conversation_id = Some(stage.conversation.id().to_string());
    assert_eq!(read(&parts).err(), Some(ReadError::SenderNotMember { sender: mallory.user_id() }));
    // She puts Alice's name on it: Bob asks for Alice's keys, and hers are not among them.
    parts.sender_id = Some(stage.alice.user_id().to_string());
    assert_eq!(
        read(&parts).err(),
        Some(ReadError::UnknownSigner {
            sender: stage.alice.user_id(),
            version: mallory.public_key_version()
        })
    );
    // She names the version of Alice's key as well. The seal binds the sender.
    parts.signature.as_mut().unwrap()[1] = Some(stage.alice.public_key_version().to_string());
    assert_eq!(read(&parts).err(), Some(ReadError::Open(OpenError)));
}

#[test]
fn a_directory_row_never_stands_in_for_one_s_own_account() {
    let stage = Stage::new();
    // The server made a key pair, registered it nowhere, and serves it as Alice's own.
    let forger = Identity::generate(Suite::X25519)
        .unwrap()
        .registered(stage.alice.user_id(), stage.alice.public_key_version());
    let forged = Parts::of(&send(&forger, &[&stage.bob], &stage.conversation, VERSION).prepared);
    let mut to_alice = stage.honest();
    to_alice.signature = forged.signature;
    let read = to_alice.event().open(&stage.alice, &stage.conversation, [forger.participant()]);
    assert_eq!(read.err(), Some(ReadError::Verify(VerifyError)));
    let honest = stage.honest().event();
    let read = honest.open(&stage.alice, &stage.conversation, [forger.participant()]);
    assert!(read.is_ok(), "and the true change is not locked out");

    // Nor does it make a second device of hers, under another key version.
    let device = Identity::generate(Suite::X25519)
        .unwrap()
        .registered(stage.alice.user_id(), PublicKeyVersion::new(9));
    let theirs = Parts::of(&send(&device, &[&stage.bob], &stage.conversation, VERSION).prepared);
    let read = theirs.event().open(&stage.alice, &stage.conversation, [device.participant()]);
    assert_eq!(
        read.err(),
        Some(ReadError::UnknownSigner {
            sender: stage.alice.user_id(),
            version: PublicKeyVersion::new(9)
        })
    );
}

#[test]
fn a_member_cannot_speak_for_another_member() {
    let [alice, bob, carol] = [1, 2, 3].map(account);
    let group = ConversationId::group(9).unwrap();
    let conversation =
        Conversation::group(group, [&alice, &bob, &carol].map(Account::user_id)).unwrap();
    let honest = send(&alice, &[&bob, &carol], &conversation, VERSION);
    // Carol opens her copy, so she knows the key, and re-signs the change as her own.
    let carols = send(&carol, &[&alice, &bob], &conversation, VERSION);
    let mut parts = Parts::of(&honest.prepared);
    parts.signature = Parts::of(&carols.prepared).signature;
    let signers = [alice.participant(), carol.participant()];
    assert_eq!(
        parts.event().open(&bob, &conversation, signers).err(),
        Some(ReadError::UnknownSigner {
            sender: alice.user_id(),
            version: carol.public_key_version()
        })
    );
    parts.signature.as_mut().unwrap()[1] = Some(alice.public_key_version().to_string());
    assert_eq!(
        parts.event().open(&bob, &conversation, signers).err(),
        Some(ReadError::Verify(VerifyError))
    );
}

#[test]
fn a_copy_cannot_be_moved() {
    let stage = Stage::new();
    let (one, other) = (stage.honest(), stage.honest());
    // Into another change of the same conversation, version and sender.
    let mut moved = one.clone();
    moved.entries = other.entries.clone();
    assert_eq!(stage.bob_opens(&moved).err(), Some(ReadError::Open(OpenError)));
    // To another recipient of the same change.
    let mut moved = one.clone();
    moved.entries[1][1] = moved.entries[0][1].clone();
    assert_eq!(stage.bob_opens(&moved).err(), Some(ReadError::Open(OpenError)));
    // Filed under another user, or under another key version.
    let mut moved = one.clone();
    moved.entries[1][0] = Some("21".to_owned());
    assert_eq!(stage.bob_opens(&moved).err(), Some(ReadError::NoCopy { reader: user(20) }));
    let mut moved = one;
    moved.entries[1][2] = Some("5".to_owned());
    assert_eq!(
        stage.bob_opens(&moved).err(),
        Some(ReadError::OtherKeyVersion {
            sealed_to: PublicKeyVersion::new(5),
            account: stage.bob.public_key_version()
        })
    );
}

#[test]
fn every_signed_fact_is_bound() {
    let stage = Stage::new();
    let honest = stage.honest();
    let changes: [(&str, Tampering); 4] = [
        ("message id", |parts| {
            parts.message_id = Some("00000000-0000-4000-8000-000000000000".to_owned());
        }),
        ("key version", |parts| parts.version = Some((VERSION + 1).to_string())),
        ("an earlier key version", |parts| parts.version = Some("0".to_owned())),
        ("one's own seal", |parts| {
            let sealed = parts.entries[1][1].take().unwrap();
            let mut bytes = encoding::decode_base64(&sealed).unwrap();
            bytes[40] ^= 1;
            parts.entries[1][1] = Some(encoding::encode_base64(&bytes));
        }),
    ];
    for (what, change) in changes {
        let mut parts = honest.clone();
        change(&mut parts);
        assert_eq!(stage.bob_opens(&parts).err(), Some(ReadError::Open(OpenError)), "{what}");
    }
    let signature = honest.signature.as_ref().unwrap()[0].clone().unwrap();
    let bytes = encoding::decode_base64(&signature).unwrap();
    for bit in 0..512 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut parts = honest.clone();
        parts.signature.as_mut().unwrap()[0] = Some(encoding::encode_base64_unpadded(&changed));
        let refused = stage.bob_opens(&parts).err();
        assert_eq!(refused, Some(ReadError::Verify(VerifyError)), "bit {bit}");
    }
}

#[test]
fn the_signature_version_is_the_signers_suite_s_own() {
    let stage = Stage::new();
    for version in ["7", "6", "1", "01001", "+1001", "1001 ", "1002", "", "1001.0"] {
        let mut parts = stage.honest();
        parts.signature.as_mut().unwrap()[2] = Some(version.to_owned());
        assert_eq!(
            stage.bob_opens(&parts).err(),
            Some(ReadError::SignatureVersion { suite: Suite::X25519 }),
            "{version}"
        );
    }
}

#[test]
fn malformed_events_are_refused_by_field() {
    use EventField as Field;
    let stage = Stage::new();
    let id = |field, error| EventError::Id { field, error };
    let not_a_user = "x".parse::<UserId>().unwrap_err();
    let not_a_version = "01".parse::<KeyVersion>().unwrap_err();
    let not_a_key_version = "1,2".parse::<PublicKeyVersion>().unwrap_err();
    let cases: Vec<(Tampering, EventError)> = vec![
        (|p| p.message_id = None, EventError::Missing(Field::MessageId)),
        (|p| p.sender_id = None, EventError::Missing(Field::SenderId)),
        (|p| p.conversation_id = None, EventError::Missing(Field::ConversationId)),
        (|p| p.version = None, EventError::Missing(Field::KeyVersion)),
        (|p| p.signature = None, EventError::Missing(Field::Signature)),
        (|p| p.signature.as_mut().unwrap()[0] = None, EventError::Missing(Field::Signature)),
        (|p| p.signature.as_mut().unwrap()[1] = None, EventError::Missing(Field::SignerKeyVersion)),
        (|p| p.signature.as_mut().unwrap()[2] = None, EventError::Missing(Field::SignatureVersion)),
        (|p| p.entries[0][0] = None, EventError::Missing(Field::EntryUserId)),
        (|p| p.entries[0][1] = None, EventError::Missing(Field::EntrySealedKey)),
        (|p| p.entries[0][2] = None, EventError::Missing(Field::EntryPublicKeyVersion)),
        (|p| p.sender_id = Some("x".into()), id(Field::SenderId, not_a_user)),
        (|p| p.entries[1][0] = Some("x".into()), id(Field::EntryUserId, not_a_user)),
        (|p| p.version = Some("01".into()), id(Field::KeyVersion, not_a_version)),
        (
            |p| p.entries[1][2] = Some("1,2".into()),
            id(Field::EntryPublicKeyVersion, not_a_key_version),
        ),
        (
            |p| p.sequence_id = Some("-1".into()),
            id(Field::SequenceId, "-1".parse::<SequenceId>().unwrap_err()),
        ),
        (
            |p| p.message_id = Some("1".into()),
            id(Field::MessageId, "1".parse::<MessageId>().unwrap_err()),
        ),
        (
            |p| p.conversation_id = Some("1:x".into()),
            id(Field::ConversationId, "1:x".parse::<ConversationId>().unwrap_err()),
        ),
        (|p| p.conversation_id = Some("10-20".into()), EventError::NotCanonicalConversation),
        (|p| p.conversation_id = Some("20:10".into()), EventError::NotCanonicalConversation),
        (|p| p.entries.push(p.entries[1].clone()), EventError::DuplicateEntry { user: user(20) }),
        (
            |p| p.signature.as_mut().unwrap()[0] = Some("AAAA".into()),
            EventError::Signature(SignatureError::Length { found: 3 }),
        ),
        (
            |p| p.signature.as_mut().unwrap()[0] = Some("?".into()),
            EventError::Signature(SignatureError::Encoding),
        ),
    ];
    assert_eq!(cases.len(), 23);
    for (change, error) in cases {
        let mut parts = stage.honest();
        change(&mut parts);
        assert_eq!(parts.error(), error);
    }
    assert!(EncodedEvent::new("A".repeat(16 << 20)).is_ok());
    assert_eq!(
        EncodedEvent::new("A".repeat((16 << 20) + 1)).unwrap_err(),
        EventError::TooLong { limit: EncodedEvent::MAX_LENGTH }
    );
    let mut text = stage.honest().encode().as_str().to_owned();
    text.push('\n');
    assert!(matches!(EncodedEvent::new(text).unwrap().parse(), Err(EventError::Encoding(_))));
}

#[test]
fn a_copy_that_is_no_sealed_key_is_told_apart_from_one_that_does_not_open() {
    let stage = Stage::new();
    for (text, error) in [
        ("AAAA".to_owned(), SealedKeyError::Length { found: 3, expected: 80 }),
        ("-".to_owned(), SealedKeyError::Encoding),
        (encoding::encode_base64(&[0; 113]), SealedKeyError::Length { found: 113, expected: 80 }),
    ] {
        let mut parts = stage.honest();
        parts.entries[1][1] = Some(text);
        assert_eq!(stage.bob_opens(&parts).err(), Some(ReadError::SealedKey(error)));
    }
    let mut parts = stage.honest();
    parts.entries[1][1] = Some(encoding::encode_base64(&[0; 80]));
    assert_eq!(stage.bob_opens(&parts).err(), Some(ReadError::Open(OpenError)));
}

#[test]
fn versions_only_move_forward() {
    let stage = Stage::new();
    let mut ring = Keyring::new(stage.conversation.id());
    let read = |version| {
        let sent = send(&stage.alice, &[&stage.bob], &stage.conversation, version);
        let parts = Parts::of(&sent.prepared);
        (parts.clone(), stage.bob_opens(&parts).unwrap())
    };
    let (_, older) = read(VERSION - 100);
    let (current_parts, current) = read(VERSION);
    let fingerprint = current.key().fingerprint();
    assert_eq!(ring.adopt(current, NOW), Ok(Adoption::Current));
    let unchanged = |ring: &Keyring| {
        assert_eq!(ring.floor(), Some(KeyVersion::new(VERSION)));
        assert_eq!(ring.current().unwrap().1.fingerprint(), fingerprint);
        assert_eq!(ring.suite(), Some(Suite::X25519));
    };

    // The same change once more is no news.
    let again = stage.bob_opens(&current_parts).unwrap();
    assert_eq!(ring.adopt(again, NOW), Ok(Adoption::AlreadyKnown));
    unchanged(&ring);

    // A replayed older change.
    let (version, floor) = (KeyVersion::new(VERSION - 100), KeyVersion::new(VERSION));
    assert_eq!(ring.adopt(older, NOW), Err(KeyringError::StaleKeyVersion { version, floor }));
    assert!(ring.get(version).is_none());
    unchanged(&ring);

    // The same version with another key.
    let (_, other) = read(VERSION);
    let conflict = KeyringError::ConflictingKeyVersion { version: floor };
    assert_eq!(ring.adopt(other, NOW), Err(conflict));
    let (_, other) = read(VERSION);
    assert_eq!(ring.keep_for_history(other), Err(conflict));
    unchanged(&ring);

    // A version a year ahead, and the last millisecond that is still believed.
    let year = 365 * 24 * 60 * 60 * 1000;
    let (_, ahead) = read(NOW.as_u64() + year);
    let version = KeyVersion::new(NOW.as_u64() + year);
    assert_eq!(
        ring.adopt(ahead, NOW),
        Err(KeyringError::FarFutureKeyVersion { version, now: NOW })
    );
    let day = 24 * 60 * 60 * 1000;
    let (_, ahead) = read(NOW.as_u64() + day + 1);
    assert!(matches!(ring.adopt(ahead, NOW), Err(KeyringError::FarFutureKeyVersion { .. })));
    let (_, ahead) = read(u64::MAX);
    assert!(matches!(ring.adopt(ahead, NOW), Err(KeyringError::FarFutureKeyVersion { .. })));
    unchanged(&ring);

    // Old history, on purpose.
    let (_, older) = read(VERSION - 100);
    let old_key = older.key().fingerprint();
    ring.keep_for_history(older).unwrap();
    assert_eq!(ring.get(KeyVersion::new(VERSION - 100)).unwrap().fingerprint(), old_key);
    unchanged(&ring);
    let (_, newer) = read(VERSION + 1);
    let version = KeyVersion::new(VERSION + 1);
    assert_eq!(ring.keep_for_history(newer), Err(KeyringError::NotHistory { version }));
    unchanged(&ring);

    let (_, tomorrow) = read(NOW.as_u64() + day);
    assert_eq!(ring.adopt(tomorrow, NOW), Ok(Adoption::Current));
    assert_eq!(ring.next_version(NOW), Ok(KeyVersion::new(NOW.as_u64() + day + 1)));
}

#[test]
fn a_key_joins_only_its_own_conversation_and_only_while_it_is_the_newest() {
    let stage = Stage::new();
    let sent = send(&stage.alice, &[&stage.bob], &stage.conversation, VERSION);
    let elsewhere = ConversationId::direct(user(1), user(2));
    let refused =
        KeyringError::OtherConversation { expected: elsewhere, found: stage.conversation.id() };
    let mut other = Keyring::new(elsewhere);
    let received = stage.bob_opens(&Parts::of(&sent.prepared)).unwrap();
    assert_eq!(other.adopt(received, NOW), Err(refused));
    assert_eq!(other.commit(&sent.prepared, sent.key), Err(refused));
    assert!(other.current().is_none());

    let mut ring = Keyring::new(stage.conversation.id());
    assert_eq!(ring.next_version(NOW), Ok(KeyVersion::new(NOW.as_u64())));
    let version = KeyVersion::new(VERSION);
    let make = |version| send(&stage.alice, &[&stage.bob], &stage.conversation, version);
    let (first, second, older) = (make(VERSION), make(VERSION), make(VERSION - 1));
    // The key of another change.
    assert_eq!(ring.commit(&first.prepared, second.key), Err(KeyringError::OtherKey { version }));
    // One's own change comes in through the events before the answer to the request does.
    let own = Parts::of(&first.prepared).event().open(&stage.alice, &stage.conversation, []);
    assert_eq!(ring.adopt(own.unwrap(), NOW), Ok(Adoption::Current));
    assert_eq!(ring.commit(&first.prepared, first.key), Ok(Adoption::AlreadyKnown));
    let second = make(VERSION);
    assert_eq!(
        ring.commit(&second.prepared, second.key),
        Err(KeyringError::ConflictingKeyVersion { version })
    );
    assert_eq!(
        ring.commit(&older.prepared, older.key),
        Err(KeyringError::StaleKeyVersion {
            version: KeyVersion::new(VERSION - 1),
            floor: version
        })
    );
    assert_eq!(ring.floor(), Some(version));
}

#[test]
fn the_floor_survives_a_restart() {
    let stage = Stage::new();
    let floor = KeyVersion::new(VERSION);
    let first = send(&stage.alice, &[&stage.bob], &stage.conversation, VERSION);
    let (id, fingerprint) = (stage.conversation.id(), first.key.fingerprint());
    let restarted = || Keyring::with_floor(id, Suite::X25519, floor, fingerprint);
    let mut ring = restarted();
    assert!(ring.current().is_none());
    // The key of the floor comes back; a second key of its version does not take its place.
    let second = send(&stage.alice, &[&stage.bob], &stage.conversation, VERSION);
    let read = |sent: &common::Sent| stage.bob_opens(&Parts::of(&sent.prepared)).unwrap();
    let conflict = KeyringError::ConflictingKeyVersion { version: floor };
    assert_eq!(ring.adopt(read(&second), NOW), Err(conflict));
    assert_eq!(ring.keep_for_history(read(&second)), Err(conflict));
    let not_history = KeyringError::NotHistory { version: floor };
    assert_eq!(ring.keep_for_history(read(&first)), Err(not_history));
    assert_eq!(ring.adopt(read(&first), NOW), Ok(Adoption::Current));
    assert_eq!(ring.current().unwrap().1, &first.key);
    let mut ring = restarted();
    let older = send(&stage.alice, &[&stage.bob], &stage.conversation, VERSION - 1);
    let older = stage.bob_opens(&Parts::of(&older.prepared)).unwrap();
    assert!(matches!(ring.adopt(older, NOW), Err(KeyringError::StaleKeyVersion { .. })));
    // A draft takes the version above the floor whatever the clock says, and only the suite and
    // conversation of the keyring.
    let draft = ring.draft(&stage.alice, &stage.conversation, UnixMillis::new(5)).unwrap();
    let sealed = draft.participants([stage.bob.participant()]).seal().unwrap();
    let (prepared, _) = sealed.sign().unwrap().prepare();
    assert_eq!(prepared.key_version(), KeyVersion::new(VERSION + 1));
    let elsewhere = Conversation::direct(user(10), user(30));
    assert!(matches!(
        ring.draft(&stage.alice, &elsewhere, NOW),
        Err(KeyringError::OtherConversation { .. })
    ));
    let moved = common::account_of(Suite::XChat, 10);
    assert!(matches!(
        ring.draft(&moved, &stage.conversation, NOW),
        Err(KeyringError::SuiteChanged { .. })
    ));
    let last = KeyVersion::new(u64::MAX);
    let last = Keyring::with_floor(id, Suite::X25519, last, fingerprint);
    assert_eq!(last.next_version(NOW), Err(KeyringError::VersionsExhausted));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_damage_to_an_event_is_refused_or_harmless(at in 0usize..600, bit in 0u8..8) {
        let stage = Stage::new();
        let parts = stage.honest();
        let mut bytes = encoding::decode_base64(parts.encode().as_str()).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let text = encoding::encode_base64(&bytes);
        if let Ok(ChatEvent::KeyChange(event)) = EncodedEvent::new(text).unwrap().parse() {
            let honest = stage.bob_opens(&parts).unwrap();
            // Unsigned fields may change: the time, the sequence id, other users' copies.
            if let Ok(opened) =
                event.open(&stage.bob, &stage.conversation, [stage.alice.participant()])
            {
                prop_assert_eq!(opened.key(), honest.key());
                prop_assert_eq!(opened.message_id(), honest.message_id());
                prop_assert_eq!(opened.key_version(), honest.key_version());
                prop_assert_eq!(opened.sender(), honest.sender());
            }
        }
    }

    #[test]
    fn any_text_is_an_event_or_a_typed_error(text in "[A-Za-z0-9+/=]{0,200}") {
        let _ = EncodedEvent::new(text).unwrap().parse();
    }
}
