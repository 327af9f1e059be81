//! Signed actions of one conversation: deleting, and marking as read or unread.

use alloc::vec::Vec;

use super::WireError;
use super::reader::Reader;
use super::writer::Writer;

/// Messages were deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageDeleteEvent<'a> {
    /// 1: the server's numbers of the messages.
    pub sequence_ids: Vec<&'a str>,
    /// 2: 1 for oneself, 2 for all.
    pub delete_message_action: Option<i32>,
}

/// A conversation was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct ConversationDeleteEvent<'a> {
    /// 1: the conversation. No signature covers this spelling of it.
    pub conversation_id: Option<&'a str>,
    /// 2: how.
    pub options: Option<ConversationDeleteOptions>,
}

/// How a conversation is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct ConversationDeleteOptions {
    /// 1: whether its messages go, too.
    pub clear_all_messages: Option<bool>,
    /// 2: its place in the list, milliseconds.
    pub sort_order_msec: Option<i64>,
}

/// A conversation was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MarkConversationReadEvent<'a> {
    /// 1: the last message that was seen.
    pub seen_until_sequence_id: Option<&'a str>,
    /// 2: when, Unix milliseconds.
    pub seen_at_millis: Option<i64>,
}

/// A conversation was marked as unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MarkConversationUnreadEvent<'a> {
    /// 1: the last message that counts as seen.
    pub seen_until_sequence_id: Option<&'a str>,
}

impl<'a> MessageDeleteEvent<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let (mut ids, mut action) = (None, None);
        reader.fields(|reader, field| match field.id {
            1 => reader.texts(field, "sequence_ids", &mut ids),
            2 => reader.int(field, "delete_message_action", &mut action),
            _ => reader.skip(field),
        })?;
        Ok(Self { sequence_ids: ids.unwrap_or_default(), delete_message_action: action })
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.texts(1, &self.sequence_ids)?;
        writer.int(2, self.delete_message_action);
        Ok(())
    }
}

impl<'a> ConversationDeleteEvent<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "conversation_id", &mut event.conversation_id),
            2 => reader.structure(
                field,
                "options",
                &mut event.options,
                ConversationDeleteOptions::read,
            ),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.conversation_id)?;
        writer.structure(2, self.options.as_ref(), |writer, options| {
            writer.boolean(1, options.clear_all_messages);
            writer.integer(2, options.sort_order_msec);
            Ok(())
        })
    }
}

impl ConversationDeleteOptions {
    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut options = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.boolean(field, "clear_all_messages", &mut options.clear_all_messages),
            2 => reader.integer(field, "sort_order_msec", &mut options.sort_order_msec),
            _ => reader.skip(field),
        })?;
        Ok(options)
    }
}

impl<'a> MarkConversationReadEvent<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "seen_until_sequence_id", &mut event.seen_until_sequence_id),
            2 => reader.integer(field, "seen_at_millis", &mut event.seen_at_millis),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.seen_until_sequence_id)?;
        writer.integer(2, self.seen_at_millis);
        Ok(())
    }
}

impl<'a> MarkConversationUnreadEvent<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "seen_until_sequence_id", &mut event.seen_until_sequence_id),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.seen_until_sequence_id)
    }
}
