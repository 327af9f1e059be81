//! Configuring a client; every setting is checked in one place.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::auth::{Credentials, CredentialsError};
use crate::base_url::{self, BaseUrl, BaseUrlError};
use crate::client::Client;
use crate::error::TimeoutPhase;
use crate::http_client::{HttpClient, TlsSetupError};
use crate::network::NetworkError;
use crate::progress::{Observer, Progress};
use crate::retry::RetryPolicy;

const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::new(128).unwrap();
const DEFAULT_MAX_RESPONSE_BODY: usize = 16 * 1024 * 1024;
/// Longer limits are not limits, and far longer ones overflow the clock.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Whether a time limit can be kept.
pub(crate) fn is_usable_limit(limit: Duration) -> bool {
    limit > Duration::ZERO && limit <= MAX_TIMEOUT
}

/// The time limits of one request. Connecting has one of its own, in
/// [`HttpOptions`](crate::HttpOptions).
#[derive(Clone, Debug)]
pub(crate) struct Timeouts {
    pub(crate) response_head: Duration,
    pub(crate) response_body: Duration,
    pub(crate) whole_request: Duration,
}

impl Timeouts {
    pub(crate) const DEFAULT: Self = Self {
        response_head: Duration::from_secs(30),
        response_body: Duration::from_secs(15),
        whole_request: Duration::from_secs(60),
    };

    const PHASES: [TimeoutPhase; 3] =
        [TimeoutPhase::ResponseHead, TimeoutPhase::ResponseBody, TimeoutPhase::WholeRequest];

    pub(crate) const fn of(&self, phase: TimeoutPhase) -> Duration {
        match phase {
            // The head is waited for from the start, connecting included.
            TimeoutPhase::Connect | TimeoutPhase::ResponseHead => self.response_head,
            TimeoutPhase::ResponseBody => self.response_body,
            TimeoutPhase::WholeRequest => self.whole_request,
        }
    }
}

/// Configures a [`Client`]. Only [`credentials`](Self::credentials) have no default.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base_url: String,
    credentials: Option<Credentials>,
    http: HttpClient,
    timeouts: Timeouts,
    max_response_body: usize,
    concurrency: NonZeroUsize,
    retry: RetryPolicy,
    observer: Observer,
}

/// Why a client could not be built. Every variant but the last three names one setting, of
/// [`ClientBuilder`] or of [`HttpOptions`](crate::HttpOptions).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No credentials were given.
    #[error("credentials: missing; the Chat API answers no anonymous request")]
    MissingCredentials,
    /// The credentials cannot be sent.
    #[error("credentials: {0}")]
    Credentials(#[source] CredentialsError),
    /// The base URL is not an origin that may receive credentials.
    #[error("base_url: {0}")]
    BaseUrl(#[source] BaseUrlError),
    /// The user agent is empty or has characters that cannot stand in a header.
    #[error("user_agent: must be visible ASCII and blanks, and not empty")]
    UserAgent,
    /// A time limit is zero or longer than a day.
    #[error("time limit for {phase}: must be more than zero and at most 24 hours")]
    Timeout {
        /// Which limit.
        phase: TimeoutPhase,
    },
    /// The limit on bodies is zero.
    #[error("max_response_body: must be more than zero")]
    MaxResponseBody,
    /// The platform's roots are not to be trusted, and no other was given.
    #[error("root_certificates: give at least one, or trust the platform's")]
    NoRoots,
    /// The trust roots could not be loaded.
    #[error("TLS could not be set up: {0}; are the system's CA certificates installed?")]
    Tls(#[source] TlsSetupError),
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up: {0}")]
    HttpClient(#[source] NetworkError),
    /// The runtime behind the blocking calls could not be started.
    #[error("the runtime could not be started: {0}; free some threads or file descriptors")]
    Runtime(#[source] std::io::Error),
}

impl BuildError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingCredentials => "transport.build.missing_credentials",
            Self::Credentials(_) => "transport.build.credentials",
            Self::BaseUrl(_) => "transport.build.base_url",
            Self::UserAgent => "transport.build.user_agent",
            Self::Timeout { .. } => "transport.build.timeout",
            Self::MaxResponseBody => "transport.build.max_response_body",
            Self::NoRoots => "transport.build.no_roots",
            Self::Tls(_) => "transport.build.tls",
            Self::HttpClient(_) => "transport.build.http_client",
            Self::Runtime(_) => "transport.build.runtime",
        }
    }
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            base_url: base_url::DEFAULT.to_owned(),
            credentials: None,
            http: HttpClient::default(),
            timeouts: Timeouts::DEFAULT,
            max_response_body: DEFAULT_MAX_RESPONSE_BODY,
            concurrency: DEFAULT_CONCURRENCY,
            retry: RetryPolicy::default(),
            observer: Observer::default(),
        }
    }

    /// Who is calling. Required.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Where the API is: scheme, host and port. Default `https://api.x.com`.
    ///
    /// # Security
    /// This origin receives the credentials, and no other: redirects are not followed. An https
    /// origin is whoever has a trusted certificate for its name, wherever the name leads; private
    /// addresses are not refused. Plain http is accepted for 127.0.0.0/8, ::1 and localhost only,
    /// for a server on this machine; `localhost` is then 127.0.0.1 and ::1, whatever the system's
    /// resolver says.
    pub fn base_url(mut self, base_url: &str) -> Self {
        base_url.clone_into(&mut self.base_url);
        self
    }

    /// What carries the requests: [`HttpOptions`](crate::HttpOptions) with trust roots, a proxy and
    /// the limit for connecting, or a `reqwest::Client` of yours under the conditions of
    /// [`HttpClient`]. Default: the system's trust roots, no proxy.
    pub fn http(mut self, http: impl Into<HttpClient>) -> Self {
        self.http = http.into();
        self
    }

    /// Limit for the head of the answer, from the start of the request, connecting included.
    /// Default 30 seconds, and on top one second for each 64 KiB of the request's body: a key
    /// change for 10,000 members, some 4.5 MB, may take about 100 seconds to be sent and answered.
    pub const fn response_head_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.response_head = limit;
        self
    }

    /// Limit for each wait for another piece of the answer's body. Default 15 seconds.
    pub const fn response_body_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.response_body = limit;
        self
    }

    /// Limit for the whole request. Default 60 seconds, and on top one second for each 64 KiB of
    /// the request's body.
    pub const fn whole_request_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.whole_request = limit;
        self
    }

    /// Bytes a success may have, counted while they arrive; a larger `content-length` is refused
    /// before reading, and so is any `content-encoding`. Default 16 MiB. Of a failure at most 64 KiB
    /// are read.
    pub const fn max_response_body(mut self, bytes: usize) -> Self {
        self.max_response_body = bytes;
        self
    }

    /// Calls that may be under way at a time, of this client and its clones together; more wait for
    /// their turn. Default 128: about as many streams a server lets share one HTTP/2 connection.
    /// Without HTTP/2 each of them takes a connection, and with it a file descriptor.
    pub const fn concurrency(mut self, limit: NonZeroUsize) -> Self {
        self.concurrency = limit;
        self
    }

    /// How often a request is tried that failed and may be sent again. Default: 4 times in 2
    /// minutes.
    pub const fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Who is told what the client's calls are doing. Called from the task that makes the call, so
    /// it should return at once.
    pub fn observer(mut self, observer: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observer);
        self
    }

    /// Checks every setting and makes the client. Nothing is connected yet.
    ///
    /// # Errors
    /// [`BuildError`] names the setting that is missing or cannot be used.
    pub fn build(self) -> Result<Client, BuildError> {
        let credentials = self.credentials.ok_or(BuildError::MissingCredentials)?;
        credentials.check().map_err(BuildError::Credentials)?;
        let base_url = BaseUrl::parse(&self.base_url).map_err(BuildError::BaseUrl)?;
        let unusable = |phase: &TimeoutPhase| !is_usable_limit(self.timeouts.of(*phase));
        if let Some(phase) = Timeouts::PHASES.into_iter().find(unusable) {
            return Err(BuildError::Timeout { phase });
        }
        if self.max_response_body == 0 {
            return Err(BuildError::MaxResponseBody);
        }
        let http = self.http.client(base_url.is_https())?;
        let turns = Semaphore::new(self.concurrency.get().min(Semaphore::MAX_PERMITS));
        let client =
            Client::new(http, base_url, credentials, self.timeouts, self.max_response_body, turns);
        Ok(client.with_retry(self.retry).observed_by(self.observer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builder() -> ClientBuilder {
        ClientBuilder::new().credentials(Credentials::bearer("planted-token".into()))
    }

    fn code(builder: ClientBuilder) -> &'static str {
        let error = builder.build().unwrap_err();
        assert!(!format!("{error:?} {error}").contains("planted"), "{error:?}");
        error.code()
    }

    #[test]
    fn the_defaults_make_a_client() {
        assert!(builder().build().is_ok());
    }

    #[test]
    fn each_bad_setting_is_named() {
        let day = Duration::from_secs(24 * 3600);
        assert_eq!(code(ClientBuilder::new()), "transport.build.missing_credentials");
        for token in ["", "planted\n"] {
            let builder = builder().credentials(Credentials::bearer(token.into()));
            assert_eq!(code(builder), "transport.build.credentials");
        }
        for url in ["http://planted.example", "https://planted:planted@api.x.com", "planted"] {
            assert_eq!(code(builder().base_url(url)), "transport.build.base_url");
        }
        for limit in [Duration::ZERO, day + Duration::from_nanos(1), Duration::MAX] {
            assert_eq!(code(builder().response_head_timeout(limit)), "transport.build.timeout");
            assert_eq!(code(builder().response_body_timeout(limit)), "transport.build.timeout");
            assert_eq!(code(builder().whole_request_timeout(limit)), "transport.build.timeout");
        }
        assert!(builder().whole_request_timeout(day).build().is_ok());
        assert_eq!(code(builder().max_response_body(0)), "transport.build.max_response_body");
    }

    #[test]
    fn the_error_says_which_time_limit() {
        let error = builder().response_body_timeout(Duration::ZERO).build().unwrap_err();
        let BuildError::Timeout { phase } = error else { panic!("{error:?}") };
        assert_eq!(phase, TimeoutPhase::ResponseBody);
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?} {:?}", builder(), builder().build().unwrap()).contains("planted"));
    }
}
