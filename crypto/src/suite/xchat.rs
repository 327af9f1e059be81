//! The XChat suite, what X's own clients speak: P-256 keys, ECIES seals, ECDSA signatures.

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};

use p256::PublicKey;
use p256::ecdsa::SigningKey;
use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::backend::{self, Backend, Group as _, Secret};
use super::batch::{Agreed, Job, Scheme};
use super::payload::{self, Payload};
use super::{ecdsa, ecies, p256_keys};
use crate::ConversationKey;
use crate::context::ChangeContext;
use crate::identity::{KeyError, PrivateKeysError};
use crate::random::RandomError;
use crate::seal::OpenError;
use crate::sign::{Signature, SignatureError, VerifyError};
use crate::wipe;

pub(crate) use super::p256_keys::{POINT_LENGTH, SPKI_LENGTH};

pub(crate) const SEALED_KEY_LENGTH: usize = ecies::SEALED_LENGTH;
pub(crate) const SIGNATURE_VERSION: &str = "7";

/// A validated P-256 public key to seal to: the point, uncompressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct IdentityKey([u8; POINT_LENGTH]);

impl IdentityKey {
    pub(crate) fn from_spki(spki: &[u8; SPKI_LENGTH]) -> Result<Self, KeyError> {
        p256_keys::point_from_spki(spki).map(Self::from)
    }

    /// What X's SDK hands out: the bare uncompressed point.
    pub(crate) fn from_sec1(point: &[u8; POINT_LENGTH]) -> Result<Self, KeyError> {
        p256_keys::point_from_uncompressed(point).map(Self::from)
    }

    pub(crate) fn to_spki(self) -> [u8; SPKI_LENGTH] {
        p256_keys::to_spki(&self.0)
    }

    pub(crate) const fn as_point(&self) -> &[u8; POINT_LENGTH] {
        &self.0
    }

    /// The identity key's signature over the signing key, where a record carries it.
    pub(crate) fn verify_reverse_binding(
        &self,
        signing: &VerifyingKey,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        VerifyingKey::from_sec1(&self.0)
            .map_err(|_| VerifyError)?
            .verify(&[&signing.to_spki()], signature)
    }
}

impl From<PublicKey> for IdentityKey {
    fn from(point: PublicKey) -> Self {
        Self(p256_keys::uncompressed(&point))
    }
}

/// A validated P-256 public key to verify with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerifyingKey(PublicKey);

impl VerifyingKey {
    pub(crate) fn from_spki(spki: &[u8; SPKI_LENGTH]) -> Result<Self, KeyError> {
        p256_keys::point_from_spki(spki).map(Self)
    }

    /// What X's SDK hands out: the bare uncompressed point.
    pub(crate) fn from_sec1(point: &[u8; POINT_LENGTH]) -> Result<Self, KeyError> {
        p256_keys::point_from_uncompressed(point).map(Self)
    }

    pub(crate) fn to_spki(self) -> [u8; SPKI_LENGTH] {
        p256_keys::to_spki(&p256_keys::uncompressed(&self.0))
    }

    /// Whether `r` and `s` are in `[1, n - 1]`, as those of every signature are.
    pub(crate) fn check_form(signature: &Signature) -> Result<(), SignatureError> {
        match p256::ecdsa::Signature::from_slice(signature.as_bytes()) {
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
            p256::ecdsa::Signature::from_slice(signature.as_bytes()).map_err(|_| VerifyError)?;
        let holds = ecdsa::verify(Backend::fastest(), &self.0, message, &signature);
        if holds { Ok(()) } else { Err(VerifyError) }
    }
}

impl Hash for VerifyingKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        p256_keys::uncompressed(&self.0).hash(state);
    }
}

/// Both secret keys of an identity, on the heap so that moving an identity leaves no copy, and
/// wiped on drop.
pub(crate) struct SecretKeys(Box<Pairs>);

struct Pairs {
    /// A scalar in `[1, n - 1]`, big-endian.
    identity: Zeroizing<Secret>,
    identity_public: IdentityKey,
    signing: SigningKey,
}

impl SecretKeys {
    pub(crate) fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RandomError> {
        let mut scalars = Zeroizing::new([[0; 32]; 2]);
        p256_keys::draw_secrets(rng, &mut *scalars)?;
        let [identity, signing] = &*scalars;
        Self::from_scalars(identity, signing).map_err(|_| RandomError)
    }

    /// From two big-endian scalars, each in `[1, n - 1]`.
    pub(crate) fn from_scalars(
        identity: &[u8; 32],
        signing: &[u8; 32],
    ) -> Result<Self, PrivateKeysError> {
        let identity_public = backend::P256::public_key(Backend::fastest(), identity)
            .map(IdentityKey)
            .ok_or(PrivateKeysError::OutOfRange)?;
        let signing = SigningKey::from_slice(signing).map_err(|_| PrivateKeysError::OutOfRange)?;
        Ok(Self(Box::new(Pairs { identity: Zeroizing::new(*identity), identity_public, signing })))
    }

    /// Both scalars, big-endian, into the two halves.
    pub(crate) fn write_scalars(&self, identity: &mut [u8; 32], signing: &mut [u8; 32]) {
        use zeroize::Zeroize as _;

        identity.copy_from_slice(&*self.0.identity);
        let mut scalar = self.0.signing.to_bytes();
        signing.copy_from_slice(&scalar);
        scalar.as_mut_slice().zeroize();
    }

    pub(crate) fn identity_key(&self) -> IdentityKey {
        self.0.identity_public
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.signing.verifying_key().into())
    }

    pub(crate) fn sign_binding(&self) -> Signature {
        sign(&self.0.signing, &[&self.identity_key().to_spki()])
    }

    /// `None` is impossible: the scalar was in range when it came in.
    pub(crate) fn sign_reverse_binding(&self) -> Option<Signature> {
        let identity = SigningKey::from_slice(&*self.0.identity).ok()?;
        Some(sign(&identity, &[&self.verifying_key().to_spki()]))
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
        ecies::open(Backend::fastest(), &self.0.identity, sealed)
    }
}

/// `r || s`.
fn sign(key: &SigningKey, message: &[&[u8]]) -> Signature {
    let signature = wipe::stack_after(|| ecdsa::sign(Backend::fastest(), key, message));
    Signature::from_bytes(signature.to_bytes().into())
}

/// ECIES for many. X binds nothing into a seal, so there is nothing but the key.
pub(crate) struct Sealer<'a>(pub(super) &'a ConversationKey);

impl Scheme for Sealer<'_> {
    type Group = backend::P256;
    type Sealed = [u8; SEALED_KEY_LENGTH];

    fn draw<R: TryCryptoRng + ?Sized>(
        rng: &mut R,
        secrets: &mut [Secret],
    ) -> Result<(), RandomError> {
        p256_keys::draw_secrets(rng, secrets)
    }

    fn seal(&self, _: Backend, agreed: Agreed<'_, Self>, job: &mut Job<'_, Self>) -> Option<()> {
        ecies::seal(agreed.shared, agreed.ephemeral, self.0.expose_secret(), job.sealed)
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod vectors;
