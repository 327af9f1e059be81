//! What a caller says about a new group, or about new members of one.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::time::Duration;

use super::action::{Addition, Creation};
use super::{AvatarUrl, GroupTitle};
use crate::{Conversation, ConversationId, KeyVersion, MessageTtl, UserId};

/// A new group: whoever is a member of the [`Conversation`] that its first key is made for.
///
/// Title and avatar are signed, and travel in the clear: the server reads them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCreate {
    pub(crate) admins: BTreeSet<UserId>,
    pub(crate) title: Option<GroupTitle>,
    pub(crate) avatar_url: Option<AvatarUrl>,
    pub(crate) message_ttl: Option<Duration>,
}

impl GroupCreate {
    /// A group with these admins, each of whom must be a member.
    #[must_use]
    pub fn new(admins: impl IntoIterator<Item = UserId>) -> Self {
        Self { admins: admins.into_iter().collect(), ..Self::default() }
    }

    /// The group's title.
    #[must_use]
    pub fn title(mut self, title: GroupTitle) -> Self {
        self.title = Some(title);
        self
    }

    /// Where the group's avatar is.
    #[must_use]
    pub fn avatar_url(mut self, url: AvatarUrl) -> Self {
        self.avatar_url = Some(url);
        self
    }

    /// How long messages live, in whole milliseconds. A creation does not sign it; adding members
    /// does.
    #[must_use]
    pub fn message_ttl(mut self, ttl: Duration) -> Self {
        self.message_ttl = Some(ttl);
        self
    }

    pub(crate) fn check(&self, conversation: &Conversation) -> Result<(), GroupError> {
        check_group(conversation, &self.admins)
    }

    pub(crate) fn signed(&self, conversation: &Conversation, key_version: KeyVersion) -> Creation {
        Creation {
            members: conversation.members().collect(),
            is_legacy_upgrade: None,
            title: self.title.clone(),
            avatar_url: self.avatar_url.clone(),
            key_version,
        }
    }
}

/// New members of a group, and the group as it is so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberAdd {
    pub(crate) new_members: BTreeSet<UserId>,
    pub(crate) group: GroupCreate,
    pub(crate) screen_capture_blocking: Option<bool>,
}

impl MemberAdd {
    /// Adds `new_members` to a group whose admins, title, avatar and message lifetime are those
    /// of `group`. The [`Conversation`] that the key is made for has the new members already.
    #[must_use]
    pub fn new(new_members: impl IntoIterator<Item = UserId>, group: GroupCreate) -> Self {
        Self {
            new_members: new_members.into_iter().collect(),
            group,
            screen_capture_blocking: None,
        }
    }

    /// Whether screen captures are blocked in the group, where that was ever set.
    #[must_use]
    pub fn screen_capture_blocking(mut self, enabled: bool) -> Self {
        self.screen_capture_blocking = Some(enabled);
        self
    }

    pub(crate) fn check(
        &self,
        conversation: &Conversation,
        sender: UserId,
    ) -> Result<(), GroupError> {
        check_group(conversation, &self.group.admins)?;
        if self.new_members.is_empty() {
            return Err(GroupError::NoNewMembers);
        }
        if self.new_members.contains(&sender) {
            return Err(GroupError::AlreadyMember { user: sender });
        }
        // Whoever is an admin was a member before.
        if let Some(user) = self.group.admins.intersection(&self.new_members).next() {
            return Err(GroupError::NotAMember { user: *user });
        }
        match self.new_members.iter().find(|user| !conversation.contains(**user)) {
            Some(user) => Err(GroupError::NotAMember { user: *user }),
            None => Ok(()),
        }
    }

    pub(crate) fn signed(&self, conversation: &Conversation, key_version: KeyVersion) -> Addition {
        let current: Vec<UserId> =
            conversation.members().filter(|user| !self.new_members.contains(user)).collect();
        Addition {
            new_members: self.new_members.iter().copied().collect(),
            current_members: current,
            admins: self.group.admins.iter().copied().collect(),
            pending_members: Vec::new(),
            title: self.group.title.clone(),
            avatar_url: self.group.avatar_url.clone(),
            ttl_msec: self.group.message_ttl.map(millis),
            key_version,
            screen_capture_blocking: self.screen_capture_blocking,
            invite: None,
        }
    }
}

/// Whole milliseconds, as the wire counts them.
pub(crate) fn millis(duration: Duration) -> i64 {
    MessageTtl::from(duration).as_wire()
}

fn check_group(conversation: &Conversation, admins: &BTreeSet<UserId>) -> Result<(), GroupError> {
    if !conversation.id().is_group() {
        return Err(GroupError::NotAGroup { id: conversation.id() });
    }
    match admins.iter().find(|admin| !conversation.contains(**admin)) {
        Some(user) => Err(GroupError::NotAMember { user: *user }),
        None => Ok(()),
    }
}

/// A group action does not fit the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupError {
    /// The conversation is a direct one.
    #[error("{id} is a direct conversation, not a group")]
    NotAGroup {
        /// The conversation.
        id: ConversationId,
    },
    /// An admin or a new member is not among the conversation's members.
    #[error("user {user} is not a member of the conversation")]
    NotAMember {
        /// The user.
        user: UserId,
    },
    /// Nobody is to be added.
    #[error("no new members were given")]
    NoNewMembers,
    /// The sender adds themselves.
    #[error("user {user} is a member already")]
    AlreadyMember {
        /// The user.
        user: UserId,
    },
}

impl GroupError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAGroup { .. } => "group.not_a_group",
            Self::NotAMember { .. } => "group.not_a_member",
            Self::NoNewMembers => "group.no_new_members",
            Self::AlreadyMember { .. } => "group.already_member",
        }
    }
}
