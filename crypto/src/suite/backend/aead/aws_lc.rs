//! ChaCha20-Poly1305 by aws-lc-rs.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroize as _;

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
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let tag = cipher(key).and_then(|cipher| {
            let tag = cipher.seal_in_place_separate_tag(nonce, Aad::from(aad), text).ok()?;
            tag.as_ref().try_into().ok()
        });
        if tag.is_none() {
            text.zeroize();
        }
        tag
    }

    fn open(
        &self,
        key: &Secret,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8; 16],
    ) -> Option<()> {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = cipher(key).and_then(|cipher| {
            cipher.open_in_place_separate_tag(nonce, Aad::from(aad), tag, text).ok().map(|_| ())
        });
        if opened.is_none() {
            text.zeroize();
        }
        opened
    }
}

fn cipher(key: &Secret) -> Option<LessSafeKey> {
    UnboundKey::new(&CHACHA20_POLY1305, key).ok().map(LessSafeKey::new)
}
