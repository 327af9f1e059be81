//! The events of a conversation.

use std::fmt;

use sealpost_crypto::{ConversationId, EncodedEvent, SequenceId, UserId};
use serde_json::{Map, Value};

use super::{Fault, array, id, object, string, take};
use crate::argument::InvalidArgument;
use crate::body::Body;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::{Error, Malformation};
use crate::error_body::ReportedError;
use crate::exchange::{Call, Reply};

/// What a row is read from. The server may answer with fewer members than it has unless it is asked
/// for them; these names are the same in X's OpenAPI descriptions 2.165 and 2.167.
const FIELDS: (&str, &str) = (
    "chat_message_event.fields",
    "id,previous_id,conversation_id,sender_id,encoded_event,is_trusted",
);
/// Events one page may have.
const PAGE_SIZES: std::ops::RangeInclusive<u32> = 1..=100;

/// Which events to ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventsQuery {
    max_results: Option<u32>,
    page: Option<PaginationToken>,
}

impl EventsQuery {
    /// The newest events, as many as the server gives by default (10).
    #[must_use]
    pub const fn new() -> Self {
        Self { max_results: None, page: None }
    }

    /// The size of a page, 1 to 100. A key change of a large group takes megabytes, so that smaller
    /// pages help where a whole one is [too large](Error::BodyTooLarge).
    #[must_use]
    pub const fn max_results(mut self, max_results: u32) -> Self {
        self.max_results = Some(max_results);
        self
    }

    /// The page a token stands for: [`EventsPage::next`] of the page before.
    #[must_use]
    pub fn page(mut self, token: PaginationToken) -> Self {
        self.page = Some(token);
        self
    }
}

/// A page's place in a listing, as the server named it. Opaque.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PaginationToken(String);

impl PaginationToken {
    /// What still fits into a URL.
    const MAX_LENGTH: usize = 4096;

    /// A token kept from an earlier page; `None` unless it has 1 to 4096 bytes.
    #[must_use]
    pub fn new(token: &str) -> Option<Self> {
        (1..=Self::MAX_LENGTH).contains(&token.len()).then(|| Self(token.to_owned()))
    }

    /// The token's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PaginationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
    /// Errors beside the events. If there are any the page may be incomplete: an event that is
    /// not on it may exist all the same.
    pub errors: Vec<ReportedError>,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
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
    /// Whether the recipient has accepted messages from the sender.
    pub is_trusted: Option<bool>,
}

impl Client {
    /// One page of a conversation's events: `GET /2/chat/conversations/{id}/events`.
    ///
    /// # Errors
    /// [`InvalidArgument::MaxResults`] before anything is sent; [`Error::AcceptedWithErrors`] when
    /// the answer has errors and no events; otherwise as [`Error`] describes.
    pub async fn conversation_events(
        &self,
        conversation_id: &ConversationId,
        query: EventsQuery,
    ) -> Result<EventsPage, Error> {
        let conversation = conversation_id.path().to_string();
        let mut reply = self
            .exchange(Call {
                operation: Operation::ConversationEvents,
                path: &["2", "chat", "conversations", &conversation, "events"],
                query: &parameters(query)?,
                body: Body::None,
            })
            .await?;
        let (data, meta) = (reply.take("data"), reply.take("meta"));
        if data.is_none() && reply.has_errors() {
            return Err(reply.unconfirmed(Some("data")));
        }
        page(data, meta, &mut reply).map_err(|(field, reason)| reply.malformed(field, reason))
    }
}

fn parameters(query: EventsQuery) -> Result<Vec<(&'static str, String)>, InvalidArgument> {
    let mut parameters = Vec::new();
    if let Some(given) = query.max_results {
        if !PAGE_SIZES.contains(&given) {
            return Err(InvalidArgument::MaxResults { given });
        }
        parameters.push(("max_results", given.to_string()));
    }
    if let Some(PaginationToken(token)) = query.page {
        parameters.push(("pagination_token", token));
    }
    parameters.push((FIELDS.0, FIELDS.1.to_owned()));
    Ok(parameters)
}

fn page(data: Option<Value>, meta: Option<Value>, reply: &mut Reply) -> Result<EventsPage, Fault> {
    let rows = data.map_or(Ok(Vec::new()), |data| array(data, "data"))?;
    let mut meta = meta.map_or(Ok(Map::new()), |meta| object(meta, "meta"))?;
    let key_events = take(&mut meta, &["conversation_key_events"])
        .map_or(Ok(Vec::new()), |events| array(events, "meta.conversation_key_events"))?;
    let next = take(&mut meta, &["next_token"])
        .map(|token| string(token, "meta.next_token"))
        .transpose()?
        // An empty token is one way of saying that there is no next page.
        .filter(|token| !token.is_empty())
        .map(|token| {
            PaginationToken::new(&token).ok_or(("meta.next_token", Malformation::InvalidValue))
        })
        .transpose()?;
    let has_more = take(&mut meta, &["has_more"]).and_then(|value| value.as_bool());
    Ok(EventsPage {
        events: rows.into_iter().map(row).collect::<Result<_, _>>()?,
        key_events: key_events
            .into_iter()
            .map(|event| encoded(event, "meta.conversation_key_events[]"))
            .collect::<Result<_, _>>()?,
        has_more: has_more.unwrap_or(next.is_some()),
        next,
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
        is_trusted: take(&mut members, &["is_trusted"]).and_then(|value| value.as_bool()),
    })
}

fn encoded(value: Value, field: &'static str) -> Result<EncodedEvent, Fault> {
    EncodedEvent::new(string(value, field)?).map_err(|_| (field, Malformation::InvalidValue))
}

/// A member nothing depends on: left out when it cannot be read.
fn claim<T: std::str::FromStr>(members: &mut Map<String, Value>, spellings: &[&str]) -> Option<T> {
    take(members, spellings).and_then(|value| id(&value, "data[]").ok())
}
