//! Events that nobody signs: the server's own word.

use super::{EventError, EventField, id};
use crate::wire::{self, MessageEventDetail};
use crate::{MessageId, UserId};

/// Something that the server says, and nobody signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Somebody is typing.
    Typing {
        /// Who.
        user: Option<UserId>,
    },
    /// A member's account is gone. They keep the keys they have: rotate.
    AccountDeleted {
        /// Whose.
        user: UserId,
    },
    /// A message was not accepted.
    MessageFailed {
        /// Which.
        message_id: Option<MessageId>,
        /// Why.
        reason: FailureReason,
    },
}

/// Why a message was not accepted, in X's terms. What exactly the server checks is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureReason {
    /// Nothing in it.
    EmptyDetail,
    /// The server's own trouble.
    Internal,
    /// Too large.
    ContentsTooLarge,
    /// Too many messages.
    TooManyMessages,
    /// The sender's signature is invalid.
    InvalidSenderSignature,
    /// It is not encrypted with the newest key.
    NotTheLatestKey,
    /// A recipient has not trusted the conversation.
    NotTrustedByRecipient,
    /// A recipient has other keys now.
    RecipientKeyChanged,
    /// Only encrypted messages are taken.
    OnlyEncryptedAllowed,
    /// The sender is not an admin.
    NotAnAdmin,
    /// It looks like spam.
    Spam,
    /// The limit of the sender's plan.
    RateLimit,
    /// The signature does not verify against the public key.
    SignatureDoesNotVerify,
    /// No further reason.
    Generic,
    /// The sender is not a member.
    SenderNotMember,
    /// The signature's version is none.
    InvalidSignatureVersion,
    /// It cannot be pinned.
    InvalidPin,
    /// Too many are pinned.
    TooManyPins,
    /// A reason that this version does not know, by its number.
    Other(i32),
}

impl FailureReason {
    const fn from_number(number: i32) -> Self {
        match number {
            1 => Self::EmptyDetail,
            2 => Self::Internal,
            3 => Self::ContentsTooLarge,
            4 => Self::TooManyMessages,
            5 => Self::InvalidSenderSignature,
            6 => Self::NotTheLatestKey,
            7 => Self::NotTrustedByRecipient,
            8 => Self::RecipientKeyChanged,
            9 => Self::OnlyEncryptedAllowed,
            10 => Self::NotAnAdmin,
            11 => Self::Spam,
            12 => Self::RateLimit,
            13 => Self::SignatureDoesNotVerify,
            14 => Self::Generic,
            15 => Self::SenderNotMember,
            16 => Self::InvalidSignatureVersion,
            17 => Self::InvalidPin,
            18 => Self::TooManyPins,
            other => Self::Other(other),
        }
    }
}

impl Notice {
    /// The notice of an event; `None` for one that is none, or that nobody knows.
    pub(super) fn from_wire(event: &wire::MessageEvent<'_>) -> Result<Option<Self>, EventError> {
        Ok(Some(match &event.detail {
            Some(MessageEventDetail::MessageTyping(_)) => {
                Self::Typing { user: event.sender_id.and_then(|text| text.parse().ok()) }
            }
            Some(MessageEventDetail::MemberAccountDelete(deleted)) => {
                Self::AccountDeleted { user: id(deleted.member_id, EventField::MemberId)? }
            }
            Some(MessageEventDetail::MessageFailure(failure)) => Self::MessageFailed {
                message_id: event.message_id.and_then(|text| text.parse().ok()),
                reason: FailureReason::from_number(failure.failure_type.unwrap_or_default()),
            },
            _ => return Ok(None),
        }))
    }
}
