//! `MessageEntryHolder`: the plaintext inside an encrypted message.

use alloc::vec::Vec;

use super::reader::Reader;
use super::writer::Writer;
use super::{MessageAttachment, ReplyingToPreview, RichTextEntity, WireError};

/// What a message says, wrapped once more so that X can add to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageEntryHolder<'a> {
    /// 1: the content.
    pub contents: Option<MessageEntryContents<'a>>,
}

/// What a message says: a union.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageEntryContents<'a> {
    /// 1: a text with what hangs on it.
    Message(MessageContents<'a>),
    /// 2: a reaction.
    ReactionAdd(MessageReaction<'a>),
    /// 3: a reaction taken back.
    ReactionRemove(MessageReaction<'a>),
    /// 4: a new text for an old message.
    Edit(MessageEdit<'a>),
    /// A member that this version reads over, by its field id.
    Other(i16),
}

/// A text message. Forwarded messages, quick replies, calls to action and additional fields are
/// passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageContents<'a> {
    /// 1: the text.
    pub message_text: Option<&'a str>,
    /// 2: the parts of the text that are more than text.
    pub entities: Option<Vec<RichTextEntity>>,
    /// 3: what is attached.
    pub attachments: Option<Vec<MessageAttachment<'a>>>,
    /// 4: the message it replies to.
    pub replying_to_preview: Option<ReplyingToPreview<'a>>,
}

/// A reaction to a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageReaction<'a> {
    /// 1: the server's number of the message.
    pub message_sequence_id: Option<&'a str>,
    /// 2: the emoji.
    pub emoji: Option<&'a str>,
    /// 3: the attachment it is about, if it is not the whole message.
    pub message_attachment_id: Option<&'a str>,
}

/// A new text for an old message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageEdit<'a> {
    /// 1: the server's number of the message.
    pub message_sequence_id: Option<&'a str>,
    /// 2: the new text.
    pub updated_text: Option<&'a str>,
    /// 3: the entities of the new text.
    pub entities: Option<Vec<RichTextEntity>>,
}

impl<'a> MessageEntryHolder<'a> {
    /// Reads the plaintext of a message; nothing may follow it.
    ///
    /// # Errors
    /// [`WireError`] for bytes that are not one, or exceed a limit.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, WireError> {
        Reader::read_all(bytes, |reader| {
            let mut holder = Self::default();
            reader.fields(|reader, field| match field.id {
                1 => reader.structure(
                    field,
                    "contents",
                    &mut holder.contents,
                    MessageEntryContents::read,
                ),
                _ => reader.skip(field),
            })?;
            Ok(holder)
        })
    }

    /// Writes the plaintext of a message.
    ///
    /// # Errors
    /// [`WireError`] for strings or lists above the limits, and for
    /// [`MessageEntryContents::Other`].
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        Writer::write_all(|writer| {
            writer.structure(1, self.contents.as_ref(), |writer, contents| contents.write(writer))
        })
    }
}

impl<'a> MessageEntryContents<'a> {
    const NAME: &'static str = "message contents";
    const MESSAGE: i16 = 1;
    const REACTION_ADD: i16 = 2;
    const REACTION_REMOVE: i16 = 3;
    const EDIT: i16 = 4;

    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        reader
            .union(Self::NAME, |reader, field| match field.id {
                Self::MESSAGE => {
                    let message = reader.value(field, "message", MessageContents::read)?;
                    Ok(Some(Self::Message(message)))
                }
                Self::REACTION_ADD => {
                    let reaction = reader.value(field, "reaction_add", MessageReaction::read)?;
                    Ok(Some(Self::ReactionAdd(reaction)))
                }
                Self::REACTION_REMOVE => {
                    let reaction = reader.value(field, "reaction_remove", MessageReaction::read)?;
                    Ok(Some(Self::ReactionRemove(reaction)))
                }
                Self::EDIT => {
                    let edit = reader.value(field, "message_edit", MessageEdit::read)?;
                    Ok(Some(Self::Edit(edit)))
                }
                id @ 5..=16 => {
                    reader.skip(field)?;
                    Ok(Some(Self::Other(id)))
                }
                _ => reader.skip(field).map(|()| None),
            })
            .map(|member| member.unwrap_or_else(Self::Other))
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        match self {
            Self::Message(message) => {
                writer.structure(Self::MESSAGE, Some(message), |writer, value| value.write(writer))
            }
            Self::ReactionAdd(reaction) => {
                writer.structure(Self::REACTION_ADD, Some(reaction), |writer, value| {
                    value.write(writer)
                })
            }
            Self::ReactionRemove(reaction) => {
                writer.structure(Self::REACTION_REMOVE, Some(reaction), |writer, value| {
                    value.write(writer)
                })
            }
            Self::Edit(edit) => {
                writer.structure(Self::EDIT, Some(edit), |writer, value| value.write(writer))
            }
            Self::Other(_) => Err(WireError::UnwritableMember { union: Self::NAME }),
        }
    }
}

impl<'a> MessageContents<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut message = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "message_text", &mut message.message_text),
            2 => RichTextEntity::read_list(reader, field, &mut message.entities),
            3 => reader.structures(
                field,
                "attachments",
                &mut message.attachments,
                MessageAttachment::read,
            ),
            4 => reader.structure(
                field,
                "replying_to_preview",
                &mut message.replying_to_preview,
                ReplyingToPreview::read,
            ),
            _ => reader.skip(field),
        })?;
        Ok(message)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.message_text)?;
        RichTextEntity::write_list(writer, 2, self.entities.as_deref())?;
        MessageAttachment::write_list(writer, 3, self.attachments.as_deref())?;
        writer.structure(4, self.replying_to_preview.as_ref(), |writer, preview| {
            preview.write(writer)
        })
    }
}

impl<'a> MessageReaction<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut reaction = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "message_sequence_id", &mut reaction.message_sequence_id),
            2 => reader.text(field, "emoji", &mut reaction.emoji),
            3 => reader.text(field, "message_attachment_id", &mut reaction.message_attachment_id),
            _ => reader.skip(field),
        })?;
        Ok(reaction)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.message_sequence_id)?;
        writer.text(2, self.emoji)?;
        writer.text(3, self.message_attachment_id)
    }
}

impl<'a> MessageEdit<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut edit = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "message_sequence_id", &mut edit.message_sequence_id),
            2 => reader.text(field, "updated_text", &mut edit.updated_text),
            3 => RichTextEntity::read_list(reader, field, &mut edit.entities),
            _ => reader.skip(field),
        })?;
        Ok(edit)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.message_sequence_id)?;
        writer.text(2, self.updated_text)?;
        RichTextEntity::write_list(writer, 3, self.entities.as_deref())
    }
}
