//! The client: what every call shares.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::auth::Credentials;
use crate::base_url::BaseUrl;
use crate::builder::{ClientBuilder, Timeouts};
use crate::progress::{Observer, Progress};
use crate::retry::RetryPolicy;

/// A client of the Chat API.
///
/// Cheap to clone; clones share connections. Needs a tokio runtime with I/O and time enabled. A
/// call that is dropped before it ends leaves the same uncertainty as a lost connection: a write
/// may have been carried out. Calls beyond the limit on
/// [`concurrency`](ClientBuilder::concurrency) wait for their turn, and their time limits begin with
/// it.
///
/// A request that failed is sent again, byte for byte, where that can do no harm and may help (see
/// the table in the [crate's documentation](crate#trying-again)); a [`RetryPolicy`] says how often.
/// A key change is sent once by [`add_conversation_keys`](Self::add_conversation_keys), and until it
/// is in by [`deliver_conversation_keys`](Self::deliver_conversation_keys). A request that was
/// answered with 401, and so not carried out, is sent a second time, signed anew or with a new
/// access token. No redirect is followed.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    retry: RetryPolicy,
    observer: Observer,
}

struct Inner {
    http: reqwest::Client,
    base_url: BaseUrl,
    credentials: Credentials,
    timeouts: Timeouts,
    max_response_body: usize,
    turns: Semaphore,
}

impl Client {
    /// Starts with the defaults; see [`ClientBuilder`].
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    pub(crate) fn new(
        http: reqwest::Client,
        base_url: BaseUrl,
        credentials: Credentials,
        timeouts: Timeouts,
        max_response_body: usize,
        turns: Semaphore,
    ) -> Self {
        let inner = Inner { http, base_url, credentials, timeouts, max_response_body, turns };
        Self {
            inner: Arc::new(inner),
            retry: RetryPolicy::default(),
            observer: Observer::default(),
        }
    }

    /// This client with another policy.
    #[must_use]
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        Self { retry: policy, ..self.clone() }
    }

    /// This client with another observer.
    #[must_use]
    pub fn with_observer(&self, observer: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self { observer: Observer::new(observer), ..self.clone() }
    }

    pub(crate) fn observed_by(self, observer: Observer) -> Self {
        Self { observer, ..self }
    }

    pub(crate) const fn retry_policy(&self) -> &RetryPolicy {
        &self.retry
    }

    pub(crate) const fn observer(&self) -> &Observer {
        &self.observer
    }

    /// Waits until a call may begin; it is under way until this is dropped.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // The semaphore is never closed.
        self.inner.turns.acquire().await.ok()
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }

    pub(crate) fn base_url(&self) -> &BaseUrl {
        &self.inner.base_url
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.inner.credentials
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.inner.timeouts
    }

    pub(crate) fn max_response_body(&self) -> usize {
        self.inner.max_response_body
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &format_args!("{}", self.inner.base_url))
            .field("credentials", &self.inner.credentials)
            .finish_non_exhaustive()
    }
}
