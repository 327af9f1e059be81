//! Pages of a conversation's events: what of them is about keys and members, and in which order.

use std::num::NonZeroU32;

use futures_util::{Stream, StreamExt as _};

use super::{Session, SessionError, SessionEvent, is_not_found};
use crate::vault::ConversationRecord;
use crate::{
    ChatEvent, ConversationToken, EncodedEvent, EventsPage, EventsQuery, InboxError, PageLimit,
    PaginationToken, PagingError, SequenceId,
};

/// The most pages of one reading: ten million events.
const MAX_PAGES: PageLimit = PageLimit::of(NonZeroU32::new(100_000).unwrap());

impl Session {
    /// The pages of a conversation, the newest first, from a place on. One that the server does not
    /// know yet has none.
    pub(super) fn pages<'a>(
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
            let event = self.parse(event)?;
            Some((event.sequence_id().or(place), event))
        });
        Page { events: events.collect(), newest, oldest, token, next: page.next, is_complete }
    }

    /// An event that is about keys or members. Of a key change only the own copy stays. What is no
    /// event is noticed.
    pub(super) fn parse(&self, event: &EncodedEvent) -> Option<ChatEvent> {
        match event.parse() {
            Ok(ChatEvent::Message(_) | ChatEvent::Other) => None,
            Ok(ChatEvent::Action(action)) if !action.changes_conversation() => None,
            Ok(ChatEvent::KeyChange(change)) => {
                Some(ChatEvent::KeyChange(change.without_copies_of_others(self.user_id())))
            }
            Ok(event) => Some(event),
            Err(error) => {
                let reason = InboxError::Event(error);
                self.notice(SessionEvent::Refused { conversation: None, message_id: None, reason });
                None
            }
        }
    }
}

/// Events with their places, in no order.
pub(super) type Placed = Vec<(Option<SequenceId>, ChatEvent)>;

/// What is read of a page.
pub(super) struct Page {
    pub(super) events: Placed,
    pub(super) newest: Option<SequenceId>,
    pub(super) oldest: Option<SequenceId>,
    /// That of its newest event.
    pub(super) token: Option<ConversationToken>,
    pub(super) next: Option<PaginationToken>,
    pub(super) is_complete: bool,
}

impl Page {
    /// Whether it goes down to what was read before.
    pub(super) fn reaches(&self, read_up_to: Option<SequenceId>) -> bool {
        read_up_to.zip(self.oldest).is_some_and(|(read_up_to, oldest)| oldest <= read_up_to)
    }
}

/// Oldest first, each once, and without those that were read before: a page brings the key change
/// before it along.
pub(super) fn in_order(mut events: Placed, read_up_to: Option<SequenceId>) -> Vec<ChatEvent> {
    events.retain(|(place, _)| place.is_none() || *place > read_up_to);
    events.sort_by_key(|(place, _)| *place);
    events.dedup();
    events.into_iter().map(|(_, event)| event).collect()
}
