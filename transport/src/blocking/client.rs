//! The client.

use sealpost_crypto::{
    ConversationId, EncodedEvent, GroupCreate, MemberAdd, PreparedKeyChange, RegistrationRequest,
    UserId,
};
use tokio::runtime::Runtime;

use super::{Delivery, runtime, start};
use crate::builder::{BuildError, ClientBuilder};
use crate::error::Error;
use crate::{
    Accepted, EventsPage, EventsQuery, GroupCreated, MembersAdded, Progress, PublicKeyListing,
    Registered, RetryPolicy, Verdict,
};

/// A [`Client`](crate::Client) whose calls return when they are done.
#[derive(Clone, Debug)]
pub struct Client {
    inner: crate::Client,
    runtime: &'static Runtime,
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
    conversation_events(conversation_id: &ConversationId, query: EventsQuery) -> EventsPage;
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
    pub fn deliver_conversation_keys<'a, C>(
        &self,
        change: &'a PreparedKeyChange,
        check: C,
    ) -> Delivery<'a, C>
    where
        C: Fn(&EncodedEvent) -> Verdict,
    {
        Delivery {
            inner: self.inner.deliver_conversation_keys(change, check),
            runtime: self.runtime,
        }
    }
}
