//! `ReplyingToPreview`: what a reply says of the message it answers, and the proof of it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::reader::Reader;
use super::writer::Writer;
use super::{MessageAttachment, MessageEvent, RichTextEntity, WireError};

/// A quoted message. What it claims is the replier's word; the events inside are the proof.
/// Display name, key changes and call cards are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct ReplyingToPreview<'a> {
    /// 1: who wrote the original.
    pub sender_id: Option<i64>,
    /// 2: the beginning of its text, or all of it.
    pub message_text: Option<&'a str>,
    /// 3: the entities of the quoted text.
    pub entities: Option<Vec<RichTextEntity>>,
    /// 4: what is attached to the original.
    pub attachments: Option<Vec<MessageAttachment<'a>>>,
    /// 6: the server's number of it.
    pub replying_to_message_sequence_id: Option<&'a str>,
    /// 7: its id.
    pub replying_to_message_id: Option<&'a str>,
    /// 8: the original, as the server delivered it.
    pub raw_event_message_create: Option<Box<MessageEvent<'a>>>,
    /// 9: the edit that the text is from.
    pub raw_event_edit_message: Option<Box<MessageEvent<'a>>>,
}

impl<'a> ReplyingToPreview<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut preview = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.integer(field, "sender_id", &mut preview.sender_id),
            2 => reader.text(field, "message_text", &mut preview.message_text),
            3 => RichTextEntity::read_list(reader, field, &mut preview.entities),
            4 => reader.structures(
                field,
                "attachments",
                &mut preview.attachments,
                MessageAttachment::read,
            ),
            6 => reader.text(
                field,
                "replying_to_message_sequence_id",
                &mut preview.replying_to_message_sequence_id,
            ),
            7 => reader.text(field, "replying_to_message_id", &mut preview.replying_to_message_id),
            8 => reader.structure(
                field,
                "raw_event_message_create",
                &mut preview.raw_event_message_create,
                |reader| MessageEvent::read(reader).map(Box::new),
            ),
            9 => reader.structure(
                field,
                "raw_event_edit_message",
                &mut preview.raw_event_edit_message,
                |reader| MessageEvent::read(reader).map(Box::new),
            ),
            _ => reader.skip(field),
        })?;
        Ok(preview)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.integer(1, self.sender_id);
        writer.text(2, self.message_text)?;
        RichTextEntity::write_list(writer, 3, self.entities.as_deref())?;
        MessageAttachment::write_list(writer, 4, self.attachments.as_deref())?;
        writer.text(6, self.replying_to_message_sequence_id)?;
        writer.text(7, self.replying_to_message_id)?;
        for (id, event) in [(8, &self.raw_event_message_create), (9, &self.raw_event_edit_message)]
        {
            writer.structure(id, event.as_deref(), |writer, event| event.write(writer))?;
        }
        Ok(())
    }
}
