//! A group with a key, and the events that a server makes of what is sent in it.
#![allow(dead_code, unreachable_pub)] // used in part by each test
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // test code

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::*;
use wire::{MessageCreateEvent, MessageEventDetail, MessageEventSignature};

use crate::common::{NOW, Parts, Stage};

pub const SUITES: [Suite; 2] = [Suite::X25519, Suite::XChat];

/// Alice, Bob and Carol in a group whose first key both Alice and Bob have.
pub struct Room {
    pub stage: Stage,
    pub alice_ring: Keyring,
    pub bob_ring: Keyring,
    /// The event that brought the key.
    pub key_change: EncodedEvent,
}

impl Room {
    pub fn new(suite: Suite) -> Self {
        let stage = Stage::new(suite);
        let (prepared, key) = stage.draft().seal().unwrap().sign().unwrap().prepare();
        let key_change = Parts::of(&prepared).encode();
        let mut alice_ring = Keyring::new(stage.group.id());
        alice_ring.commit(&prepared, key).unwrap();
        let bob_ring = Keyring::new(stage.group.id());
        let mut room = Self { stage, alice_ring, bob_ring, key_change };
        room.bob_adopts(&room.key_change.clone());
        room
    }

    pub fn bob_adopts(&mut self, event: &EncodedEvent) {
        let ChatEvent::KeyChange(change) = event.parse().unwrap() else { panic!("a key change") };
        let Stage { bob, group, alice, .. } = &self.stage;
        let opened = change.open(bob, group, [alice.participant()]).unwrap();
        self.bob_ring.adopt(opened, NOW).unwrap();
    }

    /// Alice rotates the key, and Bob adopts it; the event of it.
    pub fn rotate(&mut self) -> EncodedEvent {
        let Stage { alice, bob, carol, group } = &self.stage;
        let (prepared, key) = self
            .alice_ring
            .draft(alice, group, NOW)
            .unwrap()
            .participants([bob.participant(), carol.participant()])
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        self.alice_ring.commit(&prepared, key).unwrap();
        let event = Parts::of(&prepared).encode();
        self.bob_adopts(&event);
        event
    }

    pub fn participants(&self) -> [&Participant; 3] {
        let Stage { alice, bob, carol, .. } = &self.stage;
        [alice.participant(), bob.participant(), carol.participant()]
    }

    pub fn encrypt(&self, message: &Message) -> SignedMessage {
        message.encrypt(&self.stage.alice, &self.stage.group, &self.alice_ring).unwrap()
    }

    /// What Bob gets of what Alice says, numbered.
    pub fn say(&self, number: u64, message: &Message) -> VerifiedMessage {
        self.bob_reads(&deliver(&self.encrypt(message), number)).unwrap()
    }

    pub fn bob_reads(&self, event: &EncodedEvent) -> Result<VerifiedMessage, ReadError> {
        message_event(event).open(
            &self.stage.bob,
            &self.stage.group,
            &self.bob_ring,
            [self.stage.alice.participant(), self.stage.carol.participant()],
        )
    }
}

pub fn message_event(event: &EncodedEvent) -> MessageEvent {
    match event.parse().unwrap() {
        ChatEvent::Message(message) => message,
        other => panic!("not a message: {other:?}"),
    }
}

/// The event that an honest server makes of a message.
pub fn deliver(signed: &SignedMessage, number: u64) -> EncodedEvent {
    deliver_altered(signed, number, |_| ())
}

/// The event that a server makes of a message, and then changes.
pub fn deliver_altered(
    signed: &SignedMessage,
    number: u64,
    alter: impl FnOnce(&mut wire::MessageEvent<'_>),
) -> EncodedEvent {
    let create = decode_base64(signed.encoded_message_create_event()).unwrap();
    let signature = decode_base64(signed.encoded_message_event_signature()).unwrap();
    let texts = [
        number.to_string(),
        signed.message_id().to_string(),
        signed.sender().to_string(),
        signed.conversation_id().to_string(),
    ];
    let [sequence_id, message_id, sender_id, conversation_id] =
        texts.each_ref().map(|text| Some(&**text));
    let mut event = wire::MessageEvent {
        sequence_id,
        message_id,
        sender_id,
        conversation_id,
        created_at_msec: Some("1800000000005"),
        detail: Some(MessageEventDetail::MessageCreate(
            MessageCreateEvent::decode(&create).unwrap(),
        )),
        message_event_signature: Some(MessageEventSignature::decode(&signature).unwrap()),
        previous_sequence_id: None,
    };
    alter(&mut event);
    EncodedEvent::new(encode_base64(&event.encode().unwrap())).unwrap()
}

/// The event that an honest server makes of an action.
pub fn deliver_action(signed: &SignedAction, number: u64) -> EncodedEvent {
    let detail = decode_base64(&signed.encoded_message_event_detail()).unwrap();
    let texts = [
        number.to_string(),
        signed.message_id().to_string(),
        signed.sender().to_string(),
        signed.conversation_id().to_string(),
        signed.signature().to_base64_unpadded(),
        signed.public_key_version().to_string(),
    ];
    let [sequence_id, message_id, sender_id, conversation_id, signature, public_key_version] =
        texts.each_ref().map(|text| Some(&**text));
    let event = wire::MessageEvent {
        sequence_id,
        message_id,
        sender_id,
        conversation_id,
        created_at_msec: Some("1800000000005"),
        detail: Some(MessageEventDetail::decode(&detail).unwrap()),
        message_event_signature: Some(MessageEventSignature {
            signature,
            public_key_version,
            signature_version: Some(signed.signature_version()),
        }),
        previous_sequence_id: None,
    };
    EncodedEvent::new(encode_base64(&event.encode().unwrap())).unwrap()
}

/// An event of nothing but a detail.
pub fn event_with(detail: MessageEventDetail<'_>) -> EncodedEvent {
    let event = wire::MessageEvent {
        message_id: Some("8e7a9cd8-824b-4548-b926-0b6b0fd119ab"),
        sender_id: Some("300"),
        detail: Some(detail),
        ..Default::default()
    };
    EncodedEvent::new(encode_base64(&event.encode().unwrap())).unwrap()
}
