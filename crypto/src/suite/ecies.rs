//! X's sealed key: ephemeral-static ECDH on P-256, the X9.63 KDF, AES-128-GCM with a 16-byte
//! nonce.

use aes_gcm::aead::consts::U16;
use aes_gcm::aes::Aes128;
use aes_gcm::{AeadInOut as _, AesGcm, KeyInit as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::backend::{Backend, Group as _, P256, Secret};
use super::p256_keys::POINT_LENGTH;
use crate::ConversationKey;
use crate::seal::OpenError;

const TAG_LENGTH: usize = 16;
/// `E || ciphertext || tag`, E the ephemeral point, uncompressed.
pub(super) const SEALED_LENGTH: usize = POINT_LENGTH + ConversationKey::LENGTH + TAG_LENGTH;

/// Seals after the Diffie-Hellman: `shared` is that of the secret of `ephemeral` with the
/// recipient. Nothing but the point is bound: the signature must cover everything else. `None`
/// when the library fails; nothing of the plaintext is left then.
pub(super) fn seal(
    shared: &Secret,
    ephemeral: &[u8; POINT_LENGTH],
    plaintext: &[u8; ConversationKey::LENGTH],
    sealed: &mut [u8; SEALED_LENGTH],
) -> Option<()> {
    let (aead, nonce) = key_schedule(shared, ephemeral);
    let (point, rest) = sealed.split_at_mut(POINT_LENGTH);
    let (ciphertext, tag) = rest.split_at_mut(ConversationKey::LENGTH);
    point.copy_from_slice(ephemeral);
    ciphertext.copy_from_slice(plaintext);
    let made = aead.encrypt_inout_detached(&nonce.into(), &[], (&mut *ciphertext).into());
    // Fails only for texts of gigabytes.
    tag.copy_from_slice(&made.inspect_err(|_| ciphertext.zeroize()).ok()?);
    Some(())
}

/// Opens a sealed key of exactly the right length.
pub(super) fn open(
    backend: Backend,
    secret: &Secret,
    sealed: &[u8; SEALED_LENGTH],
) -> Result<ConversationKey, OpenError> {
    let (point, rest) = sealed.split_first_chunk::<POINT_LENGTH>().ok_or(OpenError)?;
    let (ciphertext, tag) =
        rest.split_first_chunk::<{ ConversationKey::LENGTH }>().ok_or(OpenError)?;
    let tag: [u8; TAG_LENGTH] = tag.try_into().map_err(|_| OpenError)?;

    let mut shared = Zeroizing::new([[0; 32]]);
    if P256::on(backend).agree(secret, &[*point], &mut *shared) != 1 {
        return Err(OpenError);
    }
    let [shared] = &*shared;
    let (aead, nonce) = key_schedule(shared, point);
    ConversationKey::filled_by(|plaintext| {
        plaintext.copy_from_slice(ciphertext);
        aead.decrypt_inout_detached(
            &nonce.into(),
            &[],
            plaintext.as_mut_slice().into(),
            &tag.into(),
        )
        .map_err(|_| OpenError)
    })
}

/// AES key and nonce are the two halves of the KDF's output.
fn key_schedule(
    shared: &Secret,
    ephemeral: &[u8; POINT_LENGTH],
) -> (AesGcm<Aes128, U16>, [u8; 16]) {
    let mut output = Zeroizing::new([[0; 16]; 2]);
    x963_kdf(shared, ephemeral, output.as_flattened_mut());
    let [key, nonce] = &*output;
    (AesGcm::new(key.into()), *nonce)
}

/// ANSI X9.63 (SEC 1 section 3.6.1) with SHA-256: `SHA-256(Z || counter || SharedInfo)`, the
/// counter four bytes from 1.
fn x963_kdf(secret: &[u8], shared_info: &[u8], output: &mut [u8]) {
    for (counter, block) in (1_u32..).zip(output.chunks_mut(32)) {
        let mut hash = Sha256::new();
        for part in [secret, &counter.to_be_bytes(), shared_info] {
            hash.update(part);
        }
        let mut digest = hash.finalize();
        block.iter_mut().zip(&digest).for_each(|(to, from)| *to = *from);
        digest.as_mut_slice().zeroize();
    }
}

#[cfg(test)]
mod tests;
