//! Why content cannot be read, made or encrypted.

use core::fmt;

use crate::random::RandomError;
use crate::wire::WireError;
use crate::{ConversationId, KeyVersion, Suite, UserId};

/// A part of a message's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContentField {
    /// The content itself.
    Contents,
    /// The message that a reaction or an edit is about.
    TargetMessage,
    /// The emoji of a reaction.
    Emoji,
    /// The new text of an edit.
    UpdatedText,
    /// The range of an entity.
    Entity,
    /// `media_hash_key`
    MediaHashKey,
    /// `attachment_id`
    AttachmentId,
    /// The width or height of an attachment.
    Dimensions,
    /// How long an attachment plays.
    Duration,
    /// The size of an attachment.
    FileSize,
}

impl fmt::Display for ContentField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contents => "contents",
            Self::TargetMessage => "message_sequence_id",
            Self::Emoji => "emoji",
            Self::UpdatedText => "updated_text",
            Self::Entity => "an entity",
            Self::MediaHashKey => "media_hash_key",
            Self::AttachmentId => "attachment_id",
            Self::Dimensions => "dimensions",
            Self::Duration => "duration_millis",
            Self::FileSize => "filesize_bytes",
        })
    }
}

/// Bytes or values are not the content of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Not the Thrift struct, or above a limit.
    #[error("the content of the message: {0}")]
    Wire(#[from] WireError),
    /// A part is missing.
    #[error("{0} is missing in the content")]
    Missing(ContentField),
    /// A part is not what it should be.
    #[error("{0} is malformed in the content")]
    Malformed(ContentField),
}

impl ContentError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Wire(_) => "content.wire",
            Self::Missing(_) => "content.missing",
            Self::Malformed(_) => "content.malformed",
        }
    }
}

/// The content does not decrypt with the key of its version. Deliberately without a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it does not decrypt with the key of its version")]
pub struct DecryptError;

impl DecryptError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "content.decrypt"
    }
}

/// Something cannot be encrypted. Nothing was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// The sender is not a member of the conversation.
    #[error("the sender {sender} is not a member of the conversation")]
    SenderNotMember {
        /// The sender.
        sender: UserId,
    },
    /// The keyring, or a quoted message, is of another conversation.
    #[error("conversation {found} where {expected} was expected")]
    OtherConversation {
        /// The conversation that is written to.
        expected: ConversationId,
        /// The other one.
        found: ConversationId,
    },
    /// The conversation has no key yet.
    #[error("conversation {id} has no current key")]
    NoKey {
        /// The conversation.
        id: ConversationId,
    },
    /// The conversation's keys are of another suite than the sender's.
    #[error("the conversation has keys of suite {found}, the sender of suite {expected}")]
    MixedSuites {
        /// The suite of the sender.
        expected: Suite,
        /// The suite of the conversation.
        found: Suite,
    },
    /// An attachment was encrypted under another key than the message: its readers take the
    /// message's.
    #[error(
        "an attachment is encrypted under key version {attachment}, the message under {message}"
    )]
    OtherMediaKey {
        /// The version the attachment is encrypted under.
        attachment: KeyVersion,
        /// The version of the message.
        message: KeyVersion,
    },
    /// A quote without proof: it would put words into somebody's mouth.
    #[error("a message that is not verified cannot be quoted")]
    UnverifiedQuote,
    /// The content does not fit its encoding, or is of a kind that cannot be written.
    #[error("the content does not fit a message: {0}")]
    Encoding(#[from] WireError),
    /// The message is too long for an event.
    #[error("the message is longer than {limit} bytes")]
    TooLong {
        /// The most bytes an encrypted message may have.
        limit: usize,
    },
    /// The random number generator failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl EncryptError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SenderNotMember { .. } => "encrypt.sender_not_member",
            Self::OtherConversation { .. } => "encrypt.other_conversation",
            Self::NoKey { .. } => "encrypt.no_key",
            Self::MixedSuites { .. } => "encrypt.mixed_suites",
            Self::OtherMediaKey { .. } => "encrypt.other_media_key",
            Self::UnverifiedQuote => "encrypt.unverified_quote",
            Self::Encoding(_) => "encrypt.encoding",
            Self::TooLong { .. } => "encrypt.too_long",
            Self::Random(error) => error.code(),
        }
    }
}
