//! How the bytes of a response go out.

use super::Fault;

/// What the connection does with a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Sends it.
    #[default]
    Whole,
    /// Sends its head byte by byte, and then the rest.
    SlowHead,
    /// Sends a part of it and ends.
    Cut(Cut),
}

/// Where a response is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Reset before its first byte.
    BeforeHead,
    /// Reset inside the head.
    InHead,
    /// Reset after the head.
    AfterHead,
    /// Reset in the middle of the body.
    InBody,
    /// Closed in the middle of the body.
    Truncated,
}

impl Fault {
    /// How a response goes out under this fault, whatever it says.
    pub(crate) const fn delivery(self) -> Delivery {
        match self {
            Self::SlowHead => Delivery::SlowHead,
            Self::ResetBeforeBody
            | Self::ResetInRequestBody
            | Self::ResetBeforeCommit
            | Self::CommitThenReset => Delivery::Cut(Cut::BeforeHead),
            Self::ResetInHead => Delivery::Cut(Cut::InHead),
            Self::ResetAfterHead => Delivery::Cut(Cut::AfterHead),
            Self::ResetInBody => Delivery::Cut(Cut::InBody),
            Self::TruncatedBody => Delivery::Cut(Cut::Truncated),
            _ => Delivery::Whole,
        }
    }
}
