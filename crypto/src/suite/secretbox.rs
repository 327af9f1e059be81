//! NaCl's `secretbox`: XSalsa20-Poly1305, stored as `nonce || tag || ciphertext`.

use alloc::vec::Vec;

use salsa20::XSalsa20;
use salsa20::cipher::{KeyIvInit as _, StreamCipher as _};
use zeroize::Zeroizing;

use super::poly1305::{Authenticator, KEY_LENGTH, TAG_LENGTH, tags_equal};

pub(super) const NONCE_LENGTH: usize = 24;
const OVERHEAD: usize = NONCE_LENGTH + TAG_LENGTH;

/// Encrypts under a nonce that was never used with this key.
pub(super) fn seal(key: &[u8; 32], nonce: &[u8; NONCE_LENGTH], plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(OVERHEAD + plaintext.len());
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(&[0; TAG_LENGTH]);
    sealed.extend_from_slice(plaintext);
    let (mut cipher, authenticator) = start(key, nonce);
    if let Some((head, ciphertext)) = sealed.split_at_mut_checked(OVERHEAD) {
        cipher.apply_keystream(ciphertext);
        if let Some(tag) = head.last_chunk_mut() {
            *tag = authenticator.finish(ciphertext);
        }
    }
    sealed
}

/// Decrypts, after the tag has been checked. `None` for anything else than a box under this key.
pub(super) fn open(key: &[u8; 32], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
    let (tag, ciphertext) = rest.split_first_chunk::<TAG_LENGTH>()?;
    let (mut cipher, authenticator) = start(key, nonce);
    if !tags_equal(&authenticator.finish(ciphertext), tag) {
        return None;
    }
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    cipher.apply_keystream(&mut plaintext);
    Some(plaintext)
}

/// The first 32 bytes of the key stream are the authenticator's key, the text begins behind them.
fn start(key: &[u8; 32], nonce: &[u8; NONCE_LENGTH]) -> (XSalsa20, Authenticator) {
    let mut cipher = XSalsa20::new(key.into(), nonce.into());
    let mut authenticator_key = Zeroizing::new([0; KEY_LENGTH]);
    cipher.apply_keystream(&mut *authenticator_key);
    (cipher, Authenticator::new(&authenticator_key))
}

#[cfg(test)]
mod tests;
