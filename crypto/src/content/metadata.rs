//! Metadata of a conversation that the server stores and does not read.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use rand_core::TryCryptoRng;
use zeroize::Zeroize as _;

use super::{DecryptError, EncryptError};
use crate::encoding::{EncodingError, decode_base64, encode_base64};
use crate::suite::content::FieldContext;
use crate::text::serde_as_text;
use crate::{KeyVersion, Keyring, Suite, Unsigned};

/// Which field of a conversation's metadata. The X25519 suite binds it, so that fields cannot be
/// swapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetadataField {
    /// The title of a group.
    Title,
    /// Where a group's avatar is.
    AvatarUrl,
    /// The description of a group.
    Description,
}

impl MetadataField {
    const fn name(self) -> &'static str {
        match self {
            Self::Title => "group_name",
            Self::AvatarUrl => "group_avatar_url",
            Self::Description => "group_description",
        }
    }
}

/// An encrypted metadata field: base64 text. Its version of the conversation key travels beside it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EncryptedField(Vec<u8>);

/// A metadata field cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The keyring has no key of this version.
    #[error("there is no key of version {version}")]
    NoKey {
        /// The version.
        version: KeyVersion,
    },
    /// It does not decrypt.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// What is in it is not UTF-8.
    #[error("the field is not UTF-8")]
    NotUtf8,
}

impl FieldError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoKey { .. } => "metadata.no_key",
            Self::Decrypt(error) => error.code(),
            Self::NotUtf8 => "metadata.not_utf8",
        }
    }
}

impl EncryptedField {
    /// Encrypts a field under the keyring's current key, whose version comes along, with the
    /// operating system's generator.
    ///
    /// # Errors
    /// [`EncryptError`] when the keyring has no key, or the generator fails.
    #[cfg(feature = "getrandom")]
    pub fn encrypt(
        field: MetadataField,
        text: &str,
        keyring: &Keyring,
    ) -> Result<(KeyVersion, Self), EncryptError> {
        Self::encrypt_with_rng(field, text, keyring, &mut getrandom::SysRng)
    }

    /// As [`encrypt`](Self::encrypt), with the caller's generator.
    ///
    /// # Errors
    /// [`EncryptError`] when the keyring has no key, or the generator fails.
    pub fn encrypt_with_rng<R: TryCryptoRng + ?Sized>(
        field: MetadataField,
        text: &str,
        keyring: &Keyring,
        rng: &mut R,
    ) -> Result<(KeyVersion, Self), EncryptError> {
        let (suite, version, key) = keyring.current_with_suite()?;
        let context = context(field, keyring, version);
        let sealed = suite.encrypt_field(key, &context, text.as_bytes(), rng)?;
        Ok((version, Self(sealed)))
    }

    /// Decrypts a field that was encrypted under a version of the key.
    ///
    /// # Errors
    /// [`FieldError`].
    ///
    /// # Security
    /// Whoever has the key may have written it, and the server may serve an older one: nobody
    /// signs metadata.
    pub fn decrypt(
        &self,
        field: MetadataField,
        version: KeyVersion,
        keyring: &Keyring,
    ) -> Result<Unsigned<String>, FieldError> {
        let key = keyring.get(version).ok_or(FieldError::NoKey { version })?;
        let suite: Suite = keyring.suite().ok_or(FieldError::NoKey { version })?;
        let context = context(field, keyring, version);
        let mut plaintext = suite.decrypt_field(key, &context, &self.0).ok_or(DecryptError)?;
        String::from_utf8(core::mem::take(&mut *plaintext)).map(Unsigned::new).map_err(|error| {
            error.into_bytes().zeroize();
            FieldError::NotUtf8
        })
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// [`EncodingError`] for text that is not strict base64.
    pub fn from_base64(text: &str) -> Result<Self, EncodingError> {
        decode_base64(text).map(Self)
    }
}

fn context(field: MetadataField, keyring: &Keyring, key_version: KeyVersion) -> FieldContext {
    FieldContext { conversation: keyring.conversation_id(), key_version, name: field.name() }
}

impl FromStr for EncryptedField {
    type Err = EncodingError;

    fn from_str(text: &str) -> Result<Self, EncodingError> {
        Self::from_base64(text)
    }
}

impl fmt::Display for EncryptedField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_base64(&self.0))
    }
}

impl fmt::Debug for EncryptedField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptedField({} bytes)", self.0.len())
    }
}

serde_as_text!(EncryptedField, "an encrypted metadata field: base64 text");
