//! The events of a conversation.

use futures_util::Stream;
use sealpost_crypto::{
    ConversationId, ConversationToken, EncodedEvent, SequenceId, UnixMillis, UserId,
};
use serde_json::Value;

use super::claim::{claim, flag, moment};
use super::pages::{self, Page, PageLimit, PageQuery, PaginationToken, PagingError, RawPage};
use super::unreadable::{UnreadableRow, each};
use super::{Fault, array, object, string, take};
use crate::body::Body;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::{Error, Malformation};
use crate::error_body::ReportedError;
use crate::exchange::{Call, Reply};

/// What a row is read from. The server may answer with fewer members than it has unless it is asked
/// for them. The names are those of X's OpenAPI description 2.167.
const FIELDS: (&str, &str) = (
    "chat_message_event.fields",
    "id,previous_id,conversation_id,conversation_token,sender_id,created_at,encoded_event,is_trusted",
);
/// Which events to ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsQuery(PageQuery);

impl EventsQuery {
    /// The newest events, as many as the server gives by default (10).
    #[must_use]
    pub const fn new() -> Self {
        Self(PageQuery::new())
    }

    /// The size of a page, 1 to 100. A key change of a large group takes megabytes, so that smaller
    /// pages help where a whole one is [too large](Error::BodyTooLarge).
    #[must_use]
    pub const fn max_results(mut self, max_results: u32) -> Self {
        self.0.max_results = Some(max_results);
        self
    }

    /// The page a token stands for: [`EventsPage::next`] of the page before.
    #[must_use]
    pub fn page(mut self, token: PaginationToken) -> Self {
        self.0.page = Some(token);
        self
    }
}

/// One page of a conversation's events.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventsPage {
    /// The events.
    pub events: Vec<EventRow>,
    /// The key changes the server sends along, so that the events can be decrypted.
    pub key_events: Vec<EncodedEvent>,
    /// The next page.
    pub next: Option<PaginationToken>,
    /// Whether there are more events than these.
    pub has_more: bool,
    /// Rows that are no events: of `data`, or of `meta.conversation_key_events`.
    pub unreadable: Vec<UnreadableRow>,
    /// Errors beside the events. If there are any the page may be incomplete: an event that is
    /// not on it may exist all the same.
    pub errors: Vec<ReportedError>,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

impl EventsPage {
    /// Whether the server reported no errors and every row could be read.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.errors.is_empty() && self.unreadable.is_empty()
    }
}

impl Page for EventsPage {
    fn onward(&self) -> (bool, Option<&PaginationToken>) {
        (self.has_more, self.next.as_ref())
    }
}

/// One event with what the server says about it.
///
/// Only [`encoded_event`](Self::encoded_event) carries a signature; everything else is the
/// server's word, for sorting and for display, and is left out where it cannot be read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventRow {
    /// The event itself.
    pub encoded_event: Option<EncodedEvent>,
    /// Its place in the conversation.
    pub sequence_id: Option<SequenceId>,
    /// The place of the event before it.
    pub previous_sequence_id: Option<SequenceId>,
    /// The conversation.
    pub conversation_id: Option<ConversationId>,
    /// The sender.
    pub sender_id: Option<UserId>,
    /// When it was sent.
    pub created_at: Option<UnixMillis>,
    /// What to send back with messages to the conversation.
    pub conversation_token: Option<ConversationToken>,
    /// Whether the recipient has accepted messages from the sender.
    pub is_trusted: Option<bool>,
}

impl Client {
    /// One page of a conversation's events: `GET /2/chat/conversations/{id}/events`.
    ///
    /// # Errors
    /// [`InvalidArgument::MaxResults`](crate::InvalidArgument::MaxResults) before anything is sent;
    /// [`Error::AcceptedWithErrors`] when the answer has errors and no events; otherwise as
    /// [`Error`] describes.
    pub async fn conversation_events(
        &self,
        conversation_id: &ConversationId,
        query: EventsQuery,
    ) -> Result<EventsPage, Error> {
        let mut query = query.0.parameters()?;
        query.push((FIELDS.0, FIELDS.1.to_owned()));
        let conversation = conversation_id.path().to_string();
        let reply = self
            .exchange(Call {
                operation: Operation::ConversationEvents,
                path: &["2", "chat", "conversations", &conversation, "events"],
                query: &query,
                body: Body::None,
            })
            .await?;
        let (page, reply) = RawPage::read(reply)?;
        events(page, reply)
    }

    /// A conversation's events page by page, the newest first, from the place that `query` names on:
    /// [`conversation_events`](Self::conversation_events) again and again, one call whenever the
    /// next page is asked for.
    ///
    /// The stream ends after the last page or after an error. To go on later, keep
    /// [`EventsPage::next`].
    ///
    /// # Errors
    /// [`PagingError`], as the last item.
    #[must_use = "nothing is asked for before the stream is polled"]
    pub fn conversation_events_pages(
        &self,
        conversation_id: &ConversationId,
        query: EventsQuery,
        limit: PageLimit,
    ) -> impl Stream<Item = Result<EventsPage, PagingError>> + Send + Unpin + use<> {
        let (client, conversation_id) = (self.clone(), *conversation_id);
        let EventsQuery(PageQuery { max_results, page }) = query;
        pages::walk(page, limit, move |page| {
            let client = client.clone();
            let query = EventsQuery(PageQuery { max_results, page });
            async move { client.conversation_events(&conversation_id, query).await }
        })
    }
}

fn events(page: RawPage, mut reply: Reply) -> Result<EventsPage, Error> {
    const KEY_EVENTS: &str = "meta.conversation_key_events";
    let RawPage { rows, mut meta, next, has_more } = page;
    let key_events = take(&mut meta, &["conversation_key_events"])
        .map_or(Ok(Vec::new()), |events| array(events, KEY_EVENTS))
        .map_err(|(field, reason)| reply.malformed(field, reason))?;
    let mut unreadable = Vec::new();
    Ok(EventsPage {
        events: each(rows, &mut unreadable, row),
        key_events: each(key_events, &mut unreadable, |event| {
            encoded(event, "meta.conversation_key_events[]")
        }),
        next,
        has_more,
        unreadable,
        errors: reply.take_errors(),
        response: reply.response(),
    })
}

/// The spellings are those of 2.167, then of 2.165.
fn row(value: Value) -> Result<EventRow, Fault> {
    let mut members = object(value, "data[]")?;
    let encoded_event = take(&mut members, &["encoded_event"])
        .map(|event| encoded(event, "data[].encoded_event"))
        .transpose()?;
    Ok(EventRow {
        encoded_event,
        // 2.165 has both, and there `id` need not be the sequence id.
        sequence_id: claim(&mut members, &["sequence_id", "id"]),
        previous_sequence_id: claim(&mut members, &["previous_id", "previous_sequence_id"]),
        conversation_id: claim(&mut members, &["conversation_id"]),
        sender_id: claim(&mut members, &["sender_id"]),
        created_at: moment(&mut members, &["created_at", "created_at_msec"]),
        conversation_token: claim(&mut members, &["conversation_token"]),
        is_trusted: flag(&mut members, "is_trusted"),
    })
}

fn encoded(value: Value, field: &'static str) -> Result<EncodedEvent, Fault> {
    EncodedEvent::new(string(value, field)?).map_err(|_| (field, Malformation::InvalidValue))
}
