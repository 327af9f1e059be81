//! `MessageEvent`: the envelope in which the server delivers everything.

use alloc::vec::Vec;

use super::reader::{Field, Reader};
use super::writer::Writer;
use super::{
    ConversationDeleteEvent, ConversationKeyChangeEvent, ConversationMetadataChangeEvent,
    GroupChangeEvent, MarkConversationReadEvent, MarkConversationUnreadEvent,
    MemberAccountDeleteEvent, MessageCreateEvent, MessageDeleteEvent, MessageFailureEvent,
    MessageTypingEvent, WireError,
};

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
    /// 1: an encrypted message.
    MessageCreate(MessageCreateEvent<'a>),
    /// 3: a new conversation key.
    ConversationKeyChange(ConversationKeyChangeEvent<'a>),
    /// 4: a change of the group.
    GroupChange(GroupChangeEvent<'a>),
    /// 5: a message was not accepted. Unsigned.
    MessageFailure(MessageFailureEvent),
    /// 6: somebody is typing. Unsigned.
    MessageTyping(MessageTypingEvent<'a>),
    /// 7: messages were deleted.
    MessageDelete(MessageDeleteEvent<'a>),
    /// 8: the conversation was deleted.
    ConversationDelete(ConversationDeleteEvent<'a>),
    /// 9: a setting was changed.
    ConversationMetadataChange(ConversationMetadataChangeEvent<'a>),
    /// 12: the conversation was read.
    MarkConversationRead(MarkConversationReadEvent<'a>),
    /// 13: the conversation was marked as unread.
    MarkConversationUnread(MarkConversationUnreadEvent<'a>),
    /// 14: a member's account is gone. Unsigned.
    MemberAccountDelete(MemberAccountDeleteEvent<'a>),
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
        Writer::write_all(|writer| self.write(writer))
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.sequence_id)?;
        writer.text(2, self.message_id)?;
        writer.text(3, self.sender_id)?;
        writer.text(4, self.conversation_id)?;
        writer.text(6, self.created_at_msec)?;
        writer.structure(7, self.detail.as_ref(), |writer, detail| detail.write(writer))?;
        writer.structure(9, self.message_event_signature.as_ref(), |writer, signature| {
            signature.write(writer)
        })?;
        writer.text(10, self.previous_sequence_id)
    }

    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
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
            Self::MessageCreate(v) => writer.structure(1, Some(v), |writer, v| v.write(writer)),
            Self::ConversationKeyChange(v) => {
                writer.structure(Self::KEY_CHANGE, Some(v), |writer, v| v.write(writer))
            }
            Self::GroupChange(v) => writer.structure(4, Some(v), |writer, v| v.write(writer)),
            Self::MessageFailure(v) => writer.structure(5, Some(v), |writer, v| {
                v.write(writer);
                Ok(())
            }),
            Self::MessageTyping(v) => writer.structure(6, Some(v), |writer, v| v.write(writer)),
            Self::MessageDelete(v) => writer.structure(7, Some(v), |writer, v| v.write(writer)),
            Self::ConversationDelete(v) => {
                writer.structure(8, Some(v), |writer, v| v.write(writer))
            }
            Self::ConversationMetadataChange(v) => {
                writer.structure(9, Some(v), |writer, v| v.write(writer))
            }
            Self::MarkConversationRead(v) => {
                writer.structure(12, Some(v), |writer, v| v.write(writer))
            }
            Self::MarkConversationUnread(v) => {
                writer.structure(13, Some(v), |writer, v| v.write(writer))
            }
            Self::MemberAccountDelete(v) => {
                writer.structure(14, Some(v), |writer, v| v.write(writer))
            }
            Self::Other(_) => Err(WireError::UnwritableMember { union: Self::NAME }),
        }
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        reader.union(Self::NAME, Self::read_member).map(|member| member.unwrap_or_else(Self::Other))
    }

    fn read_member(reader: &mut Reader<'a>, field: Field) -> Result<Option<Self>, WireError> {
        Ok(Some(match field.id {
            1 => {
                let name = "message_create_event";
                Self::MessageCreate(reader.value(field, name, MessageCreateEvent::read)?)
            }
            3 => {
                let name = "conversation_key_change_event";
                let event = reader.value(field, name, ConversationKeyChangeEvent::read)?;
                Self::ConversationKeyChange(event)
            }
            4 => {
                let name = "group_change_event";
                Self::GroupChange(reader.value(field, name, GroupChangeEvent::read)?)
            }
            5 => {
                let name = "message_failure_event";
                Self::MessageFailure(reader.value(field, name, MessageFailureEvent::read)?)
            }
            6 => {
                let name = "message_typing_event";
                Self::MessageTyping(reader.value(field, name, MessageTypingEvent::read)?)
            }
            7 => {
                let name = "message_delete_event";
                Self::MessageDelete(reader.value(field, name, MessageDeleteEvent::read)?)
            }
            8 => {
                let name = "conversation_delete_event";
                Self::ConversationDelete(reader.value(
                    field,
                    name,
                    ConversationDeleteEvent::read,
                )?)
            }
            9 => {
                let name = "conversation_metadata_change_event";
                let event = reader.value(field, name, ConversationMetadataChangeEvent::read)?;
                Self::ConversationMetadataChange(event)
            }
            id @ 10 => {
                reader.skip(field)?;
                Self::Other(id)
            }
            12 => {
                let name = "mark_conversation_read_event";
                let event = reader.value(field, name, MarkConversationReadEvent::read)?;
                Self::MarkConversationRead(event)
            }
            13 => {
                let name = "mark_conversation_unread_event";
                let event = reader.value(field, name, MarkConversationUnreadEvent::read)?;
                Self::MarkConversationUnread(event)
            }
            14 => {
                let name = "member_account_delete_event";
                let event = reader.value(field, name, MemberAccountDeleteEvent::read)?;
                Self::MemberAccountDelete(event)
            }
            _ => return reader.skip(field).map(|()| None),
        }))
    }
}

impl<'a> MessageEventSignature<'a> {
    /// Reads a signature on its own, the form in the body that sends a message; nothing may
    /// follow it.
    ///
    /// # Errors
    /// [`WireError`] for bytes that are not one, or exceed a limit.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, WireError> {
        Reader::read_all(bytes, Self::read)
    }

    /// Writes a signature on its own.
    ///
    /// # Errors
    /// [`WireError`] for strings above the limits.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        Writer::write_all(|writer| self.write(writer))
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.signature)?;
        writer.text(2, self.public_key_version)?;
        writer.text(3, self.signature_version)
    }

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
