//! The client: what every call shares.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::auth::Credentials;
use crate::base_url::BaseUrl;
use crate::builder::{ClientBuilder, Timeouts};

/// More at once gain nothing: a server lets about as many streams share a connection, and without
/// HTTP/2 every one of them is a connection.
const MAX_UNDER_WAY: usize = 128;

/// A client of the Chat API.
///
/// Cheap to clone; clones share connections. Needs a tokio runtime with I/O and time enabled. A
/// call that is dropped before it ends leaves the same uncertainty as a lost connection: a write
/// may have been carried out. At most 128 calls of a client and its clones are under way at a time;
/// more wait for their turn, and their time limits begin with it.
///
/// It sends each request once: no redirect is followed, nothing is repeated behind the caller's
/// back, and no proxy is taken from the environment. The one exception: with
/// [`Credentials::oauth2`] a request that was answered with 401, and so not carried out, is sent a
/// second time with a new access token.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
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
    ) -> Self {
        let turns = Semaphore::new(MAX_UNDER_WAY);
        let inner = Inner { http, base_url, credentials, timeouts, max_response_body, turns };
        Self { inner: Arc::new(inner) }
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
