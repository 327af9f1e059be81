//! The client.

use bytes::Bytes;
use sealpost_crypto::{
    ConversationId, EncodedEvent, GroupCreate, MediaHashKey, MemberAdd, PreparedDelete,
    PreparedKeyChange, PreparedMessage, RegistrationRequest, SequenceId, UserId,
};
use tokio::runtime::Runtime;

use super::media::MediaDownload;
use super::pages::Pages;
use super::{Delivery, runtime, start};
use crate::builder::{BuildError, ClientBuilder};
use crate::error::Error;
use crate::{
    Accepted, ConversationDetails, ConversationsPage, ConversationsQuery, Deliverable, EventsPage,
    EventsQuery, GroupCreated, MediaDetails, MembersAdded, MessageSent, PageLimit, Progress,
    PublicKeyListing, PublicKeysByUser, Registered, ResponseInfo, RetryPolicy, SegmentAppended,
    SegmentForm, SegmentIndex, TotalBytes, UploadSession, Verdict,
};

/// A [`Client`](crate::Client) whose calls return when they are done.
#[derive(Clone, Debug)]
pub struct Client {
    pub(super) inner: crate::Client,
    pub(super) runtime: &'static Runtime,
}

impl ClientBuilder {
    /// Checks every setting and makes a client for [`blocking`](crate::blocking) calls.
    ///
    /// # Errors
    /// As [`build`](Self::build), and [`BuildError::Runtime`] when the runtime behind the calls
    /// cannot be started.
    pub fn build_blocking(self) -> Result<Client, BuildError> {
        Ok(Client { inner: self.build()?, runtime: start()? })
    }
}

/// Calls of the async client that differ in nothing but the waiting.
macro_rules! calls {
    ($($name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Client {
            $(
                #[doc = concat!("Waits for [`", stringify!($name), "`](crate::Client::", stringify!($name), ").")]
                ///
                /// # Errors
                /// The same.
                pub fn $name(&self, $($argument: $type),*) -> Result<$answer, Error> {
                    runtime::wait(self.runtime, self.inner.$name($($argument),*))
                }
            )*
        }
    };
}

calls! {
    add_conversation_keys(change: &PreparedKeyChange) -> Accepted;
    initialize_group() -> ConversationId;
    create_group(change: &PreparedKeyChange<GroupCreate>) -> GroupCreated;
    add_group_members(change: &PreparedKeyChange<MemberAdd>) -> MembersAdded;
    add_user_public_key(user_id: &UserId, registration: &RegistrationRequest) -> Registered;
    user_public_keys(user_id: &UserId) -> PublicKeyListing;
    users_public_keys(user_ids: &[UserId]) -> PublicKeyListing;
    look_up_public_keys(user_ids: &[UserId]) -> PublicKeysByUser;
    conversation_events(conversation_id: &ConversationId, query: EventsQuery) -> EventsPage;
    conversations(query: ConversationsQuery) -> ConversationsPage;
    conversation(conversation_id: &ConversationId) -> ConversationDetails;
    mark_conversation_read(conversation_id: &ConversationId, seen_until: SequenceId) -> ResponseInfo;
    send_typing_indicator(conversation_id: &ConversationId) -> ResponseInfo;
    send_message(message: &PreparedMessage) -> MessageSent;
    delete_messages(deletion: &PreparedDelete) -> ResponseInfo;
    initialize_media_upload(conversation_id: &ConversationId, total: TotalBytes) -> UploadSession;
    append_media_segment(
        session: &UploadSession, index: SegmentIndex, ciphertext: Bytes, form: SegmentForm
    ) -> SegmentAppended;
    finalize_media_upload(
        session: &UploadSession, last: SegmentIndex, details: &MediaDetails
    ) -> ResponseInfo;
}

impl Client {
    /// Starts with the defaults; see [`ClientBuilder::build_blocking`].
    pub fn builder() -> ClientBuilder {
        crate::Client::builder()
    }

    /// This client with another policy.
    #[must_use]
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        Self { inner: self.inner.with_retry(policy), runtime: self.runtime }
    }

    /// This client with another observer.
    #[must_use]
    pub fn with_observer(&self, observer: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self { inner: self.inner.with_observer(observer), runtime: self.runtime }
    }

    /// Delivers a key change; see
    /// [`deliver_conversation_keys`](crate::Client::deliver_conversation_keys).
    pub fn deliver_conversation_keys<'a, C, K: Deliverable>(
        &self,
        change: &'a PreparedKeyChange<K>,
        check: C,
    ) -> Delivery<'a, C, K>
    where
        C: Fn(&EncodedEvent) -> Verdict,
    {
        Delivery {
            inner: self.inner.deliver_conversation_keys(change, check),
            runtime: self.runtime,
        }
    }

    /// A conversation's events page by page; see
    /// [`conversation_events_pages`](crate::Client::conversation_events_pages).
    pub fn conversation_events_pages(
        &self,
        conversation_id: &ConversationId,
        query: EventsQuery,
        limit: PageLimit,
    ) -> Pages<EventsPage> {
        let pages = self.inner.conversation_events_pages(conversation_id, query, limit);
        Pages::new(self.runtime, pages)
    }

    /// The caller's inbox page by page; see
    /// [`conversations_pages`](crate::Client::conversations_pages).
    pub fn conversations_pages(
        &self,
        query: ConversationsQuery,
        limit: PageLimit,
    ) -> Pages<ConversationsPage> {
        Pages::new(self.runtime, self.inner.conversations_pages(query, limit))
    }

    /// Begins to download an attachment; see [`download_media`](crate::Client::download_media).
    ///
    /// # Errors
    /// The same.
    pub fn download_media(
        &self,
        conversation_id: &ConversationId,
        media_hash_key: &MediaHashKey,
        limit: TotalBytes,
    ) -> Result<MediaDownload, Error> {
        let download = self.inner.download_media(conversation_id, media_hash_key, limit);
        let inner = runtime::wait(self.runtime, download)?;
        Ok(MediaDownload { inner, runtime: self.runtime })
    }
}
