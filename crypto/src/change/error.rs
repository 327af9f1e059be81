//! Why a draft cannot be sealed. Nothing was sealed then, to anybody.

use super::MAX_RECIPIENTS;
use crate::random::RandomError;
use crate::suite::SealFailure;
use crate::{Suite, UserId};

/// A key change cannot be sealed to the participants it was given. Nothing was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// No participant was given besides the sender, though the conversation has others.
    #[error("no participants were given")]
    NoParticipants,
    /// More participants than one event can carry.
    #[error("{count} recipients; one key change carries at most {MAX_RECIPIENTS}")]
    TooManyRecipients {
        /// How many there are, the sender included.
        count: usize,
    },
    /// The sender is not a member of the conversation.
    #[error("the sender {sender} is not a member of the conversation")]
    SenderNotMember {
        /// The sender.
        sender: UserId,
    },
    /// A participant is not a member of the conversation.
    #[error("user {user} is not a member of the conversation")]
    NotAMember {
        /// The participant.
        user: UserId,
    },
    /// A participant was given twice; the sender counts, being added by itself.
    #[error("user {user} is given twice")]
    DuplicateParticipant {
        /// The participant.
        user: UserId,
    },
    /// A member of the conversation was not given.
    #[error("the keys of member {user} are missing")]
    MissingParticipant {
        /// The member.
        user: UserId,
    },
    /// A participant's keys are of another suite than the sender's.
    #[error("user {user} has keys of suite {found}, the sender of suite {expected}")]
    MixedSuites {
        /// The participant.
        user: UserId,
        /// The suite of the sender.
        expected: Suite,
        /// The suite of the participant.
        found: Suite,
    },
    /// A participant's key gives no shared secret.
    #[error("the identity key of user {user} cannot be sealed to")]
    UnusableKey {
        /// The participant.
        user: UserId,
    },
    /// The random number generator failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl From<SealFailure> for SealError {
    fn from(failure: SealFailure) -> Self {
        match failure {
            SealFailure::UnusableKey(user) => Self::UnusableKey { user },
            SealFailure::Random(error) => Self::Random(error),
        }
    }
}

impl SealError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoParticipants => "seal.no_participants",
            Self::TooManyRecipients { .. } => "seal.too_many_recipients",
            Self::SenderNotMember { .. } => "seal.sender_not_member",
            Self::NotAMember { .. } => "seal.not_a_member",
            Self::DuplicateParticipant { .. } => "seal.duplicate_participant",
            Self::MissingParticipant { .. } => "seal.missing_participant",
            Self::MixedSuites { .. } => "seal.mixed_suites",
            Self::UnusableKey { .. } => "seal.unusable_key",
            Self::Random(error) => error.code(),
        }
    }
}
