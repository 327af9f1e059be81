//! `RichTextEntity`: a part of a text that is more than text.

use alloc::vec::Vec;

use super::WireError;
use super::reader::{Field, Reader};
use super::writer::Writer;

/// A part of a text that is a link, a mention or the like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct RichTextEntity {
    /// 1: where it begins.
    pub start_index: Option<i32>,
    /// 2: where it ends.
    pub end_index: Option<i32>,
    /// 3: what it is: the id of the member in a union of empty structs.
    pub content: Option<i16>,
}

impl RichTextEntity {
    /// A field that is a list of entities, into its slot.
    pub(super) fn read_list(
        reader: &mut Reader<'_>,
        field: Field,
        slot: &mut Option<Vec<Self>>,
    ) -> Result<(), WireError> {
        reader.structures(field, "entities", slot, Self::read)
    }

    pub(super) fn write_list(
        writer: &mut Writer,
        id: i16,
        entities: Option<&[Self]>,
    ) -> Result<(), WireError> {
        match entities {
            None => Ok(()),
            Some(entities) => {
                writer.structures(id, entities, |writer, entity| entity.write(writer))
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut entity = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.int(field, "start_index", &mut entity.start_index),
            2 => reader.int(field, "end_index", &mut entity.end_index),
            3 => reader.structure(field, "entity content", &mut entity.content, read_content),
            _ => reader.skip(field),
        })?;
        Ok(entity)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.int(1, self.start_index);
        writer.int(2, self.end_index);
        writer.structure(3, self.content.as_ref(), |writer, member| {
            writer.structure(*member, Some(&()), |_, ()| Ok(()))
        })
    }
}

/// A union of empty structs: which one it is. Members nobody knows yet count as one, too.
fn read_content(reader: &mut Reader<'_>) -> Result<i16, WireError> {
    reader
        .union("entity content", |reader, field| match field.id {
            id @ 1..=7 => {
                reader.value(field, "entity content", |reader| {
                    reader.fields(|reader, field| reader.skip(field))
                })?;
                Ok(Some(id))
            }
            _ => reader.skip(field).map(|()| None),
        })
        .map(|member| member.unwrap_or_else(|unknown| unknown))
}
