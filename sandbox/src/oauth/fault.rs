//! Faults of the authorization server, on demand.

use std::fmt;
use std::str::FromStr;

/// Something that goes wrong with the next request for tokens, `POST /2/oauth2/token`.
///
/// Ask for it ahead of time with
/// [`RunningSandbox::inject_oauth`](crate::RunningSandbox::inject_oauth), per request with the
/// header `x-sandbox-fault: NAME`, or from another language with `POST /sandbox/oauth/faults`.
/// `Display` and `FromStr` use the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum OAuthFault {
    /// `commit-then-reset`: the tokens are issued, a refresh token is used up, and the connection is
    /// reset (TCP RST) without an answer.
    CommitThenReset,
    /// `reset-before-commit`: the connection is reset (TCP RST) and nothing was changed.
    ResetBeforeCommit,
    /// `internal-error`: 500, nothing was changed.
    InternalError,
    /// `invalid-grant`: 400 as RFC 6749 has it, where X says `invalid_request`. Nothing was changed.
    InvalidGrant,
    /// `slow-body`: the tokens are issued, and the answer trickles, one byte per 100 ms.
    SlowBody,
}

impl OAuthFault {
    /// Every fault.
    pub const ALL: [Self; 5] = [
        Self::CommitThenReset,
        Self::ResetBeforeCommit,
        Self::InternalError,
        Self::InvalidGrant,
        Self::SlowBody,
    ];

    /// The fault's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CommitThenReset => "commit-then-reset",
            Self::ResetBeforeCommit => "reset-before-commit",
            Self::InternalError => "internal-error",
            Self::InvalidGrant => "invalid-grant",
            Self::SlowBody => "slow-body",
        }
    }
}

impl fmt::Display for OAuthFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text is not the name of a fault of the authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no fault of the authorization server has this name, see `OAuthFault`")]
#[non_exhaustive]
pub struct OAuthFaultError;

impl OAuthFaultError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "sandbox.unknown_oauth_fault"
    }
}

impl FromStr for OAuthFault {
    type Err = OAuthFaultError;

    fn from_str(text: &str) -> Result<Self, OAuthFaultError> {
        Self::ALL.into_iter().find(|fault| fault.name() == text).ok_or(OAuthFaultError)
    }
}

/// The faults that wait for their requests, first in, first out.
#[derive(Debug)]
pub(crate) struct OAuthFaults {
    waiting: Vec<(OAuthFault, u32)>,
}

impl OAuthFaults {
    pub(crate) const fn new() -> Self {
        Self { waiting: Vec::new() }
    }

    pub(crate) fn push(&mut self, fault: OAuthFault, times: u32) {
        self.waiting.push((fault, times));
    }

    /// The fault for this request, used up once.
    pub(crate) fn take(&mut self) -> Option<OAuthFault> {
        self.waiting.retain(|(_, times)| *times > 0);
        let (fault, times) = self.waiting.first_mut()?;
        *times = times.saturating_sub(1);
        Some(*fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for fault in OAuthFault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        assert_eq!("Invalid-Grant".parse::<OAuthFault>(), Err(OAuthFaultError));
    }

    #[test]
    fn faults_wait_in_order_and_zero_times_is_never() {
        let mut faults = OAuthFaults::new();
        faults.push(OAuthFault::InvalidGrant, 0);
        faults.push(OAuthFault::SlowBody, 2);
        faults.push(OAuthFault::InternalError, 1);
        let taken: Vec<_> = std::iter::from_fn(|| faults.take()).collect();
        assert_eq!(taken, [OAuthFault::SlowBody, OAuthFault::SlowBody, OAuthFault::InternalError]);
    }
}
