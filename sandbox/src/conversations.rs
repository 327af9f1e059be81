//! Conversations: who is in them, and what happened in them.

use std::collections::{BTreeMap, BTreeSet};

use sealpost_crypto::{Conversation, ConversationId, KeyVersion, SequenceId, UnixMillis, UserId};

use crate::directory::Directory;
use crate::event::{Event, encode};
use crate::problem::Problem;
use crate::validate::{ENTRIES, KeysRequest, SIGNER_KEY_VERSION, VERSION, entry_path};

/// The zero of X's sequence numbers: they are this many milliseconds after 1970, times 2^22.
const SEQUENCE_EPOCH_MILLIS: u64 = 1_288_834_974_657;
const SEQUENCE_SHIFT: u32 = 22;

/// Every conversation, and the members of the groups.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    logs: BTreeMap<ConversationId, Log>,
    groups: BTreeMap<ConversationId, BTreeSet<UserId>>,
    last_sequence: u64,
}

#[derive(Debug, Default)]
struct Log {
    /// Oldest first. Every one of them is a key change so far.
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
    /// Makes a group exist with these members, or changes its members.
    pub(crate) fn host(&mut self, conversation: &Conversation) {
        if conversation.id().is_group() {
            self.groups.insert(conversation.id(), conversation.members().collect());
        }
    }

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
                .get(&conversation)
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
        request: KeysRequest,
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<SequenceId, Problem> {
        let members = self.members_for(conversation, sender)?;
        check_participants(conversation, &members, &request, directory)?;
        check_key_versions(sender, &request, directory)?;
        self.check_order(conversation, &request)?;

        let sequence = self.next_sequence(now);
        let log = self.logs.entry(conversation).or_default();
        let previous = log.events.last().map(|event| event.sequence_id);
        let event = encode(sequence, previous, conversation, sender, now, &request.action)?;
        log.newest_version = Some(request.version);
        log.message_ids.insert(request.action.message_id);
        log.events.push(event);
        Ok(sequence)
    }

    /// A version only moves forward, and a message id is used once.
    fn check_order(
        &self,
        conversation: ConversationId,
        request: &KeysRequest,
    ) -> Result<(), Problem> {
        let Some(log) = self.logs.get(&conversation) else {
            return Ok(());
        };
        if let Some(newest) = log.newest_version.filter(|newest| request.version <= *newest) {
            let detail =
                format!("{VERSION} must be above the conversation's newest one, {newest}.");
            return Err(Problem::conflict(VERSION, detail).value(&request.version.to_string()));
        }
        if log.message_ids.contains(&request.action.message_id) {
            let detail = "An earlier event of this conversation has this message id.";
            return Err(Problem::conflict("action_signatures[0].message_id", detail)
                .value(&request.action.message_id));
        }
        Ok(())
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
        let earlier = events
            .iter()
            .rev()
            .find(|event| oldest.is_some_and(|oldest| event.sequence_id < oldest));
        Page {
            // The change before the page gave the key that was in force where the page begins.
            key_events: earlier.into_iter().chain(page.iter().rev().copied()).collect(),
            next: earlier.and(oldest),
            events: page,
        }
    }
}

/// Who must have a copy of the key: both users of a direct conversation, and of a group every
/// member who has public keys. That includes the sender, who signs with such keys. Nobody else may.
fn check_participants(
    conversation: ConversationId,
    members: &BTreeSet<UserId>,
    request: &KeysRequest,
    directory: &Directory,
) -> Result<(), Problem> {
    for (index, entry) in request.entries.iter().enumerate() {
        if !members.contains(&entry.user) {
            let detail = format!("User {} is not a participant of this conversation.", entry.user);
            return Err(Problem::invalid(entry_path(index, "user_id"), detail)
                .value(&entry.user.to_string()));
        }
    }
    let covered: BTreeSet<UserId> = request.entries.iter().map(|entry| entry.user).collect();
    let needs_copy = |user: &UserId| !conversation.is_group() || directory.has_keys(*user);
    let forgotten = members.iter().find(|user| !covered.contains(user) && needs_copy(user));
    match forgotten {
        Some(user) => {
            Err(Problem::invalid(ENTRIES, format!("{ENTRIES} has no entry for user {user}.")))
        }
        None => Ok(()),
    }
}

fn check_key_versions(
    sender: UserId,
    request: &KeysRequest,
    directory: &Directory,
) -> Result<(), Problem> {
    for (index, entry) in request.entries.iter().enumerate() {
        if !directory.has_version(entry.user, entry.public_key_version) {
            let detail = format!("User {} has not registered this version.", entry.user);
            return Err(Problem::invalid(entry_path(index, "public_key_version"), detail)
                .value(&entry.public_key_version.to_string()));
        }
    }
    if directory.has_version(sender, request.action.public_key_version) {
        Ok(())
    } else {
        let detail = format!("The sender, user {sender}, has not registered this version.");
        Err(Problem::invalid(SIGNER_KEY_VERSION, detail)
            .value(&request.action.public_key_version.to_string()))
    }
}
