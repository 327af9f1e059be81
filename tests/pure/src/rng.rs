//! A generator whose secrets are marked.

use std::convert::Infallible;

use sealpost::rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha256};

use crate::valgrind::hide;

/// Gives the same numbers each time. Whatever is asked for in pieces of 32 bytes is a secret: keys
/// and scalars. Ids, salts and nonces are shorter and public.
pub(crate) struct HidingRng {
    counter: u64,
    /// Those that it gave, in the clear. Not on the heap, where they would be found.
    secrets: [[u8; 32]; 16],
    given: usize,
}

impl HidingRng {
    pub(crate) fn new() -> Self {
        Self { counter: 0, secrets: [[0; 32]; 16], given: 0 }
    }

    /// The secrets that it gave.
    pub(crate) fn secrets(&self) -> &[[u8; 32]] {
        &self.secrets[..self.given]
    }

    /// One more, marked.
    pub(crate) fn secret(&mut self) -> [u8; 32] {
        let mut secret = [0; 32];
        let Ok(()) = self.try_fill_bytes(&mut secret);
        secret
    }
}

impl TryRng for HidingRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("bytes are asked for")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let length = bytes.len();
        for chunk in bytes.chunks_mut(32) {
            self.counter += 1;
            let block: [u8; 32] = Sha256::digest(self.counter.to_be_bytes()).into();
            chunk.copy_from_slice(&block[..chunk.len()]);
            if length.is_multiple_of(32) {
                self.secrets[self.given] = block;
                self.given += 1;
            }
        }
        if length.is_multiple_of(32) {
            hide(bytes);
        }
        Ok(())
    }
}

impl TryCryptoRng for HidingRng {}
