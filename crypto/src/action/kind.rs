//! The actions, and what each of them signs.

use alloc::vec::Vec;

use super::{ActionError, ActionPayload, Component, DeleteFor, DeleteMessages, MutedConversations};
use crate::{
    AffiliateId, AvatarUrl, GroupTitle, InviteUrl, KeyVersion, MessageTtl, SequenceId, UnixMillis,
    Unsigned, UserId,
};

/// Something a member of a conversation did and signed, besides a message or a key change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Deleted messages.
    DeleteMessages(DeleteMessages),
    /// Deleted the conversation.
    DeleteConversation {
        /// Whether its messages go, too.
        clear_all_messages: Option<bool>,
        /// Its place in the list of conversations.
        sort_order: Option<UnixMillis>,
    },
    /// Read the conversation.
    MarkRead {
        /// Up to this message.
        seen_until: SequenceId,
        /// At this time.
        seen_at: Option<UnixMillis>,
    },
    /// Marked the conversation as unread.
    MarkUnread {
        /// After this message.
        seen_until: Option<SequenceId>,
    },
    /// Gave the group another title. The server reads it.
    ChangeTitle {
        /// The title; `None` takes it away.
        title: Option<GroupTitle>,
        /// The version of the conversation key at that time.
        key_version: KeyVersion,
    },
    /// Gave the group another avatar. The server reads it.
    ChangeAvatar {
        /// Where it is; `None` takes it away.
        avatar_url: Option<AvatarUrl>,
        /// The version of the conversation key at that time.
        key_version: KeyVersion,
    },
    /// Made members admins.
    AddAdmins(Vec<UserId>),
    /// Made admins members like the others.
    RemoveAdmins(Vec<UserId>),
    /// Removed members. Rotate the key after it: they have the old one.
    RemoveMembers(Vec<UserId>),
    /// Opened the group to whoever has a link.
    EnableInvite {
        /// The link.
        url: InviteUrl,
        /// When it ends.
        expires_at: Option<UnixMillis>,
        /// Whose it is.
        affiliate_id: Option<AffiliateId>,
    },
    /// Ended the link.
    DisableInvite {
        /// Who ended it.
        by: UserId,
    },
    /// Asked to join.
    RequestToJoin {
        /// Who asked.
        user: UserId,
    },
    /// Turned down who asked to join.
    RejectJoin(Vec<UserId>),
    /// Set how long messages live.
    SetMessageTtl {
        /// How long.
        ttl: MessageTtl,
        /// Whether older messages, too. No signature covers it.
        applies_to_all: Option<Unsigned<bool>>,
    },
    /// Messages live on.
    RemoveMessageTtl,
    /// Muted conversations.
    Mute(MutedConversations),
    /// Unmuted conversations.
    Unmute(MutedConversations),
    /// Changed what happens on screen captures.
    SetScreenCapture {
        /// Telling of them, or blocking them.
        setting: ScreenCapture,
        /// On or off.
        enabled: bool,
    },
}

/// What can be done about screen captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScreenCapture {
    /// The others are told.
    Detection,
    /// They are blocked.
    Blocking,
}

impl Action {
    /// Deletes messages for everybody in the conversation.
    ///
    /// # Errors
    /// As [`DeleteMessages::new`].
    pub fn delete_for_everybody(
        messages: impl IntoIterator<Item = SequenceId>,
    ) -> Result<Self, ActionError> {
        DeleteMessages::new(DeleteFor::All, messages).map(Self::DeleteMessages)
    }

    /// Deletes messages for oneself.
    ///
    /// # Errors
    /// As [`DeleteMessages::new`].
    pub fn delete_for_oneself(
        messages: impl IntoIterator<Item = SequenceId>,
    ) -> Result<Self, ActionError> {
        DeleteMessages::new(DeleteFor::Me, messages).map(Self::DeleteMessages)
    }

    /// Reads the conversation up to a message.
    #[must_use]
    pub const fn mark_read(seen_until: SequenceId, seen_at: UnixMillis) -> Self {
        Self::MarkRead { seen_until, seen_at: Some(seen_at) }
    }

    /// Whether it is about a group, and not just about a conversation.
    pub(super) const fn is_group_change(&self) -> bool {
        matches!(
            self,
            Self::ChangeTitle { .. }
                | Self::ChangeAvatar { .. }
                | Self::AddAdmins(_)
                | Self::RemoveAdmins(_)
                | Self::RemoveMembers(_)
                | Self::EnableInvite { .. }
                | Self::DisableInvite { .. }
                | Self::RequestToJoin { .. }
                | Self::RejectJoin(_)
        )
    }

    /// Whether it is about what members know of the conversation.
    pub(super) const fn changes_conversation(&self) -> bool {
        let is_setting = matches!(
            self,
            Self::SetMessageTtl { .. } | Self::RemoveMessageTtl | Self::SetScreenCapture { .. }
        );
        is_setting || self.is_group_change()
    }

    /// Whether only somebody who is in the conversation can do it. Whoever asks to join is not.
    pub(super) fn takes_a_member(&self, sender: UserId) -> bool {
        !matches!(self, Self::RequestToJoin { user } if *user == sender)
    }

    /// The time in it, if there is one.
    pub(super) const fn time(&self) -> Option<UnixMillis> {
        match self {
            Self::DeleteConversation { sort_order: time, .. }
            | Self::MarkRead { seen_at: time, .. }
            | Self::EnableInvite { expires_at: time, .. } => *time,
            _ => None,
        }
    }

    /// How many ids its list has, if it has one.
    pub(super) fn list_length(&self) -> Option<usize> {
        match self {
            Self::DeleteMessages(delete) => Some(delete.messages.len()),
            Self::AddAdmins(users)
            | Self::RemoveAdmins(users)
            | Self::RemoveMembers(users)
            | Self::RejectJoin(users) => Some(users.len()),
            Self::Mute(conversations) | Self::Unmute(conversations) => Some(conversations.0.len()),
            _ => None,
        }
    }

    /// What is signed: X's name of the action and its components, the same in all versions.
    pub(crate) fn payload(&self) -> ActionPayload<'_> {
        let (name, components) = match self {
            Self::DeleteMessages(delete) => (
                "MessageDeleteEvent",
                Vec::from([
                    Component::Scalar(delete.scope.number()),
                    Component::list(&delete.messages),
                ]),
            ),
            Self::DeleteConversation { clear_all_messages, sort_order } => (
                "ConversationDeleteEvent",
                Vec::from([
                    Component::trailing(clear_all_messages.as_ref()),
                    Component::trailing(sort_order.as_ref()),
                ]),
            ),
            Self::MarkRead { seen_until, seen_at } => (
                "MarkConversationReadEvent",
                Vec::from([Component::Scalar(seen_until), Component::trailing(seen_at.as_ref())]),
            ),
            Self::MarkUnread { seen_until } => (
                "MarkConversationUnreadEvent",
                Vec::from([Component::trailing(seen_until.as_ref())]),
            ),
            Self::ChangeTitle { title, key_version } => (
                "GroupChangeEvent.GroupTitleChange",
                Vec::from([Component::Scalar(key_version), Component::or_empty(title.as_ref())]),
            ),
            Self::ChangeAvatar { avatar_url, key_version } => (
                "GroupChangeEvent.GroupAvatarUrlChange",
                Vec::from([
                    Component::Scalar(key_version),
                    Component::or_empty(avatar_url.as_ref()),
                ]),
            ),
            Self::AddAdmins(users) => list("GroupChangeEvent.GroupAdminAddChange", users),
            Self::RemoveAdmins(users) => list("GroupChangeEvent.GroupAdminRemoveChange", users),
            Self::RemoveMembers(users) => list("GroupChangeEvent.GroupMemberRemoveChange", users),
            Self::EnableInvite { url, expires_at, affiliate_id } => (
                "GroupChangeEvent.GroupInviteEnable",
                Vec::from([
                    Component::Scalar(url),
                    Component::optional(expires_at.as_ref()),
                    Component::optional(affiliate_id.as_ref()),
                ]),
            ),
            Self::DisableInvite { by } => {
                ("GroupChangeEvent.GroupInviteDisable", Vec::from([Component::Scalar(by)]))
            }
            Self::RequestToJoin { user } => {
                ("GroupChangeEvent.GroupJoinRequest", Vec::from([Component::Scalar(user)]))
            }
            Self::RejectJoin(users) => list("GroupChangeEvent.GroupJoinReject", users),
            Self::SetMessageTtl { ttl, .. } => (
                "ConversationMetadataChangeEvent.MessageDurationChange",
                Vec::from([Component::Scalar(ttl)]),
            ),
            Self::RemoveMessageTtl => {
                ("ConversationMetadataChangeEvent.MessageDurationRemove", Vec::new())
            }
            Self::Mute(MutedConversations(ids)) => (
                "ConversationMetadataChangeEvent.MuteConversation",
                Vec::from([Component::list(ids)]),
            ),
            Self::Unmute(MutedConversations(ids)) => (
                "ConversationMetadataChangeEvent.UnmuteConversation",
                Vec::from([Component::list(ids)]),
            ),
            Self::SetScreenCapture { setting, enabled } => (setting.name(*enabled), Vec::new()),
        };
        ActionPayload { name, names_conversation: true, components }
    }
}

impl ScreenCapture {
    const fn name(self, enabled: bool) -> &'static str {
        match (self, enabled) {
            (Self::Detection, true) => {
                "ConversationMetadataChangeEvent.EnableScreenCaptureDetection"
            }
            (Self::Detection, false) => {
                "ConversationMetadataChangeEvent.DisableScreenCaptureDetection"
            }
            (Self::Blocking, true) => "ConversationMetadataChangeEvent.EnableScreenCaptureBlocking",
            (Self::Blocking, false) => {
                "ConversationMetadataChangeEvent.DisableScreenCaptureBlocking"
            }
        }
    }
}

fn list<'a>(name: &'static str, users: &'a [UserId]) -> (&'static str, Vec<Component<'a>>) {
    (name, Vec::from([Component::list(users)]))
}
