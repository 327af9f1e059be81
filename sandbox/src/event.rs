//! Events as the server delivers them: a Thrift `MessageEvent` in base64.

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::wire::{MessageEvent, MessageEventDetail, MessageEventSignature};
use sealpost_crypto::{
    ConversationId, EncodedEvent, PublicKeyVersion, SequenceId, UnixMillis, UserId,
};

use crate::problem::Problem;

/// Member 7 of a `MessageEvent`: a struct, the event's detail.
const DETAIL_HEADER: [u8; 3] = [0x0c, 0x00, 0x07];

/// One event of a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) place: Place,
    pub(crate) kind: EventKind,
    pub(crate) signature: Option<EventSignature>,
    pub(crate) conversation_token: Option<String>,
    /// The base64 of the `MessageEvent`.
    pub(crate) encoded: String,
}

/// Where an event stands, and who put it there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) conversation: ConversationId,
    pub(crate) sequence_id: SequenceId,
    pub(crate) previous: Option<SequenceId>,
    pub(crate) sender: UserId,
    pub(crate) created_at: UnixMillis,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// The conversation has a new key.
    KeyChange,
    GroupChange,
    Message,
    /// Messages were deleted, for everybody or for the sender alone.
    Deletion {
        for_all: bool,
    },
}

/// The signature of an event, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EventSignature {
    pub(crate) signature: String,
    pub(crate) public_key_version: PublicKeyVersion,
    pub(crate) signature_version: String,
}

/// An event that has no place yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) kind: EventKind,
    pub(crate) message_id: &'a str,
    /// The Thrift bytes of the `MessageEventDetail`.
    pub(crate) detail: &'a [u8],
    pub(crate) signature: Option<&'a EventSignature>,
    pub(crate) conversation_token: Option<&'a str>,
}

impl Draft<'_> {
    /// The event in its place.
    ///
    /// The detail stands in it byte for byte as it was sent, so that a sender recognises its own:
    /// the members below 7 and above 7 are encoded on their own and joined around it.
    pub(crate) fn at(&self, place: Place) -> Result<Event, Problem> {
        let (sequence_text, sender_text) =
            (place.sequence_id.to_string(), place.sender.to_string());
        let (conversation_text, now_text) =
            (place.conversation.to_string(), place.created_at.to_string());
        let previous_text = place.previous.map(|previous| previous.to_string());
        let version_text = self.signature.map(|signature| signature.public_key_version.to_string());
        let head = MessageEvent {
            sequence_id: Some(&sequence_text),
            message_id: Some(self.message_id),
            sender_id: Some(&sender_text),
            conversation_id: Some(&conversation_text),
            created_at_msec: Some(&now_text),
            ..MessageEvent::default()
        };
        let tail = MessageEvent {
            message_event_signature: self.signature.map(|signature| MessageEventSignature {
                signature: Some(&signature.signature),
                public_key_version: version_text.as_deref(),
                signature_version: Some(&signature.signature_version),
            }),
            previous_sequence_id: previous_text.as_deref(),
            ..MessageEvent::default()
        };
        let failed = |_| Problem::internal_error("The event could not be encoded.");
        let mut bytes = head.encode().map_err(failed)?;
        bytes.pop(); // the stop byte: the struct goes on
        bytes.extend(DETAIL_HEADER);
        bytes.extend(self.detail);
        bytes.extend(tail.encode().map_err(failed)?);
        Ok(Event {
            place,
            kind: self.kind,
            signature: self.signature.cloned(),
            conversation_token: self.conversation_token.map(str::to_owned),
            encoded: encode_base64(&bytes),
        })
    }
}

impl Event {
    /// An event that nobody sent: with the numbers and the time of its place, and otherwise as it
    /// is. What is no event this program knows stays byte for byte.
    pub(crate) fn planted(event: &EncodedEvent, place: Place) -> Self {
        let (kind, encoded) = renumbered(event, place)
            .unwrap_or_else(|| (EventKind::GroupChange, event.as_str().to_owned()));
        Self { place, kind, signature: None, conversation_token: None, encoded }
    }
}

fn renumbered(event: &EncodedEvent, place: Place) -> Option<(EventKind, String)> {
    let bytes = decode_base64(event.as_str()).ok()?;
    let event = MessageEvent::decode(&bytes).ok()?;
    let kind = match event.detail.as_ref()? {
        MessageEventDetail::ConversationKeyChange(_) => EventKind::KeyChange,
        MessageEventDetail::MessageCreate(_) => EventKind::Message,
        _ => EventKind::GroupChange,
    };
    let (number, time) = (place.sequence_id.to_string(), place.created_at.to_string());
    let previous = place.previous.map(|previous| previous.to_string());
    let event = MessageEvent {
        sequence_id: Some(&number),
        created_at_msec: Some(&time),
        previous_sequence_id: previous.as_deref(),
        ..event
    };
    Some((kind, encode_base64(&event.encode().ok()?)))
}
