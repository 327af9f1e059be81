//! Why an event is refused.

use core::fmt;

use crate::encoding::EncodingError;
use crate::seal::{OpenError, SealedKeyError};
use crate::sign::{SignatureError, VerifyError};
use crate::wire::WireError;
use crate::{
    ContentError, ConversationError, ConversationId, DecryptError, GroupTextError, IdError,
    KeyVersion, PublicKeyVersion, Suite, UserId,
};

/// A field of an event that reading needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventField {
    /// `detail`
    Detail,
    /// `sequence_id`
    SequenceId,
    /// `message_id`
    MessageId,
    /// `sender_id`
    SenderId,
    /// `conversation_id`
    ConversationId,
    /// `conversation_key_version`
    KeyVersion,
    /// `user_id` of an entry
    EntryUserId,
    /// `public_key_version` of an entry
    EntryPublicKeyVersion,
    /// `encrypted_conversation_key` of an entry
    EntrySealedKey,
    /// a user id of a group change
    GroupUserId,
    /// `message_event_signature`
    Signature,
    /// `public_key_version` of the signature
    SignerKeyVersion,
    /// `signature_version`
    SignatureVersion,
    /// `contents` of a message
    Contents,
    /// `sequence_ids` of deleted messages
    DeletedMessages,
    /// `delete_message_action`
    DeleteAction,
    /// `seen_until_sequence_id`
    SeenUntil,
    /// `seen_at_millis`
    SeenAt,
    /// a user id list of a group change
    GroupUserIds,
    /// `invite_url`
    InviteUrl,
    /// `expires_at_msec`
    InviteExpiry,
    /// `ttl_msec`
    MessageTtl,
    /// conversation ids of a mute or unmute
    MutedConversations,
    /// `member_id` of a deleted account
    MemberId,
}

impl fmt::Display for EventField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Detail => "detail",
            Self::SequenceId => "sequence_id",
            Self::MessageId => "message_id",
            Self::SenderId => "sender_id",
            Self::ConversationId => "conversation_id",
            Self::KeyVersion => "conversation_key_version",
            Self::EntryUserId => "a participant's user_id",
            Self::EntryPublicKeyVersion => "a participant's public_key_version",
            Self::EntrySealedKey => "a participant's encrypted_conversation_key",
            Self::GroupUserId => "a user id of the group change",
            Self::Signature => "message_event_signature",
            Self::SignerKeyVersion => "the signature's public_key_version",
            Self::SignatureVersion => "signature_version",
            Self::Contents => "contents",
            Self::DeletedMessages => "sequence_ids",
            Self::DeleteAction => "delete_message_action",
            Self::SeenUntil => "seen_until_sequence_id",
            Self::SeenAt => "seen_at_millis",
            Self::GroupUserIds => "the users of the group change",
            Self::InviteUrl => "invite_url",
            Self::InviteExpiry => "expires_at_msec",
            Self::MessageTtl => "ttl_msec",
            Self::MutedConversations => "the muted conversations",
            Self::MemberId => "member_id",
        })
    }
}

/// A text is not an event, or not one whose fields can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// Longer than any event.
    #[error("the event is longer than {limit} characters")]
    TooLong {
        /// The most characters an encoded event may have.
        limit: usize,
    },
    /// Not strict base64.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Not the Thrift struct, or above a limit.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A field is missing.
    #[error("{0} is missing")]
    Missing(EventField),
    /// A field is not the identifier it should be.
    #[error("{field}: {error}")]
    Id {
        /// The field.
        field: EventField,
        /// What is wrong with it.
        error: IdError,
    },
    /// A number is outside the range of its field.
    #[error("{0} is out of range")]
    OutOfRange(EventField),
    /// The conversation id is a second spelling of itself; only the canonical one is ever signed.
    #[error("conversation_id is not in canonical form")]
    NotCanonicalConversation,
    /// The signature's text is not a signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A group's members do not make a group.
    #[error(transparent)]
    Conversation(#[from] ConversationError),
    /// A group's title, avatar or invite is not a text one can take.
    #[error(transparent)]
    GroupText(GroupTextError),
    /// The member lists of a group change contradict each other.
    #[error("user {user} stands where the lists of the group change contradict each other")]
    ContradictoryMembers {
        /// The user.
        user: UserId,
    },
    /// Two entries for one participant.
    #[error("user {user} has two entries")]
    DuplicateEntry {
        /// The participant.
        user: UserId,
    },
}

impl EventError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "event.too_long",
            Self::Encoding(error) => error.code(),
            Self::Wire(error) => error.code(),
            Self::Missing(_) => "event.missing",
            Self::Id { .. } => "event.id",
            Self::OutOfRange(_) => "event.out_of_range",
            Self::NotCanonicalConversation => "event.not_canonical_conversation",
            Self::Signature(error) => error.code(),
            Self::Conversation(error) => error.code(),
            Self::GroupText(error) => error.code(),
            Self::ContradictoryMembers { .. } => "event.contradictory_members",
            Self::DuplicateEntry { .. } => "event.duplicate_entry",
        }
    }
}

/// An event is not one for this reader and this conversation. Nothing was adopted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The event is of another conversation.
    #[error("the event is of conversation {found}, not of {expected}")]
    WrongConversation {
        /// The conversation it was read for.
        expected: ConversationId,
        /// The conversation it names.
        found: ConversationId,
    },
    /// The sender is not a member: they have no say over this conversation's key.
    #[error("the sender {sender} is not a member of the conversation")]
    SenderNotMember {
        /// The sender.
        sender: UserId,
    },
    /// The sender of a group change knew other members than the reader does.
    #[error("the sender {sender} knew other members of the group")]
    OtherMembers {
        /// The sender.
        sender: UserId,
    },
    /// No verified participant was given for the sender under the signing key's version.
    #[error("no verified key of sender {sender} under version {version}")]
    UnknownSigner {
        /// The sender.
        sender: UserId,
        /// The version the signature names.
        version: PublicKeyVersion,
    },
    /// The sender's keys are of another suite than the reader's.
    #[error("the sender has keys of suite {found}, the reader of suite {expected}")]
    MixedSuites {
        /// The suite of the reader.
        expected: Suite,
        /// The suite of the sender.
        found: Suite,
    },
    /// The signature is of a version that the signer's suite does not use.
    #[error("signatures of suite {suite} have another signature_version")]
    SignatureVersion {
        /// The suite of the signer's key.
        suite: Suite,
    },
    /// The keyring has no key of the message's version.
    #[error("there is no key of version {version}")]
    NoKey {
        /// The version.
        version: KeyVersion,
    },
    /// The signature verifies, and the content does not decrypt.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// What was decrypted is not a content.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The event holds no copy for the reader.
    #[error("the event holds no copy for user {reader}")]
    NoCopy {
        /// The reader.
        reader: UserId,
    },
    /// The reader's copy is sealed to another version of their keys than the account's.
    #[error("the copy is sealed to key version {sealed_to}, the account has {account}")]
    OtherKeyVersion {
        /// The version it is sealed to.
        sealed_to: PublicKeyVersion,
        /// The version of the account that tried to read it.
        account: PublicKeyVersion,
    },
    /// The signature is none of the signer's suite.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The reader's copy is not a sealed key.
    #[error(transparent)]
    SealedKey(#[from] SealedKeyError),
    /// The reader's copy does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The signature does not verify.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl ReadError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongConversation { .. } => "read.wrong_conversation",
            Self::SenderNotMember { .. } => "read.sender_not_member",
            Self::OtherMembers { .. } => "read.other_members",
            Self::UnknownSigner { .. } => "read.unknown_signer",
            Self::MixedSuites { .. } => "read.mixed_suites",
            Self::SignatureVersion { .. } => "read.signature_version",
            Self::NoKey { .. } => "read.no_key",
            Self::Decrypt(error) => error.code(),
            Self::Content(error) => error.code(),
            Self::NoCopy { .. } => "read.no_copy",
            Self::OtherKeyVersion { .. } => "read.other_key_version",
            Self::Signature(error) => error.code(),
            Self::SealedKey(error) => error.code(),
            Self::Open(error) => error.code(),
            Self::Verify(error) => error.code(),
        }
    }
}
