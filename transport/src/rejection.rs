//! Answers that are no success, or claim to be one and are not.

use std::fmt;

use reqwest::StatusCode;

use crate::context::RequestContext;
use crate::error_body::{ErrorBody, ReportedError, write_all};
use crate::rate_limit::RateLimit;

/// An answer with a status that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub(crate) context: RequestContext,
    pub(crate) status: StatusCode,
    pub(crate) body: ErrorBody,
    pub(crate) challenge: Option<String>,
}

impl Rejection {
    /// The request and its answer.
    #[must_use]
    pub const fn context(&self) -> &RequestContext {
        &self.context
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What the body says.
    #[must_use]
    pub const fn body(&self) -> &ErrorBody {
        &self.body
    }

    /// The rate limit counters of the answer.
    #[must_use]
    pub const fn rate_limit(&self) -> &RateLimit {
        self.context.rate_limit()
    }

    /// The `www-authenticate` header (RFC 9110 section 11.6.1).
    #[must_use]
    pub fn challenge(&self) -> Option<&str> {
        self.challenge.as_deref()
    }

    /// Whether the same request may be answered otherwise later: all but a 4xx, and of those only
    /// 408, which an intermediary may answer for a server that is still busy.
    pub(crate) fn may_pass_later(&self) -> bool {
        !self.status.is_client_error() || self.status == StatusCode::REQUEST_TIMEOUT
    }

    /// Whether the work may be done all the same. After a 409 it may be what this request itself
    /// did on an earlier try.
    pub(crate) fn leaves_outcome_open(&self) -> bool {
        self.may_pass_later() || self.status == StatusCode::CONFLICT
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.context, self.body)
    }
}

/// A success status that confirms nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    pub(crate) context: RequestContext,
    pub(crate) missing: Option<&'static str>,
    pub(crate) errors: Vec<ReportedError>,
}

impl Unconfirmed {
    /// The request and its answer.
    #[must_use]
    pub const fn context(&self) -> &RequestContext {
        &self.context
    }

    /// The member that had to be there and is not, such as `data.sequence_id`, or that had to be
    /// true and is not, such as `data.success`.
    #[must_use]
    pub const fn missing(&self) -> Option<&'static str> {
        self.missing
    }

    /// The errors beside the data.
    #[must_use]
    pub fn errors(&self) -> &[ReportedError] {
        &self.errors
    }
}

impl fmt::Display for Unconfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "success status without success ({}", self.context)?;
        if let Some(missing) = self.missing {
            write!(f, ", no {missing}")?;
        }
        if !self.errors.is_empty() {
            f.write_str(": ")?;
            write_all(f, &self.errors)?;
        }
        f.write_str(")")
    }
}
