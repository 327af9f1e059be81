//! `GroupChangeEvent`: what happened to a group; creation and new members in full.

use alloc::vec::Vec;

use super::WireError;
use super::group_parts::{GroupAvatarUrlChange, GroupTitleChange, IdList, SingleId};
use super::reader::Reader;
use super::writer::Writer;

/// A change of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct GroupChangeEvent<'a> {
    /// 1: what changed.
    pub group_change: Option<GroupChange<'a>>,
    /// 2: X's SDK writes `false`.
    pub for_key_rotation: Option<bool>,
}

/// What changed: a union.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupChange<'a> {
    /// 1: the group was created.
    Create(GroupCreate<'a>),
    /// 2: it has another title.
    TitleChange(GroupTitleChange<'a>),
    /// 3: it has another avatar.
    AvatarUrlChange(GroupAvatarUrlChange<'a>),
    /// 4: members became admins.
    AdminAdd(IdList<'a>),
    /// 5: members were added.
    MemberAdd(GroupMemberAddChange<'a>),
    /// 6: admins are members like the others again.
    AdminRemove(IdList<'a>),
    /// 7: members were removed.
    MemberRemove(IdList<'a>),
    /// 8: whoever has the link may join.
    InviteEnable(GroupInviteEnable<'a>),
    /// 9: the link no longer works; who ended it.
    InviteDisable(SingleId<'a>),
    /// 10: somebody asks to join.
    JoinRequest(SingleId<'a>),
    /// 11: who asked was turned down.
    JoinReject(IdList<'a>),
    /// A member that this version reads over, by its field id.
    Other(i16),
}

/// A new group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct GroupCreate<'a> {
    /// 1: the members.
    pub member_ids: Vec<&'a str>,
    /// 2: the admins. No signature covers them.
    pub admin_ids: Vec<&'a str>,
    /// 3: the title.
    pub title: Option<&'a str>,
    /// 4: where the avatar is.
    pub avatar_url: Option<&'a str>,
    /// 5: the version of the group's first key.
    pub conversation_key_version: Option<&'a str>,
    /// 6: whether an older group was turned into this one.
    pub is_legacy_group_upgrade: Option<bool>,
    /// 7: how long messages live, milliseconds. No signature covers it.
    pub ttl_msec: Option<i64>,
}

/// New members of a group, and the group as the adder knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct GroupMemberAddChange<'a> {
    /// 1: the new members.
    pub member_ids: Vec<&'a str>,
    /// 2: the members so far.
    pub current_member_ids: Vec<&'a str>,
    /// 3: the admins.
    pub current_admin_ids: Vec<&'a str>,
    /// 4: the title.
    pub current_title: Option<&'a str>,
    /// 5: where the avatar is.
    pub current_avatar_url: Option<&'a str>,
    /// 6: the version of the key that the new members get.
    pub conversation_key_version: Option<&'a str>,
    /// 7: how long messages live, milliseconds.
    pub current_ttl_msec: Option<i64>,
    /// 8: invited, not joined.
    pub current_pending_member_ids: Vec<&'a str>,
    /// 9: whether screen captures are blocked.
    pub screen_capture_blocking_enabled: Option<bool>,
    /// 11: the invite they came by.
    pub group_invite_enable: Option<GroupInviteEnable<'a>>,
}

/// An invite to a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct GroupInviteEnable<'a> {
    /// 1: when it ends, Unix milliseconds.
    pub expires_at_msec: Option<i64>,
    /// 2: its link.
    pub invite_url: Option<&'a str>,
    /// 3: whose it is.
    pub affiliate_id: Option<&'a str>,
}

impl<'a> GroupChangeEvent<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => {
                reader.structure(field, "group_change", &mut event.group_change, GroupChange::read)
            }
            2 => reader.boolean(field, "for_key_rotation", &mut event.for_key_rotation),
            _ => reader.skip(field),
        })?;
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.structure(1, self.group_change.as_ref(), |writer, change| change.write(writer))?;
        writer.boolean(2, self.for_key_rotation);
        Ok(())
    }
}

impl<'a> GroupChange<'a> {
    const NAME: &'static str = "group_change";

    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let name = Self::NAME;
        reader
            .union(name, |reader, field| {
                Ok(Some(match field.id {
                    1 => Self::Create(reader.value(field, name, GroupCreate::read)?),
                    2 => Self::TitleChange(reader.value(field, name, GroupTitleChange::read)?),
                    3 => {
                        let change = reader.value(field, name, GroupAvatarUrlChange::read)?;
                        Self::AvatarUrlChange(change)
                    }
                    4 => Self::AdminAdd(reader.value(field, name, IdList::read)?),
                    5 => Self::MemberAdd(reader.value(field, name, GroupMemberAddChange::read)?),
                    6 => Self::AdminRemove(reader.value(field, name, IdList::read)?),
                    7 => Self::MemberRemove(reader.value(field, name, IdList::read)?),
                    8 => Self::InviteEnable(reader.value(field, name, GroupInviteEnable::read)?),
                    9 => Self::InviteDisable(reader.value(field, name, SingleId::read)?),
                    10 => Self::JoinRequest(reader.value(field, name, SingleId::read)?),
                    11 => Self::JoinReject(reader.value(field, name, IdList::read)?),
                    // A change of the admins' rights: X defines nothing to sign for it.
                    id @ 12 => {
                        reader.skip(field)?;
                        Self::Other(id)
                    }
                    _ => return reader.skip(field).map(|()| None),
                }))
            })
            .map(|member| member.unwrap_or_else(Self::Other))
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        match self {
            Self::Create(value) => writer.structure(1, Some(value), |writer, v| v.write(writer)),
            Self::TitleChange(value) => {
                writer.structure(2, Some(value), |writer, v| v.write(writer))
            }
            Self::AvatarUrlChange(value) => {
                writer.structure(3, Some(value), |writer, v| v.write(writer))
            }
            Self::AdminAdd(value) => writer.structure(4, Some(value), |writer, v| v.write(writer)),
            Self::MemberAdd(value) => writer.structure(5, Some(value), |writer, v| v.write(writer)),
            Self::AdminRemove(value) => {
                writer.structure(6, Some(value), |writer, v| v.write(writer))
            }
            Self::MemberRemove(value) => {
                writer.structure(7, Some(value), |writer, v| v.write(writer))
            }
            Self::InviteEnable(value) => {
                writer.structure(8, Some(value), |writer, v| v.write(writer))
            }
            Self::InviteDisable(value) => {
                writer.structure(9, Some(value), |writer, v| v.write(writer))
            }
            Self::JoinRequest(value) => {
                writer.structure(10, Some(value), |writer, v| v.write(writer))
            }
            Self::JoinReject(value) => {
                writer.structure(11, Some(value), |writer, v| v.write(writer))
            }
            Self::Other(_) => Err(WireError::UnwritableMember { union: Self::NAME }),
        }
    }
}

impl<'a> GroupCreate<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut create = Self::default();
        let (mut members, mut admins) = (None, None);
        reader.fields(|reader, field| match field.id {
            1 => reader.texts(field, "member_ids", &mut members),
            2 => reader.texts(field, "admin_ids", &mut admins),
            3 => reader.text(field, "title", &mut create.title),
            4 => reader.text(field, "avatar_url", &mut create.avatar_url),
            5 => {
                reader.text(field, "conversation_key_version", &mut create.conversation_key_version)
            }
            6 => reader.boolean(
                field,
                "is_legacy_group_upgrade",
                &mut create.is_legacy_group_upgrade,
            ),
            7 => reader.integer(field, "ttl_msec", &mut create.ttl_msec),
            _ => reader.skip(field),
        })?;
        create.member_ids = members.unwrap_or_default();
        create.admin_ids = admins.unwrap_or_default();
        Ok(create)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.texts(1, &self.member_ids)?;
        writer.texts(2, &self.admin_ids)?;
        writer.text(3, self.title)?;
        writer.text(4, self.avatar_url)?;
        writer.text(5, self.conversation_key_version)?;
        writer.boolean(6, self.is_legacy_group_upgrade);
        writer.integer(7, self.ttl_msec);
        Ok(())
    }
}

impl<'a> GroupMemberAddChange<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut add = Self::default();
        let (mut new, mut current, mut admins, mut pending) = (None, None, None, None);
        reader.fields(|reader, field| match field.id {
            1 => reader.texts(field, "member_ids", &mut new),
            2 => reader.texts(field, "current_member_ids", &mut current),
            3 => reader.texts(field, "current_admin_ids", &mut admins),
            4 => reader.text(field, "current_title", &mut add.current_title),
            5 => reader.text(field, "current_avatar_url", &mut add.current_avatar_url),
            6 => reader.text(field, "conversation_key_version", &mut add.conversation_key_version),
            7 => reader.integer(field, "current_ttl_msec", &mut add.current_ttl_msec),
            8 => reader.texts(field, "current_pending_member_ids", &mut pending),
            9 => reader.boolean(
                field,
                "screen_capture_blocking_enabled",
                &mut add.screen_capture_blocking_enabled,
            ),
            11 => reader.structure(
                field,
                "group_invite_enable",
                &mut add.group_invite_enable,
                GroupInviteEnable::read,
            ),
            _ => reader.skip(field),
        })?;
        add.member_ids = new.unwrap_or_default();
        add.current_member_ids = current.unwrap_or_default();
        add.current_admin_ids = admins.unwrap_or_default();
        add.current_pending_member_ids = pending.unwrap_or_default();
        Ok(add)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.texts(1, &self.member_ids)?;
        writer.texts(2, &self.current_member_ids)?;
        writer.texts(3, &self.current_admin_ids)?;
        writer.text(4, self.current_title)?;
        writer.text(5, self.current_avatar_url)?;
        writer.text(6, self.conversation_key_version)?;
        writer.integer(7, self.current_ttl_msec);
        writer.texts(8, &self.current_pending_member_ids)?;
        writer.boolean(9, self.screen_capture_blocking_enabled);
        writer
            .structure(11, self.group_invite_enable.as_ref(), |writer, invite| invite.write(writer))
    }
}

impl<'a> GroupInviteEnable<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut invite = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.integer(field, "expires_at_msec", &mut invite.expires_at_msec),
            2 => reader.text(field, "invite_url", &mut invite.invite_url),
            3 => reader.text(field, "affiliate_id", &mut invite.affiliate_id),
            _ => reader.skip(field),
        })?;
        Ok(invite)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.integer(1, self.expires_at_msec);
        writer.text(2, self.invite_url)?;
        writer.text(3, self.affiliate_id)
    }
}
