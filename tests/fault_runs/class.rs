//! What goes wrong first: each row of the outcome table, and a connection cut at each boundary.

use sealpost_sandbox::Fault;

/// What goes wrong with the first try of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Nobody listens at the address.
    NobodyListens,
    /// The other side gives the conversation a newer key in the meantime.
    Race,
    /// The server does this.
    Fault(Fault),
}

/// Every class, in the order of the table: not written, refused before the work, unknown, refused
/// for good, accepted in a way that confirms nothing.
pub const CLASSES: [Class; 34] = [
    Class::NobodyListens,
    Class::Fault(Fault::ResetAtAccept),
    Class::Fault(Fault::RateLimited),
    Class::Fault(Fault::RateLimitedWithRemaining),
    Class::Fault(Fault::RateLimitedUntilPast),
    Class::Fault(Fault::RateLimitedUntilFar),
    Class::Fault(Fault::Unauthorized),
    Class::Fault(Fault::Unavailable),
    Class::Fault(Fault::CommitThenUnavailable),
    Class::Fault(Fault::InternalError),
    Class::Fault(Fault::CommitThenInternalError),
    Class::Fault(Fault::HtmlErrorPage),
    Class::Fault(Fault::CommitThenGatewayTimeout),
    Class::Fault(Fault::SlowHead),
    Class::Fault(Fault::SlowBody),
    Class::Fault(Fault::EndlessBody),
    Class::Fault(Fault::GzipBomb),
    Class::Fault(Fault::ResetBeforeBody),
    Class::Fault(Fault::ResetInRequestBody),
    Class::Fault(Fault::ResetBeforeCommit),
    Class::Fault(Fault::CommitThenReset),
    Class::Fault(Fault::ResetInHead),
    Class::Fault(Fault::ResetAfterHead),
    Class::Fault(Fault::ResetInBody),
    Class::Fault(Fault::TruncatedBody),
    Class::Fault(Fault::MissingActionSignatures),
    Class::Fault(Fault::CreditsDepleted),
    Class::Fault(Fault::UsageCapped),
    Class::Fault(Fault::Empty404),
    Class::Fault(Fault::AcceptedWithErrors),
    Class::Fault(Fault::NoSequenceId),
    Class::Fault(Fault::OtherConversation),
    Class::Fault(Fault::SkewedDate),
    Class::Race,
];

impl Class {
    /// A name for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NobodyListens => "nobody-listens",
            Self::Race => "race",
            Self::Fault(fault) => fault.name(),
        }
    }
}
