//! ChaCha20-Poly1305 by AWS-LC.

use sealpost_native::chacha20_poly1305;

use super::super::Secret;
use super::Aead;

pub(super) struct AwsLc;

impl Aead for AwsLc {
    fn seal(
        &self,
        key: &Secret,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &mut [u8],
    ) -> Option<[u8; 16]> {
        chacha20_poly1305::seal(key, nonce, aad, text)
    }

    fn open(
        &self,
        key: &Secret,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8; 16],
    ) -> Option<()> {
        chacha20_poly1305::open(key, nonce, aad, text, tag)
    }
}
