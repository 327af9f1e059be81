//! Faults on demand: what can go wrong between a client and X, by name.

mod body;
mod delivery;
mod effect;
mod injection;
mod queue;
mod weather;

use std::fmt;
use std::str::FromStr;

use crate::operation::Operation;

pub(crate) use body::{EndlessBody, GzipBomb, SlowBody};
pub(crate) use delivery::{Cut, Delivery};
pub(crate) use effect::{after_the_work, before_the_work, misstate};
pub use injection::Injection;
pub(crate) use queue::FaultQueue;
pub(crate) use weather::Weather;

/// The enumeration, its list and its names from one table.
macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Something that goes wrong with the next request.
        ///
        /// Ask for it per request with the header `x-sandbox-fault: NAME`, ahead of time with
        /// [`RunningSandbox::inject`](crate::RunningSandbox::inject), or from another language with
        /// `POST /sandbox/faults`. `Display` and `FromStr` use the name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Fault {
            $($(#[$doc])* $variant,)*
        }

        impl Fault {
            /// Every fault.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The fault's name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

faults! {
    /// `none`: nothing goes wrong. A pause in a script of faults.
    None = "none",
    /// `missing-action-signatures`: 400, as if the body had none. Only for posting keys,
    /// creating groups, adding members and deleting messages.
    MissingActionSignatures = "missing-action-signatures",
    /// `unauthorized`: 401, as for a token that expired.
    Unauthorized = "unauthorized",
    /// `credits-depleted`: 402.
    CreditsDepleted = "credits-depleted",
    /// `client-not-enrolled`: 403 `client-forbidden`, which X serves on the batch route of public
    /// keys to apps that may use the per-user route. Only for that batch route.
    ClientNotEnrolled = "client-not-enrolled",
    /// `rate-limited`: 429 with no requests remaining until two seconds later, by the sandbox's
    /// clock and `date` header.
    RateLimited = "rate-limited",
    /// `rate-limited-with-remaining`: 429 whose counters say that requests remain.
    RateLimitedWithRemaining = "rate-limited-with-remaining",
    /// `rate-limited-until-past`: 429 with no requests remaining until a minute ago.
    RateLimitedUntilPast = "rate-limited-until-past",
    /// `rate-limited-until-far`: 429 with no requests remaining for a year.
    RateLimitedUntilFar = "rate-limited-until-far",
    /// `usage-capped`: 429 that no waiting cures, with requests remaining.
    UsageCapped = "usage-capped",
    /// `internal-error`: 500, nothing was changed.
    InternalError = "internal-error",
    /// `unavailable`: 503, nothing was changed.
    Unavailable = "unavailable",
    /// `html-error-page`: 502 with a page of HTML from the edge, nothing was changed.
    HtmlErrorPage = "html-error-page",
    /// `empty-404`: 404 without a body, as for an endpoint that is not rolled out to an account.
    Empty404 = "empty-404",
    /// `commit-then-internal-error`: the request is carried out, and the answer is 500.
    CommitThenInternalError = "commit-then-internal-error",
    /// `commit-then-unavailable`: the request is carried out, and the answer is 503.
    CommitThenUnavailable = "commit-then-unavailable",
    /// `commit-then-gateway-timeout`: the request is carried out, and the answer is 504 with a
    /// page of HTML from the edge.
    CommitThenGatewayTimeout = "commit-then-gateway-timeout",
    /// `accepted-with-errors`: the request is carried out, and its answer carries `errors` beside
    /// `data`.
    AcceptedWithErrors = "accepted-with-errors",
    /// `no-sequence-id`: the request is carried out, and its answer is a success without the number
    /// of the new event. Only for posting keys, creating groups and adding members.
    NoSequenceId = "no-sequence-id",
    /// `other-conversation`: the keys are stored, and the answer names another conversation. Only
    /// for posting keys and creating groups; 2.165 names none when keys are posted.
    OtherConversation = "other-conversation",
    /// `swapped-directory-row`: the answer holds another user's public keys under the id that was
    /// asked for. Only for reading public keys; 400 when nobody else has registered any.
    SwappedDirectoryRow = "swapped-directory-row",
    /// `skewed-date`: the request is answered as ever, with a `date` one hour ahead.
    SkewedDate = "skewed-date",
    /// `slow-head`: the request is carried out, and the head of its answer trickles, one byte per
    /// 100 ms.
    SlowHead = "slow-head",
    /// `slow-body`: the request is carried out, and its answer trickles, one byte per 100 ms.
    SlowBody = "slow-body",
    /// `endless-body`: the request is carried out, and the body of its 200 never ends.
    EndlessBody = "endless-body",
    /// `gzip-bomb`: the request is carried out, and the body of its 200 is a megabyte of gzip that
    /// expands to a gigabyte of JSON.
    GzipBomb = "gzip-bomb",
    /// `reset-at-accept`: the next new connection is reset (TCP RST) before anything is read from
    /// it. It cannot be asked for by header or for one operation.
    ResetAtAccept = "reset-at-accept",
    /// `reset-before-body`: the connection is reset when the head of the request is read, and
    /// before its body is. Nothing was changed.
    ResetBeforeBody = "reset-before-body",
    /// `reset-in-request-body`: the connection is reset when half of the body of the request is
    /// read. Nothing was changed.
    ResetInRequestBody = "reset-in-request-body",
    /// `reset-before-commit`: the connection is reset when the request is read, and nothing was
    /// changed.
    ResetBeforeCommit = "reset-before-commit",
    /// `commit-then-reset`: the request is carried out, then the connection is reset without a
    /// byte of an answer.
    CommitThenReset = "commit-then-reset",
    /// `reset-in-head`: the request is carried out, and the connection is reset in the middle of
    /// the head of the answer.
    ResetInHead = "reset-in-head",
    /// `reset-after-head`: the request is carried out, and the connection is reset between the head
    /// and the body of the answer.
    ResetAfterHead = "reset-after-head",
    /// `reset-in-body`: the request is carried out, and the connection is reset in the middle of
    /// the body of the answer.
    ResetInBody = "reset-in-body",
    /// `truncated-body`: the request is carried out, and the connection is closed in good order
    /// (TCP FIN) in the middle of the body of the answer.
    TruncatedBody = "truncated-body",
}

impl Fault {
    /// Whether this fault can happen to `operation`.
    #[must_use]
    pub const fn applies_to(self, operation: Operation) -> bool {
        match self {
            Self::MissingActionSignatures => operation.action_signatures() > 0,
            Self::NoSequenceId => matches!(
                operation,
                Operation::AddConversationKeys
                    | Operation::CreateChatConversation
                    | Operation::AddChatGroupMembers
            ),
            Self::OtherConversation => matches!(
                operation,
                Operation::AddConversationKeys | Operation::CreateChatConversation
            ),
            Self::ClientNotEnrolled => matches!(operation, Operation::GetUsersPublicKeys),
            Self::SwappedDirectoryRow => {
                matches!(operation, Operation::GetUsersPublicKey | Operation::GetUsersPublicKeys)
            }
            Self::ResetAtAccept => false, // before any operation is known
            _ => true,
        }
    }

    /// This fault for one operation only; requests to others do not use it up.
    ///
    /// # Errors
    /// [`FaultError::DoesNotApply`] when the fault cannot happen to that operation.
    pub const fn on(self, operation: Operation) -> Result<Injection, FaultError> {
        if self.applies_to(operation) {
            Ok(Injection::only(self, operation))
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
    fn the_documentation_has_every_fault_and_every_operation() {
        let documentation = include_str!("../lib.rs");
        for fault in Fault::ALL {
            assert!(documentation.contains(&format!("//! | `{fault}` | ")), "{fault}");
        }
        for operation in Operation::ALL {
            let line = format!("//! | `{} {}", operation.method(), operation.path());
            assert!(documentation.contains(&line), "{operation}");
        }
    }

    #[test]
    fn a_fault_is_refused_where_it_cannot_happen() {
        let error = Fault::ClientNotEnrolled.on(Operation::AddConversationKeys).unwrap_err();
        assert_eq!(error.code(), "sandbox.fault_does_not_apply");
        assert!(error.to_string().contains("client-not-enrolled"));
        for operation in Operation::ALL {
            assert!(Fault::ResetAtAccept.on(operation).is_err());
        }
    }
}
