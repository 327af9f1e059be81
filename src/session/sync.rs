//! Catching up with a conversation's events.

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::pages::{Placed, in_order};
use super::reading::Reading;
use super::{Session, SessionError, SessionEvent};
use crate::vault::{ClaimSource, ConversationRecord, MemberClaim, RestOfSync};
use crate::{
    Account, ChatEvent, ConversationId, ConversationsQuery, EncodedEvent, Error, PageLimit,
    SequenceId,
};

/// Conversations that are read at a time.
const CONCURRENT: usize = 4;
/// A direct conversation is saved after this many pages, so that a long reading that is broken off
/// goes on where it was.
const SAVE_EVERY: usize = 10;

impl Session {
    /// Catches up with everything: takes up what was under way, reads the events of all
    /// conversations, opens, verifies and adopts what there is. Returns what was noticed since the
    /// last time, by any call. A conversation that cannot be read is
    /// [noticed](SessionEvent::NotSynced), and does not keep the others from being read.
    ///
    /// # Errors
    /// When nothing can be read at all: the directory or the list of conversations, or the store.
    /// What was noticed comes with the next call that succeeds.
    pub async fn sync(&self) -> Result<Vec<SessionEvent>, SessionError> {
        self.check_own_keys().await?;
        match Box::pin(self.resume_messages()).await {
            // They stay in the journal.
            Err(SessionError::MessageUnsettled { .. }) | Ok(()) => {}
            Err(error) => return Err(error),
        }
        let mut ids = self.conversations().await?;
        let pages = self
            .client()
            .conversations_pages(ConversationsQuery::new().max_results(100), PageLimit::default());
        let mut pages = pages.map_err(SessionError::from);
        while let Some(page) = pages.try_next().await? {
            ids.extend(page.conversations.iter().map(|info| info.id));
        }
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| self.may_be_in(*id));
        let all = ids.into_iter().map(|id| async move { (id, self.catch_up(id).await) });
        let mut all = stream::iter(all).buffer_unordered(CONCURRENT);
        let mut outcome = Ok(());
        while let Some((conversation, done)) = all.next().await {
            match done {
                Ok(()) => {}
                Err(error @ SessionError::Vault(_)) => outcome = Err(error),
                Err(error) => {
                    let reason = error.code();
                    self.notice(SessionEvent::NotSynced { conversation, reason });
                }
            }
        }
        outcome?;
        self.hand_out().await
    }

    /// The same for one conversation.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn sync_conversation(
        &self,
        conversation: ConversationId,
    ) -> Result<Vec<SessionEvent>, SessionError> {
        self.catch_up(conversation).await?;
        self.hand_out().await
    }

    /// Reads events that came another way, from a webhook or a stream, on the same path: verified,
    /// for the conversations that one is in. They may come in any order, and again with
    /// [`sync`](Self::sync). Returns what was noticed since the last time, by any call.
    ///
    /// Keys are taken as they come. What changes a group is read in its order, with everything
    /// before it: for that the server is asked.
    ///
    /// # Errors
    /// As [`sync_conversation`](Self::sync_conversation).
    pub async fn ingest(&self, events: &[EncodedEvent]) -> Result<Vec<SessionEvent>, SessionError> {
        let account = self.account().await?;
        let mut by_conversation: Vec<(ConversationId, Placed)> = Vec::new();
        for event in events {
            let Some(event) = self.parse(event) else { continue };
            let Some(id) = event.conversation_id() else { continue };
            let event = (event.sequence_id(), event);
            match by_conversation.iter_mut().find(|(known, _)| *known == id) {
                Some((_, events)) => events.push(event),
                None => by_conversation.push((id, vec![event])),
            }
        }
        for (id, events) in by_conversation {
            if !self.may_be_in(id) {
                continue;
            }
            let record = self.vault().conversation(id).await?;
            let only_keys =
                events.iter().all(|(_, event)| matches!(event, ChatEvent::KeyChange(_)));
            if id.is_group() && (!only_keys || record.roster().is_none()) {
                Box::pin(self.catch_up(id)).await?;
                continue;
            }
            let _turn = self.turn(id).await;
            loop {
                let mut record = self.vault().conversation(id).await?;
                let events = in_order(events.clone(), record.cursor().read_up_to);
                Box::pin(Reading::new(self, &account, &mut record).read(&events)).await?;
                if self.keep(&mut record).await? {
                    break;
                }
            }
        }
        self.hand_out().await
    }

    /// Whether an id can be that of a conversation of this account.
    fn may_be_in(&self, id: ConversationId) -> bool {
        let me = self.user_id();
        id.direct_users().is_none_or(|(one, other)| one == me || other == me)
    }

    pub(super) async fn catch_up(&self, id: ConversationId) -> Result<(), SessionError> {
        let account = self.account().await?;
        if self.vault().conversation(id).await?.change().is_some() {
            Box::pin(self.resume_in(id, true)).await?;
        }
        let _turn = self.turn(id).await;
        let mut record = self.vault().conversation(id).await?;
        self.read_events(&account, &mut record).await?;
        if id.is_group() {
            self.compare_members(&account, &mut record).await?;
        }
        Ok(())
    }

    /// Asks the server who is in a group, and compares.
    async fn compare_members(
        &self,
        account: &Account,
        record: &mut ConversationRecord,
    ) -> Result<(), SessionError> {
        let Ok(details) = self.client().conversation(&record.id()).await else {
            // Its list counts for little; not having it, for nothing.
            return Ok(());
        };
        let Some(listed) = &details.conversation.members else { return Ok(()) };
        let claim = MemberClaim::new(listed.unverified().iter().copied(), ClaimSource::Server);
        loop {
            Reading::new(self, account, record).claim(claim.clone());
            if self.keep(record).await? {
                return Ok(());
            }
            *record = self.vault().conversation(record.id()).await?;
        }
    }

    /// Reads what is new in a conversation into its record, and saves it.
    pub(super) async fn read_events(
        &self,
        account: &Arc<Account>,
        record: &mut ConversationRecord,
    ) -> Result<(), SessionError> {
        loop {
            let done = if record.id().is_group() {
                Box::pin(self.read_group(account, record)).await
            } else {
                Box::pin(self.read_direct(account, record)).await
            };
            match done {
                Err(error) if error.is_conflict() => {
                    *record = self.vault().conversation(record.id()).await?;
                }
                done => return done,
            }
        }
    }

    /// Whoever was in a direct conversation still is, so that its pages can be read as they come,
    /// the newest first.
    async fn read_direct(
        &self,
        account: &Account,
        record: &mut ConversationRecord,
    ) -> Result<(), SessionError> {
        // What an earlier reading has left.
        if let Some(rest) = record.cursor().rest.clone() {
            match self.read_down(account, record, Some(rest)).await {
                // The server does not know its own page any more: all of it again.
                Err(SessionError::Paging(_)) => record.cursor_mut().rest = None,
                Err(SessionError::Call(error)) if matches!(*error, Error::Refused(_)) => {
                    record.cursor_mut().rest = None;
                }
                done => done?,
            }
        }
        self.read_down(account, record, None).await
    }

    /// Reads from the newest event, or from where an earlier reading was broken off, down to what
    /// was read before.
    async fn read_down(
        &self,
        account: &Account,
        record: &mut ConversationRecord,
        rest: Option<RestOfSync>,
    ) -> Result<(), SessionError> {
        let read_up_to = record.cursor().read_up_to;
        let mut newest = rest.as_ref().map(|rest| rest.newest);
        let mut pages = self.pages(record, rest.map(|rest| rest.next));
        let mut reading = Reading::new(self, account, record);
        let mut count = 0_usize;
        while let Some(page) = pages.try_next().await? {
            newest = newest.max(page.newest);
            reading.is_held_back |= !page.is_complete;
            let is_last = page.reaches(read_up_to);
            if let (0, Some(token)) = (count, page.token) {
                reading.record.cursor_mut().conversation_token = Some(token);
            }
            reading.read(&in_order(page.events, read_up_to)).await?;
            if is_last {
                break;
            }
            count += 1;
            if let (Some(next), Some(newest), false) = (page.next, newest, reading.is_held_back)
                && count.is_multiple_of(SAVE_EVERY)
            {
                reading.record.cursor_mut().rest = Some(RestOfSync { next, newest });
                self.vault().save(reading.record, None).await?;
            }
        }
        self.finish(reading, newest).await
    }

    /// Who is in a group changes on the way, so that its events are read in their order: first all
    /// pages are had, then they are read. Of a key change only the own copy is kept in memory, of
    /// a message nothing.
    async fn read_group(
        &self,
        account: &Account,
        record: &mut ConversationRecord,
    ) -> Result<(), SessionError> {
        let read_up_to = record.cursor().read_up_to;
        let mut pages = self.pages(record, None);
        let (mut events, mut newest, mut is_complete) = (Vec::new(), None, true);
        while let Some(page) = pages.try_next().await? {
            let is_last = page.reaches(read_up_to);
            is_complete &= page.is_complete;
            if let (None, Some(token)) = (newest, page.token) {
                record.cursor_mut().conversation_token = Some(token);
            }
            newest = newest.max(page.newest);
            events.extend(page.events);
            if is_last {
                break;
            }
        }
        let mut reading = Reading::new(self, account, record);
        reading.is_held_back = !is_complete;
        reading.read(&in_order(events, read_up_to)).await?;
        self.finish(reading, newest).await
    }

    /// Saves what came of a reading, and how far it went.
    async fn finish(
        &self,
        reading: Reading<'_>,
        newest: Option<SequenceId>,
    ) -> Result<(), SessionError> {
        let Reading { record, is_held_back, .. } = reading;
        let read_up_to = record.cursor().read_up_to;
        let read_up_to = if is_held_back { read_up_to } else { newest.max(read_up_to) };
        record.cursor_mut().read_up_to = read_up_to;
        record.cursor_mut().rest = None;
        if record.is_changed() {
            self.vault().save(record, None).await?;
        }
        Ok(())
    }

    /// Saves what came of events that have no place in the reading; not if somebody else has
    /// written in between.
    async fn keep(&self, record: &mut ConversationRecord) -> Result<bool, SessionError> {
        if !record.is_changed() {
            return Ok(true);
        }
        match self.vault().save(record, None).await {
            Err(error) if error.is_conflict() => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }
}
