//! Frames by AWS-LC, which encrypts and authenticates in one pass.
//!
//! A frame whose text fills whole blocks of the authenticator is just what ChaCha20-Poly1305
//! (RFC 8439) makes of the tag's block and the text, without associated data: the same blocks of
//! the cipher key the authenticator and encrypt, and where the two would pad there is nothing to
//! pad. Of the encrypted block only the first byte travels.

use alloc::vec::Vec;

use sealpost_native::{chacha20, chacha20_poly1305};
use zeroize::Zeroizing;

use super::{CIPHER_BLOCK, State};
use crate::suite::backend::Backend;
use crate::suite::poly1305::{BLOCK_LENGTH, TAG_LENGTH};

/// The frame in work: the tag's block and the text.
pub(super) struct AtOnce(Zeroizing<Vec<u8>>);

/// Whether a text fills whole blocks.
pub(super) fn takes(text: &[u8]) -> bool {
    text.len().is_multiple_of(BLOCK_LENGTH)
}

impl AtOnce {
    /// `None` for the backend that has no use for it.
    pub(super) fn of(backend: Backend) -> Option<Self> {
        backend.is_on_aws_lc().then(|| Self(Zeroizing::new(Vec::new())))
    }

    /// Appends a frame up to its authenticator, which comes back. `None` for a text that it does
    /// not take, and when AWS-LC fails: nothing was appended then.
    pub(super) fn push(
        &mut self,
        state: &State,
        tag: u8,
        text: &[u8],
        output: &mut Vec<u8>,
    ) -> Option<[u8; TAG_LENGTH]> {
        if !takes(text) {
            return None;
        }
        let mut block = [0; CIPHER_BLOCK];
        block[0] = tag;
        let frame = self.lay_out(&block, text);
        let mac = chacha20_poly1305::seal(&state.key, &state.nonce, &[], frame)?;
        let (block, text) = frame.split_first_chunk::<CIPHER_BLOCK>()?;
        output.push(block[0]);
        output.extend_from_slice(text);
        output.extend_from_slice(&mac);
        Some(mac)
    }

    /// The byte of a frame's tag and its text. `None` when the authenticator does not hold.
    pub(super) fn pull(
        &mut self,
        state: &State,
        first: u8,
        text: &[u8],
        mac: &[u8; TAG_LENGTH],
    ) -> Option<(u8, &[u8])> {
        // The rest of the encrypted block is the cipher's own.
        let mut block = [0; CIPHER_BLOCK];
        chacha20::apply_keystream(&state.key, &state.nonce, 1, &mut block);
        let tag = block[0] ^ first;
        block[0] = first;
        let frame = self.lay_out(&block, text);
        chacha20_poly1305::open(&state.key, &state.nonce, &[], frame, mac)?;
        Some((tag, frame.get(CIPHER_BLOCK..)?))
    }

    fn lay_out(&mut self, block: &[u8; CIPHER_BLOCK], text: &[u8]) -> &mut [u8] {
        let length = CIPHER_BLOCK + text.len();
        if self.0.capacity() < length {
            // Not grown: that would leave the old one behind.
            self.0 = Zeroizing::new(Vec::with_capacity(length));
        }
        self.0.clear();
        self.0.extend_from_slice(block);
        self.0.extend_from_slice(text);
        &mut self.0
    }
}
