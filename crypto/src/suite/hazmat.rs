//! The suites' seals by themselves, for comparing them with other implementations.

use super::backend::{Backend, Group as _, P256, Secret, X25519};
use super::hpke::{self, Info};
use super::{ecies, p256_keys, x25519, xchat};
use crate::ConversationKey;
use crate::seal::OpenError;

/// HPKE's `SealBase` with the parameters of the X25519 suite, any `info` and `aad`, and this secret
/// as the ephemeral one. `None` for a recipient that gives no shared secret.
#[must_use]
pub fn hpke_seal(
    backend: Backend,
    ephemeral: &Secret,
    recipient: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    key: &ConversationKey,
) -> Option<[u8; x25519::SEALED_KEY_LENGTH]> {
    let public_key = X25519::public_key(backend, ephemeral)?;
    let mut dh = [[0; 32]];
    if X25519::on(backend).agree(ephemeral, &[*recipient], &mut dh) != 1 {
        return None;
    }
    let mut sealed = [0; x25519::SEALED_KEY_LENGTH];
    let ([dh], info) = (&dh, Info::new(info));
    let key = key.expose_secret();
    hpke::seal(backend, &info, (dh, &public_key), recipient, aad, key, &mut sealed)?;
    Some(sealed)
}

/// HPKE's `OpenBase` with the parameters of the X25519 suite, and any `info` and `aad`.
///
/// # Errors
/// [`OpenError`].
pub fn hpke_open(
    backend: Backend,
    secret: &Secret,
    info: &[u8],
    aad: &[u8],
    sealed: &[u8; x25519::SEALED_KEY_LENGTH],
) -> Result<ConversationKey, OpenError> {
    let public_key = X25519::public_key(backend, secret).ok_or(OpenError)?;
    hpke::open(backend, secret, &public_key, &Info::new(info), aad, sealed)
}

/// X's seal with this secret as the ephemeral one. `None` for a secret that is none in the group,
/// and for a recipient that is no point of it.
#[must_use]
pub fn ecies_seal(
    backend: Backend,
    ephemeral: &Secret,
    recipient: &[u8; p256_keys::POINT_LENGTH],
    key: &ConversationKey,
) -> Option<[u8; xchat::SEALED_KEY_LENGTH]> {
    let public_key = P256::public_key(backend, ephemeral)?;
    let mut shared = [[0; 32]];
    if P256::on(backend).agree(ephemeral, &[*recipient], &mut shared) != 1 {
        return None;
    }
    let mut sealed = [0; xchat::SEALED_KEY_LENGTH];
    let [shared] = &shared;
    ecies::seal(shared, &public_key, key.expose_secret(), &mut sealed)?;
    Some(sealed)
}

/// Opens X's seal.
///
/// # Errors
/// [`OpenError`].
pub fn ecies_open(
    backend: Backend,
    secret: &Secret,
    sealed: &[u8; xchat::SEALED_KEY_LENGTH],
) -> Result<ConversationKey, OpenError> {
    ecies::open(backend, secret, sealed)
}
