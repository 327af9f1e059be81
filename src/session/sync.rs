//! Catching up with a conversation's events.

use std::num::NonZeroU32;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};

use super::reading::Reading;
use super::{Session, SessionError, SessionEvent, is_not_found};
use crate::vault::{ClaimSource, ConversationRecord, MemberClaim, RestOfSync};
use crate::{
    Account, ChatEvent, ConversationId, ConversationToken, ConversationsQuery, EncodedEvent, Error,
    EventsPage, EventsQuery, InboxError, PageLimit, PaginationToken, PagingError, SequenceId,
};

/// Conversations that are read at a time.
const CONCURRENT: usize = 4;
/// A direct conversation is saved after this many pages, so that a long reading that is broken off
/// goes on where it was.
const SAVE_EVERY: usize = 10;
/// The most pages of one reading: ten million events.
const MAX_PAGES: PageLimit = PageLimit::of(NonZeroU32::new(100_000).unwrap());

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
        outcome.map(|()| self.take_events())
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
        Ok(self.take_events())
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
            let Some((Some(id), event)) = self.parse(event) else { continue };
            let event = (sequence_id(&event), event);
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
        Ok(self.take_events())
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

    /// The pages of a conversation, the newest first, from a place on. One that the server does not
    /// know yet has none.
    fn pages<'a>(
        &'a self,
        record: &ConversationRecord,
        from: Option<PaginationToken>,
    ) -> impl Stream<Item = Result<Page, SessionError>> + Send + Unpin + use<'a> {
        // Also one whose first change the server did not take.
        let may_be_unknown = record.keyring().floor().is_none() && record.roster().is_none();
        let read_up_to = record.cursor().read_up_to;
        let query = EventsQuery::new().max_results(100);
        let query = match from {
            Some(token) => query.page(token),
            None => query,
        };
        let pages = self.client().conversation_events_pages(&record.id(), query, MAX_PAGES);
        pages.filter_map(move |page| {
            std::future::ready(match page {
                Ok(page) => Some(Ok(self.page(page, read_up_to))),
                Err(PagingError::Call(error)) if may_be_unknown && is_not_found(&error) => None,
                Err(error) => Some(Err(error.into())),
            })
        })
    }

    /// What of a page is about keys and members.
    fn page(&self, page: EventsPage, read_up_to: Option<SequenceId>) -> Page {
        let is_complete = page.is_complete();
        let places = || page.events.iter().filter_map(|row| row.sequence_id);
        let (newest, oldest) = (places().max(), places().min());
        let token = page.events.iter().find_map(|row| row.conversation_token.clone());
        let key_events = page.key_events.iter().map(|event| (None, event));
        let rows = page.events.iter().filter_map(|row| {
            let is_read = row.sequence_id.is_some_and(|place| Some(place) <= read_up_to);
            row.encoded_event.as_ref().map(|event| (row.sequence_id, event)).filter(|_| !is_read)
        });
        let events = key_events.chain(rows).filter_map(|(place, event)| {
            let (_, event) = self.parse(event)?;
            Some((sequence_id(&event).or(place), event))
        });
        Page { events: events.collect(), newest, oldest, token, next: page.next, is_complete }
    }

    /// An event that is about keys or members, and of which conversation. Of a key change only
    /// the own copy stays. What is no event is noticed.
    fn parse(&self, event: &EncodedEvent) -> Option<(Option<ConversationId>, ChatEvent)> {
        match event.parse() {
            Ok(event) => {
                let conversation = match &event {
                    ChatEvent::KeyChange(change) => Some(change.conversation_id()),
                    ChatEvent::GroupCreate(create) => Some(create.conversation_id()),
                    ChatEvent::MemberAdd(add) => Some(add.conversation_id()),
                    ChatEvent::Action(action) if action.changes_conversation() => {
                        Some(action.conversation_id())
                    }
                    ChatEvent::Notice(_) => None,
                    _ => return None,
                };
                Some((
                    conversation,
                    match event {
                        ChatEvent::KeyChange(change) => {
                            ChatEvent::KeyChange(change.without_copies_of_others(self.user_id()))
                        }
                        event => event,
                    },
                ))
            }
            Err(error) => {
                let reason = InboxError::Event(error);
                self.notice(SessionEvent::Refused { conversation: None, message_id: None, reason });
                None
            }
        }
    }
}

/// Events with their places, in no order.
type Placed = Vec<(Option<SequenceId>, ChatEvent)>;

/// What is read of a page.
struct Page {
    events: Placed,
    newest: Option<SequenceId>,
    oldest: Option<SequenceId>,
    /// That of its newest event.
    token: Option<ConversationToken>,
    next: Option<PaginationToken>,
    is_complete: bool,
}

impl Page {
    /// Whether it goes down to what was read before.
    fn reaches(&self, read_up_to: Option<SequenceId>) -> bool {
        read_up_to.zip(self.oldest).is_some_and(|(read_up_to, oldest)| oldest <= read_up_to)
    }
}

/// Oldest first, each once, and without those that were read before: a page brings the key change
/// before it along.
fn in_order(mut events: Placed, read_up_to: Option<SequenceId>) -> Vec<ChatEvent> {
    events.retain(|(place, _)| place.is_none() || *place > read_up_to);
    events.sort_by_key(|(place, _)| *place);
    events.dedup();
    events.into_iter().map(|(_, event)| event).collect()
}

fn sequence_id(event: &ChatEvent) -> Option<SequenceId> {
    match event {
        ChatEvent::KeyChange(change) => change.sequence_id(),
        ChatEvent::GroupCreate(create) => create.sequence_id(),
        ChatEvent::MemberAdd(add) => add.sequence_id(),
        ChatEvent::Action(action) => action.sequence_id(),
        _ => None,
    }
}
