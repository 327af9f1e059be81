//! Why a public key, or a directory row of them, is refused.

use core::fmt;

use crate::sign::{SignatureError, VerifyError};
use crate::{IdError, UserId};

/// A text or some bytes are not a public key one may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not strict base64.
    #[error("not standard base64")]
    Encoding,
    /// Not the length of any suite's SPKI.
    #[error("{found} bytes are no public key of a known suite")]
    Length {
        /// The length found, in bytes.
        found: usize,
    },
    /// The algorithm identifier is not the one this kind of key must have.
    #[error("the algorithm identifier is not the expected one")]
    Algorithm,
    /// A second spelling of a key: an X25519 or Ed25519 coordinate outside the field, a P-256 point
    /// that is not in uncompressed form.
    #[error("the key is not in canonical form")]
    NotCanonical,
    /// Not a point of the curve; for P-256 also a coordinate outside the field.
    #[error("the key is not a point of the curve")]
    NotOnCurve,
    /// A point of small order: every secret shared with it is known.
    #[error("the key is a point of small order")]
    LowOrder,
}

impl KeyError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Encoding => "key.encoding",
            Self::Length { .. } => "key.length",
            Self::Algorithm => "key.algorithm",
            Self::NotCanonical => "key.not_canonical",
            Self::NotOnCurve => "key.not_on_curve",
            Self::LowOrder => "key.low_order",
        }
    }
}

/// Some bytes are not the private keys of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeysError {
    /// Not 64 bytes.
    #[error("private keys have {found} bytes, expected 64")]
    Length {
        /// The length found, in bytes.
        found: usize,
    },
    /// A P-256 scalar that is zero, or not below the group order.
    #[error("a private key is out of range")]
    OutOfRange,
}

impl PrivateKeysError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "private_keys.length",
            Self::OutOfRange => "private_keys.out_of_range",
        }
    }
}

/// A member of a directory row that verification needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordField {
    /// `public_key`
    PublicKey,
    /// `signing_public_key`
    SigningPublicKey,
    /// `identity_public_key_signature`
    IdentityPublicKeySignature,
    /// `signing_public_key_signature`
    SigningPublicKeySignature,
    /// `public_key_version`
    PublicKeyVersion,
}

impl fmt::Display for RecordField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicKey => "public_key",
            Self::SigningPublicKey => "signing_public_key",
            Self::IdentityPublicKeySignature => "identity_public_key_signature",
            Self::SigningPublicKeySignature => "signing_public_key_signature",
            Self::PublicKeyVersion => "public_key_version",
        })
    }
}

/// What is wrong with a directory row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordProblem {
    /// The directory has no keys of this user: they have not set up encrypted chat.
    #[error("no public keys are registered")]
    NoKeys,
    /// The row says it belongs to somebody else.
    #[error("the row belongs to another user")]
    OtherUser,
    /// A member is missing.
    #[error("{0} is missing")]
    Missing(RecordField),
    /// A member is neither text nor a number.
    #[error("{0} is not text")]
    NotText(RecordField),
    /// The row gives two versions, or two rows with different keys give the same one.
    #[error("two versions contradict each other")]
    TwoVersions,
    /// `public_key_version` is not a version.
    #[error("{0}")]
    Version(IdError),
    /// `public_key` is not a usable identity key.
    #[error("public_key: {0}")]
    IdentityKey(KeyError),
    /// `signing_public_key` is not a usable signing key.
    #[error("signing_public_key: {0}")]
    SigningKey(KeyError),
    /// `identity_public_key_signature` is not a signature.
    #[error("identity_public_key_signature: {0}")]
    BindingSignature(SignatureError),
    /// `signing_public_key_signature` is there, and is not a signature.
    #[error("signing_public_key_signature: {0}")]
    ReverseSignature(SignatureError),
    /// The two keys are of different suites.
    #[error("identity and signing key are of different suites")]
    MixedSuites,
    /// The signature does not bind the identity key to this signing key (and, in the X25519 suite,
    /// to this user).
    #[error("the keys are not bound together for this user")]
    Binding(VerifyError),
}

/// A directory row is not the expected user's. Nothing may be sealed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("public keys of user {user}: {problem}")]
pub struct RecordError {
    user: UserId,
    problem: RecordProblem,
}

impl RecordError {
    pub(super) const fn new(user: UserId, problem: RecordProblem) -> Self {
        Self { user, problem }
    }

    /// The user the row was expected to belong to.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// What is wrong.
    #[must_use]
    pub const fn problem(&self) -> RecordProblem {
        self.problem
    }

    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.problem {
            RecordProblem::NoKeys => "record.no_keys",
            RecordProblem::OtherUser => "record.other_user",
            RecordProblem::Missing(_) => "record.missing",
            RecordProblem::NotText(_) => "record.not_text",
            RecordProblem::TwoVersions => "record.two_versions",
            RecordProblem::Version(_) => "record.version",
            RecordProblem::IdentityKey(_) => "record.identity_key",
            RecordProblem::SigningKey(_) => "record.signing_key",
            RecordProblem::BindingSignature(_) => "record.binding_signature",
            RecordProblem::ReverseSignature(_) => "record.reverse_signature",
            RecordProblem::MixedSuites => "record.mixed_suites",
            RecordProblem::Binding(_) => "record.binding",
        }
    }
}
