//! Messages in both suites: what is written is read, and nothing else.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;
#[path = "common/content.rs"]
mod room;

use std::sync::LazyLock;
use std::time::Duration;

use common::{NOW, Stage, account_of, user};
use proptest::prelude::*;
use room::{Room, SUITES, deliver, deliver_altered, message_event};
use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::*;
use static_assertions::{assert_impl_all, assert_not_impl_any};
use wire::MessageEventDetail;

assert_impl_all!(MediaEncryptor: Send, Sync);
assert_impl_all!(MediaDecryptor: Send, Sync);
assert_not_impl_any!(MediaEncryptor: Clone, Copy, PartialEq, serde::Serialize);
assert_not_impl_any!(MediaDecryptor: Clone, Copy, PartialEq, serde::Serialize);
assert_impl_all!(VerifiedMessage: Send, Sync, Clone);
assert_not_impl_any!(VerifiedMessage: std::fmt::Display, serde::Serialize);
assert_impl_all!(SignedMessage: Send, Sync, Clone);
// What was verified cannot be made up.
assert_not_impl_any!(VerifiedMessage: Default, From<MessageEvent>);
assert_not_impl_any!(VerifiedAction: Default, From<ActionEvent>, From<Action>);

fn sequence(number: u64) -> SequenceId {
    SequenceId::new(number)
}

fn attachment(room: &Room) -> MediaAttachment {
    let media = MediaEncryptor::new(&room.alice_ring).unwrap().media();
    MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::Video, &media)
        .with_dimensions(Dimensions { width: 640, height: 480 })
        .with_duration(Duration::from_millis(1500))
        .with_file_size(10)
        .with_file_name("clip.mp4")
}

#[test]
fn every_content_is_read_as_it_was_written() {
    for suite in SUITES {
        let room = Room::new(suite);
        room.stage.assert_claims(&room.key_change, 7);
        let media = attachment(&room);
        assert_eq!(media.dimensions(), Some(Dimensions { width: 640, height: 480 }));
        assert_eq!(media.duration(), Some(Duration::from_millis(1500)));
        assert_eq!((media.file_size(), media.file_name()), (Some(10), Some("clip.mp4")));
        let text = Text::new("see https://e.invalid #tag, naïve ☃ 🚀")
            .with_entity(Entity::new(EntityKind::Url, 4..21).unwrap())
            .unwrap()
            .with_entity(Entity::new(EntityKind::Hashtag, 22..26).unwrap())
            .unwrap()
            .with_attachment(attachment(&room));
        let reaction = Reaction::new(sequence(7), "👍".parse().unwrap());
        let edit = Edit::new(sequence(7), "edited #x")
            .with_entity(Entity::new(EntityKind::Hashtag, 7..9).unwrap())
            .unwrap();
        let messages = [
            Message::text("hi"),
            Message::text(""),
            Message::new(text),
            Message::add_reaction(reaction.clone()),
            Message::remove_reaction(reaction.to_attachment("id-1".parse().unwrap())),
            Message::edit(edit),
        ];
        for message in messages {
            room.stage.assert_claims(&deliver(&room.encrypt(&message), 7), 7);
            let read = room.say(7, &message);
            assert_eq!(read.content(), message.content(), "{suite}");
            assert_eq!((read.suite(), read.sender()), (suite, user(11)));
            assert_eq!(read.conversation_id(), room.stage.group.id());
            assert_eq!(read.key_version(), KeyVersion::from(NOW));
            assert_eq!(read.sequence_id(), Some(Unsigned::new(sequence(7))));
            let time = Unsigned::new(UnixMillis::new(1_800_000_000_005));
            assert_eq!(read.created_at(), Some(time));
            assert_eq!(*read.should_notify().claim(), Some(true));
            assert_eq!(*read.ttl().claim(), None);
        }
    }
}

#[test]
fn content_one_s_own_messages_are_read_with_one_s_own_keys() {
    for suite in SUITES {
        let room = Room::new(suite);
        let signed = room.encrypt(&Message::text("note"));
        let event = message_event(&deliver(&signed, 1));
        let Stage { alice, group, .. } = &room.stage;
        let read = event.open(alice, group, &room.alice_ring, []).unwrap();
        assert_eq!(read.message_id(), signed.message_id());
        // A directory that serves another key under one's name changes nothing.
        let impostor = Identity::generate(suite)
            .unwrap()
            .registered(alice.user_id(), alice.public_key_version());
        assert!(event.open(alice, group, &room.alice_ring, [impostor.participant()]).is_ok());
        let forged = Message::text("forged").encrypt(&impostor, group, &room.alice_ring).unwrap();
        let forged = message_event(&deliver(&forged, 1));
        assert_eq!(
            forged.open(alice, group, &room.alice_ring, [impostor.participant()]).err(),
            Some(ReadError::Verify(VerifyError))
        );
    }
}

#[test]
fn content_lifetime_and_notification_are_signed_in_our_suite_and_claimed_in_x_s() {
    let message = Message::text("x").expires_after(Duration::from_millis(5)).silent();
    let ttl = Some(MessageTtl::from(Duration::from_millis(5)));
    for suite in SUITES {
        let room = Room::new(suite);
        let signed = room.encrypt(&message);
        let read = room.bob_reads(&deliver(&signed, 1)).unwrap();
        let altered = room.bob_reads(&deliver_altered(&signed, 1, |event| {
            let Some(MessageEventDetail::MessageCreate(create)) = &mut event.detail else {
                panic!()
            };
            (create.ttl_msec, create.should_notify) = (Some(6), Some(true));
        }));
        match suite {
            Suite::X25519 => {
                assert_eq!(read.ttl(), Stated::Signed(ttl));
                assert_eq!(read.should_notify().signed(), Some(&Some(false)));
                assert_eq!(altered.err(), Some(ReadError::Verify(VerifyError)));
            }
            _ => {
                assert_eq!(read.ttl(), Stated::Unsigned(Unsigned::new(ttl)));
                assert_eq!(read.should_notify().signed(), None);
                let altered = altered.unwrap();
                assert_eq!(*altered.should_notify().claim(), Some(true));
                assert_eq!(altered.mark(), read.mark(), "it is the same message all the same");
            }
        }
    }
}

/// A bit of every byte of a message's event: what is still read says and was signed the same.
#[test]
fn content_no_byte_of_a_message_can_be_changed() {
    for suite in SUITES {
        let room = Room::new(suite);
        let event = deliver(&room.encrypt(&Message::text("hello")), 1);
        let original = room.bob_reads(&event).unwrap();
        let bytes = decode_base64(event.as_str()).unwrap();
        let (mut refused, mut same) = (0, 0);
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1 << (index % 8);
            let parsed = EncodedEvent::new(encode_base64(&changed)).unwrap().parse();
            let read = match parsed {
                Ok(ChatEvent::Message(message)) => message.open(
                    &room.stage.bob,
                    &room.stage.group,
                    &room.bob_ring,
                    room.participants(),
                ),
                _ => {
                    refused += 1;
                    continue;
                }
            };
            match read {
                Err(_) => refused += 1,
                Ok(read) => {
                    assert_eq!(read.mark(), original.mark(), "{suite}: byte {index}");
                    assert_eq!(read.content(), original.content(), "{suite}: byte {index}");
                    same += 1;
                }
            }
        }
        assert_eq!(refused + same, bytes.len());
        // The server's number and time, their ids, and in X's suite the notify flag.
        assert!(same < 24, "{suite}: {same} bytes are nobody's");
    }
}

#[test]
fn content_a_message_is_refused_for_the_first_thing_that_is_wrong() {
    for suite in SUITES {
        let mut room = Room::new(suite);
        let signed = room.encrypt(&Message::text("hello"));
        let event = message_event(&deliver(&signed, 1));
        let Stage { alice, bob, carol, group } = &room.stage;
        let open = |group: &Conversation, ring: &Keyring, signers: &[&Participant]| {
            event.open(bob, group, ring, signers.iter().copied()).err()
        };
        let alice_keys = alice.participant();
        let elsewhere = Conversation::group(ConversationId::group(4).unwrap(), [user(11)]).unwrap();
        let other_ring = Keyring::new(elsewhere.id());
        let wrong = ReadError::WrongConversation { expected: elsewhere.id(), found: group.id() };
        assert_eq!(open(&elsewhere, &room.bob_ring, &[alice_keys]), Some(wrong));
        assert_eq!(open(group, &other_ring, &[alice_keys]), Some(wrong));
        let without = Conversation::group(group.id(), [user(2), user(300)]).unwrap();
        assert_eq!(
            open(&without, &room.bob_ring, &[alice_keys]),
            Some(ReadError::SenderNotMember { sender: user(11) })
        );
        let unknown =
            ReadError::UnknownSigner { sender: user(11), version: alice.public_key_version() };
        assert_eq!(open(group, &room.bob_ring, &[carol.participant()]), Some(unknown));
        let next = PublicKeyVersion::new(5);
        let newer = Identity::generate(suite).unwrap().registered(user(11), next);
        assert_eq!(open(group, &room.bob_ring, &[newer.participant()]), Some(unknown));
        let impostor =
            Identity::generate(suite).unwrap().registered(user(11), alice.public_key_version());
        assert_eq!(
            open(group, &room.bob_ring, &[impostor.participant()]),
            Some(ReadError::Verify(VerifyError))
        );
        // The signature comes first: without a key nothing else is known to be wrong.
        let empty = Keyring::new(group.id());
        let version = KeyVersion::from(NOW);
        assert_eq!(open(group, &empty, &[alice_keys]), Some(ReadError::NoKey { version }));
        assert_eq!(
            open(group, &empty, &[impostor.participant()]),
            Some(ReadError::Verify(VerifyError))
        );
        let other_suite = SUITES.into_iter().find(|other| *other != suite).unwrap();
        let stranger = account_of(other_suite, 2);
        assert_eq!(
            event.open(&stranger, group, &room.bob_ring, [alice_keys]).err(),
            Some(ReadError::MixedSuites { expected: other_suite, found: suite })
        );
        let relabelled = deliver_altered(&signed, 1, |event| {
            event.message_event_signature.as_mut().unwrap().signature_version = Some("6");
        });
        assert_eq!(
            room.bob_reads(&relabelled).err(),
            Some(ReadError::SignatureVersion { suite }),
            "{suite}"
        );
        // A key of the same version that is another one.
        let other = Room::new(suite);
        assert_eq!(
            message_event(&deliver(&signed, 1))
                .open(bob, group, &other.bob_ring, [alice_keys])
                .err(),
            Some(ReadError::Decrypt(DecryptError))
        );
        // An older key stays good for what was written under it.
        room.rotate();
        let newer = room.say(2, &Message::text("newer"));
        assert!(newer.key_version() > KeyVersion::from(NOW));
        assert!(room.bob_reads(&deliver(&signed, 1)).is_ok());
    }
}

#[test]
fn content_a_ciphertext_moved_into_another_message_does_not_read() {
    for suite in SUITES {
        let room = Room::new(suite);
        let (one, other) =
            (room.encrypt(&Message::text("one")), room.encrypt(&Message::text("other")));
        let contents = decode_base64(one.encoded_message_create_event()).unwrap().leak();
        let moved = deliver_altered(&other, 1, |event| {
            let create = wire::MessageCreateEvent::decode(contents).unwrap();
            event.detail = Some(MessageEventDetail::MessageCreate(create));
        });
        assert_eq!(room.bob_reads(&moved).err(), Some(ReadError::Verify(VerifyError)));
    }
}

#[test]
fn content_what_cannot_be_encrypted_is_not() {
    for suite in SUITES {
        let mut room = Room::new(suite);
        let Stage { alice, group, .. } = &room.stage;
        let hello = Message::text("hello");
        let outsider = account_of(suite, 77);
        assert_eq!(
            hello.encrypt(&outsider, group, &room.alice_ring).err(),
            Some(EncryptError::SenderNotMember { sender: user(77) })
        );
        let empty = Keyring::new(group.id());
        assert_eq!(
            hello.encrypt(alice, group, &empty).err(),
            Some(EncryptError::NoKey { id: group.id() })
        );
        let found = ConversationId::group(4).unwrap();
        assert_eq!(
            hello.encrypt(alice, group, &Keyring::new(found)).err(),
            Some(EncryptError::OtherConversation { expected: group.id(), found })
        );
        let other_suite = SUITES.into_iter().find(|other| *other != suite).unwrap();
        assert_eq!(
            hello.encrypt(&account_of(other_suite, 11), group, &room.alice_ring).err(),
            Some(EncryptError::MixedSuites { expected: other_suite, found: suite })
        );
        assert!(matches!(
            Message::new(Content::Other(7)).encrypt(alice, group, &room.alice_ring),
            Err(EncryptError::Encoding(wire::WireError::UnwritableMember { .. }))
        ));
        let long = Message::text("x".repeat(Message::MAX_LENGTH));
        assert_eq!(
            long.encrypt(alice, group, &room.alice_ring).err(),
            Some(EncryptError::TooLong { limit: Message::MAX_LENGTH })
        );
        // What is attached is under the key of its message.
        let attached = Message::new(Text::new("").with_attachment(attachment(&room)));
        room.rotate();
        let Stage { alice, group, .. } = &room.stage;
        assert!(matches!(
            attached.encrypt(alice, group, &room.alice_ring),
            Err(EncryptError::OtherMediaKey { .. })
        ));
    }
}

#[test]
fn content_the_longest_message_still_fits_an_event() {
    let room = Room::new(Suite::XChat);
    // What the text needs around it as a content.
    let around = 3 + 3 + 3 + 4 + 3;
    let text = "x".repeat(Message::MAX_LENGTH - around);
    let event = deliver(&room.encrypt(&Message::text(text.clone())), 1);
    assert!(event.as_str().len() <= EncodedEvent::MAX_LENGTH);
    let read = room.bob_reads(&event).unwrap();
    assert!(matches!(read.content(), Content::Text(read) if read.as_str() == text));
}

#[test]
fn content_what_is_printed_for_debugging_says_nothing_of_what_was_said() {
    for suite in SUITES {
        let room = Room::new(suite);
        let original = room.say(1, &Message::text("s3cret words"));
        let reply = Text::new("s3cret answer")
            .with_attachment(attachment(&room).with_file_name("s3cret.txt"))
            .reply_to(&original);
        let reply = Message::new(reply);
        let signed = room.encrypt(&reply);
        let event = deliver(&signed, 2);
        let read = room.bob_reads(&event).unwrap();
        let edit = Message::edit(Edit::new(sequence(1), "s3cret edit"));
        let (_, field) =
            EncryptedField::encrypt(MetadataField::Title, "s3cret", &room.alice_ring).unwrap();
        let encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
        let shown = [
            format!("{reply:#?}"),
            format!("{signed:#?}"),
            format!("{:#?}", message_event(&event)),
            format!("{read:#?}"),
            format!("{edit:#?}"),
            format!("{field:#?}"),
            format!("{encryptor:#?}"),
            format!("{:#?}", MediaDecryptor::new(&attachment(&room), &room.bob_ring)),
        ];
        for text in shown {
            assert!(!text.contains("s3cret"), "{text}");
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,80}", "[ -~]{0,2000}", Just(String::new())]
}

/// One room of each suite, for all cases.
static ROOMS: LazyLock<[Room; 2]> = LazyLock::new(|| SUITES.map(Room::new));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn content_any_message_comes_back(
        text in any_text(),
        ttl in proptest::option::of(any::<u32>()),
        notify in any::<bool>(),
        marks in proptest::collection::vec((0usize..90, 1usize..90, -3i16..20), 0..4),
        number in any::<u64>(),
    ) {
        for room in &*ROOMS {
            let mut content = Text::new(text.clone());
            for (start, length, kind) in &marks {
                let kind = if *kind == 3 { EntityKind::Mention } else { EntityKind::Other(*kind) };
                if kind == EntityKind::Other(0) || matches!(kind, EntityKind::Other(1..=7)) {
                    continue;
                }
                let entity = Entity::new(kind, *start..start + length).unwrap();
                if let Ok(marked) = content.clone().with_entity(entity) {
                    content = marked;
                }
            }
            let mut message = Message::new(content);
            if let Some(ttl) = ttl {
                message = message.expires_after(Duration::from_millis(ttl.into()));
            }
            if !notify {
                message = message.silent();
            }
            let read = room.say(number, &message);
            prop_assert_eq!(read.content(), message.content());
            prop_assert_eq!(*read.should_notify().claim(), Some(notify));
            let lifetime = ttl.map(|ttl| Duration::from_millis(ttl.into()));
            prop_assert_eq!(read.ttl().claim().map(Duration::from), lifetime);
        }
    }

    #[test]
    fn content_a_text_out_of_its_role_is_refused(text in ".{0,80}") {
        let is_control = text.chars().any(char::is_control);
        let emoji = text.parse::<Emoji>();
        prop_assert_eq!(emoji.is_ok(), !is_control && (1..=64).contains(&text.len()));
        let key = text.parse::<MediaHashKey>();
        let alphanumeric = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        prop_assert_eq!(key.is_ok(), alphanumeric && (1..=50).contains(&text.len()));
        let id = text.parse::<AttachmentId>();
        let graphic = text.bytes().all(|byte| byte.is_ascii_graphic());
        prop_assert_eq!(id.is_ok(), graphic && !text.is_empty());
    }
}
