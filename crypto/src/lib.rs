#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(not(any(feature = "x25519", feature = "xchat")))]
compile_error!("sealpost-crypto needs at least one suite: enable the feature `x25519` or `xchat`");

mod action;
mod change;
mod content;
mod context;
pub mod encoding;
mod event;
mod group;
#[cfg(feature = "hazmat")]
pub mod hazmat;
mod id;
mod identity;
mod json;
mod key;
mod keyring;
mod media;
#[cfg(doctest)]
mod misuse;
mod random;
mod request;
mod seal;
mod sign;
mod suite;
mod text;
mod time;
mod unsigned;
mod wipe;
pub mod wire;

pub use action::{
    Action, ActionError, ActionEvent, DeleteFor, DeleteMessages, MutedConversations, ScreenCapture,
    SignedAction, VerifiedAction,
};
pub use change::{
    ActionSignature, ChangeKind, KeyChange, KeysOnly, MAX_RECIPIENTS, PreparedKeyChange,
    RecoverError, SealError, SealedKeyChange, SignedKeyChange,
};
pub use content::{
    Attachment, AttachmentId, Content, ContentError, ContentField, DecryptError, Dimensions, Edit,
    Emoji, EncryptError, EncryptedField, Entity, EntityKind, FieldError, MediaAttachment,
    MediaKind, Message, MessageEvent, MetadataField, PreviewProblem, Quote, Reaction, ReplyPreview,
    SignedMessage, Text, UnverifiedReply, VerifiedMessage,
};
pub use event::{
    ActionMark, ChatEvent, EncodedEvent, EventError, EventField, FailureReason, GroupCreateEvent,
    Inbox, InboxError, KeyChangeEvent, MemberAddEvent, Notice, Novelty, ReadError, ReadPolicy,
    Received, SeenActions, VerifiedGroupCreate, VerifiedKeyChange, VerifiedMemberAdd,
};
pub use group::{
    AffiliateId, AvatarUrl, GroupCreate, GroupError, GroupText, GroupTextError, GroupTitle,
    InviteUrl, MemberAdd, TextProblem,
};
pub use id::{
    Conversation, ConversationError, ConversationId, ConversationPath, IdError, IdKind, IdProblem,
    MediaHashKey, MessageId, SequenceId, UserId,
};
pub use identity::{
    Account, Identity, IdentityPublicKey, KeyError, Participant, PrivateKeys, PrivateKeysError,
    PublicKeyFingerprint, PublicKeyRecord, PublicKeyRow, RecordError, RecordField, RecordProblem,
    SigningPublicKey, newest_participant,
};
pub use identity::{SafetyCode, SafetyCodeError, SafetyComparison, SafetyNumber};
pub use key::{ConversationKey, FingerprintError, KeyFingerprint, KeyVersion, PublicKeyVersion};
pub use keyring::{Adoption, Keyring, KeyringError, MAX_CLOCK_AHEAD};
pub use media::{EncryptedMedia, MEDIA_CHUNK_LENGTH, MediaDecryptor, MediaEncryptor, MediaError};
#[cfg(feature = "std")]
pub use media::{MediaReader, MediaTransform, MediaWriter};
pub use random::RandomError;
pub use request::{
    ActionParts, ConversationToken, DeleteParts, EncodedMessageCreateEvent,
    EncodedMessageEventDetail, EncodedMessageEventSignature, MAX_DELETIONS, MessageDelete,
    MessageParts, MessageSend, Prepared, PreparedDelete, PreparedMessage, RegistrationRequest,
    RequestError, RequestKind, RequestText, RequestTextError, RequestTextProblem, SignaturePayload,
};
pub use seal::{OpenError, SealedKey, SealedKeyError};
pub use sign::{SignError, Signature, SignatureError, VerifyError};
pub use suite::Suite;
pub use time::{MessageTtl, UnixMillis};
pub use unsigned::{Stated, Unsigned};

// The one foreign trait in this crate's API: a caller's own generator implements it.
pub use rand_core;
