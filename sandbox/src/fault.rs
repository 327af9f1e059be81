//! Faults on demand: what can go wrong between a client and X, by name.

use std::fmt;
use std::str::FromStr;

use crate::operation::Operation;

/// Something that goes wrong with the next request.
///
/// Ask for it per request with the header `x-sandbox-fault: NAME`, ahead of time with
/// [`RunningSandbox::inject`](crate::RunningSandbox::inject), or from another language with
/// `POST /sandbox/faults`. `Display` and `FromStr` use the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// `missing-action-signatures`: 400, as if the body had none. Only for posting keys,
    /// creating groups and adding members.
    MissingActionSignatures,
    /// `unauthorized`: 401, as for a token that expired.
    Unauthorized,
    /// `credits-depleted`: 402.
    CreditsDepleted,
    /// `client-not-enrolled`: 403 `client-forbidden`, which X serves on the batch route of public
    /// keys to apps that may use the per-user route. Only for that batch route.
    ClientNotEnrolled,
    /// `rate-limited`: 429 with no requests remaining until two seconds later, by the sandbox's
    /// clock and `date` header.
    RateLimited,
    /// `usage-capped`: 429 that no waiting cures, with requests remaining.
    UsageCapped,
    /// `internal-error`: 500, nothing was changed.
    InternalError,
    /// `unavailable`: 503, nothing was changed.
    Unavailable,
    /// `html-error-page`: 502 with a page of HTML from the edge, nothing was changed.
    HtmlErrorPage,
    /// `empty-404`: 404 without a body, as for an endpoint that is not rolled out to an account.
    Empty404,
    /// `accepted-with-errors`: the request is carried out, and its answer carries `errors` beside
    /// `data`.
    AcceptedWithErrors,
    /// `slow-body`: the request is carried out, and its answer trickles, one byte per 100 ms.
    SlowBody,
    /// `endless-body`: the request is carried out, and the body of its 200 never ends.
    EndlessBody,
    /// `commit-then-reset`: the request is carried out, then the connection is reset (TCP RST)
    /// without an answer.
    CommitThenReset,
    /// `reset-before-commit`: the connection is reset (TCP RST) and nothing was changed.
    ResetBeforeCommit,
    /// `other-conversation`: the keys are stored, and the answer names another conversation. Only
    /// for posting keys and creating groups.
    OtherConversation,
    /// `swapped-directory-row`: the answer holds another user's public keys under the id that was
    /// asked for. Only for reading public keys; 400 when nobody else has registered any.
    SwappedDirectoryRow,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 17] = [
        Self::MissingActionSignatures,
        Self::Unauthorized,
        Self::CreditsDepleted,
        Self::ClientNotEnrolled,
        Self::RateLimited,
        Self::UsageCapped,
        Self::InternalError,
        Self::Unavailable,
        Self::HtmlErrorPage,
        Self::Empty404,
        Self::AcceptedWithErrors,
        Self::SlowBody,
        Self::EndlessBody,
        Self::CommitThenReset,
        Self::ResetBeforeCommit,
        Self::OtherConversation,
        Self::SwappedDirectoryRow,
    ];

    /// The fault's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingActionSignatures => "missing-action-signatures",
            Self::Unauthorized => "unauthorized",
            Self::CreditsDepleted => "credits-depleted",
            Self::ClientNotEnrolled => "client-not-enrolled",
            Self::RateLimited => "rate-limited",
            Self::UsageCapped => "usage-capped",
            Self::InternalError => "internal-error",
            Self::Unavailable => "unavailable",
            Self::HtmlErrorPage => "html-error-page",
            Self::Empty404 => "empty-404",
            Self::AcceptedWithErrors => "accepted-with-errors",
            Self::SlowBody => "slow-body",
            Self::EndlessBody => "endless-body",
            Self::CommitThenReset => "commit-then-reset",
            Self::ResetBeforeCommit => "reset-before-commit",
            Self::OtherConversation => "other-conversation",
            Self::SwappedDirectoryRow => "swapped-directory-row",
        }
    }

    /// Whether this fault can happen to `operation`.
    #[must_use]
    pub const fn applies_to(self, operation: Operation) -> bool {
        match self {
            Self::MissingActionSignatures => operation.action_signatures() > 0,
            Self::OtherConversation => matches!(
                operation,
                Operation::AddConversationKeys | Operation::CreateChatConversation
            ),
            Self::ClientNotEnrolled => matches!(operation, Operation::GetUsersPublicKeys),
            Self::SwappedDirectoryRow => {
                matches!(operation, Operation::GetUsersPublicKey | Operation::GetUsersPublicKeys)
            }
            _ => true,
        }
    }

    /// This fault for one operation only; requests to others do not use it up.
    ///
    /// # Errors
    /// [`FaultError::DoesNotApply`] when the fault cannot happen to that operation.
    pub const fn on(self, operation: Operation) -> Result<Injection, FaultError> {
        if self.applies_to(operation) {
            Ok(Injection { fault: self, operation: Some(operation) })
        } else {
            Err(FaultError::DoesNotApply { fault: self, operation })
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        Self::ALL.into_iter().find(|fault| fault.name() == text).ok_or(FaultError::UnknownName)
    }
}

/// A fault could not be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// No fault has this name.
    #[error("no fault has this name, see the table of faults")]
    UnknownName,
    /// The fault cannot happen to this operation.
    #[error("the fault {fault} cannot happen to {operation}")]
    DoesNotApply {
        /// The fault.
        fault: Fault,
        /// The operation it was asked for.
        operation: Operation,
    },
}

impl FaultError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownName => "sandbox.unknown_fault",
            Self::DoesNotApply { .. } => "sandbox.fault_does_not_apply",
        }
    }
}

/// A fault and the requests it is meant for: a [`Fault`] alone is meant for every operation it can
/// happen to, [`Fault::on`] names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injection {
    fault: Fault,
    operation: Option<Operation>,
}

impl Injection {
    /// The fault.
    #[must_use]
    pub const fn fault(self) -> Fault {
        self.fault
    }

    /// The one operation it is meant for, if it is meant for one.
    #[must_use]
    pub const fn operation(self) -> Option<Operation> {
        self.operation
    }

    fn meets(self, operation: Operation) -> bool {
        self.operation.map_or_else(|| self.fault.applies_to(operation), |only| only == operation)
    }
}

impl From<Fault> for Injection {
    fn from(fault: Fault) -> Self {
        Self { fault, operation: None }
    }
}

/// The faults that wait for their requests, first in, first out.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue {
    waiting: Vec<(Injection, u32)>,
}

impl FaultQueue {
    pub(crate) fn push(&mut self, injection: Injection, times: u32) {
        self.waiting.push((injection, times));
    }

    /// The fault for this request, used up once.
    pub(crate) fn take(&mut self, operation: Operation) -> Option<Fault> {
        self.waiting.retain(|(_, times)| *times > 0);
        let (injection, times) =
            self.waiting.iter_mut().find(|(injection, _)| injection.meets(operation))?;
        *times = times.saturating_sub(1);
        Some(injection.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for fault in Fault::ALL {
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        assert_eq!("Unauthorized".parse::<Fault>(), Err(FaultError::UnknownName));
        assert_eq!("".parse::<Fault>(), Err(FaultError::UnknownName));
    }

    #[test]
    fn a_fault_waits_for_a_request_it_can_happen_to() {
        let mut queue = FaultQueue::default();
        queue.push(Fault::OtherConversation.into(), 1);
        queue.push(Fault::Unavailable.on(Operation::AddUserPublicKey).unwrap(), 2);
        queue.push(Fault::InternalError.into(), 1);
        assert_eq!(queue.take(Operation::GetUsersPublicKey), Some(Fault::InternalError));
        assert_eq!(queue.take(Operation::GetUsersPublicKey), None);
        assert_eq!(queue.take(Operation::AddUserPublicKey), Some(Fault::Unavailable));
        assert_eq!(queue.take(Operation::AddConversationKeys), Some(Fault::OtherConversation));
        assert_eq!(queue.take(Operation::AddUserPublicKey), Some(Fault::Unavailable));
        for operation in Operation::ALL {
            assert_eq!(queue.take(operation), None);
        }
    }

    #[test]
    fn a_fault_is_refused_where_it_cannot_happen() {
        let error = Fault::ClientNotEnrolled.on(Operation::AddConversationKeys).unwrap_err();
        assert_eq!(error.code(), "sandbox.fault_does_not_apply");
        assert!(error.to_string().contains("client-not-enrolled"));
    }

    #[test]
    fn zero_times_is_never() {
        let mut queue = FaultQueue::default();
        queue.push(Fault::Unavailable.into(), 0);
        assert_eq!(queue.take(Operation::AddUserPublicKey), None);
    }
}
