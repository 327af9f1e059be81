//! What the actions beside a key change sign: a group's creation, and new members.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::{AffiliateId, AvatarUrl, GroupTitle, InviteUrl};
use crate::action::{ActionPayload, Component, Layout};
use crate::{KeyVersion, UserId};

/// A group was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Creation {
    pub(crate) members: Vec<UserId>,
    pub(crate) is_legacy_upgrade: Option<bool>,
    pub(crate) title: Option<GroupTitle>,
    pub(crate) avatar_url: Option<AvatarUrl>,
    pub(crate) key_version: KeyVersion,
}

impl Creation {
    /// Forgets what the layout's signature does not cover.
    pub(crate) fn keep_signed(&mut self, layout: Layout) {
        if layout < Layout(4) {
            (self.is_legacy_upgrade, self.title, self.avatar_url) = (None, None, None);
        }
    }

    pub(crate) fn action(&self, layout: Layout) -> ActionPayload<'_> {
        let mut components =
            Vec::from([Component::Scalar(&self.key_version), Component::list(&self.members)]);
        if layout >= Layout(4) {
            components.extend([
                Component::optional(self.is_legacy_upgrade.as_ref()),
                Component::optional(self.title.as_ref()),
                Component::optional(self.avatar_url.as_ref()),
            ]);
        }
        ActionPayload {
            name: "GroupChangeEvent.GroupCreate",
            names_conversation: false,
            components,
        }
    }
}

/// Members were added to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addition {
    pub(crate) new_members: Vec<UserId>,
    pub(crate) current_members: Vec<UserId>,
    pub(crate) admins: Vec<UserId>,
    pub(crate) pending_members: Vec<UserId>,
    pub(crate) title: Option<GroupTitle>,
    pub(crate) avatar_url: Option<AvatarUrl>,
    pub(crate) ttl_msec: Option<i64>,
    pub(crate) key_version: KeyVersion,
    pub(crate) screen_capture_blocking: Option<bool>,
    pub(crate) invite: Option<Invite>,
}

/// The invite that new members came by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invite {
    pub(crate) url: Option<InviteUrl>,
    pub(crate) affiliate_id: Option<AffiliateId>,
    pub(crate) expires_at_msec: Option<i64>,
}

impl Addition {
    /// Forgets what the layout's signature does not cover.
    pub(crate) fn keep_signed(&mut self, layout: Layout) {
        if !(Layout(3)..Layout(7)).contains(&layout) {
            self.pending_members.clear();
        }
        if layout < Layout(5) {
            self.screen_capture_blocking = None;
        }
        if layout < Layout(7) {
            self.invite = None;
        }
    }

    /// A user who stands where the lists contradict each other: twice in one, new and a member
    /// already, an admin who is no member, pending and in. X's payloads have no borders between
    /// lists, so lists that do not fit are how one signed action is passed off as another.
    pub(crate) fn misfit(&self) -> Option<UserId> {
        let current: BTreeSet<UserId> = self.current_members.iter().copied().collect();
        let new: BTreeSet<UserId> = self.new_members.iter().copied().collect();
        [&self.new_members, &self.current_members, &self.admins, &self.pending_members]
            .iter()
            .find_map(|list| repeated(list))
            .or_else(|| new.intersection(&current).next().copied())
            .or_else(|| self.admins.iter().copied().find(|admin| !current.contains(admin)))
            .or_else(|| {
                let mut pending = self.pending_members.iter().copied();
                pending.find(|user| current.contains(user) || new.contains(user))
            })
    }

    pub(crate) fn action(&self, layout: Layout) -> ActionPayload<'_> {
        let mut components = Vec::from([
            Component::list(&self.new_members),
            Component::list(&self.current_members),
            Component::list(&self.admins),
        ]);
        if (Layout(3)..Layout(7)).contains(&layout) {
            components.push(Component::list(&self.pending_members));
        }
        components.extend([
            Component::optional(self.title.as_ref()),
            Component::optional(self.avatar_url.as_ref()),
            Component::optional(self.ttl_msec.as_ref()),
            Component::Scalar(&self.key_version),
        ]);
        if layout >= Layout(5) {
            components.push(Component::optional(self.screen_capture_blocking.as_ref()));
        }
        if let Some(invite) = self.invite.as_ref().filter(|_| layout >= Layout(7)) {
            components.extend([
                Component::optional(invite.url.as_ref()),
                Component::optional(invite.affiliate_id.as_ref()),
                Component::optional(invite.expires_at_msec.as_ref()),
            ]);
        }
        ActionPayload {
            name: "GroupChangeEvent.GroupMemberAddChange",
            names_conversation: true,
            components,
        }
    }
}

fn repeated(users: &[UserId]) -> Option<UserId> {
    let mut seen = BTreeSet::new();
    users.iter().copied().find(|user| !seen.insert(*user))
}
