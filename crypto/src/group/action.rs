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

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString as _};
    use core::fmt::Debug;

    use super::*;

    fn users(numbers: &[u64]) -> Vec<UserId> {
        numbers.iter().map(|number| UserId::new(*number).unwrap()).collect()
    }

    fn texts(payload: &ActionPayload<'_>) -> Vec<Vec<String>> {
        let texts = payload.components.iter().map(|component| match component {
            Component::Scalar(value) => Vec::from([value.to_string()]),
            Component::Optional(value) | Component::Trailing(value) => {
                value.iter().map(ToString::to_string).collect()
            }
            Component::List(values) => values.iter().map(ToString::to_string).collect(),
        });
        texts.collect()
    }

    /// What is not signed makes no difference, and what is signed stays: in every layout, for every
    /// way to change one thing. Returns how often it was not signed.
    fn unsigned<T: Clone + PartialEq + Debug>(
        full: &T,
        changes: &[fn(&mut T)],
        keep_signed: fn(&mut T, Layout),
        texts: fn(&T, Layout) -> Vec<Vec<String>>,
    ) -> usize {
        let mut unsigned = 0;
        for layout in (2..=7).map(Layout) {
            for change in changes {
                let (mut kept, mut other) = (full.clone(), full.clone());
                change(&mut other);
                let is_signed = texts(full, layout) != texts(&other, layout);
                keep_signed(&mut kept, layout);
                keep_signed(&mut other, layout);
                assert_eq!(kept != other, is_signed, "{layout:?}: {kept:?} and {other:?}");
                assert_eq!(texts(&kept, layout), texts(full, layout));
                unsigned += usize::from(!is_signed);
            }
        }
        unsigned
    }

    #[test]
    fn a_creation_keeps_what_is_signed() {
        let full = Creation {
            members: users(&[1, 2]),
            is_legacy_upgrade: Some(true),
            title: Some("T".parse().unwrap()),
            avatar_url: Some("https://e.invalid/a".parse().unwrap()),
            key_version: KeyVersion::new(5),
        };
        let changes: [fn(&mut Creation); 5] = [
            |it| it.members = users(&[1]),
            |it| it.is_legacy_upgrade = None,
            |it| it.title = None,
            |it| it.avatar_url = None,
            |it| it.key_version = KeyVersion::new(6),
        ];
        let texts = |it: &Creation, layout| texts(&it.action(layout));
        assert_eq!(unsigned(&full, &changes, Creation::keep_signed, texts), 3 * 2);
    }

    #[test]
    fn an_addition_keeps_what_is_signed() {
        let invite = Invite {
            url: Some("https://e.invalid/i".parse().unwrap()),
            affiliate_id: Some("a1".parse().unwrap()),
            expires_at_msec: Some(9),
        };
        let full = Addition {
            new_members: users(&[3]),
            current_members: users(&[1, 2]),
            admins: users(&[1]),
            pending_members: users(&[4]),
            title: Some("T".parse().unwrap()),
            avatar_url: Some("https://e.invalid/a".parse().unwrap()),
            ttl_msec: Some(7),
            key_version: KeyVersion::new(5),
            screen_capture_blocking: Some(true),
            invite: Some(invite),
        };
        let changes: [fn(&mut Addition); 10] = [
            |it| it.new_members = users(&[5]),
            |it| it.current_members = users(&[1]),
            |it| it.admins = users(&[2]),
            |it| it.pending_members.clear(),
            |it| it.title = None,
            |it| it.avatar_url = None,
            |it| it.ttl_msec = None,
            |it| it.key_version = KeyVersion::new(6),
            |it| it.screen_capture_blocking = None,
            |it| it.invite = None,
        ];
        let texts = |it: &Addition, layout| texts(&it.action(layout));
        // Pending members are signed in 3 to 6, screen capture from 5 on, the invite in 7.
        assert_eq!(unsigned(&full, &changes, Addition::keep_signed, texts), 2 + 3 + 5);
    }
}
