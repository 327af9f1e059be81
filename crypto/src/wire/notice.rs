//! Events that nobody signs: the server's own word.

use super::WireError;
use super::reader::Reader;
use super::writer::Writer;

/// Somebody is typing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageTypingEvent<'a> {
    /// 1: the conversation.
    pub conversation_id: Option<&'a str>,
}

/// A message was not accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageFailureEvent {
    /// 1: why.
    pub failure_type: Option<i32>,
}

/// A member's account is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MemberAccountDeleteEvent<'a> {
    /// 1: the member.
    pub member_id: Option<&'a str>,
}

impl<'a> MessageTypingEvent<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "conversation_id", &mut event.conversation_id),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.conversation_id)
    }
}

impl MessageFailureEvent {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.int(field, "failure_type", &mut event.failure_type),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.int(1, self.failure_type);
    }
}

impl<'a> MemberAccountDeleteEvent<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "member_id", &mut event.member_id),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.member_id)
    }
}
