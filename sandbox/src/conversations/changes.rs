//! Key changes, group creations and member additions: checked against the state, and carried out.

use std::collections::BTreeSet;

use sealpost_crypto::{ConversationId, KeyVersion, SequenceId, UnixMillis, UserId};

use super::messages::check_signer;
use super::{Conversations, Log};
use crate::directory::Directory;
use crate::event::{Draft, EventKind};
use crate::problem::Problem;
use crate::validate::{
    Action, Change, ENTRIES, GroupCreation, MEMBERS, MemberAddition, NEW_MEMBERS, VERSION,
    action_path, entry_path,
};

impl Conversations {
    /// Gives the conversation a key, or refuses to and changes nothing. Members whom an admin of a
    /// group leaves out are in it no more: X's API has no other call that says so.
    pub(crate) fn add_keys(
        &mut self,
        conversation: ConversationId,
        sender: UserId,
        change: Change,
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<SequenceId, Problem> {
        let members = self.members_for(conversation, sender)?;
        let may_leave_out = self.groups.is_admin(conversation, sender);
        let needs_copy = |user: UserId| {
            user == sender
                || !may_leave_out && (!conversation.is_group() || directory.has_keys(user))
        };
        check_participants(members.set(), &change, needs_copy)?;
        let left_out: BTreeSet<UserId> = if may_leave_out {
            let has_copy =
                |user: &UserId| change.keys.entries.iter().any(|entry| entry.user == *user);
            members.set().iter().copied().filter(|user| !has_copy(user)).collect()
        } else {
            BTreeSet::new()
        };
        let sequence = self.append_change(conversation, sender, change, directory, now)?;
        self.groups.remove(conversation, &left_out);
        self.inbox.remove(conversation, left_out.iter());
        Ok(sequence)
    }

    /// Makes a group exist, or refuses to and changes nothing.
    pub(crate) fn create_group(
        &mut self,
        sender: UserId,
        creation: GroupCreation,
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<SequenceId, Problem> {
        let GroupCreation { group, members, details, change } = creation;
        self.groups.check_new(group, sender)?;
        if !members.contains(&sender) {
            let detail = format!("{MEMBERS} must name the caller, user {sender}.");
            return Err(Problem::invalid(MEMBERS, detail));
        }
        check_participants(&members, &change, |_| true)?;
        let sequence = self.append_change(group, sender, change, directory, now)?;
        self.inbox.add(group, &members);
        self.groups.create(group, members, details);
        Ok(sequence)
    }

    /// Adds members to a group, or refuses to and changes nothing. Returns who is in it now.
    pub(crate) fn add_members(
        &mut self,
        group: ConversationId,
        sender: UserId,
        addition: MemberAddition,
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<(SequenceId, BTreeSet<UserId>), Problem> {
        let MemberAddition { new_members, signed, change } = addition;
        let mut members = self.members_for(group, sender)?.set().clone();
        for (index, user) in new_members.iter().enumerate() {
            if !members.insert(*user) {
                let detail = format!("User {user} is a member already.");
                return Err(Problem::conflict(format!("{NEW_MEMBERS}[{index}]"), detail)
                    .value(&user.to_string()));
            }
        }
        self.groups.check_signed(group, &signed)?;
        let needs_copy = |user| new_members.contains(&user) || directory.has_keys(user);
        check_participants(&members, &change, needs_copy)?;
        let sequence = self.append_change(group, sender, change, directory, now)?;
        self.groups.add(group, &new_members);
        self.inbox.add(group, &new_members);
        Ok((sequence, members))
    }

    /// Adds one event per action, all or none, and returns the first one's number.
    fn append_change(
        &mut self,
        conversation: ConversationId,
        sender: UserId,
        change: Change,
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<SequenceId, Problem> {
        check_key_versions(sender, &change, directory)?;
        if let Some(log) = self.log(conversation) {
            check_order(log, &change)?;
        }
        let drafts: Vec<Draft<'_>> = change
            .actions()
            .enumerate()
            .map(|(index, action)| {
                action.draft(if index == 0 { EventKind::KeyChange } else { EventKind::GroupChange })
            })
            .collect();
        let first = self.append(conversation, sender, now, &drafts)?;
        self.log_mut(conversation).add_key_version(change.keys.version);
        Ok(first)
    }
}

/// A version only moves forward, and a message id is used once.
fn check_order(log: &Log, change: &Change) -> Result<(), Problem> {
    let version = change.keys.version;
    let is_reached = |newest: &KeyVersion| version <= *newest;
    if let Some(newest) = log.newest_key_version().filter(is_reached) {
        let detail = format!("{VERSION} must be above the conversation's newest one, {newest}.");
        return Err(Problem::conflict(VERSION, detail).value(&version.to_string()));
    }
    let used = |action: &Action| log.has_message_id(&action.message_id);
    match change.actions().enumerate().find(|(_, action)| used(action)) {
        Some((index, action)) => {
            let detail = "An earlier event of this conversation has this message id.";
            let path = action_path(index, "message_id");
            Err(Problem::conflict(path, detail).value(&action.message_id))
        }
        None => Ok(()),
    }
}

/// Nobody but members gets a copy of the key, and everybody who needs one does. That includes the
/// sender, who signs with keys of their own.
fn check_participants(
    members: &BTreeSet<UserId>,
    change: &Change,
    needs_copy: impl Fn(UserId) -> bool,
) -> Result<(), Problem> {
    for (index, entry) in change.keys.entries.iter().enumerate() {
        if !members.contains(&entry.user) {
            let detail = format!("User {} is not a participant of this conversation.", entry.user);
            return Err(Problem::invalid(entry_path(index, "user_id"), detail)
                .value(&entry.user.to_string()));
        }
    }
    let covered: BTreeSet<UserId> = change.keys.entries.iter().map(|entry| entry.user).collect();
    let forgotten = members.iter().find(|user| !covered.contains(user) && needs_copy(**user));
    match forgotten {
        Some(user) => {
            Err(Problem::invalid(ENTRIES, format!("{ENTRIES} has no entry for user {user}.")))
        }
        None => Ok(()),
    }
}

fn check_key_versions(
    sender: UserId,
    change: &Change,
    directory: &Directory,
) -> Result<(), Problem> {
    for (index, entry) in change.keys.entries.iter().enumerate() {
        if !directory.has_version(entry.user, entry.public_key_version) {
            let detail = format!("User {} has not registered this version.", entry.user);
            return Err(Problem::invalid(entry_path(index, "public_key_version"), detail)
                .value(&entry.public_key_version.to_string()));
        }
    }
    for (index, action) in change.actions().enumerate() {
        let path = action_path(index, "message_event_signature.public_key_version");
        check_signer(directory, sender, action.signature.public_key_version, &path)?;
    }
    Ok(())
}
