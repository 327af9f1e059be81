//! Events as the server delivers them: a Thrift `MessageEvent` in base64.

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::wire::{MessageEvent, MessageEventSignature};
use sealpost_crypto::{ConversationId, SequenceId, UnixMillis, UserId};

use crate::problem::Problem;
use crate::validate::Action;

/// Member 7 of a `MessageEvent`: a struct, the event's detail.
const DETAIL_HEADER: [u8; 3] = [0x0c, 0x00, 0x07];

/// One event of a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) sequence_id: SequenceId,
    pub(crate) previous: Option<SequenceId>,
    pub(crate) sender: UserId,
    pub(crate) created_at: UnixMillis,
    pub(crate) signature: EventSignature,
    /// Whether it gives the conversation a key.
    pub(crate) is_key_change: bool,
    /// The base64 of the `MessageEvent`.
    pub(crate) encoded: String,
}

/// The signature of an event, as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct EventSignature {
    pub(crate) signature: String,
    pub(crate) public_key_version: String,
    pub(crate) signature_version: String,
}

/// Makes the event of an action.
///
/// The detail stands in it byte for byte as it was sent, so that a sender recognises its own: the
/// members below 7 and above 7 are encoded on their own and joined around it.
pub(crate) fn encode(
    sequence_id: SequenceId,
    previous: Option<SequenceId>,
    conversation: ConversationId,
    sender: UserId,
    now: UnixMillis,
    action: &Action,
    is_key_change: bool,
) -> Result<Event, Problem> {
    let (sequence_text, sender_text) = (sequence_id.to_string(), sender.to_string());
    let (conversation_text, now_text) = (conversation.to_string(), now.to_string());
    let previous_text = previous.map(|previous| previous.to_string());
    let signature = EventSignature {
        signature: action.signature.clone(),
        public_key_version: action.public_key_version.to_string(),
        signature_version: action.signature_version.clone(),
    };
    let head = MessageEvent {
        sequence_id: Some(&sequence_text),
        message_id: Some(&action.message_id),
        sender_id: Some(&sender_text),
        conversation_id: Some(&conversation_text),
        created_at_msec: Some(&now_text),
        ..MessageEvent::default()
    };
    let tail = MessageEvent {
        message_event_signature: Some(MessageEventSignature {
            signature: Some(&signature.signature),
            public_key_version: Some(&signature.public_key_version),
            signature_version: Some(&signature.signature_version),
        }),
        previous_sequence_id: previous_text.as_deref(),
        ..MessageEvent::default()
    };
    let failed = |_| Problem::internal_error("The event could not be encoded.");
    let mut bytes = head.encode().map_err(failed)?;
    bytes.pop(); // the stop byte: the struct goes on
    bytes.extend(DETAIL_HEADER);
    bytes.extend(&action.detail);
    bytes.extend(tail.encode().map_err(failed)?);
    let encoded = encode_base64(&bytes);
    Ok(Event { sequence_id, previous, sender, created_at: now, signature, is_key_change, encoded })
}
