//! X's sealed key: ephemeral-static ECDH on P-256, the X9.63 KDF, AES-128-GCM with a 16-byte
//! nonce.

use aes_gcm::aead::consts::U16;
use aes_gcm::aes::Aes128;
use aes_gcm::{AeadInOut, AesGcm, KeyInit};
use p256::{PublicKey, SecretKey};
use rand_core::TryCryptoRng;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, Zeroizing};

use super::SealFailure;
use super::p256_keys::{POINT_LENGTH, point_from_uncompressed, random_secret, uncompressed};
use crate::ConversationKey;
use crate::seal::OpenError;

const TAG_LENGTH: usize = 16;
/// `E || ciphertext || tag`, E the ephemeral point, uncompressed.
pub(super) const SEALED_LENGTH: usize = POINT_LENGTH + ConversationKey::LENGTH + TAG_LENGTH;

/// Seals with a fresh ephemeral key. Nothing but the point is bound: the signature must cover
/// everything else.
pub(super) fn seal<R: TryCryptoRng + ?Sized>(
    rng: &mut R,
    recipient: &PublicKey,
    plaintext: &[u8; ConversationKey::LENGTH],
) -> Result<[u8; SEALED_LENGTH], SealFailure> {
    seal_with_ephemeral(&random_secret(rng)?, recipient, plaintext)
}

fn seal_with_ephemeral(
    ephemeral: &SecretKey,
    recipient: &PublicKey,
    plaintext: &[u8; ConversationKey::LENGTH],
) -> Result<[u8; SEALED_LENGTH], SealFailure> {
    let point = uncompressed(&ephemeral.public_key());
    let (aead, nonce) = key_schedule(ephemeral, recipient, &point);

    let mut sealed = [0; SEALED_LENGTH];
    let (point_out, rest) = sealed.split_at_mut(POINT_LENGTH);
    let (ciphertext, tag_out) = rest.split_at_mut(ConversationKey::LENGTH);
    point_out.copy_from_slice(&point);
    ciphertext.copy_from_slice(plaintext);
    match aead.encrypt_inout_detached(&nonce.into(), &[], (&mut *ciphertext).into()) {
        Ok(tag) => tag_out.copy_from_slice(&tag),
        // Only for texts of gigabytes; never leave the plaintext in the buffer all the same.
        Err(_) => {
            ciphertext.zeroize();
            return Err(SealFailure::UnusableKey);
        }
    }
    Ok(sealed)
}

/// Opens a sealed key of exactly the right length.
pub(super) fn open(
    secret: &SecretKey,
    sealed: &[u8; SEALED_LENGTH],
) -> Result<ConversationKey, OpenError> {
    let (point, rest) = sealed.split_first_chunk::<POINT_LENGTH>().ok_or(OpenError)?;
    let (ciphertext, tag) =
        rest.split_first_chunk::<{ ConversationKey::LENGTH }>().ok_or(OpenError)?;
    let tag: [u8; TAG_LENGTH] = tag.try_into().map_err(|_| OpenError)?;

    let ephemeral = point_from_uncompressed(point).map_err(|_| OpenError)?;
    let (aead, nonce) = key_schedule(secret, &ephemeral, point);
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
    secret: &SecretKey,
    public: &PublicKey,
    ephemeral: &[u8; POINT_LENGTH],
) -> (AesGcm<Aes128, U16>, [u8; 16]) {
    // Never the point at infinity: both keys are of the prime-order group and neither is zero.
    let shared = secret.diffie_hellman(public);
    let mut output = Zeroizing::new([[0; 16]; 2]);
    x963_kdf(shared.raw_secret_bytes(), ephemeral, output.as_flattened_mut());
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
