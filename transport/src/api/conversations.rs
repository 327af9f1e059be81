//! Conversations: the inbox, one of them, what has been read, who is typing.

use bytes::Bytes;
use futures_util::Stream;
use sealpost_crypto::{ConversationId, SequenceId};
use serde_json::{Value, json};

use super::claim::flag;
use super::conversation_info::{ConversationInfo, UserInfo};
use super::pages::{self, Page, PageLimit, PageQuery, PaginationToken, PagingError, RawPage};
use super::unreadable::{UnreadableRow, each};
use super::{Fault, confirmed};
use crate::body::Body;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::{Error, Malformation};
use crate::error_body::ReportedError;
use crate::exchange::{Call, Reply};

/// Everything there is to be told, in the names of X's OpenAPI description 2.167.
const SELECTION: [(&str, &str); 2] = [
    (
        "chat_conversation.fields",
        "id,type,created_at,updated_at,group_name,group_avatar_url,is_muted,message_ttl_ms,\
         screen_capture_blocking_enabled,screen_capture_detection_enabled",
    ),
    ("expansions", "member_ids,admin_ids,participant_ids"),
];

/// Which conversations to ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationsQuery(PageQuery);

impl ConversationsQuery {
    /// The first conversations of the inbox, as many as the server gives by default (10).
    #[must_use]
    pub const fn new() -> Self {
        Self(PageQuery::new())
    }

    /// The size of a page, 1 to 100.
    #[must_use]
    pub const fn max_results(mut self, max_results: u32) -> Self {
        self.0.max_results = Some(max_results);
        self
    }

    /// The page a token stands for: [`ConversationsPage::next`] of the page before.
    #[must_use]
    pub fn page(mut self, token: PaginationToken) -> Self {
        self.0.page = Some(token);
        self
    }
}

/// One page of the caller's inbox.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConversationsPage {
    /// The conversations, in the server's order.
    pub conversations: Vec<ConversationInfo>,
    /// The users they speak of, as far as the server sent them along.
    pub users: Vec<UserInfo>,
    /// Whether there are conversations the caller has not accepted yet.
    pub has_message_requests: Option<bool>,
    /// The next page.
    pub next: Option<PaginationToken>,
    /// Whether there are more conversations than these.
    pub has_more: bool,
    /// Rows that are no conversations.
    pub unreadable: Vec<UnreadableRow>,
    /// Errors beside the conversations. If there are any the page may be incomplete.
    pub errors: Vec<ReportedError>,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

impl ConversationsPage {
    /// Whether the server reported no errors and every row could be read.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.errors.is_empty() && self.unreadable.is_empty()
    }
}

impl Page for ConversationsPage {
    fn onward(&self) -> (bool, Option<&PaginationToken>) {
        (self.has_more, self.next.as_ref())
    }
}

/// What the server answers about one conversation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConversationDetails {
    /// The conversation.
    pub conversation: ConversationInfo,
    /// The users it speaks of, as far as the server sent them along.
    pub users: Vec<UserInfo>,
    /// Errors beside it: fields may be missing because of them.
    pub errors: Vec<ReportedError>,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

impl Client {
    /// One page of the caller's inbox: `GET /2/chat/conversations`.
    ///
    /// # Errors
    /// [`InvalidArgument::MaxResults`](crate::InvalidArgument::MaxResults) before anything is sent;
    /// [`Error::AcceptedWithErrors`] when the answer has errors and no conversations; otherwise as
    /// [`Error`] describes.
    pub async fn conversations(
        &self,
        query: ConversationsQuery,
    ) -> Result<ConversationsPage, Error> {
        let mut query = query.0.parameters()?;
        query.extend(selection());
        let reply = self
            .exchange(Call {
                operation: Operation::Conversations,
                path: &["2", "chat", "conversations"],
                query: &query,
                body: Body::None,
            })
            .await?;
        let (RawPage { rows, mut meta, next, has_more }, mut reply) = RawPage::read(reply)?;
        let mut unreadable = Vec::new();
        Ok(ConversationsPage {
            conversations: each(rows, &mut unreadable, |row| {
                ConversationInfo::read(row, ("data[]", "data[].id"), None)
            }),
            users: UserInfo::list(reply.take("includes")),
            has_message_requests: flag(&mut meta, "has_message_requests"),
            next,
            has_more,
            unreadable,
            errors: reply.take_errors(),
            response: reply.response(),
        })
    }

    /// The caller's inbox page by page, from the place that `query` names on:
    /// [`conversations`](Self::conversations) again and again, one call whenever the next page is
    /// asked for.
    ///
    /// The stream ends after the last page or after an error. To go on later, keep
    /// [`ConversationsPage::next`].
    ///
    /// # Errors
    /// [`PagingError`], as the last item.
    #[must_use = "nothing is asked for before the stream is polled"]
    pub fn conversations_pages(
        &self,
        query: ConversationsQuery,
        limit: PageLimit,
    ) -> impl Stream<Item = Result<ConversationsPage, PagingError>> + Send + Unpin + use<> {
        let client = self.clone();
        let ConversationsQuery(PageQuery { max_results, page }) = query;
        pages::walk(page, limit, move |page| {
            let client = client.clone();
            let query = ConversationsQuery(PageQuery { max_results, page });
            async move { client.conversations(query).await }
        })
    }

    /// What the server says about one conversation: `GET /2/chat/conversations/{id}`.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the answer has no conversation;
    /// [`Error::MalformedResponse`] also when it has another one; otherwise as [`Error`] describes.
    pub async fn conversation(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<ConversationDetails, Error> {
        let conversation = conversation_id.path().to_string();
        let mut reply = self
            .exchange(Call {
                operation: Operation::Conversation,
                path: &["2", "chat", "conversations", &conversation],
                query: &selection().collect::<Vec<_>>(),
                body: Body::None,
            })
            .await?;
        let Some(data) = reply.take("data") else {
            return Err(reply.unconfirmed(Some("data")));
        };
        let conversation = one(data, *conversation_id)
            .map_err(|(field, reason)| reply.malformed(field, reason))?;
        Ok(ConversationDetails {
            conversation,
            users: UserInfo::list(reply.take("includes")),
            errors: reply.take_errors(),
            response: reply.response(),
        })
    }

    /// Marks a conversation as read up to an event: `POST /2/chat/conversations/{id}/read`.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or does
    /// not confirm it; otherwise as [`Error`] describes.
    pub async fn mark_conversation_read(
        &self,
        conversation_id: &ConversationId,
        seen_until: SequenceId,
    ) -> Result<ResponseInfo, Error> {
        let body = json!({ "seen_until_sequence_id": seen_until }).to_string();
        let body = Body::Json(Bytes::from(body));
        let reply = self.tell(Operation::MarkConversationRead, conversation_id, "read", body);
        confirmed(reply.await?, "success", "data.success")
    }

    /// Shows the others that the caller is typing: `POST /2/chat/conversations/{id}/typing`.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or does
    /// not confirm it; otherwise as [`Error`] describes. Not worth a second try.
    pub async fn send_typing_indicator(
        &self,
        conversation_id: &ConversationId,
    ) -> Result<ResponseInfo, Error> {
        let reply =
            self.tell(Operation::SendTypingIndicator, conversation_id, "typing", Body::None);
        confirmed(reply.await?, "success", "data.success")
    }

    async fn tell(
        &self,
        operation: Operation,
        conversation_id: &ConversationId,
        what: &str,
        body: Body,
    ) -> Result<Reply, Error> {
        let conversation = conversation_id.path().to_string();
        let path = ["2", "chat", "conversations", &conversation, what];
        self.exchange(Call { operation, path: &path, query: &[], body }).await
    }
}

fn selection() -> impl Iterator<Item = (&'static str, String)> {
    SELECTION.into_iter().map(|(name, value)| (name, value.to_owned()))
}

/// An object (2.167), or by the letter of 2.165 a list of one.
fn one(data: Value, asked: ConversationId) -> Result<ConversationInfo, Fault> {
    let data = match data {
        Value::Array(rows) => match <[Value; 1]>::try_from(rows) {
            Ok([row]) => row,
            Err(_) => return Err(("data", Malformation::InvalidValue)),
        },
        data => data,
    };
    let conversation = ConversationInfo::read(data, ("data", "data.id"), Some(asked))?;
    if conversation.id == asked {
        Ok(conversation)
    } else {
        Err(("data.id", Malformation::InvalidValue))
    }
}
