//! Many events at once, over both suites.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;
#[path = "common/content.rs"]
mod room;

use common::{NOW, Stage, account_of, user};
use room::{Room, SUITES, deliver, deliver_action, deliver_altered, event_with};
use sealpost_crypto::*;
use wire::{MemberAccountDeleteEvent, MessageEventDetail, MessageFailureEvent, MessageTypingEvent};

fn codes(outcomes: &[Result<Received, InboxError>]) -> Vec<&'static str> {
    outcomes
        .iter()
        .map(|outcome| match outcome {
            Err(error) => error.code(),
            Ok(Received::KeyChange { adoption: Adoption::Current, .. }) => "key: current",
            Ok(Received::KeyChange { adoption: Adoption::AlreadyKnown, .. }) => "key: known",
            Ok(Received::KeyChange { .. }) => "key: history",
            Ok(Received::Message(_, novelty) | Received::Action(_, novelty)) => match novelty {
                Novelty::New => "new",
                Novelty::Repeated => "repeated",
                Novelty::IdReused { .. } => "id reused",
                _ => panic!("{novelty:?}"),
            },
            Ok(Received::Notice(_)) => "notice",
            Ok(Received::Other) => "other",
            Ok(other) => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn content_one_bad_event_is_one_bad_event() {
    for suite in SUITES {
        let mut room = Room::new(suite);
        let first_key = room.key_change.clone();
        let first = deliver(&room.encrypt(&Message::text("first")), 1);
        let second_key = room.rotate();
        let second = room.encrypt(&Message::text("second"));
        let Stage { alice, bob, group, .. } = &room.stage;
        let read = Action::mark_read(SequenceId::new(1), NOW).sign(alice, group).unwrap();
        let outsider = account_of(suite, 77);
        let elsewhere = Conversation::group(group.id(), [user(11), user(77)]).unwrap();
        let intruder = Message::text("?").encrypt(&outsider, &elsewhere, &room.alice_ring).unwrap();

        // Newest first, as a history is paged through, with rubbish in between.
        let events = [
            deliver(&second, 4),
            EncodedEvent::new("not base64!").unwrap(),
            deliver(&second, 4),
            deliver_action(&read, 5),
            second_key.clone(),
            deliver_altered(&second, 4, |event| {
                event.message_id = Some("8e7a9cd8-824b-4548-b926-0b6b0fd119ab")
            }),
            deliver(&intruder, 6),
            first.clone(),
            EncodedEvent::new("AA==").unwrap(),
            first_key.clone(),
            deliver_action(&read, 7),
        ];
        let mut ring = Keyring::new(group.id());
        let mut seen = SeenActions::new();
        let participants = room.participants();
        let inbox = Inbox::new(bob, group, participants);
        let outcomes = inbox.read(&events, &mut ring, &mut seen, NOW);
        assert_eq!(
            codes(&outcomes),
            [
                "new",
                "encoding.base64",
                "repeated",
                "new",
                "key: current",
                "signature.verify",
                "read.sender_not_member",
                "new",
                "event.missing",
                "key: history",
                "repeated",
            ],
            "{suite}"
        );
        assert_eq!(ring.floor(), room.bob_ring.floor());
        assert_eq!(seen.iter().len(), 3);

        // The same again, later, with what was stored of it.
        let stored: Vec<_> = seen.iter().map(|(id, mark)| (id, mark.to_bytes())).collect();
        let mut seen: SeenActions = stored
            .iter()
            .map(|(id, bytes)| (*id, ActionMark::from_bytes(bytes).unwrap()))
            .collect();
        let again = inbox.read(&events, &mut ring, &mut seen, NOW);
        assert_eq!(
            codes(&again),
            [
                "repeated",
                "encoding.base64",
                "repeated",
                "repeated",
                "key: known",
                "signature.verify",
                "read.sender_not_member",
                "repeated",
                "event.missing",
                "key: history",
                "repeated",
            ]
        );
        assert!(ActionMark::from_bytes(&[0xff; ActionMark::LENGTH]).is_none(), "no such user");
        assert!(inbox.read([], &mut ring, &mut seen, NOW).is_empty());
    }
}

#[test]
fn content_an_id_used_twice_is_flagged() {
    /// Gives the same bytes all the time.
    struct Stuck;

    impl rand_core::TryRng for Stuck {
        type Error = std::convert::Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            unreachable!("ids and nonces are bytes")
        }

        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            unreachable!("ids and nonces are bytes")
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
            bytes.fill(7);
            Ok(())
        }
    }

    impl rand_core::TryCryptoRng for Stuck {}

    for suite in SUITES {
        let room = Room::new(suite);
        let Stage { alice, bob, carol, group } = &room.stage;
        let say = |sender: &Account, text: &str, number| {
            let message = Message::text(text);
            let signed =
                message.encrypt_with_rng(sender, group, &room.alice_ring, &mut Stuck).unwrap();
            deliver(&signed, number)
        };
        let action = Action::mark_read(SequenceId::new(1), NOW);
        let action = action.sign_with_rng(carol, group, &mut Stuck).unwrap();
        let events = [
            say(carol, "one", 1),
            say(carol, "one", 2),
            say(carol, "two", 3),
            say(alice, "one", 4),
            deliver_action(&action, 5),
        ];
        let mut ring = room.bob_ring;
        let participants = [alice.participant(), bob.participant(), carol.participant()];
        let inbox = Inbox::new(bob, group, participants);
        let outcomes = inbox.read(&events, &mut ring, &mut SeenActions::new(), NOW);
        assert_eq!(codes(&outcomes), ["new", "repeated", "id reused", "id reused", "id reused"]);
        for outcome in &outcomes[2..] {
            let (Ok(Received::Message(_, novelty)) | Ok(Received::Action(_, novelty))) = outcome
            else {
                panic!("{outcome:?}")
            };
            assert_eq!(*novelty, Novelty::IdReused { by: user(300) });
        }
    }
}

#[test]
fn content_what_the_server_says_is_marked_as_such() {
    let notice = |event: EncodedEvent| match event.parse().unwrap() {
        ChatEvent::Notice(notice) => *notice.claim(),
        other => panic!("{other:?}"),
    };
    let typing = event_with(MessageEventDetail::MessageTyping(MessageTypingEvent::default()));
    assert_eq!(notice(typing.clone()), Notice::Typing { user: Some(user(300)) });
    let deleted = MemberAccountDeleteEvent { member_id: Some("2") };
    let deleted = event_with(MessageEventDetail::MemberAccountDelete(deleted));
    assert_eq!(notice(deleted), Notice::AccountDeleted { user: user(2) });
    let nobody = MemberAccountDeleteEvent { member_id: None };
    let nobody = event_with(MessageEventDetail::MemberAccountDelete(nobody));
    assert_eq!(nobody.parse().unwrap_err(), EventError::Missing(EventField::MemberId));
    let mut reasons = vec![];
    for number in -1..=20 {
        let failure = MessageFailureEvent { failure_type: Some(number) };
        let failure = event_with(MessageEventDetail::MessageFailure(failure));
        let Notice::MessageFailed { message_id: Some(_), reason } = notice(failure) else {
            panic!("a failure")
        };
        assert!(!reasons.contains(&reason), "{reason:?}");
        reasons.push(reason);
        let is_known = (1..=18).contains(&number);
        assert_eq!(reason != FailureReason::Other(number), is_known);
    }
    assert_eq!(reasons[7], FailureReason::NotTheLatestKey);

    let room = Room::new(Suite::X25519);
    let inbox = Inbox::new(&room.stage.bob, &room.stage.group, []);
    let mut ring = Keyring::new(room.stage.group.id());
    let outcomes = inbox.read([&typing], &mut ring, &mut SeenActions::new(), NOW);
    assert_eq!(codes(&outcomes), ["notice"]);
}
