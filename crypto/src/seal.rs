//! A conversation key sealed to one recipient.

use alloc::string::String;
use core::fmt;

use crate::Suite;
use crate::encoding::{self, DecodeArrayError};
use crate::suite::{self, Recipient};

/// One recipient's copy of a conversation key, as its suite seals it.
///
/// X25519: 80 bytes, HPKE's `enc || ciphertext || tag`. XChat: 113 bytes, ECIES with an uncompressed
/// ephemeral point in front. In JSON and events padded standard base64.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedKey(pub(crate) Repr);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Repr {
    #[cfg(feature = "x25519")]
    X25519([u8; suite::x25519::SEALED_KEY_LENGTH]),
    #[cfg(feature = "xchat")]
    XChat([u8; suite::xchat::SEALED_KEY_LENGTH]),
}

/// A copy and whom it is for.
#[derive(Debug)]
pub(crate) struct SealedCopy {
    pub(crate) recipient: Recipient,
    pub(crate) sealed: SealedKey,
}

impl SealedKey {
    /// The place of a copy that is yet to be made.
    pub(crate) const fn blank(suite: Suite) -> Self {
        Self(match suite {
            #[cfg(feature = "x25519")]
            Suite::X25519 => Repr::X25519([0; suite::x25519::SEALED_KEY_LENGTH]),
            #[cfg(feature = "xchat")]
            Suite::XChat => Repr::XChat([0; suite::xchat::SEALED_KEY_LENGTH]),
        })
    }

    /// Reads the text form of a copy sealed in `suite`.
    ///
    /// # Errors
    /// [`SealedKeyError`] for text that is not base64 of exactly the suite's length.
    pub fn from_base64(suite: Suite, text: &str) -> Result<Self, SealedKeyError> {
        let repr = match suite {
            #[cfg(feature = "x25519")]
            Suite::X25519 => encoding::decode_array(text).map(Repr::X25519),
            #[cfg(feature = "xchat")]
            Suite::XChat => encoding::decode_array(text).map(Repr::XChat),
        };
        repr.map(Self).map_err(|error| match error {
            DecodeArrayError::Encoding => SealedKeyError::Encoding,
            DecodeArrayError::Length(found) => {
                SealedKeyError::Length { found, expected: suite.sealed_key_length() }
            }
        })
    }

    /// The text form: padded.
    #[must_use]
    pub fn to_base64(&self) -> String {
        encoding::encode_base64(self.as_bytes())
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            #[cfg(feature = "x25519")]
            Repr::X25519(bytes) => bytes,
            #[cfg(feature = "xchat")]
            Repr::XChat(bytes) => bytes,
        }
    }

    /// The suite it is sealed in.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        match self.0 {
            #[cfg(feature = "x25519")]
            Repr::X25519(_) => Suite::X25519,
            #[cfg(feature = "xchat")]
            Repr::XChat(_) => Suite::XChat,
        }
    }
}

impl fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealedKey({}, {} bytes)", self.suite(), self.as_bytes().len())
    }
}

/// A text is not a sealed key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealedKeyError {
    /// Not strict base64.
    #[error("sealed key is not standard base64")]
    Encoding,
    /// Not the length of the suite.
    #[error("sealed key has {found} bytes, expected {expected}")]
    Length {
        /// The length found, in bytes.
        found: usize,
        /// The length of the suite's sealed keys, in bytes.
        expected: usize,
    },
}

impl SealedKeyError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Encoding => "sealed_key.encoding",
            Self::Length { .. } => "sealed_key.length",
        }
    }
}

/// A sealed key does not open: sealed to another key, made for another change, or altered.
/// Deliberately without a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed key does not open")]
pub struct OpenError;

impl OpenError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "sealed_key.open"
    }
}
