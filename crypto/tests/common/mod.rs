//! What the tests share: seeded randomness, registered users, and the event a server makes of a
//! request.
#![allow(dead_code, unreachable_pub)] // used in part by each test
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // test code

use std::convert::Infallible;

use sealpost_crypto::rand_core::{TryCryptoRng, TryRng};
use sealpost_crypto::wire::{
    ConversationKeyChangeEvent, ConversationParticipantKey, MessageEvent, MessageEventDetail,
    MessageEventSignature,
};
use sealpost_crypto::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A reproducible generator: SHA-256 over a seed and a counter.
pub struct SeededRng {
    seed: u64,
    counter: u64,
}

impl SeededRng {
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: 0 }
    }
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            let block =
                Sha256::digest([self.seed.to_be_bytes(), self.counter.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
            self.counter += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for SeededRng {}

pub fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

/// A user of the X25519 suite, always the same for a number.
pub fn account(number: u64) -> Account {
    account_of(Suite::X25519, number)
}

/// A user of a suite, always the same for a number.
pub fn account_of(suite: Suite, number: u64) -> Account {
    Identity::generate_with_rng(suite, &mut SeededRng::new(number))
        .unwrap()
        .registered(user(number), PublicKeyVersion::new(1_700_000_000_000 + number))
}

/// The tests' time.
pub const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

/// Alice, who sends, and two others, in a group of a suite.
pub struct Stage {
    pub alice: Account,
    pub bob: Account,
    pub carol: Account,
    pub group: Conversation,
}

impl Stage {
    pub fn new(suite: Suite) -> Self {
        let [alice, bob, carol] = [11, 2, 300].map(|number| account_of(suite, number));
        let id = ConversationId::group(1_900_000_000_000_000_001).unwrap();
        let members = [&alice, &bob, &carol].map(Account::user_id);
        let group = Conversation::group(id, members).unwrap();
        Self { alice, bob, carol, group }
    }

    /// Whatever kind an event of Alice's in the group is of, it says so.
    pub fn assert_claims(&self, event: &EncodedEvent, number: u64) {
        let event: ChatEvent = event.parse().unwrap();
        assert_eq!(event.conversation_id(), Some(self.group.id()), "{event:?}");
        assert_eq!(event.sequence_id(), Some(SequenceId::new(number)), "{event:?}");
        let signer = (self.alice.user_id(), self.alice.public_key_version());
        assert_eq!(event.signer(), Some(signer), "{event:?}");
    }

    /// A key change of the group at [`NOW`].
    pub fn draft(&self) -> KeyChange<'_> {
        KeyChange::new(&self.alice, &self.group, KeyVersion::from(NOW))
            .participants([self.bob.participant(), self.carol.participant()])
    }
}

/// Everything of one signed change, as it left the sender.
pub struct Sent {
    pub prepared: PreparedKeyChange,
    pub key: ConversationKey,
}

pub fn send(
    sender: &Account,
    others: &[&Account],
    conversation: &Conversation,
    version: u64,
) -> Sent {
    let participants: Vec<Participant> = others.iter().map(|other| *other.participant()).collect();
    let (prepared, key) = KeyChange::new(sender, conversation, KeyVersion::new(version))
        .participants(&participants)
        .seal()
        .unwrap()
        .sign()
        .unwrap()
        .prepare();
    Sent { prepared, key }
}

/// The parts of an event, owned, so that an attacker may change any of them.
#[derive(Clone, Debug)]
pub struct Parts {
    pub sequence_id: Option<String>,
    pub message_id: Option<String>,
    pub sender_id: Option<String>,
    pub conversation_id: Option<String>,
    pub version: Option<String>,
    pub entries: Vec<[Option<String>; 3]>,
    pub signature: Option<[Option<String>; 3]>,
}

impl Parts {
    /// What an honest server fans out for a request: its key change.
    pub fn of<K>(prepared: &PreparedKeyChange<K>) -> Self {
        let body: Value = serde_json::from_slice(prepared.body()).unwrap();
        let text = |value: &Value| Some(value.as_str().unwrap().to_owned());
        let action = &body["action_signatures"][0];
        let signature = &action["message_event_signature"];
        Self {
            sequence_id: Some("7".to_owned()),
            message_id: text(&action["message_id"]),
            sender_id: Some(prepared.sender().to_string()),
            conversation_id: Some(prepared.conversation_id().to_string()),
            version: text(&body["conversation_key_version"]),
            entries: body["conversation_participant_keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| {
                    ["user_id", "encrypted_conversation_key", "public_key_version"]
                        .map(|name| text(&entry[name]))
                })
                .collect(),
            signature: Some(
                ["signature", "public_key_version", "signature_version"]
                    .map(|name| text(&signature[name])),
            ),
        }
    }

    pub fn encode(&self) -> EncodedEvent {
        let event = MessageEvent {
            sequence_id: self.sequence_id.as_deref(),
            message_id: self.message_id.as_deref(),
            sender_id: self.sender_id.as_deref(),
            conversation_id: self.conversation_id.as_deref(),
            created_at_msec: Some("1795333344318"),
            detail: Some(MessageEventDetail::ConversationKeyChange(ConversationKeyChangeEvent {
                conversation_key_version: self.version.as_deref(),
                conversation_participant_keys: self
                    .entries
                    .iter()
                    .map(|[user_id, sealed, version]| ConversationParticipantKey {
                        user_id: user_id.as_deref(),
                        encrypted_conversation_key: sealed.as_deref(),
                        public_key_version: version.as_deref(),
                    })
                    .collect(),
                for_key_rotation: Some(false),
            })),
            message_event_signature: self.signature.as_ref().map(
                |[signature, public_key_version, signature_version]| MessageEventSignature {
                    signature: signature.as_deref(),
                    public_key_version: public_key_version.as_deref(),
                    signature_version: signature_version.as_deref(),
                },
            ),
            previous_sequence_id: None,
        };
        EncodedEvent::new(encoding::encode_base64(&event.encode().unwrap())).unwrap()
    }

    pub fn event(&self) -> KeyChangeEvent {
        match self.encode().parse().unwrap() {
            ChatEvent::KeyChange(event) => event,
            other => panic!("not a key change: {other:?}"),
        }
    }

    pub fn error(&self) -> EventError {
        self.encode().parse().unwrap_err()
    }
}
