//! Two users, and a conversation whose key both have.

use std::error::Error;

use sealpost::crypto::encoding::{decode_base64, encode_base64};
use sealpost::crypto::wire::{
    MessageCreateEvent, MessageEvent, MessageEventDetail, MessageEventSignature,
};
use sealpost::{
    Account, Conversation, ConversationKey, EncodedEvent, Identity, KeyChange, KeyVersion, Keyring,
    PublicKeyVersion, SignedMessage, Suite, UserId,
};

pub(crate) const KEY_VERSION: KeyVersion = KeyVersion::new(1_795_333_344_318);

pub(crate) struct Room {
    /// Who writes.
    pub(crate) alice: Account,
    /// Who reads.
    pub(crate) bob: Account,
    pub(crate) conversation: Conversation,
    pub(crate) alice_ring: Keyring,
    pub(crate) bob_ring: Keyring,
    /// The key, for peers.
    pub(crate) key: ConversationKey,
}

impl Room {
    pub(crate) fn new(suite: Suite) -> Result<Self, Box<dyn Error>> {
        let account = |number| -> Result<_, Box<dyn Error>> {
            let version = PublicKeyVersion::new(1_733_889_755_256);
            Ok(Identity::generate(suite)?.registered(UserId::new(number)?, version))
        };
        let (alice, bob) =
            (account(1_215_441_834_412_953_600)?, account(1_215_441_834_412_953_601)?);
        let conversation = Conversation::direct(alice.user_id(), bob.user_id());
        let draft = KeyChange::new(&alice, &conversation, KEY_VERSION);
        let (change, key) = draft.participants([bob.participant()]).seal()?.sign()?.prepare();
        let ring = || -> Result<_, Box<dyn Error>> {
            let mut ring = Keyring::new(conversation.id());
            ring.commit(&change, change.recover_key(&alice)?)?;
            Ok(ring)
        };
        let (alice_ring, bob_ring) = (ring()?, ring()?);
        Ok(Self { alice, bob, conversation, alice_ring, bob_ring, key })
    }
}

/// The event that a server makes of a message.
pub(crate) fn deliver(signed: &SignedMessage) -> Result<EncodedEvent, Box<dyn Error>> {
    let create = decode_base64(signed.encoded_message_create_event())?;
    let signature = decode_base64(signed.encoded_message_event_signature())?;
    let event = MessageEvent {
        sequence_id: Some("2070276095283454003"),
        message_id: Some(&signed.message_id().to_string()),
        sender_id: Some(&signed.sender().to_string()),
        conversation_id: Some(&signed.conversation_id().to_string()),
        created_at_msec: Some("1795333344318"),
        detail: Some(MessageEventDetail::MessageCreate(MessageCreateEvent::decode(&create)?)),
        message_event_signature: Some(MessageEventSignature::decode(&signature)?),
        previous_sequence_id: None,
    };
    Ok(EncodedEvent::new(encode_base64(&event.encode()?))?)
}
