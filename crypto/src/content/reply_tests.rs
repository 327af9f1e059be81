//! Quotes that a hostile member puts together: each claim is held against the signed original.

use std::boxed::Box;
use std::string::ToString as _;

use rand_core::{TryCryptoRng, TryRng};

use super::event::Reading;
use super::reply::EventTexts;
use super::*;
use crate::wire::{self, ReplyingToPreview};
use crate::{
    Account, Conversation, EncodedEvent, Identity, KeyChange, KeyVersion, Keyring, Participant,
    PublicKeyVersion, ReadPolicy, SequenceId, Suite, UserId, encoding,
};

/// Counts: enough to be different each time.
struct Counter(u8);

impl TryRng for Counter {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0 += 1;
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

/// Alice and Bob in a conversation with a key.
struct Pair {
    alice: Account,
    bob: Account,
    conversation: Conversation,
    ring: Keyring,
}

impl Pair {
    fn new(suite: Suite) -> Self {
        let mut rng = Counter(0);
        let [alice, bob] = [11, 2].map(|number| {
            Identity::generate_with_rng(suite, &mut rng)
                .unwrap()
                .registered(UserId::new(number).unwrap(), PublicKeyVersion::new(1))
        });
        let conversation = Conversation::direct(alice.user_id(), bob.user_id());
        let (prepared, key) = KeyChange::new(&alice, &conversation, KeyVersion::new(5))
            .participants([bob.participant()])
            .seal_with_rng(&mut rng)
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        let mut ring = Keyring::new(conversation.id());
        ring.commit(&prepared, key).unwrap();
        Self { alice, bob, conversation, ring }
    }

    fn read(&self, sender: &Account, number: u64, message: &Message) -> VerifiedMessage {
        let mut rng = Counter(number.to_le_bytes()[0]);
        let signed =
            message.encrypt_with_rng(sender, &self.conversation, &self.ring, &mut rng).unwrap();
        let create = encoding::decode_base64(signed.encoded_message_create_event()).unwrap();
        let signature = encoding::decode_base64(signed.encoded_message_event_signature()).unwrap();
        let texts = [
            number.to_string(),
            signed.message_id().to_string(),
            signed.sender().to_string(),
            signed.conversation_id().to_string(),
        ];
        let [sequence_id, message_id, sender_id, conversation_id] =
            texts.each_ref().map(|text| Some(&**text));
        let create = wire::MessageCreateEvent::decode(&create).unwrap();
        let event = wire::MessageEvent {
            sequence_id,
            message_id,
            sender_id,
            conversation_id,
            detail: Some(wire::MessageEventDetail::MessageCreate(create)),
            message_event_signature: Some(wire::MessageEventSignature::decode(&signature).unwrap()),
            ..Default::default()
        };
        let event = encoding::encode_base64(&event.encode().unwrap());
        let crate::ChatEvent::Message(event) = EncodedEvent::new(event).unwrap().parse().unwrap()
        else {
            panic!("a message")
        };
        event.open(&self.bob, &self.conversation, &self.ring, [self.alice.participant()]).unwrap()
    }

    fn check(&self, preview: &ReplyingToPreview<'_>) -> ReplyPreview {
        let signers: [&Participant; 1] = [self.alice.participant()];
        let reading = Reading {
            reader: &self.bob,
            conversation: &self.conversation,
            keyring: &self.ring,
            signers: &signers,
            policy: ReadPolicy::strict(),
        };
        ReplyPreview::check(preview, Some(&reading))
    }
}

#[test]
fn every_claim_is_held_against_the_original() {
    type Change = fn(&mut ReplyingToPreview<'_>);
    let same: [(&str, Change); 6] = [
        ("as it is", |_| ()),
        ("cut short", |preview| preview.message_text = Some("naïv")),
        ("cut to nothing", |preview| preview.message_text = Some("")),
        ("without text", |preview| preview.message_text = None),
        ("without ids", |preview| {
            (preview.replying_to_message_id, preview.sender_id) = (None, None);
            preview.replying_to_message_sequence_id = None;
        }),
        ("with another number than unnumbered", |preview| {
            preview.raw_event_message_create.as_mut().unwrap().sequence_id = None;
            preview.replying_to_message_sequence_id = Some("99");
        }),
    ];
    let other: [(&str, Change, &str); 17] = [
        ("another text", |preview| preview.message_text = Some("other"), "preview.other_text"),
        ("a longer text", |preview| preview.message_text = Some("naïve!"), "preview.other_text"),
        ("the end of it", |preview| preview.message_text = Some("ïve"), "preview.other_text"),
        ("another sender", |preview| preview.sender_id = Some(2), "preview.other_message"),
        ("no sender at all", |preview| preview.sender_id = Some(-1), "preview.other_message"),
        (
            "another id",
            |preview| preview.replying_to_message_id = Some("8e7a9cd8-824b-4548-b926-0b6b0fd119ab"),
            "preview.other_message",
        ),
        (
            "an id that is none",
            |preview| preview.replying_to_message_id = Some(""),
            "preview.other_message",
        ),
        (
            "another number",
            |preview| preview.replying_to_message_sequence_id = Some("2"),
            "preview.other_message",
        ),
        ("no proof", |preview| preview.raw_event_message_create = None, "preview.no_proof"),
        (
            "a proof of nothing",
            |preview| preview.raw_event_message_create = Some(Box::default()),
            "preview.other_message",
        ),
        (
            "a proof without signature",
            |preview| {
                preview.raw_event_message_create.as_mut().unwrap().message_event_signature = None;
            },
            "event.missing",
        ),
        (
            "another sender in the proof",
            |preview| {
                preview.raw_event_message_create.as_mut().unwrap().sender_id = Some("2");
                preview.sender_id = None;
            },
            "signature.verify",
        ),
        (
            "another id in the proof",
            |preview| {
                let id = Some("8e7a9cd8-824b-4548-b926-0b6b0fd119ab");
                preview.raw_event_message_create.as_mut().unwrap().message_id = id;
                preview.replying_to_message_id = id;
            },
            "signature.verify",
        ),
        (
            "another conversation in the proof",
            |preview| {
                preview.raw_event_message_create.as_mut().unwrap().conversation_id = Some("2:12");
            },
            "read.wrong_conversation",
        ),
        (
            "another content in the proof",
            |preview| {
                let raw = preview.raw_event_message_create.as_mut().unwrap();
                let Some(wire::MessageEventDetail::MessageCreate(create)) = &mut raw.detail else {
                    panic!("a message")
                };
                create.contents = Some(&[1; 60]);
            },
            "signature.verify",
        ),
        (
            "a key change for a proof",
            |preview| {
                let change = wire::ConversationKeyChangeEvent::default();
                preview.raw_event_message_create.as_mut().unwrap().detail =
                    Some(wire::MessageEventDetail::ConversationKeyChange(change));
            },
            "preview.other_message",
        ),
        (
            "the original for its own edit",
            |preview| preview.raw_event_edit_message = preview.raw_event_message_create.clone(),
            "preview.not_its_edit",
        ),
    ];
    for suite in Suite::ALL {
        let pair = Pair::new(*suite);
        let original = pair.read(&pair.alice, 1, &Message::text("naïve"));
        let texts = EventTexts::of(&original);
        let quote = Quote::of(&original, None);
        for (what, change) in same {
            let mut preview = quote.to_wire(&texts, None);
            change(&mut preview);
            match pair.check(&preview) {
                ReplyPreview::Verified(quote) => {
                    assert_eq!(quote.original().message_id(), original.message_id(), "{what}");
                    assert_eq!(quote.excerpt(), preview.message_text.unwrap_or_default());
                }
                ReplyPreview::Unverified(reply) => panic!("{what}: {}", reply.problem()),
            }
        }
        for (what, change, code) in other {
            let mut preview = quote.to_wire(&texts, None);
            change(&mut preview);
            match pair.check(&preview) {
                ReplyPreview::Unverified(reply) => {
                    assert_eq!(reply.problem().code(), code, "{suite}: {what}");
                }
                ReplyPreview::Verified(_) => panic!("{suite}: {what} passes"),
            }
        }
    }
}

#[test]
fn an_edit_must_be_the_author_s_own_and_say_what_is_quoted() {
    for suite in Suite::ALL {
        let pair = Pair::new(*suite);
        let original = pair.read(&pair.alice, 1, &Message::text("teh"));
        let edit = |number, target| {
            let edit = Edit::new(SequenceId::new(target), "the");
            pair.read(&pair.alice, number, &Message::edit(edit))
        };
        let (own, others) = (edit(2, 1), edit(3, 9));
        let by_bob = pair.read(&pair.bob, 4, &Message::edit(Edit::new(SequenceId::new(1), "the")));
        let texts = EventTexts::of(&original);
        let check = |edit: &VerifiedMessage, excerpt| {
            let quote = Quote::of(&original, Some(edit));
            let edit_texts = EventTexts::of(edit);
            let mut preview = quote.to_wire(&texts, Some(&edit_texts));
            preview.message_text = Some(excerpt);
            match pair.check(&preview) {
                ReplyPreview::Verified(_) => None,
                ReplyPreview::Unverified(reply) => Some(reply.problem()),
            }
        };
        assert_eq!(check(&own, "the"), None, "{suite}");
        // The old text is no longer what the message says.
        assert_eq!(check(&own, "teh"), Some(PreviewProblem::OtherText));
        assert_eq!(check(&others, "the"), Some(PreviewProblem::NotItsEdit));
        assert_eq!(check(&by_bob, "the"), Some(PreviewProblem::NotItsEdit));
    }
}
