//! `ConversationMetadataChangeEvent`: settings of a conversation.

use alloc::vec::Vec;

use super::WireError;
use super::reader::{Field, Reader};
use super::writer::Writer;

/// A setting of a conversation was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct ConversationMetadataChangeEvent<'a> {
    /// 1: which, and to what.
    pub change: Option<ConversationMetadataChange<'a>>,
}

/// Which setting was changed: a union.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConversationMetadataChange<'a> {
    /// 1: how long messages live.
    MessageDuration {
        /// 1: milliseconds.
        ttl_msec: Option<i64>,
        /// 2: whether older messages, too. No signature covers it.
        apply_to_all_messages: Option<bool>,
    },
    /// 2: messages live on.
    MessageDurationRemove {
        /// 1: what it was, milliseconds. No signature covers it.
        current_ttl_msec: Option<i64>,
    },
    /// 3: conversations fell silent; their ids.
    Mute(Vec<&'a str>),
    /// 4: conversations ring again; their ids.
    Unmute(Vec<&'a str>),
    /// 5: screen captures are told.
    EnableScreenCaptureDetection,
    /// 6: screen captures are no longer told.
    DisableScreenCaptureDetection,
    /// 7: screen captures are blocked.
    EnableScreenCaptureBlocking,
    /// 8: screen captures are no longer blocked.
    DisableScreenCaptureBlocking,
    /// A member that this version reads over, by its field id.
    Other(i16),
}

impl<'a> ConversationMetadataChangeEvent<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.structure(
                field,
                ConversationMetadataChange::NAME,
                &mut event.change,
                ConversationMetadataChange::read,
            ),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.structure(1, self.change.as_ref(), |writer, change| change.write(writer))
    }
}

impl<'a> ConversationMetadataChange<'a> {
    const NAME: &'static str = "conversation_metadata_change";

    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        reader
            .union(Self::NAME, |reader, field| {
                Ok(Some(match field.id {
                    1 => reader.value(field, "message_duration_change", Self::read_duration)?,
                    2 => reader.value(field, "message_duration_remove", Self::read_removal)?,
                    3 => Self::Mute(reader.value(field, "mute_conversation", read_ids)?),
                    4 => Self::Unmute(reader.value(field, "unmute_conversation", read_ids)?),
                    5 => Self::EnableScreenCaptureDetection.passing_over(reader, field)?,
                    6 => Self::DisableScreenCaptureDetection.passing_over(reader, field)?,
                    7 => Self::EnableScreenCaptureBlocking.passing_over(reader, field)?,
                    8 => Self::DisableScreenCaptureBlocking.passing_over(reader, field)?,
                    _ => return reader.skip(field).map(|()| None),
                }))
            })
            .map(|member| member.unwrap_or_else(Self::Other))
    }

    fn read_duration(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let (mut ttl_msec, mut apply_to_all_messages) = (None, None);
        reader.fields(|reader, field| match field.id {
            1 => reader.integer(field, "ttl_msec", &mut ttl_msec),
            2 => reader.boolean(field, "apply_to_all_messages", &mut apply_to_all_messages),
            _ => reader.skip(field),
        })?;
        Ok(Self::MessageDuration { ttl_msec, apply_to_all_messages })
    }

    fn read_removal(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut current_ttl_msec = None;
        reader.fields(|reader, field| match field.id {
            1 => reader.integer(field, "current_ttl_msec", &mut current_ttl_msec),
            _ => reader.skip(field),
        })?;
        Ok(Self::MessageDurationRemove { current_ttl_msec })
    }

    /// Itself, past a struct that holds nothing but a placeholder.
    fn passing_over(self, reader: &mut Reader<'a>, field: Field) -> Result<Self, WireError> {
        reader
            .value(field, Self::NAME, |reader| reader.fields(|reader, field| reader.skip(field)))?;
        Ok(self)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        let id = match self {
            Self::MessageDuration { .. } => 1,
            Self::MessageDurationRemove { .. } => 2,
            Self::Mute(_) => 3,
            Self::Unmute(_) => 4,
            Self::EnableScreenCaptureDetection => 5,
            Self::DisableScreenCaptureDetection => 6,
            Self::EnableScreenCaptureBlocking => 7,
            Self::DisableScreenCaptureBlocking => 8,
            Self::Other(_) => return Err(WireError::UnwritableMember { union: Self::NAME }),
        };
        writer.structure(id, Some(self), |writer, change| {
            match change {
                Self::MessageDuration { ttl_msec, apply_to_all_messages } => {
                    writer.integer(1, *ttl_msec);
                    writer.boolean(2, *apply_to_all_messages);
                }
                Self::MessageDurationRemove { current_ttl_msec } => {
                    writer.integer(1, *current_ttl_msec);
                }
                Self::Mute(ids) | Self::Unmute(ids) => writer.texts(1, ids)?,
                _ => {}
            }
            Ok(())
        })
    }
}

fn read_ids<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a str>, WireError> {
    let mut ids = None;
    reader.fields(|reader, field| match field.id {
        1 => reader.texts(field, "conversation ids", &mut ids),
        _ => reader.skip(field),
    })?;
    Ok(ids.unwrap_or_default())
}
