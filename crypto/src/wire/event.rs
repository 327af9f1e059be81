//! `MessageEvent`: the envelope in which the server delivers everything.

use alloc::vec::Vec;

use super::reader::Reader;
use super::writer::Writer;
use super::{ConversationKeyChangeEvent, GroupChangeEvent, WireError};

/// One event of a conversation, as the server fans it out. Every field is the server's word
/// until a signature over it verifies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageEvent<'a> {
    /// 1: the server's number of the event.
    pub sequence_id: Option<&'a str>,
    /// 2: the sender's id of the action, a UUID.
    pub message_id: Option<&'a str>,
    /// 3: who acted.
    pub sender_id: Option<&'a str>,
    /// 4: the conversation, canonical form.
    pub conversation_id: Option<&'a str>,
    /// 6: the server's time of it, Unix milliseconds.
    pub created_at_msec: Option<&'a str>,
    /// 7: what happened.
    pub detail: Option<MessageEventDetail<'a>>,
    /// 9: the sender's signature over it.
    pub message_event_signature: Option<MessageEventSignature<'a>>,
    /// 10: the number of the event before it.
    pub previous_sequence_id: Option<&'a str>,
}

/// What happened: the union that is also a request's `encoded_message_event_detail`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageEventDetail<'a> {
    /// 3: a new conversation key.
    ConversationKeyChange(ConversationKeyChangeEvent<'a>),
    /// 4: a change of the group.
    GroupChange(GroupChangeEvent<'a>),
    /// A member that this version reads over, by its field id.
    Other(i16),
}

/// A signature over an event, and the version of the key that made it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageEventSignature<'a> {
    /// 1: the signature, unpadded base64.
    pub signature: Option<&'a str>,
    /// 2: the version of the signer's public key.
    pub public_key_version: Option<&'a str>,
    /// 3: the version of the signed payload's layout.
    pub signature_version: Option<&'a str>,
}

impl<'a> MessageEvent<'a> {
    /// Reads an event; nothing may follow it.
    ///
    /// # Errors
    /// [`WireError`] for bytes that are not one, or exceed a limit.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, WireError> {
        Reader::read_all(bytes, Self::read)
    }

    /// Writes the event.
    ///
    /// # Errors
    /// [`WireError`] for strings or lists above the limits, and for
    /// [`MessageEventDetail::Other`].
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        Writer::write_all(|writer| {
            writer.text(1, self.sequence_id)?;
            writer.text(2, self.message_id)?;
            writer.text(3, self.sender_id)?;
            writer.text(4, self.conversation_id)?;
            writer.text(6, self.created_at_msec)?;
            writer.structure(7, self.detail.as_ref(), |writer, detail| detail.write(writer))?;
            writer.structure(9, self.message_event_signature.as_ref(), |writer, signature| {
                writer.text(1, signature.signature)?;
                writer.text(2, signature.public_key_version)?;
                writer.text(3, signature.signature_version)
            })?;
            writer.text(10, self.previous_sequence_id)
        })
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "sequence_id", &mut event.sequence_id),
            2 => reader.text(field, "message_id", &mut event.message_id),
            3 => reader.text(field, "sender_id", &mut event.sender_id),
            4 => reader.text(field, "conversation_id", &mut event.conversation_id),
            6 => reader.text(field, "created_at_msec", &mut event.created_at_msec),
            7 => reader.structure(field, "detail", &mut event.detail, MessageEventDetail::read),
            9 => reader.structure(
                field,
                "message_event_signature",
                &mut event.message_event_signature,
                MessageEventSignature::read,
            ),
            10 => reader.text(field, "previous_sequence_id", &mut event.previous_sequence_id),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }
}

impl<'a> MessageEventDetail<'a> {
    const NAME: &'static str = "detail";
    pub(super) const KEY_CHANGE: i16 = 3;
    const GROUP_CHANGE: i16 = 4;

    /// Reads a detail on its own, the form inside an action signature; nothing may follow it.
    ///
    /// # Errors
    /// [`WireError`] for bytes that are not one, or exceed a limit.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, WireError> {
        Reader::read_all(bytes, Self::read)
    }

    /// Writes a detail on its own.
    ///
    /// # Errors
    /// [`WireError`] for strings or lists above the limits, and for
    /// [`MessageEventDetail::Other`].
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        Writer::write_all(|writer| self.write(writer))
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        match self {
            Self::ConversationKeyChange(event) => {
                writer.structure(Self::KEY_CHANGE, Some(event), |writer, event| event.write(writer))
            }
            Self::GroupChange(event) => {
                writer
                    .structure(Self::GROUP_CHANGE, Some(event), |writer, event| event.write(writer))
            }
            Self::Other(_) => Err(WireError::UnwritableMember { union: Self::NAME }),
        }
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        reader
            .union(Self::NAME, |reader, field| match field.id {
                Self::KEY_CHANGE => {
                    let name = "conversation_key_change_event";
                    let event = reader.value(field, name, ConversationKeyChangeEvent::read)?;
                    Ok(Some(Self::ConversationKeyChange(event)))
                }
                Self::GROUP_CHANGE => {
                    let event =
                        reader.value(field, "group_change_event", GroupChangeEvent::read)?;
                    Ok(Some(Self::GroupChange(event)))
                }
                id @ (1 | 5..=10 | 12..=14) => {
                    reader.skip(field)?;
                    Ok(Some(Self::Other(id)))
                }
                _ => reader.skip(field).map(|()| None),
            })
            .map(|member| member.unwrap_or_else(Self::Other))
    }
}

impl<'a> MessageEventSignature<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut signature = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "signature", &mut signature.signature),
            2 => reader.text(field, "public_key_version", &mut signature.public_key_version),
            3 => reader.text(field, "signature_version", &mut signature.signature_version),
            _ => reader.skip(field),
        })?;
        Ok(signature)
    }
}
