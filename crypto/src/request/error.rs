//! Why a request cannot be made of its parts.

use core::fmt;

use super::MAX_DELETIONS;
use crate::{MediaHashKey, SequenceId, UserId};

/// Which text of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestText {
    /// An [`EncodedMessageCreateEvent`](crate::EncodedMessageCreateEvent).
    MessageCreateEvent,
    /// An [`EncodedMessageEventSignature`](crate::EncodedMessageEventSignature).
    MessageEventSignature,
    /// An [`EncodedMessageEventDetail`](crate::EncodedMessageEventDetail).
    MessageEventDetail,
    /// A [`ConversationToken`](crate::ConversationToken).
    ConversationToken,
    /// A [`SignaturePayload`](crate::SignaturePayload).
    SignaturePayload,
}

impl fmt::Display for RequestText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MessageCreateEvent => "encoded message create event",
            Self::MessageEventSignature => "encoded message event signature",
            Self::MessageEventDetail => "encoded message event detail",
            Self::ConversationToken => "conversation token",
            Self::SignaturePayload => "signature payload",
        })
    }
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestTextProblem {
    /// Nothing there.
    Empty,
    /// More characters than the text may have.
    TooLong,
    /// Not strict standard base64.
    NotBase64,
    /// A control character.
    ControlCharacter,
    /// The payload of a key change, which contains the conversation key.
    ContainsKey,
}

impl fmt::Display for RequestTextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::TooLong => "is too long",
            Self::NotBase64 => "is not standard base64",
            Self::ControlCharacter => "has a control character",
            Self::ContainsKey => "is that of a key change, which contains the key",
        })
    }
}

/// A text cannot be part of a request. The text itself is not part of the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} {problem}")]
pub struct RequestTextError {
    text: RequestText,
    problem: RequestTextProblem,
}

impl RequestTextError {
    pub(super) const fn new(text: RequestText, problem: RequestTextProblem) -> Self {
        Self { text, problem }
    }

    /// Which text.
    #[must_use]
    pub const fn text(&self) -> RequestText {
        self.text
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn problem(&self) -> RequestTextProblem {
        self.problem
    }

    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.problem {
            RequestTextProblem::Empty => "request_text.empty",
            RequestTextProblem::TooLong => "request_text.too_long",
            RequestTextProblem::NotBase64 => "request_text.not_base64",
            RequestTextProblem::ControlCharacter => "request_text.control_character",
            RequestTextProblem::ContainsKey => "request_text.contains_key",
        }
    }
}

/// Parts do not make a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The conversation is direct, and the sender not one of its two users.
    #[error("the sender {sender} is not in the conversation")]
    SenderNotInConversation {
        /// The sender.
        sender: UserId,
    },
    /// A text of the request is too long, or otherwise unfit.
    #[error(transparent)]
    Text(#[from] RequestTextError),
    /// The action is no deletion.
    #[error("the action is no deletion of messages")]
    NotADeletion,
    /// There is nothing to delete.
    #[error("no message to delete")]
    NoSequenceIds,
    /// There is more to delete than one event can list.
    #[error("{count} messages to delete; one request deletes at most {MAX_DELETIONS}")]
    TooManySequenceIds {
        /// How many there are.
        count: usize,
    },
    /// A message is to be deleted twice.
    #[error("message {sequence_id} is given twice")]
    DuplicateSequenceId {
        /// The message.
        sequence_id: SequenceId,
    },
    /// There are more attachments than one request may name.
    #[error("{count} attachments; one request names at most {MAX_DELETIONS}")]
    TooManyMedia {
        /// How many there are.
        count: usize,
    },
    /// An attachment is named twice.
    #[error("attachment {media_hash_key} is given twice")]
    DuplicateMedia {
        /// The attachment.
        media_hash_key: MediaHashKey,
    },
}

impl RequestError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SenderNotInConversation { .. } => "request.sender_not_in_conversation",
            Self::Text(error) => error.code(),
            Self::NotADeletion => "request.not_a_deletion",
            Self::NoSequenceIds => "request.no_sequence_ids",
            Self::TooManySequenceIds { .. } => "request.too_many_sequence_ids",
            Self::DuplicateSequenceId { .. } => "request.duplicate_sequence_id",
            Self::TooManyMedia { .. } => "request.too_many_media",
            Self::DuplicateMedia { .. } => "request.duplicate_media",
        }
    }
}
