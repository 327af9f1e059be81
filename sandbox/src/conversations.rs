//! Conversations: who is in them, and what happened in them.

use std::collections::{BTreeMap, BTreeSet};

use sealpost_crypto::{ConversationId, KeyVersion, SequenceId, UnixMillis, UserId};

use crate::directory::Directory;
use crate::event::{Event, encode};
use crate::groups::Groups;
use crate::problem::Problem;
use crate::validate::{
    Action, Change, ENTRIES, GroupCreation, MEMBERS, MemberAddition, NEW_MEMBERS, VERSION,
    action_path, entry_path,
};

/// The zero of X's sequence numbers: they are this many milliseconds after 1970, times 2^22.
const SEQUENCE_EPOCH_MILLIS: u64 = 1_288_834_974_657;
const SEQUENCE_SHIFT: u32 = 22;

/// Every conversation, and the groups.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    pub(crate) groups: Groups,
    logs: BTreeMap<ConversationId, Log>,
    last_sequence: u64,
}

#[derive(Debug, Default)]
struct Log {
    /// Oldest first.
    events: Vec<Event>,
    newest_version: Option<KeyVersion>,
    message_ids: BTreeSet<String>,
}

/// One page of a conversation.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    /// Newest first.
    pub(crate) events: Vec<&'a Event>,
    /// The key changes one needs to read these events, oldest first.
    pub(crate) key_events: Vec<&'a Event>,
    /// Where the next page starts, if there is one.
    pub(crate) next: Option<SequenceId>,
}

impl Conversations {
    /// The members of a conversation, provided `user` is one of them.
    pub(crate) fn members_for(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<BTreeSet<UserId>, Problem> {
        let id = conversation.path().to_string();
        let members = match conversation.direct_users() {
            Some((one, other)) => BTreeSet::from([one, other]),
            None => self
                .groups
                .members(conversation)
                .ok_or_else(|| Problem::not_found("id", "conversation", &id))?
                .clone(),
        };
        if members.contains(&user) {
            Ok(members)
        } else {
            let detail = format!("User {user} is not a participant of conversation {id}.");
            Err(Problem::not_authorized("conversation", &id, detail))
        }
    }

    /// Gives the conversation a key, or refuses to and changes nothing.
    pub(crate) fn add_keys(
        &mut self,
        conversation: ConversationId,
        sender: UserId,
        change: Change,
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<SequenceId, Problem> {
        let members = self.members_for(conversation, sender)?;
        let needs_copy = |user: UserId| !conversation.is_group() || directory.has_keys(user);
        check_participants(&members, &change, needs_copy)?;
        self.append(conversation, sender, change, directory, now)
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
        let sequence = self.append(group, sender, change, directory, now)?;
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
        let mut members = self.members_for(group, sender)?;
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
        let sequence = self.append(group, sender, change, directory, now)?;
        self.groups.add(group, &new_members);
        Ok((sequence, members))
    }

    /// Adds one event per action, all or none, and returns the first one's number.
    fn append(
        &mut self,
        conversation: ConversationId,
        sender: UserId,
        change: Change,
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<SequenceId, Problem> {
        check_key_versions(sender, &change, directory)?;
        self.check_order(conversation, &change)?;
        let last = self.logs.get(&conversation).and_then(|log| log.events.last());
        let mut previous = last.map(|event| event.sequence_id);
        let first = self.next_sequence(now);
        let mut events = Vec::new();
        for (index, action) in change.actions().enumerate() {
            let sequence = if index == 0 { first } else { self.next_sequence(now) };
            events.push(encode(sequence, previous, conversation, sender, now, action, index == 0)?);
            previous = Some(sequence);
        }
        let log = self.logs.entry(conversation).or_default();
        log.newest_version = Some(change.keys.version);
        log.message_ids.extend(change.actions().map(|action| action.message_id.clone()));
        log.events.extend(events);
        Ok(first)
    }

    /// A version only moves forward, and a message id is used once.
    fn check_order(&self, conversation: ConversationId, change: &Change) -> Result<(), Problem> {
        let Some(log) = self.logs.get(&conversation) else {
            return Ok(());
        };
        let version = change.keys.version;
        if let Some(newest) = log.newest_version.filter(|newest| version <= *newest) {
            let detail =
                format!("{VERSION} must be above the conversation's newest one, {newest}.");
            return Err(Problem::conflict(VERSION, detail).value(&version.to_string()));
        }
        let used = |action: &Action| log.message_ids.contains(&action.message_id);
        match change.actions().enumerate().find(|(_, action)| used(action)) {
            Some((index, action)) => {
                let detail = "An earlier event of this conversation has this message id.";
                let path = action_path(index, "message_id");
                Err(Problem::conflict(path, detail).value(&action.message_id))
            }
            None => Ok(()),
        }
    }

    /// Like X's: the time in its upper bits, and always above the last one.
    fn next_sequence(&mut self, now: UnixMillis) -> SequenceId {
        let millis = now.as_u64().saturating_sub(SEQUENCE_EPOCH_MILLIS);
        let by_time = millis.checked_mul(1 << SEQUENCE_SHIFT).unwrap_or_default();
        self.last_sequence = by_time.max(self.last_sequence.saturating_add(1));
        SequenceId::new(self.last_sequence)
    }

    /// The newest `max` events below `before`.
    pub(crate) fn page(
        &self,
        conversation: ConversationId,
        before: Option<SequenceId>,
        max: usize,
    ) -> Page<'_> {
        let events = self.logs.get(&conversation).map_or(&[][..], |log| &log.events);
        let below = |event: &&Event| before.is_none_or(|before| event.sequence_id < before);
        let page: Vec<&Event> = events.iter().rev().filter(below).take(max).collect();
        let oldest = page.last().map(|event| event.sequence_id);
        let is_earlier = |event: &&Event| oldest.is_some_and(|oldest| event.sequence_id < oldest);
        let mut earlier = events.iter().rev().filter(is_earlier);
        // The change before the page gave the key that was in force where the page begins.
        let key_before = earlier.clone().find(|event| event.is_key_change);
        let key_changes = page.iter().rev().copied().filter(|event| event.is_key_change);
        Page {
            key_events: key_before.into_iter().chain(key_changes).collect(),
            next: earlier.next().and(oldest),
            events: page,
        }
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
        if !directory.has_version(sender, action.public_key_version) {
            let path = action_path(index, "message_event_signature.public_key_version");
            let detail = format!("The sender, user {sender}, has not registered this version.");
            let value = action.public_key_version.to_string();
            return Err(Problem::invalid(path, detail).value(&value));
        }
    }
    Ok(())
}
