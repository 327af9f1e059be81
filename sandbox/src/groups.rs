//! Groups: ids that were given out, who is in them, and what is known of them.

use std::collections::{BTreeMap, BTreeSet};

use sealpost_crypto::{ConversationId, UserId};

use crate::problem::Problem;
use crate::validate::{GROUP_ID, GroupDetails, SignedGroup, action_path};

/// Every group, and the ids that wait for theirs.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    minted: BTreeMap<ConversationId, UserId>,
    groups: BTreeMap<ConversationId, Group>,
}

#[derive(Debug)]
struct Group {
    members: BTreeSet<UserId>,
    /// Not known of a group that was hosted, not created.
    details: Option<GroupDetails>,
}

impl Groups {
    /// Makes a group exist with these members, or changes its members.
    pub(crate) fn host(&mut self, id: ConversationId, members: BTreeSet<UserId>) {
        match self.groups.get_mut(&id) {
            Some(group) => group.members = members,
            None => {
                self.groups.insert(id, Group { members, details: None });
            }
        }
    }

    /// Gives `user` an id to create a group with: the first of `candidates` that is free.
    pub(crate) fn mint(
        &mut self,
        user: UserId,
        mut candidates: impl Iterator<Item = ConversationId>,
    ) -> Option<ConversationId> {
        let taken =
            |id: &ConversationId| self.groups.contains_key(id) || self.minted.contains_key(id);
        let id = candidates.find(|id| !taken(id))?;
        self.minted.insert(id, user);
        Some(id)
    }

    pub(crate) fn members(&self, group: ConversationId) -> Option<&BTreeSet<UserId>> {
        self.groups.get(&group).map(|group| &group.members)
    }

    pub(crate) fn details(&self, group: ConversationId) -> Option<&GroupDetails> {
        self.groups.get(&group).and_then(|group| group.details.as_ref())
    }

    /// Refuses an id that is in use, or that `user` was not given.
    pub(crate) fn check_new(&self, group: ConversationId, user: UserId) -> Result<(), Problem> {
        let refused = if self.groups.contains_key(&group) {
            Problem::conflict(GROUP_ID, "This group exists already.")
        } else if self.minted.get(&group) != Some(&user) {
            let detail = format!("{GROUP_ID} must be an id that initialize gave to the caller.");
            Problem::invalid(GROUP_ID, detail)
        } else {
            return Ok(());
        };
        Err(refused.value(&group.to_string()))
    }

    pub(crate) fn create(
        &mut self,
        id: ConversationId,
        members: BTreeSet<UserId>,
        details: GroupDetails,
    ) {
        self.minted.remove(&id);
        self.groups.insert(id, Group { members, details: Some(details) });
    }

    /// Refuses an action that was signed for another state of the group.
    pub(crate) fn check_signed(
        &self,
        id: ConversationId,
        signed: &SignedGroup,
    ) -> Result<(), Problem> {
        let Some(group) = self.groups.get(&id) else {
            return Ok(());
        };
        let stale = |what: &str| {
            let path = action_path(1, "encoded_message_event_detail");
            let detail = format!("{path} has other {what} than the group has now.");
            Err(Problem::conflict(path, detail))
        };
        if group.members != signed.members {
            return stale("current members");
        }
        let Some(details) = &group.details else {
            return Ok(());
        };
        if details.admins != signed.details.admins {
            return stale("current admins");
        }
        if *details != signed.details {
            return stale("title, avatar URL or message lifetime");
        }
        Ok(())
    }

    /// Whether somebody is an admin, of a group that was created over the API.
    pub(crate) fn is_admin(&self, id: ConversationId, user: UserId) -> bool {
        self.details(id).is_some_and(|details| details.admins.contains(&user))
    }

    pub(crate) fn remove(&mut self, id: ConversationId, gone: &BTreeSet<UserId>) {
        if let Some(group) = self.groups.get_mut(&id) {
            group.members.retain(|user| !gone.contains(user));
            if let Some(details) = &mut group.details {
                details.admins.retain(|user| !gone.contains(user));
            }
        }
    }

    pub(crate) fn add(&mut self, id: ConversationId, new_members: &[UserId]) {
        if let Some(group) = self.groups.get_mut(&id) {
            group.members.extend(new_members);
        }
    }
}
