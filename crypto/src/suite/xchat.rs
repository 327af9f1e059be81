//! The XChat suite, what X's own clients speak: P-256 keys, ECIES seals, ECDSA signatures.

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};

use p256::ecdsa::signature::{MultipartSigner as _, MultipartVerifier as _};
use p256::{PublicKey, SecretKey, ecdsa};
use rand_core::TryCryptoRng;

use super::payload::{self, Payload};
use super::{SealFailure, ecies, p256_keys};
use crate::ConversationKey;
use crate::context::ChangeContext;
use crate::identity::{KeyError, PrivateKeysError};
use crate::random::RandomError;
use crate::seal::OpenError;
use crate::sign::{Signature, SignatureError, VerifyError};

pub(crate) use super::p256_keys::{POINT_LENGTH, SPKI_LENGTH};

pub(crate) const SEALED_KEY_LENGTH: usize = ecies::SEALED_LENGTH;
pub(crate) const SIGNATURE_VERSION: &str = "7";

/// A validated P-256 public key to seal to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdentityKey(PublicKey);

/// A validated P-256 public key to verify with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerifyingKey(PublicKey);

/// The forms of a public key, the same for both kinds: X tells them apart by their member alone.
macro_rules! point_forms {
    ($type:ident) => {
        impl $type {
            pub(crate) fn from_spki(spki: &[u8; SPKI_LENGTH]) -> Result<Self, KeyError> {
                p256_keys::point_from_spki(spki).map(Self)
            }

            /// What X's SDK hands out: the bare uncompressed point.
            pub(crate) fn from_sec1(point: &[u8; POINT_LENGTH]) -> Result<Self, KeyError> {
                p256_keys::point_from_uncompressed(point).map(Self)
            }

            pub(crate) fn to_spki(self) -> [u8; SPKI_LENGTH] {
                p256_keys::to_spki(&self.0)
            }
        }

        impl Hash for $type {
            fn hash<H: Hasher>(&self, state: &mut H) {
                p256_keys::uncompressed(&self.0).hash(state);
            }
        }
    };
}

point_forms!(IdentityKey);
point_forms!(VerifyingKey);

impl VerifyingKey {
    /// Whether `r` and `s` are in `[1, n - 1]`, as those of every signature are.
    pub(crate) fn check_form(signature: &Signature) -> Result<(), SignatureError> {
        match ecdsa::Signature::from_slice(signature.as_bytes()) {
            Ok(_) => Ok(()),
            Err(_) => Err(SignatureError::OutOfRange),
        }
    }

    /// The signing key's signature over the identity key. It names neither user nor version.
    pub(crate) fn verify_binding(
        &self,
        identity: &IdentityKey,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        self.verify(&[&identity.to_spki()], signature)
    }

    pub(crate) fn verify_key_change(
        &self,
        context: &ChangeContext,
        key: &ConversationKey,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        payload::with_key_change(context, key, |parts| self.verify(parts, signature))
    }

    pub(crate) fn verify_payload(
        &self,
        payload: &Payload,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        self.verify(&[payload.as_bytes()], signature)
    }

    /// ECDSA with SHA-256 over the parts, one after the other. Both `s` and `n - s` verify, as
    /// everywhere at X.
    fn verify(&self, message: &[&[u8]], signature: &Signature) -> Result<(), VerifyError> {
        let signature =
            ecdsa::Signature::from_slice(signature.as_bytes()).map_err(|_| VerifyError)?;
        ecdsa::VerifyingKey::from(self.0)
            .multipart_verify(message, &signature)
            .map_err(|_| VerifyError)
    }
}

impl IdentityKey {
    /// The identity key's signature over the signing key, where a record carries it.
    pub(crate) fn verify_reverse_binding(
        &self,
        signing: &VerifyingKey,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        VerifyingKey(self.0).verify(&[&signing.to_spki()], signature)
    }
}

/// Both secret keys of an identity, on the heap so that moving an identity leaves no copy; p256
/// wipes them on drop.
pub(crate) struct SecretKeys(Box<Pairs>);

struct Pairs {
    identity: SecretKey,
    identity_public: PublicKey,
    signing: ecdsa::SigningKey,
}

impl SecretKeys {
    pub(crate) fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RandomError> {
        let identity = p256_keys::random_secret(rng)?;
        let signing = p256_keys::random_secret(rng)?;
        Ok(Self::new(identity, &signing))
    }

    /// From two big-endian scalars, each in `[1, n - 1]`.
    pub(crate) fn from_scalars(
        identity: &[u8; 32],
        signing: &[u8; 32],
    ) -> Result<Self, PrivateKeysError> {
        let scalar = |bytes: &[u8; 32]| {
            SecretKey::from_slice(bytes).map_err(|_| PrivateKeysError::OutOfRange)
        };
        Ok(Self::new(scalar(identity)?, &scalar(signing)?))
    }

    fn new(identity: SecretKey, signing: &SecretKey) -> Self {
        let identity_public = identity.public_key();
        let signing = ecdsa::SigningKey::from(signing);
        Self(Box::new(Pairs { identity, identity_public, signing }))
    }

    /// Both scalars, big-endian, into the two halves.
    pub(crate) fn write_scalars(&self, identity: &mut [u8; 32], signing: &mut [u8; 32]) {
        use zeroize::Zeroize as _;

        let mut scalar = self.0.identity.to_bytes();
        identity.copy_from_slice(&scalar);
        scalar.as_mut_slice().zeroize();
        let mut scalar = self.0.signing.to_bytes();
        signing.copy_from_slice(&scalar);
        scalar.as_mut_slice().zeroize();
    }

    pub(crate) fn identity_key(&self) -> IdentityKey {
        IdentityKey(self.0.identity_public)
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.signing.verifying_key().into())
    }

    pub(crate) fn sign_binding(&self) -> Signature {
        sign(&self.0.signing, &[&self.identity_key().to_spki()])
    }

    pub(crate) fn sign_reverse_binding(&self) -> Signature {
        let identity = ecdsa::SigningKey::from(&self.0.identity);
        sign(&identity, &[&self.verifying_key().to_spki()])
    }

    pub(crate) fn sign_key_change(
        &self,
        context: &ChangeContext,
        key: &ConversationKey,
    ) -> Signature {
        payload::with_key_change(context, key, |parts| sign(&self.0.signing, parts))
    }

    pub(crate) fn sign_payload(&self, payload: &Payload) -> Signature {
        sign(&self.0.signing, &[payload.as_bytes()])
    }

    pub(crate) fn open(
        &self,
        sealed: &[u8; SEALED_KEY_LENGTH],
    ) -> Result<ConversationKey, OpenError> {
        ecies::open(&self.0.identity, sealed)
    }
}

/// ECDSA with SHA-256 and the nonce of RFC 6979, `r || s`; `s` is not brought to the low half.
fn sign(key: &ecdsa::SigningKey, message: &[&[u8]]) -> Signature {
    let signature: ecdsa::Signature = key.multipart_sign(message);
    Signature::from_bytes(signature.to_bytes().into())
}

pub(crate) fn seal<R: TryCryptoRng + ?Sized>(
    rng: &mut R,
    identity: &IdentityKey,
    key: &ConversationKey,
) -> Result<[u8; SEALED_KEY_LENGTH], SealFailure> {
    ecies::seal(rng, &identity.0, key.expose_secret())
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod vectors;
