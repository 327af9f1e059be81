//! `MessageCreateEvent`: one encrypted message.

use alloc::vec::Vec;

use super::WireError;
use super::reader::Reader;
use super::writer::Writer;

/// An encrypted message. Of its fields X's signature covers the first two; the server writes the
/// others that X knows of, which are passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MessageCreateEvent<'a> {
    /// 100: the encrypted content.
    pub contents: Option<&'a [u8]>,
    /// 101: the version of the conversation key it is encrypted with; absent in a plaintext message.
    pub conversation_key_version: Option<&'a str>,
    /// 102: whether the recipients are notified.
    pub should_notify: Option<bool>,
    /// 103: how long the message lives, milliseconds.
    pub ttl_msec: Option<i64>,
}

impl<'a> MessageCreateEvent<'a> {
    /// Reads a bare message, the form in the body that sends one; nothing may follow it.
    ///
    /// # Errors
    /// [`WireError`] for bytes that are not one, or exceed a limit.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, WireError> {
        Reader::read_all(bytes, Self::read)
    }

    /// Writes a bare message.
    ///
    /// # Errors
    /// [`WireError`] for strings above the limits.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        Writer::write_all(|writer| self.write(writer))
    }

    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            100 => reader.binary(field, "contents", &mut event.contents),
            101 => {
                reader.text(field, "conversation_key_version", &mut event.conversation_key_version)
            }
            102 => reader.boolean(field, "should_notify", &mut event.should_notify),
            103 => reader.integer(field, "ttl_msec", &mut event.ttl_msec),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.binary(100, self.contents)?;
        writer.text(101, self.conversation_key_version)?;
        writer.boolean(102, self.should_notify);
        writer.integer(103, self.ttl_msec);
        Ok(())
    }
}
