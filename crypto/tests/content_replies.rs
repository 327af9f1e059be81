//! Replies: a quote holds only with its signed original.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;
#[path = "common/content.rs"]
mod room;

use common::{NOW, Stage, user};
use room::{Room, SUITES, deliver, deliver_altered, message_event};
use sealpost_crypto::*;

fn reply_of(message: &VerifiedMessage) -> &ReplyPreview {
    message.reply().unwrap()
}

fn quote_of(message: &VerifiedMessage) -> &Quote {
    match reply_of(message) {
        ReplyPreview::Verified(quote) => quote,
        ReplyPreview::Unverified(reply) => panic!("{}", reply.problem()),
    }
}

fn problem_of(message: &VerifiedMessage) -> PreviewProblem {
    match reply_of(message) {
        ReplyPreview::Unverified(reply) => reply.problem(),
        ReplyPreview::Verified(quote) => panic!("{quote:?}"),
    }
}

fn reply(room: &Room, number: u64, text: &str, original: &VerifiedMessage) -> VerifiedMessage {
    room.say(number, &Message::new(Text::new(text).reply_to(original)))
}

#[test]
fn content_a_reply_carries_its_proof() {
    for suite in SUITES {
        let mut room = Room::new(suite);
        let original = room.say(1, &Message::text("the original"));
        let answer = reply(&room, 2, "an answer", &original);
        let quote = quote_of(&answer);
        assert_eq!(quote.original(), &original, "{suite}");
        assert_eq!(quote.excerpt(), "the original");
        assert!(quote.edit().is_none());
        assert_eq!(reply_of(&answer).message_id(), Some(original.message_id()));

        // An answer to the answer proves the answer; what that one quotes is a claim.
        let second = reply(&room, 3, "and another", &answer);
        let inner = quote_of(&second).original();
        assert_eq!(inner.message_id(), answer.message_id());
        assert_eq!(problem_of(inner), PreviewProblem::NotChecked);
        // The sender sees what the others will see.
        let sent = Message::new(Text::new("and another").reply_to(&answer));
        assert_eq!(sent.content(), second.content());
        assert_eq!(reply_of(inner).message_id(), Some(original.message_id()));

        // Under a newer key, as long as the reader has the older one.
        room.rotate();
        let late = reply(&room, 4, "late", &original);
        assert_eq!(quote_of(&late).original(), &original);
        assert!(late.key_version() > original.key_version());
        let newest = room.rotate();
        room.bob_ring = Keyring::new(room.stage.group.id());
        room.bob_adopts(&newest);
        let later = reply(&room, 5, "later", &original);
        let version = KeyVersion::from(NOW);
        assert_eq!(problem_of(&later), PreviewProblem::Read(ReadError::NoKey { version }));

        // What has no text is quoted without one.
        let emoji = "👍".parse().unwrap();
        let reaction =
            room.say(6, &Message::add_reaction(Reaction::new(SequenceId::new(1), emoji)));
        let answer = reply(&room, 7, "thanks", &reaction);
        assert_eq!((quote_of(&answer).excerpt(), quote_of(&answer).original()), ("", &reaction));
    }
}

#[test]
fn content_a_quote_may_be_of_an_edit() {
    for suite in SUITES {
        let room = Room::new(suite);
        let original = room.say(1, &Message::text("teh original"));
        let edit = room.say(2, &Message::edit(Edit::new(SequenceId::new(1), "the original")));
        assert!(edit.is_edit_of(&original));
        let text = Text::new("an answer").reply_to_edited(&original, &edit).unwrap();
        let answer = room.say(3, &Message::new(text));
        let quote = quote_of(&answer);
        assert_eq!((quote.original(), quote.edit()), (&original, Some(&edit)), "{suite}");
        assert_eq!(quote.excerpt(), "the original");

        // An edit of another message, or of another member.
        let other = room.say(4, &Message::edit(Edit::new(SequenceId::new(7), "the original")));
        assert!(!other.is_edit_of(&original));
        assert!(!original.is_edit_of(&original));
        assert!(Text::new("x").reply_to_edited(&original, &other).is_err());
        let Stage { alice, bob, group, .. } = &room.stage;
        let by_bob = Message::edit(Edit::new(SequenceId::new(1), "bob's words"));
        let by_bob = deliver(&by_bob.encrypt(bob, group, &room.bob_ring).unwrap(), 5);
        let by_bob = message_event(&by_bob)
            .open(alice, group, &room.alice_ring, [bob.participant()])
            .unwrap();
        assert!(!by_bob.is_edit_of(&original));
        assert!(Text::new("x").reply_to_edited(&original, &by_bob).is_err());
    }
}

#[test]
fn content_what_is_quoted_must_be_of_the_conversation_and_verified() {
    for suite in SUITES {
        let room = Room::new(suite);
        let Stage { alice, bob, .. } = &room.stage;
        let original = room.say(1, &Message::text("here"));
        let direct = Conversation::direct(alice.user_id(), bob.user_id());
        let (prepared, key) = KeyChange::new(alice, &direct, KeyVersion::from(NOW))
            .participants([bob.participant()])
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        let mut ring = Keyring::new(direct.id());
        ring.commit(&prepared, key).unwrap();
        let elsewhere = Message::new(Text::new("there").reply_to(&original));
        assert_eq!(
            elsewhere.encrypt(alice, &direct, &ring).err(),
            Some(EncryptError::OtherConversation {
                expected: direct.id(),
                found: original.conversation_id()
            })
        );
        // A quote that was not verified is not passed on.
        let second = reply(&room, 2, "two", &original);
        let third = reply(&room, 3, "three", &second);
        let nested = quote_of(&third).original().content().clone();
        assert_eq!(
            Message::new(nested).encrypt(alice, &room.stage.group, &room.alice_ring).err(),
            Some(EncryptError::UnverifiedQuote)
        );
    }
}

#[test]
fn content_a_quote_whose_author_cannot_be_verified_is_a_claim() {
    for suite in SUITES {
        let room = Room::new(suite);
        let Stage { alice, bob, carol, group } = &room.stage;
        // Carol is quoted by Alice; Bob has no verified keys of Carol, or other ones.
        let carols =
            Message::text("carol's words").encrypt(carol, group, &room.alice_ring).unwrap();
        let carols = message_event(&deliver(&carols, 1))
            .open(alice, group, &room.alice_ring, [carol.participant()])
            .unwrap();
        let signed = room.encrypt(&Message::new(Text::new("see").reply_to(&carols)));
        let event = message_event(&deliver(&signed, 2));
        let open = |signers: &[&Participant], group: &Conversation| {
            event.open(bob, group, &room.bob_ring, signers.iter().copied()).unwrap()
        };
        let alice_keys = alice.participant();
        let answer = open(&[alice_keys, carol.participant()], group);
        assert_eq!(quote_of(&answer).original().sender(), user(300));
        assert!(matches!(
            problem_of(&open(&[alice_keys], group)),
            PreviewProblem::Read(ReadError::UnknownSigner { .. })
        ));
        let impostor =
            Identity::generate(suite).unwrap().registered(user(300), carol.public_key_version());
        assert_eq!(
            problem_of(&open(&[alice_keys, impostor.participant()], group)),
            PreviewProblem::Read(ReadError::Verify(VerifyError))
        );
        let without = Conversation::group(group.id(), [user(11), user(2)]).unwrap();
        assert_eq!(
            problem_of(&open(&[alice_keys, carol.participant()], &without)),
            PreviewProblem::Read(ReadError::SenderNotMember { sender: user(300) })
        );
        let ReplyPreview::Unverified(claim) =
            reply_of(&answer_without_carol(&event, &room)).clone()
        else {
            panic!("carol is not known")
        };
        assert_eq!(claim.claimed_sender(), Some(user(300)));
        assert_eq!(claim.claimed_text(), Some("carol's words"));
        assert_eq!(claim.message_id(), Some(carols.message_id()));
        assert_eq!(claim.sequence_id(), Some(SequenceId::new(1)));
        assert_eq!(claim.problem().code(), "read.unknown_signer");
    }
}

fn answer_without_carol(event: &MessageEvent, room: &Room) -> VerifiedMessage {
    let Stage { alice, bob, group, .. } = &room.stage;
    event.open(bob, group, &room.bob_ring, [alice.participant()]).unwrap()
}

/// The server's numbers are no part of what is signed: renumbered, the original is still it.
#[test]
fn content_a_quote_does_not_depend_on_the_server_s_numbers() {
    for suite in SUITES {
        let room = Room::new(suite);
        let signed = room.encrypt(&Message::text("the original"));
        let unnumbered = deliver_altered(&signed, 1, |event| {
            (event.sequence_id, event.created_at_msec) = (None, None);
        });
        let original = room.bob_reads(&unnumbered).unwrap();
        assert_eq!((original.sequence_id(), original.created_at()), (None, None));
        let answer = reply(&room, 2, "an answer", &original);
        assert_eq!(quote_of(&answer).original(), &original);
        let strange = deliver_altered(&signed, 1, |event| event.created_at_msec = Some("noon"));
        assert_eq!(room.bob_reads(&strange).unwrap().created_at(), None);
    }
}
