//! Signatures of actions, and the transcripts they are made over.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Display, Write as _};

use crate::encoding::{self, DecodeArrayError};
use crate::{
    ConversationId, KeyVersion, MessageId, MessageTtl, PublicKeyVersion, SequenceId, Suite,
    UnixMillis, UserId,
};

/// A signature: 64 bytes in both suites. In JSON and events unpadded standard base64.
///
/// # Security
/// Never use a signature as an identifier: ECDSA signatures are malleable. The signed message id
/// is what names an action.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; Self::LENGTH]);

impl Signature {
    /// Length in bytes.
    pub const LENGTH: usize = 64;

    pub(crate) const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Reads the text form, with or without padding.
    ///
    /// # Errors
    /// [`SignatureError`] for text that is not base64 of exactly 64 bytes.
    pub fn from_base64(text: &str) -> Result<Self, SignatureError> {
        encoding::decode_array(text).map(Self).map_err(|error| match error {
            DecodeArrayError::Encoding => SignatureError::Encoding,
            DecodeArrayError::Length(found) => SignatureError::Length { found },
        })
    }

    /// The text form inside an action signature: unpadded.
    #[must_use]
    pub fn to_base64_unpadded(&self) -> String {
        encoding::encode_base64_unpadded(&self.0)
    }

    /// The text form inside a registered public key: padded.
    #[must_use]
    pub fn to_base64(&self) -> String {
        encoding::encode_base64(&self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(64 bytes)")
    }
}

/// A text is not a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Not strict base64.
    #[error("signature is not standard base64")]
    Encoding,
    /// Not 64 bytes, for instance because it is in DER.
    #[error("signature has {found} bytes, expected 64")]
    Length {
        /// The length found, in bytes.
        found: usize,
    },
    /// ECDSA: `r` or `s` is zero, or not below the group order.
    #[error("signature has an r or s that is out of range")]
    OutOfRange,
}

impl SignatureError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Encoding => "signature.encoding",
            Self::Length { .. } => "signature.length",
            Self::OutOfRange => "signature.out_of_range",
        }
    }
}

/// A signature does not hold. Deliberately without a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct VerifyError;

impl VerifyError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "signature.verify"
    }
}

/// A sealed change could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The event detail does not fit its encoding.
    #[error("the key change does not fit an event: {0}")]
    Encoding(#[from] crate::wire::WireError),
    /// A text holds a comma, or is `null`: X's payloads cannot tell the one from the end of the
    /// text, nor the other from an absent text.
    #[error("a text with a comma, or the text `null`, cannot be signed in suite {suite}")]
    AmbiguousText {
        /// The suite.
        suite: Suite,
    },
}

impl SignError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Encoding(_) => "sign.encoding",
            Self::AmbiguousText { .. } => "sign.ambiguous_text",
        }
    }
}

/// Bytes to be signed or derived from: a label, then fields, each behind its length (u16,
/// big-endian), so that no two lists of fields give the same bytes.
pub(crate) struct Transcript(Vec<u8>);

// The XChat suite alone needs it for fingerprints and safety numbers only.
#[cfg_attr(not(feature = "x25519"), allow(dead_code))]
impl Transcript {
    pub(crate) fn new(label: &'static str) -> Self {
        let mut transcript = Self(Vec::with_capacity(256));
        transcript.push(label.as_bytes());
        transcript
    }

    /// A field of text.
    pub(crate) fn id(mut self, id: impl ShortText) -> Self {
        self.add(&id);
        self
    }

    /// A field of text, written in place.
    pub(crate) fn add(&mut self, id: &dyn ShortText) {
        let start = self.0.len();
        self.0.extend_from_slice(&[0, 0]);
        // Writing to memory cannot fail.
        let _ = write!(Utf8(&mut self.0), "{id}");
        let length = length_prefix(self.0.len() - start - 2);
        if let Some(prefix) = self.0.get_mut(start..start + 2) {
            prefix.copy_from_slice(&length);
        }
    }

    /// Zero or one field: `00`, or `01` and the field.
    pub(crate) fn add_optional(&mut self, value: Option<&dyn ShortText>) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            self.add(value);
        }
    }

    /// Any number of fields behind their count (u32, big-endian).
    pub(crate) fn add_list(&mut self, values: &[&dyn ShortText]) {
        let [.., a, b, c, d] = values.len().to_be_bytes();
        self.0.extend_from_slice(&[a, b, c, d]);
        values.iter().for_each(|value| self.add(*value));
    }

    /// The name of an action.
    pub(crate) fn name(mut self, name: &'static str) -> Self {
        self.push(name.as_bytes());
        self
    }

    /// A field of bytes.
    pub(crate) fn bytes<const N: usize>(mut self, bytes: &[u8; N]) -> Self {
        const { assert!(N <= u16::MAX as usize, "a field has at most 65,535 bytes") };
        self.push(bytes);
        self
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A field of bytes that are known to be short.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&length_prefix(bytes.len()));
        self.0.extend_from_slice(bytes);
    }
}

fn length_prefix(length: usize) -> [u8; 2] {
    debug_assert!(length <= usize::from(u16::MAX), "labels, ids and arrays are short");
    let [.., high, low] = length.to_be_bytes();
    [high, low]
}

struct Utf8<'a>(&'a mut Vec<u8>);

impl fmt::Write for Utf8<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Values whose text is at most 65,535 bytes and so always fits a field.
pub(crate) trait ShortText: Display {}

impl ShortText for bool {}
impl ShortText for u8 {}
impl ShortText for i64 {}
/// Names and the empty text: constants of the format.
impl ShortText for &'static str {}

impl ShortText for UnixMillis {}
impl ShortText for MessageTtl {}
impl ShortText for SequenceId {}
impl ShortText for UserId {}
impl ShortText for MessageId {}
impl ShortText for ConversationId {}
impl ShortText for KeyVersion {}
impl ShortText for PublicKeyVersion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_length_prefixed() {
        let transcript = Transcript::new("ab").id(KeyVersion::new(7)).bytes(&[1, 2, 3]);
        assert_eq!(transcript.as_bytes(), b"\x00\x02ab\x00\x017\x00\x03\x01\x02\x03");
    }

    #[test]
    fn a_signature_has_exactly_64_bytes_of_strict_base64() {
        let signature = Signature::from_bytes([7; 64]);
        assert_eq!(Signature::from_base64(&signature.to_base64()), Ok(signature));
        assert_eq!(Signature::from_base64(&signature.to_base64_unpadded()), Ok(signature));
        for length in [0, 1, 63, 65, 70, 72] {
            let text = encoding::encode_base64(&alloc::vec![7; length]);
            assert_eq!(
                Signature::from_base64(&text),
                Err(SignatureError::Length { found: length })
            );
        }
        let url_safe = signature.to_base64().replace('B', "-");
        assert_eq!(Signature::from_base64(&url_safe), Err(SignatureError::Encoding));
    }
}
