//! Content under a conversation key: messages, metadata fields and media, in each suite.

#[cfg(feature = "x25519")]
mod x25519;
#[cfg(feature = "xchat")]
mod xchat;

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use super::{SecretKeys, Suite, VerifyingKey};
use crate::context::ChangeContext;
use crate::random::{self, RandomError};
use crate::sign::{Signature, VerifyError};
use crate::{ConversationId, ConversationKey, KeyVersion, wipe};

/// Length of the nonce in both suites.
const NONCE_LENGTH: usize = 24;
/// Length of the salt that the X25519 suite derives a media key with.
pub(crate) const MEDIA_SALT_LENGTH: usize = 16;

/// What a message's signature may cover.
#[derive(Clone, Copy)]
pub(crate) struct MessageParts<'a> {
    pub(crate) contents: &'a [u8],
    /// Signed in the X25519 suite only.
    #[cfg_attr(not(feature = "x25519"), allow(dead_code))]
    pub(crate) ttl_msec: Option<i64>,
    /// Signed in the X25519 suite only.
    #[cfg_attr(not(feature = "x25519"), allow(dead_code))]
    pub(crate) should_notify: Option<bool>,
}

/// Where a metadata field belongs.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "x25519"), allow(dead_code))]
pub(crate) struct FieldContext {
    pub(crate) conversation: ConversationId,
    pub(crate) key_version: KeyVersion,
    /// The name of the member that carries it.
    pub(crate) name: &'static str,
}

impl SecretKeys {
    pub(crate) fn sign_message(
        &self,
        context: &ChangeContext,
        message: MessageParts<'_>,
    ) -> Signature {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(keys) => keys.sign(&x25519::message(context, message)),
            #[cfg(feature = "xchat")]
            Self::XChat(keys) => keys.sign_payload(&xchat::message(context, message)),
        }
    }
}

impl VerifyingKey {
    pub(crate) fn verify_message(
        &self,
        context: &ChangeContext,
        message: MessageParts<'_>,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(key) => key.verify(&x25519::message(context, message), signature),
            #[cfg(feature = "xchat")]
            Self::XChat(key) => key.verify_payload(&xchat::message(context, message), signature),
        }
    }
}

impl Suite {
    /// Whether a message's signature covers its lifetime and whether it notifies.
    pub(crate) const fn signs_delivery(self) -> bool {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519 => true,
            #[cfg(feature = "xchat")]
            Self::XChat => false,
        }
    }

    /// Encrypts the content of a message under a fresh nonce.
    pub(crate) fn encrypt_message<R: TryCryptoRng + ?Sized>(
        self,
        key: &ConversationKey,
        context: &ChangeContext,
        plaintext: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, RandomError> {
        let nonce = nonce(rng)?;
        wipe::stack_after(|| match self {
            #[cfg(feature = "x25519")]
            Self::X25519 => Ok(x25519::encrypt_message(key, context, &nonce, plaintext)),
            #[cfg(feature = "xchat")]
            Self::XChat => Ok(super::secretbox::seal(key.expose_secret(), &nonce, plaintext)),
        })
    }

    /// Decrypts the content of a message. `None` for anything that is not one under this key.
    pub(crate) fn decrypt_message(
        self,
        key: &ConversationKey,
        context: &ChangeContext,
        contents: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        wipe::stack_after(|| match self {
            #[cfg(feature = "x25519")]
            Self::X25519 => x25519::decrypt_message(key, context, contents),
            #[cfg(feature = "xchat")]
            Self::XChat => super::secretbox::open(key.expose_secret(), contents),
        })
    }

    /// Encrypts a metadata field under a fresh nonce.
    pub(crate) fn encrypt_field<R: TryCryptoRng + ?Sized>(
        self,
        key: &ConversationKey,
        field: &FieldContext,
        plaintext: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, RandomError> {
        let nonce = nonce(rng)?;
        wipe::stack_after(|| match self {
            #[cfg(feature = "x25519")]
            Self::X25519 => Ok(x25519::encrypt_field(key, field, &nonce, plaintext)),
            #[cfg(feature = "xchat")]
            Self::XChat => Ok(super::secretbox::seal(key.expose_secret(), &nonce, plaintext)),
        })
    }

    /// Decrypts a metadata field. `None` for anything that is not one under this key.
    pub(crate) fn decrypt_field(
        self,
        key: &ConversationKey,
        field: &FieldContext,
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        wipe::stack_after(|| match self {
            #[cfg(feature = "x25519")]
            Self::X25519 => x25519::decrypt_field(key, field, sealed),
            #[cfg(feature = "xchat")]
            Self::XChat => super::secretbox::open(key.expose_secret(), sealed),
        })
    }
}

/// The key of a media stream. X uses the conversation key itself; the X25519 suite derives one
/// with a salt. On the heap, so that moving it leaves no copy, and wiped on drop.
pub(crate) struct MediaKey(Box<[u8; 32]>);

impl MediaKey {
    pub(crate) fn new(
        key: &ConversationKey,
        conversation: ConversationId,
        key_version: KeyVersion,
        salt: Option<&[u8; MEDIA_SALT_LENGTH]>,
    ) -> Self {
        let mut media_key = Self(Box::new([0; 32]));
        match salt {
            #[cfg(feature = "x25519")]
            Some(salt) => {
                x25519::derive_media_key(key, conversation, key_version, salt, &mut media_key.0);
            }
            // A build without that suite has no salts.
            _ => media_key.0.copy_from_slice(key.expose_secret()),
        }
        media_key
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for MediaKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for MediaKey {}

fn nonce<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<[u8; NONCE_LENGTH], RandomError> {
    let mut nonce = [0; NONCE_LENGTH];
    random::fill(rng, &mut nonce)?;
    Ok(nonce)
}
