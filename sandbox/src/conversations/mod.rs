//! Conversations: who is in them, and what happened in them.

mod changes;
mod inbox;
mod log;
mod members;
mod messages;

use std::collections::{BTreeMap, BTreeSet};

use sealpost_crypto::{Conversation, ConversationId, EncodedEvent, SequenceId, UnixMillis, UserId};

use crate::event::{Draft, Event, Place};
use crate::groups::Groups;
use crate::problem::Problem;

use inbox::Inbox;
pub(crate) use inbox::{Rank, Row};
pub(crate) use log::Log;
use members::Members;

/// The zero of X's sequence numbers: they are this many milliseconds after 1970, times 2^22.
const SEQUENCE_EPOCH_MILLIS: u64 = 1_288_834_974_657;
const SEQUENCE_SHIFT: u32 = 22;

/// Every conversation, and the groups.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    pub(crate) groups: Groups,
    logs: BTreeMap<ConversationId, Log>,
    inbox: Inbox,
    last_sequence: u64,
}

impl Conversations {
    /// The members of a conversation, provided `user` is one of them.
    pub(crate) fn members_for(
        &self,
        conversation: ConversationId,
        user: UserId,
    ) -> Result<Members<'_>, Problem> {
        let members = match conversation.direct_users() {
            Some((one, other)) => Members::Direct(BTreeSet::from([one, other])),
            None => Members::Group(self.groups.members(conversation).ok_or_else(|| {
                Problem::not_found("id", "conversation", &conversation.path().to_string())
            })?),
        };
        if members.set().contains(&user) {
            return Ok(members);
        }
        let id = conversation.path().to_string();
        let detail = format!("User {user} is not a participant of conversation {id}.");
        Err(Problem::not_authorized("id", "conversation", &id, detail))
    }

    /// Makes a group exist with these members, or changes its members.
    pub(crate) fn host(&mut self, group: &Conversation) {
        let members: BTreeSet<UserId> = group.members().collect();
        if let Some(before) = self.groups.members(group.id()) {
            self.inbox.remove(group.id(), before.difference(&members));
        }
        self.inbox.add(group.id(), &members);
        self.groups.host(group.id(), members);
    }

    /// What happened in a conversation, if anything did.
    pub(crate) fn log(&self, conversation: ConversationId) -> Option<&Log> {
        self.logs.get(&conversation)
    }

    fn log_mut(&mut self, conversation: ConversationId) -> &mut Log {
        self.logs.entry(conversation).or_default()
    }

    /// Adds events, all or none, and returns the first one's number.
    fn append(
        &mut self,
        conversation: ConversationId,
        sender: UserId,
        now: UnixMillis,
        drafts: &[Draft<'_>],
    ) -> Result<SequenceId, Problem> {
        let last = self.log(conversation).and_then(Log::last);
        let mut previous = last.map(|event| event.place.sequence_id);
        let first = self.next_sequence(now);
        let mut events = Vec::with_capacity(drafts.len());
        for (index, draft) in drafts.iter().enumerate() {
            let sequence_id = if index == 0 { first } else { self.next_sequence(now) };
            let place = Place { conversation, sequence_id, previous, sender, created_at: now };
            events.push((draft.message_id, draft.at(place)?));
            previous = Some(sequence_id);
        }
        if let Some((one, other)) = conversation.direct_users() {
            self.inbox.add(conversation, &[one, other]);
        }
        let log = self.log_mut(conversation);
        for (message_id, event) in events {
            log.push(message_id, event);
        }
        Ok(first)
    }

    /// Adds an event that nobody sent, unchecked, and returns its number.
    pub(crate) fn plant(
        &mut self,
        conversation: ConversationId,
        sender: UserId,
        now: UnixMillis,
        event: &EncodedEvent,
    ) -> SequenceId {
        let sequence_id = self.next_sequence(now);
        let log = self.log_mut(conversation);
        let previous = log.last().map(|event| event.place.sequence_id);
        let place = Place { conversation, sequence_id, previous, sender, created_at: now };
        log.plant(Event::planted(event, place));
        sequence_id
    }

    /// Like X's: the time in its upper bits, and always above the last one.
    fn next_sequence(&mut self, now: UnixMillis) -> SequenceId {
        let millis = now.as_u64().saturating_sub(SEQUENCE_EPOCH_MILLIS);
        let by_time = millis.checked_mul(1 << SEQUENCE_SHIFT).unwrap_or_default();
        self.last_sequence = by_time.max(self.last_sequence.saturating_add(1));
        SequenceId::new(self.last_sequence)
    }
}
