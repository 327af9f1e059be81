//! Why a text is not the identifier it should be.

use core::fmt;

/// Which identifier was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdKind {
    /// A [`UserId`](crate::UserId).
    UserId,
    /// A [`MessageId`](crate::MessageId).
    MessageId,
    /// A [`ConversationId`](crate::ConversationId).
    ConversationId,
    /// A [`SequenceId`](crate::SequenceId).
    SequenceId,
    /// A [`KeyVersion`](crate::KeyVersion).
    KeyVersion,
    /// A [`PublicKeyVersion`](crate::PublicKeyVersion).
    PublicKeyVersion,
    /// A [`MediaHashKey`](crate::MediaHashKey).
    MediaHashKey,
}

impl fmt::Display for IdKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserId => "user id",
            Self::MessageId => "message id",
            Self::ConversationId => "conversation id",
            Self::SequenceId => "sequence id",
            Self::KeyVersion => "conversation key version",
            Self::PublicKeyVersion => "public key version",
            Self::MediaHashKey => "media hash key",
        })
    }
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdProblem {
    /// Nothing there.
    Empty,
    /// More characters than the field may have.
    TooLong,
    /// A character other than the ASCII digits `0` to `9`.
    NotDecimal,
    /// A leading zero: one number has one spelling.
    LeadingZero,
    /// A number above the field's range.
    OutOfRange,
    /// Not a lower-case, hyphenated UUID of version 4 (RFC 9562).
    NotUuidV4,
    /// None of the spellings of a conversation id.
    NotAConversation,
    /// A character other than an ASCII letter or digit.
    NotAlphanumeric,
}

impl fmt::Display for IdProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::TooLong => "is too long",
            Self::NotDecimal => "has a character that is not an ASCII digit",
            Self::LeadingZero => "has a leading zero",
            Self::OutOfRange => "is out of range",
            Self::NotUuidV4 => "is not a lower-case UUID of version 4",
            Self::NotAConversation => "is none of `A:B`, `A-B`, `gN`",
            Self::NotAlphanumeric => "has a character that is not an ASCII letter or digit",
        })
    }
}

/// A text is not the identifier it should be. The text itself is not part of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {problem}")]
pub struct IdError {
    kind: IdKind,
    problem: IdProblem,
}

impl IdError {
    pub(crate) const fn new(kind: IdKind, problem: IdProblem) -> Self {
        Self { kind, problem }
    }

    /// Which identifier was being read.
    #[must_use]
    pub const fn kind(&self) -> IdKind {
        self.kind
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn problem(&self) -> IdProblem {
        self.problem
    }

    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.problem {
            IdProblem::Empty => "id.empty",
            IdProblem::TooLong => "id.too_long",
            IdProblem::NotDecimal => "id.not_decimal",
            IdProblem::LeadingZero => "id.leading_zero",
            IdProblem::OutOfRange => "id.out_of_range",
            IdProblem::NotUuidV4 => "id.not_uuid_v4",
            IdProblem::NotAConversation => "id.not_a_conversation",
            IdProblem::NotAlphanumeric => "id.not_alphanumeric",
        }
    }
}
