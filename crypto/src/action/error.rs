//! Why an action cannot be signed.

use crate::random::RandomError;
use crate::sign::SignError;
use crate::wire::MAX_LIST_LENGTH;
use crate::{ConversationId, UserId};

/// An action cannot be made or signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActionError {
    /// The sender is not a member of the conversation.
    #[error("the sender {sender} is not a member of the conversation")]
    SenderNotMember {
        /// The sender.
        sender: UserId,
    },
    /// A change of a group, in a direct conversation.
    #[error("{id} is a direct conversation, not a group")]
    NotAGroup {
        /// The conversation.
        id: ConversationId,
    },
    /// The action names nobody and nothing it would be about.
    #[error("the action names nothing")]
    NothingNamed,
    /// More than readers take.
    #[error("{count} ids; one action names at most {MAX_LIST_LENGTH}")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// A time after the year 292,000,000, which the wire cannot count.
    #[error("the time is out of range")]
    TimeOutOfRange,
    /// It cannot be signed in the sender's suite.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The random number generator failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl ActionError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SenderNotMember { .. } => "action.sender_not_member",
            Self::NotAGroup { .. } => "action.not_a_group",
            Self::NothingNamed => "action.nothing_named",
            Self::TooMany { .. } => "action.too_many",
            Self::TimeOutOfRange => "action.time_out_of_range",
            Self::Sign(error) => error.code(),
            Self::Random(error) => error.code(),
        }
    }
}
