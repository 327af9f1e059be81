#![doc = include_str!("../README.md")]
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

extern crate alloc;

#[cfg(not(any(feature = "x25519", feature = "xchat")))]
compile_error!("sealpost-crypto needs at least one suite: enable the feature `x25519` or `xchat`");

mod change;
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
mod random;
mod request;
mod seal;
mod sign;
mod suite;
mod text;
mod time;
mod wipe;
pub mod wire;

pub use change::{
    ActionSignature, ChangeKind, KeyChange, KeysOnly, MAX_RECIPIENTS, PreparedKeyChange, SealError,
    SealedKeyChange, SignedKeyChange,
};
pub use event::{
    ChatEvent, EncodedEvent, EventError, EventField, GroupCreateEvent, KeyChangeEvent,
    MemberAddEvent, ReadError, ReadPolicy, VerifiedGroupCreate, VerifiedKeyChange,
    VerifiedMemberAdd,
};
pub use group::{
    AffiliateId, AvatarUrl, GroupCreate, GroupError, GroupText, GroupTextError, GroupTitle,
    InviteUrl, MemberAdd, TextProblem,
};
pub use id::{
    Conversation, ConversationError, ConversationId, ConversationPath, IdError, IdKind, IdProblem,
    MessageId, SequenceId, UserId,
};
pub use identity::SafetyNumber;
pub use identity::{
    Account, Identity, IdentityPublicKey, KeyError, Participant, PrivateKeys, PrivateKeysError,
    PublicKeyFingerprint, PublicKeyRecord, PublicKeyRow, RecordError, RecordField, RecordProblem,
    SigningPublicKey, newest_participant,
};
pub use key::{ConversationKey, FingerprintError, KeyFingerprint, KeyVersion, PublicKeyVersion};
pub use keyring::{Adoption, Keyring, KeyringError, MAX_CLOCK_AHEAD};
pub use random::RandomError;
pub use request::RegistrationRequest;
pub use seal::{OpenError, SealedKey, SealedKeyError};
pub use sign::{SignError, Signature, SignatureError, VerifyError};
pub use suite::Suite;
pub use time::UnixMillis;

// The one foreign trait in this crate's API: a caller's own generator implements it.
pub use rand_core;
