//! What a call can end in, other than success.

use std::fmt;
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use sealpost_crypto::{ConversationId, MessageId};

use crate::argument::InvalidArgument;
use crate::auth::oauth2::{MissingScopes, OAuth2Error, write_scopes};
use crate::context::{Operation, RequestContext, RequestId};
use crate::json::JsonError;
use crate::network::NetworkError;
use crate::rejection::{Rejection, Unconfirmed};

/// Why a call failed, and by that what may be done next.
///
/// Two questions matter to whoever handles it:
/// [`may_have_been_applied`](Self::may_have_been_applied) ("do I have to look at the server before
/// I send again?") and [`is_retryable`](Self::is_retryable) ("can the same request succeed
/// later?"). Both answers are about one attempt. [`code`](Self::code) is a stable name for logs
/// and metrics.
///
/// # Security
/// No error holds a header, the query or the body of the request. Of the credentials, a value of 8
/// bytes or more that the server repeats as it is, is blotted out before anything is cut or kept.
/// A value that the server sends back encoded, split or shortened is not recognised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument is out of its range. Nothing was sent.
    #[error("{0}; nothing was sent")]
    InvalidArgument(#[from] InvalidArgument),
    /// There is no access token to send, or none after the server refused the last one. The request
    /// was not sent, or was answered with 401: it was not carried out.
    #[error("{0}; the request was not carried out")]
    OAuth2(#[source] OAuth2Error),
    /// The sign-in is known not to cover what the call needs. The request was not sent, or was
    /// answered with 401 and not sent again with a token that covers less.
    #[error("{operation}: {missing}; the request was not carried out")]
    MissingScopes {
        /// The call.
        operation: Operation,
        /// What of its [scopes](Operation::scopes) was not granted.
        missing: MissingScopes,
    },
    /// The operating system gave no randomness for an OAuth 1.0a nonce. Nothing was sent.
    #[error("the operating system gave no randomness for the OAuth 1.0a nonce; nothing was sent")]
    Randomness(#[source] RandomnessError),
    /// No connection: name resolution, TCP, or a TLS handshake that was cut. Nothing was sent.
    #[error("no connection to the server, nothing was sent ({context}); try again later")]
    Connect {
        /// The request.
        context: Box<RequestContext>,
        /// What failed.
        #[source]
        source: NetworkError,
    },
    /// No trustworthy TLS session: protocol or certificate. Nothing was sent.
    #[error(
        "no TLS session with the server, nothing was sent ({context}); check its certificate, the clock and the trust store"
    )]
    Tls {
        /// The request.
        context: Box<RequestContext>,
        /// What failed.
        #[source]
        source: NetworkError,
    },
    /// The proxy gave no tunnel: it cannot be reached, it refused, or it is no proxy. Nothing was
    /// sent.
    #[error("no tunnel through the proxy, nothing was sent ({context}); try again later")]
    Proxy {
        /// The request.
        context: Box<RequestContext>,
        /// What failed.
        #[source]
        source: NetworkError,
    },
    /// The proxy does not accept the credentials it got, or wants some (HTTP 407). Nothing was sent.
    #[error(
        "the proxy asks for credentials, nothing was sent ({context}); check Proxy::basic_auth()"
    )]
    ProxyAuthentication {
        /// The request.
        context: Box<RequestContext>,
    },
    /// The server said that it did not process the request: an HTTP/2 `REFUSED_STREAM`, or a
    /// graceful `GOAWAY` that came before it (RFC 9113 sections 6.8 and 8.7).
    #[error(
        "the server closed the connection without processing the request ({context}); send it again"
    )]
    Unprocessed {
        /// The request.
        context: Box<RequestContext>,
        /// What failed.
        #[source]
        source: NetworkError,
    },
    /// A time limit ran out.
    #[error("time limit for {phase} ran out ({context}); {next}", next = next_step(self))]
    Timeout {
        /// Which limit.
        phase: TimeoutPhase,
        /// The request.
        context: Box<RequestContext>,
    },
    /// The connection was lost after the request may have been written.
    #[error("connection lost before the whole answer arrived ({context}); {next}", next = next_step(self))]
    Interrupted {
        /// The request.
        context: Box<RequestContext>,
        /// What failed.
        #[source]
        source: NetworkError,
    },
    /// HTTP 429: too many requests. The request was not processed.
    #[error("rate limited ({0}); wait for the reset, then send the same request again")]
    RateLimited(Box<Rejection>),
    /// HTTP 402, or a problem `usage-capped` or `credits-depleted`: the plan is used up. Waiting
    /// for a rate limit window does not help.
    #[error("the plan's quota is used up ({0}); waiting does not help, raise the quota")]
    QuotaExhausted(Box<Rejection>),
    /// HTTP 401: the credentials were not accepted.
    #[error("credentials not accepted ({0}); renew them, then send the same request once more")]
    Unauthorized(Box<Rejection>),
    /// HTTP 403: the credentials do not allow this call. For want of a scope X says no more than
    /// "Forbidden"; [`Operation::scopes`] has those it takes.
    #[error("not allowed ({0}); check {scopes}the app's enrolment and the user's permission", scopes = NeededScopes(.0))]
    Forbidden(Box<Rejection>),
    /// Any other HTTP status that is not a success.
    #[error("refused ({0}); {next}", next = next_step(self))]
    Refused(Box<Rejection>),
    /// An HTTP redirect. The API sends none, and following it would hand credentials and body on.
    /// Also an answer from another URL than the one asked, which only an
    /// [own client](crate::HttpClient) that follows redirects can bring about.
    #[error("redirect refused ({context}); check the base URL")]
    Redirected {
        /// The request.
        context: Box<RequestContext>,
        /// The origin it points to or comes from (scheme, host, port), when that could be read.
        target_origin: Option<String>,
    },
    /// A success status without the confirmation it should carry, or with errors beside it.
    /// Never a success; for a write the outcome is unknown.
    #[error("{0}; {next}", next = next_step(self))]
    AcceptedWithErrors(Box<Unconfirmed>),
    /// The body of a success is larger than the client reads
    /// ([`max_response_body`](crate::ClientBuilder::max_response_body)), or than a download was to
    /// be. A key change of a large
    /// group takes megabytes: ask for smaller pages with
    /// [`EventsQuery::max_results`](crate::EventsQuery::max_results).
    #[error("answer larger than the limit of {limit} bytes ({context}); {next}", next = next_step(self))]
    BodyTooLarge {
        /// The limit in bytes.
        limit: usize,
        /// The request.
        context: Box<RequestContext>,
    },
    /// The body of a success does not have the documented form.
    #[error("malformed answer: {field}: {reason} ({context}); {next}", next = next_step(self))]
    MalformedResponse {
        /// The place in the body, such as `data.sequence_id`; `body` for all of it, and
        /// `content-encoding` for one that was not asked for.
        field: &'static str,
        /// What is wrong there.
        reason: Malformation,
        /// The request.
        context: Box<RequestContext>,
    },
    /// The server took the request for another conversation than the one that was signed, or meant.
    /// Nothing may be adopted under either id.
    #[error("signed for conversation {signed}, accepted for {answered} ({context}); adopt nothing")]
    ConversationIdMismatch {
        /// The conversation that was signed.
        signed: ConversationId,
        /// The conversation of the answer.
        answered: ConversationId,
        /// The request.
        context: Box<RequestContext>,
    },
    /// The server confirmed another message than the one that was sent. It says nothing about that
    /// one: look for its id among the events.
    #[error("sent message {sent}, {answered} was confirmed ({context}); {next}", next = next_step(self))]
    MessageIdMismatch {
        /// The message that was sent.
        sent: MessageId,
        /// The message of the answer.
        answered: MessageId,
        /// The request.
        context: Box<RequestContext>,
    },
}

impl Error {
    /// Whether the same request, with the same credentials, may succeed if sent again later.
    ///
    /// The answer is about this attempt alone. Where
    /// [`may_have_been_applied`](Self::may_have_been_applied) holds of this attempt, or held of an
    /// earlier one of the same request, ask the server first. False for
    /// [`Unauthorized`](Self::Unauthorized), which needs new credentials.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Proxy { .. }
            | Self::Unprocessed { .. }
            | Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::RateLimited(_) => true,
            Self::Refused(rejection) => rejection.may_pass_later(),
            Self::OAuth2(error) => error.is_retryable(),
            Self::InvalidArgument(_)
            | Self::MissingScopes { .. }
            | Self::Randomness(_)
            | Self::ProxyAuthentication { .. }
            | Self::QuotaExhausted(_)
            | Self::Unauthorized(_)
            | Self::Forbidden(_)
            | Self::Redirected { .. }
            | Self::AcceptedWithErrors(_)
            | Self::BodyTooLarge { .. }
            | Self::MalformedResponse { .. }
            | Self::ConversationIdMismatch { .. }
            | Self::MessageIdMismatch { .. } => false,
        }
    }

    /// Whether the server may have carried the request out all the same. Never true for a read.
    ///
    /// The answer is about this attempt alone: false says that *this* attempt changed nothing. If
    /// an earlier attempt of the same request ended with true, its outcome stays unknown, whatever
    /// a later one says, until the server was asked. True for a 409, which is also what sending a
    /// request again may get that was carried out before.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        let Some(context) = self.context() else {
            return false;
        };
        let open = match self {
            Self::Timeout { phase, .. } => *phase != TimeoutPhase::Connect,
            Self::Interrupted { .. }
            | Self::AcceptedWithErrors(_)
            | Self::BodyTooLarge { .. }
            | Self::MalformedResponse { .. }
            | Self::ConversationIdMismatch { .. }
            | Self::MessageIdMismatch { .. } => true,
            Self::Refused(rejection) => rejection.leaves_outcome_open(),
            // These two ask for the same request elsewhere; other redirects may follow a success.
            Self::Redirected { context, .. } => !matches!(
                context.status(),
                Some(StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
            ),
            Self::InvalidArgument(_)
            | Self::OAuth2(_)
            | Self::MissingScopes { .. }
            | Self::Randomness(_)
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Proxy { .. }
            | Self::ProxyAuthentication { .. }
            | Self::Unprocessed { .. }
            | Self::RateLimited(_)
            | Self::QuotaExhausted(_)
            | Self::Unauthorized(_)
            | Self::Forbidden(_) => false,
        };
        open && context.operation().is_write()
    }

    /// How long to wait before the same request can succeed, where the server's rate limit says so.
    #[must_use]
    pub fn server_wait(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(rejection) => rejection.rate_limit().wait(SystemTime::now()),
            _ => None,
        }
    }

    /// The request and its answer; `None` when the call failed before there was a request.
    #[must_use]
    pub fn context(&self) -> Option<&RequestContext> {
        match self {
            Self::InvalidArgument(_)
            | Self::OAuth2(_)
            | Self::MissingScopes { .. }
            | Self::Randomness(_) => None,
            Self::Connect { context, .. }
            | Self::Tls { context, .. }
            | Self::Proxy { context, .. }
            | Self::ProxyAuthentication { context }
            | Self::Unprocessed { context, .. }
            | Self::Timeout { context, .. }
            | Self::Interrupted { context, .. }
            | Self::Redirected { context, .. }
            | Self::BodyTooLarge { context, .. }
            | Self::MalformedResponse { context, .. }
            | Self::ConversationIdMismatch { context, .. }
            | Self::MessageIdMismatch { context, .. } => Some(context),
            Self::RateLimited(rejection)
            | Self::QuotaExhausted(rejection)
            | Self::Unauthorized(rejection)
            | Self::Forbidden(rejection)
            | Self::Refused(rejection) => Some(&rejection.context),
            Self::AcceptedWithErrors(unconfirmed) => Some(&unconfirmed.context),
        }
    }

    /// The server's id for the request, where an answer with one arrived.
    #[must_use]
    pub fn request_id(&self) -> Option<&RequestId> {
        self.context()?.request_id()
    }

    /// The HTTP status, where an answer arrived.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.context()?.status()
    }

    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidArgument(argument) => argument.code(),
            Self::OAuth2(error) => error.code(),
            Self::MissingScopes { .. } => "transport.missing_scopes",
            Self::Randomness(_) => "transport.randomness",
            Self::Connect { .. } => "transport.connect",
            Self::Tls { .. } => "transport.tls",
            Self::Proxy { .. } => "transport.no_tunnel",
            Self::ProxyAuthentication { .. } => "transport.proxy_authentication",
            Self::Unprocessed { .. } => "transport.unprocessed",
            Self::Timeout { .. } => "transport.timeout",
            Self::Interrupted { .. } => "transport.interrupted",
            Self::RateLimited(_) => "transport.rate_limited",
            Self::QuotaExhausted(_) => "transport.quota_exhausted",
            Self::Unauthorized(_) => "transport.unauthorized",
            Self::Forbidden(_) => "transport.forbidden",
            Self::Refused(_) => "transport.refused",
            Self::Redirected { .. } => "transport.redirected",
            Self::AcceptedWithErrors(_) => "transport.accepted_with_errors",
            Self::BodyTooLarge { .. } => "transport.body_too_large",
            Self::MalformedResponse { .. } => "transport.malformed_response",
            Self::ConversationIdMismatch { .. } => "transport.conversation_id_mismatch",
            Self::MessageIdMismatch { .. } => "transport.message_id_mismatch",
        }
    }
}

/// The first thing to check after a 403, for the calls that take scopes.
struct NeededScopes<'a>(&'a Rejection);

impl fmt::Display for NeededScopes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.context().operation().scopes() {
            [] => Ok(()),
            scopes => {
                f.write_str("that the sign-in covers ")?;
                write_scopes(f, scopes)?;
                f.write_str(", then ")
            }
        }
    }
}

const fn advice(retryable: bool, may_have_been_applied: bool) -> &'static str {
    match (may_have_been_applied, retryable) {
        (true, true) => {
            "it may have been carried out: ask the server, then send the same request again if not"
        }
        (true, false) => "it may have been carried out: ask the server",
        (false, true) => "send the same request again later",
        (false, false) => "sending it again does not help",
    }
}

fn next_step(error: &Error) -> &'static str {
    advice(error.is_retryable(), error.may_have_been_applied())
}

/// Which time limit ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutPhase {
    /// Connecting: name resolution, TCP and TLS.
    Connect,
    /// Waiting for the head of the answer.
    ResponseHead,
    /// Waiting for the next piece of the answer's body.
    ResponseBody,
    /// The whole call.
    WholeRequest,
}

impl fmt::Display for TimeoutPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::ResponseHead => "the head of the answer",
            Self::ResponseBody => "the next piece of the answer",
            Self::WholeRequest => "the whole call",
        })
    }
}

/// What is wrong with a part of an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformation {
    /// It is not acceptable JSON.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// It has another JSON type.
    #[error("not {expected}")]
    WrongType {
        /// What was expected, with its article: "an object".
        expected: &'static str,
    },
    /// It has the right JSON type and a value its own type does not take.
    #[error("not a valid value")]
    InvalidValue,
}

impl Malformation {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json(error) => error.code(),
            Self::WrongType { .. } => "transport.malformed.wrong_type",
            Self::InvalidValue => "transport.malformed.invalid_value",
        }
    }
}

/// The operating system's generator failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RandomnessError(pub(crate) getrandom::Error);

impl RandomnessError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "transport.randomness"
    }
}
