//! Suites: which algorithms a key belongs to, and the one place that dispatches on it.
//!
//! A public key names its suite by its algorithm identifier, so nothing but
//! [`Identity::generate`](crate::Identity::generate) is ever told one.

// In a build with one suite the other's arguments have no reader.
#![cfg_attr(not(all(feature = "x25519", feature = "xchat")), allow(unused_variables))]

mod backend;
#[cfg_attr(not(feature = "x25519"), allow(dead_code))] // one ephemeral key for many is its alone
mod batch;
pub(crate) mod content;
#[cfg(feature = "xchat")]
mod ecdsa;
#[cfg(feature = "xchat")]
mod ecies;
#[cfg(feature = "x25519")]
mod ed25519;
#[cfg(all(feature = "hazmat", feature = "x25519", feature = "xchat"))]
pub(crate) mod hazmat;
#[cfg(feature = "x25519")]
mod hmac;
#[cfg(feature = "x25519")]
mod hpke;
#[cfg(feature = "xchat")]
mod p256_keys;
#[cfg(feature = "xchat")]
mod payload;
mod poly1305;
mod sealing;
#[cfg(feature = "xchat")]
mod secretbox;
pub(crate) mod secretstream;
#[cfg(feature = "x25519")]
pub(crate) mod x25519;
#[cfg(feature = "xchat")]
pub(crate) mod xchat;

use alloc::string::String;
use core::fmt;

use rand_core::TryCryptoRng;

use crate::action::ActionPayload;
use crate::context::{ActionContext, ChangeContext};
use crate::identity::PrivateKeysError;
use crate::random::RandomError;
use crate::seal::{OpenError, Repr as SealedRepr, SealedKey};
use crate::sign::{SignError, Signature, SignatureError, VerifyError};
use crate::{ConversationKey, PublicKeyVersion, UserId, wipe};

#[cfg_attr(not(feature = "hazmat"), allow(unreachable_pub))]
pub use backend::Backend;
pub(crate) use batch::SealFailure;
pub(crate) use sealing::{Ephemerals, Sealing};

/// A set of algorithms for identities, seals and signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Suite {
    /// X25519 and Ed25519 with HPKE (RFC 9180): for apps and services of your own. X's own apps
    /// do not read it.
    #[cfg(feature = "x25519")]
    X25519,
    /// P-256 with ECIES and ECDSA: what X's own apps and SDK speak.
    #[cfg(feature = "xchat")]
    XChat,
}

impl Suite {
    /// Every suite of this build.
    pub const ALL: &'static [Self] = &[
        #[cfg(feature = "x25519")]
        Self::X25519,
        #[cfg(feature = "xchat")]
        Self::XChat,
    ];

    /// The `signature_version` of this suite's action signatures.
    #[must_use]
    pub const fn signature_version(self) -> &'static str {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519 => x25519::SIGNATURE_VERSION,
            #[cfg(feature = "xchat")]
            Self::XChat => xchat::SIGNATURE_VERSION,
        }
    }

    /// Length in bytes of one sealed conversation key.
    #[must_use]
    pub const fn sealed_key_length(self) -> usize {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519 => x25519::SEALED_KEY_LENGTH,
            #[cfg(feature = "xchat")]
            Self::XChat => xchat::SEALED_KEY_LENGTH,
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            #[cfg(feature = "x25519")]
            Self::X25519 => "X25519",
            #[cfg(feature = "xchat")]
            Self::XChat => "XChat",
        })
    }
}

/// Both key pairs of an identity.
pub(crate) enum SecretKeys {
    #[cfg(feature = "x25519")]
    X25519(x25519::SecretKeys),
    #[cfg(feature = "xchat")]
    XChat(xchat::SecretKeys),
}

/// A validated public key that conversation keys are sealed to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum IdentityKey {
    #[cfg(feature = "x25519")]
    X25519(x25519::IdentityKey),
    #[cfg(feature = "xchat")]
    XChat(xchat::IdentityKey),
}

/// A validated public key that signatures are verified with.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum VerifyingKey {
    #[cfg(feature = "x25519")]
    X25519(x25519::VerifyingKey),
    #[cfg(feature = "xchat")]
    XChat(xchat::VerifyingKey),
}

impl SecretKeys {
    pub(crate) fn generate<R: TryCryptoRng + ?Sized>(
        suite: Suite,
        rng: &mut R,
    ) -> Result<Self, RandomError> {
        match suite {
            #[cfg(feature = "x25519")]
            Suite::X25519 => x25519::SecretKeys::generate(rng).map(Self::X25519),
            #[cfg(feature = "xchat")]
            Suite::XChat => xchat::SecretKeys::generate(rng).map(Self::XChat),
        }
    }

    pub(crate) fn identity_key(&self) -> IdentityKey {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(keys) => IdentityKey::X25519(keys.identity_key()),
            #[cfg(feature = "xchat")]
            Self::XChat(keys) => IdentityKey::XChat(keys.identity_key()),
        }
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(keys) => VerifyingKey::X25519(keys.verifying_key()),
            #[cfg(feature = "xchat")]
            Self::XChat(keys) => VerifyingKey::XChat(keys.verifying_key()),
        }
    }

    /// From the raw secret forms: identity, then signing, 32 bytes each.
    pub(crate) fn from_halves(
        suite: Suite,
        identity: &[u8; 32],
        signing: &[u8; 32],
    ) -> Result<Self, PrivateKeysError> {
        match suite {
            #[cfg(feature = "x25519")]
            Suite::X25519 => Ok(Self::X25519(x25519::SecretKeys::from_halves(identity, signing))),
            #[cfg(feature = "xchat")]
            Suite::XChat => xchat::SecretKeys::from_scalars(identity, signing).map(Self::XChat),
        }
    }

    /// Writes the raw secret forms.
    pub(crate) fn write_halves(&self, identity: &mut [u8; 32], signing: &mut [u8; 32]) {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(keys) => keys.write_halves(identity, signing),
            #[cfg(feature = "xchat")]
            Self::XChat(keys) => keys.write_scalars(identity, signing),
        }
    }

    /// The identity key's signature over the signing key, where the suite has one.
    pub(crate) fn sign_reverse_binding(&self) -> Option<Signature> {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(_) => None,
            #[cfg(feature = "xchat")]
            Self::XChat(keys) => keys.sign_reverse_binding(),
        }
    }

    /// Signs that both public keys belong together, and to `user`.
    pub(crate) fn sign_binding(&self, user: UserId) -> Signature {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(keys) => keys.sign_binding(user),
            #[cfg(feature = "xchat")]
            Self::XChat(keys) => keys.sign_binding(),
        }
    }

    pub(crate) fn sign_key_change(
        &self,
        context: &ChangeContext,
        key: &ConversationKey,
    ) -> Signature {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(keys) => keys.sign_key_change(context, key),
            #[cfg(feature = "xchat")]
            Self::XChat(keys) => keys.sign_key_change(context, key),
        }
    }

    /// Signs an action. The text that was signed comes along where X's API wants to see it.
    pub(crate) fn sign_action(
        &self,
        context: &ActionContext,
        action: &ActionPayload<'_>,
    ) -> Result<(Signature, Option<String>), SignError> {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(keys) => Ok((keys.sign_action(context, action), None)),
            #[cfg(feature = "xchat")]
            Self::XChat(keys) => {
                let payload = payload::action(context, action)
                    .ok_or(SignError::AmbiguousText { suite: Suite::XChat })?;
                Ok((keys.sign_payload(&payload), Some(payload.into_text())))
            }
        }
    }

    /// Opens one's own copy. A copy of another suite does not open.
    pub(crate) fn open(
        &self,
        context: &ChangeContext,
        recipient: Recipient,
        sealed: &SealedKey,
    ) -> Result<ConversationKey, OpenError> {
        wipe::stack_after(|| match (self, &sealed.0) {
            #[cfg(feature = "x25519")]
            (Self::X25519(keys), SealedRepr::X25519(sealed)) => {
                keys.open(context, recipient, sealed)
            }
            #[cfg(feature = "xchat")]
            (Self::XChat(keys), SealedRepr::XChat(sealed)) => keys.open(sealed),
            #[cfg(all(feature = "x25519", feature = "xchat"))]
            _ => Err(OpenError),
        })
    }
}

impl IdentityKey {
    pub(crate) const fn suite(&self) -> Suite {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(_) => Suite::X25519,
            #[cfg(feature = "xchat")]
            Self::XChat(_) => Suite::XChat,
        }
    }

    /// Verifies the reverse binding; a suite without one verifies none.
    pub(crate) fn verify_reverse_binding(
        &self,
        signing: &VerifyingKey,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        match (self, signing) {
            #[cfg(feature = "xchat")]
            (Self::XChat(identity), VerifyingKey::XChat(signing)) => {
                identity.verify_reverse_binding(signing, signature)
            }
            #[cfg(feature = "x25519")]
            _ => Err(VerifyError),
        }
    }
}

impl VerifyingKey {
    pub(crate) const fn suite(&self) -> Suite {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(_) => Suite::X25519,
            #[cfg(feature = "xchat")]
            Self::XChat(_) => Suite::XChat,
        }
    }

    /// Refuses what is no signature of this suite, whatever it was made over.
    pub(crate) fn check_form(&self, signature: &Signature) -> Result<(), SignatureError> {
        match self {
            // Any 64 bytes have the form; strict verification does the rest.
            #[cfg(feature = "x25519")]
            Self::X25519(_) => Ok(()),
            #[cfg(feature = "xchat")]
            Self::XChat(_) => xchat::VerifyingKey::check_form(signature),
        }
    }

    pub(crate) fn verify_binding(
        &self,
        user: UserId,
        identity: &IdentityKey,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        match (self, identity) {
            #[cfg(feature = "x25519")]
            (Self::X25519(key), IdentityKey::X25519(identity)) => {
                key.verify_binding(user, identity, signature)
            }
            #[cfg(feature = "xchat")]
            (Self::XChat(key), IdentityKey::XChat(identity)) => {
                key.verify_binding(identity, signature)
            }
            #[cfg(all(feature = "x25519", feature = "xchat"))]
            _ => Err(VerifyError),
        }
    }

    pub(crate) fn verify_action(
        &self,
        context: &ActionContext,
        action: &ActionPayload<'_>,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(verifying) => verifying.verify_action(context, action, signature),
            #[cfg(feature = "xchat")]
            Self::XChat(verifying) => {
                let payload = payload::action(context, action).ok_or(VerifyError)?;
                verifying.verify_payload(&payload, signature)
            }
        }
    }

    /// Verifies a signature of X's old kind, over the sealed copies: user, text, key version.
    pub(crate) fn verify_sealed_copies<'a>(
        &self,
        context: &ChangeContext,
        copies: impl Iterator<Item = (UserId, &'a str, PublicKeyVersion)>,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(_) => Err(VerifyError),
            #[cfg(feature = "xchat")]
            Self::XChat(verifying) => {
                let payload = payload::sealed_copies(context, copies).ok_or(VerifyError)?;
                verifying.verify_payload(&payload, signature)
            }
        }
    }

    pub(crate) fn verify_key_change(
        &self,
        context: &ChangeContext,
        key: &ConversationKey,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        match self {
            #[cfg(feature = "x25519")]
            Self::X25519(verifying) => verifying.verify_key_change(context, key, signature),
            #[cfg(feature = "xchat")]
            Self::XChat(verifying) => verifying.verify_key_change(context, key, signature),
        }
    }
}

/// Whom a copy is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipient {
    pub(crate) user: UserId,
    pub(crate) public_key_version: PublicKeyVersion,
}
