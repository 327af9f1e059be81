//! The small changes of a group: title, avatar, lists of users.

use alloc::vec::Vec;

use super::WireError;
use super::reader::Reader;
use super::writer::Writer;

/// Another title.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct GroupTitleChange<'a> {
    /// 1: the title; none takes it away.
    pub custom_title: Option<&'a str>,
    /// 2: the version of the conversation key.
    pub conversation_key_version: Option<&'a str>,
}

/// Another avatar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct GroupAvatarUrlChange<'a> {
    /// 1: where the avatar is; nowhere takes it away.
    pub custom_avatar_url: Option<&'a str>,
    /// 2: the version of the conversation key.
    pub conversation_key_version: Option<&'a str>,
}

/// A struct of nothing but a list of users, field 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct IdList<'a> {
    /// 1: the users.
    pub ids: Vec<&'a str>,
}

/// A struct of nothing but a user, field 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct SingleId<'a> {
    /// 1: the user.
    pub id: Option<&'a str>,
}

impl<'a> GroupTitleChange<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let (custom_title, conversation_key_version) = read_pair(reader, "custom_title")?;
        Ok(Self { custom_title, conversation_key_version })
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.custom_title)?;
        writer.text(2, self.conversation_key_version)
    }
}

impl<'a> GroupAvatarUrlChange<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let (custom_avatar_url, conversation_key_version) = read_pair(reader, "custom_avatar_url")?;
        Ok(Self { custom_avatar_url, conversation_key_version })
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.custom_avatar_url)?;
        writer.text(2, self.conversation_key_version)
    }
}

impl<'a> IdList<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut ids = None;
        reader.fields(|reader, field| match field.id {
            1 => reader.texts(field, "ids", &mut ids),
            _ => reader.skip(field),
        })?;
        Ok(Self { ids: ids.unwrap_or_default() })
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.texts(1, &self.ids)
    }
}

impl<'a> SingleId<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut id = None;
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "id", &mut id),
            _ => reader.skip(field),
        })?;
        Ok(Self { id })
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.id)
    }
}

type Pair<'a> = (Option<&'a str>, Option<&'a str>);

fn read_pair<'a>(reader: &mut Reader<'a>, name: &'static str) -> Result<Pair<'a>, WireError> {
    let (mut value, mut version) = (None, None);
    reader.fields(|reader, field| match field.id {
        1 => reader.text(field, name, &mut value),
        2 => reader.text(field, "conversation_key_version", &mut version),
        _ => reader.skip(field),
    })?;
    Ok((value, version))
}
