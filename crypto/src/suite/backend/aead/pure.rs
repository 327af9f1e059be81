//! ChaCha20-Poly1305 by the chacha20poly1305 crate.

use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _};
use zeroize::Zeroize as _;

use super::super::Secret;
use super::Aead;

pub(super) struct RustCrypto;

impl Aead for RustCrypto {
    fn seal(
        &self,
        key: &Secret,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &mut [u8],
    ) -> Option<[u8; 16]> {
        let cipher = ChaCha20Poly1305::new(key.into());
        let tag = cipher.encrypt_inout_detached(nonce.into(), aad, (&mut *text).into());
        // Fails only for texts of gigabytes; leaves no plaintext behind all the same.
        tag.map(Into::into).inspect_err(|_| text.zeroize()).ok()
    }

    fn open(
        &self,
        key: &Secret,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8; 16],
    ) -> Option<()> {
        let cipher = ChaCha20Poly1305::new(key.into());
        let opened =
            cipher.decrypt_inout_detached(nonce.into(), aad, (&mut *text).into(), tag.into());
        opened.inspect_err(|_| text.zeroize()).ok()
    }
}
