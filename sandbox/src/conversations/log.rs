//! What happened in one conversation.

use std::collections::{BTreeMap, BTreeSet};

use sealpost_crypto::{KeyVersion, SequenceId, UserId};

use crate::event::{Draft, Event, EventKind};
use crate::problem::Problem;

/// The events of a conversation, and what they left behind.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// Oldest first.
    events: Vec<Event>,
    /// Where in `events` the key changes are.
    key_changes: Vec<usize>,
    /// Where in `events` the one with this message id is.
    message_ids: BTreeMap<String, usize>,
    key_versions: BTreeSet<KeyVersion>,
    deleted: BTreeSet<SequenceId>,
    deleted_for: BTreeMap<UserId, BTreeSet<SequenceId>>,
    read_until: BTreeMap<UserId, SequenceId>,
    /// Who did something in it.
    active: BTreeSet<UserId>,
}

/// One page of a conversation.
#[derive(Debug, Default)]
pub(crate) struct Page<'a> {
    /// Newest first.
    pub(crate) events: Vec<&'a Event>,
    /// The key changes one needs to read these events, oldest first.
    pub(crate) key_events: Vec<&'a Event>,
    /// Where the next page starts, if there is one.
    pub(crate) next: Option<SequenceId>,
}

impl Log {
    pub(crate) fn first(&self) -> Option<&Event> {
        self.events.first()
    }

    pub(crate) fn last(&self) -> Option<&Event> {
        self.events.last()
    }

    pub(crate) fn newest_key_version(&self) -> Option<KeyVersion> {
        self.key_versions.last().copied()
    }

    pub(crate) fn has_key_version(&self, version: KeyVersion) -> bool {
        self.key_versions.contains(&version)
    }

    pub(crate) fn has_message_id(&self, message_id: &str) -> bool {
        self.message_ids.contains_key(message_id)
    }

    pub(crate) fn is_active(&self, user: UserId) -> bool {
        self.active.contains(&user)
    }

    /// Adds an event after all others.
    pub(crate) fn push(&mut self, message_id: &str, event: Event) {
        self.message_ids.insert(message_id.to_owned(), self.events.len());
        self.active.insert(event.place.sender);
        self.plant(event);
    }

    /// Adds an event that nobody sent, which leaves nothing else behind.
    pub(crate) fn plant(&mut self, event: Event) {
        if event.kind == EventKind::KeyChange {
            self.key_changes.push(self.events.len());
        }
        self.events.push(event);
    }

    pub(crate) fn add_key_version(&mut self, version: KeyVersion) {
        self.key_versions.insert(version);
    }

    /// The event that came of the same draft before, if one did. Refuses a message id that another
    /// event has; `path` is that of the message id in the body.
    pub(crate) fn repeated(
        &self,
        draft: Draft<'_>,
        sender: UserId,
        path: &str,
    ) -> Result<Option<&Event>, Problem> {
        let index = self.message_ids.get(draft.message_id);
        let Some(event) = index.and_then(|index| self.events.get(*index)) else {
            return Ok(None);
        };
        let same = sender == event.place.sender && {
            let again = draft.at(event.place)?;
            again.encoded == event.encoded && again.conversation_token == event.conversation_token
        };
        if same {
            return Ok(Some(event));
        }
        let detail = "Another event of this conversation has this message id.";
        Err(Problem::conflict(path, detail).value(draft.message_id))
    }

    /// The event of this number, if `reader` gets to see it.
    pub(crate) fn event(&self, sequence_id: SequenceId, reader: UserId) -> Option<&Event> {
        let number = |event: &Event| event.place.sequence_id;
        let index = self.events.binary_search_by_key(&sequence_id, number).ok()?;
        self.events.get(index).filter(|event| self.is_visible(event, reader))
    }

    fn is_visible(&self, event: &Event, reader: UserId) -> bool {
        let number = event.place.sequence_id;
        let is_private = event.kind == EventKind::Deletion { for_all: false };
        let is_deleted_for = |deleted: &BTreeSet<SequenceId>| deleted.contains(&number);
        let is_hidden = is_private && event.place.sender != reader
            || is_deleted_for(&self.deleted)
            || self.deleted_for.get(&reader).is_some_and(is_deleted_for);
        !is_hidden
    }

    pub(crate) fn delete(&mut self, events: &[SequenceId], for_all: bool, user: UserId) {
        let deleted =
            if for_all { &mut self.deleted } else { self.deleted_for.entry(user).or_default() };
        deleted.extend(events);
    }

    /// Whether that is news.
    pub(crate) fn mark_read(&mut self, user: UserId, until: SequenceId) -> bool {
        let first = self.active.insert(user);
        let before = self.read_until.entry(user).or_insert(SequenceId::new(0));
        let further = *before < until;
        *before = until.max(*before);
        first || further
    }

    /// The newest `max` events below `before` that `reader` gets to see.
    pub(crate) fn page(&self, reader: UserId, before: Option<SequenceId>, max: usize) -> Page<'_> {
        let end = before.map_or(self.events.len(), |before| {
            self.events.partition_point(|event| event.place.sequence_id < before)
        });
        let below = self.events.get(..end).unwrap_or_default();
        let mut visible = below.iter().rev().filter(|event| self.is_visible(event, reader));
        let events: Vec<&Event> = visible.by_ref().take(max).collect();
        let oldest = events.last().map(|event| event.place.sequence_id);
        let next = visible.next().and(oldest);
        let key_changes = events.iter().rev().copied();
        Page {
            key_events: oldest
                .and_then(|oldest| self.key_change_before(oldest))
                .into_iter()
                .chain(key_changes.filter(|event| event.kind == EventKind::KeyChange))
                .collect(),
            next,
            events,
        }
    }

    /// The change that gave the key in force where the page begins.
    fn key_change_before(&self, oldest: SequenceId) -> Option<&Event> {
        let event = |index: &usize| self.events.get(*index);
        let earlier = self.key_changes.partition_point(|index| {
            event(index).is_some_and(|event| event.place.sequence_id < oldest)
        });
        event(self.key_changes.get(earlier.checked_sub(1)?)?)
    }
}
