//! libsodium's `crypto_secretstream_xchacha20poly1305`: a stream of frames, each authenticated
//! together with its place in the stream.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::iter;

use chacha20::cipher::{KeyIvInit as _, StreamCipher as _};
use chacha20::{ChaCha20, R20, hchacha};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use super::backend::Backend;
use super::poly1305::{Authenticator, BLOCK_LENGTH, KEY_LENGTH, TAG_LENGTH, tags_equal};

#[cfg(feature = "aws-lc")]
mod at_once;

pub(crate) const HEADER_LENGTH: usize = 24;
/// What a frame has besides its text: the encrypted tag byte and the authenticator.
pub(crate) const FRAME_OVERHEAD: usize = 1 + TAG_LENGTH;

/// One block of the cipher.
const CIPHER_BLOCK: usize = 64;
/// The bit in a frame's tag that asks for a new key.
const REKEY: u8 = 2;

/// What a frame is, as far as X's media streams have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameTag {
    Message,
    Final,
}

impl FrameTag {
    const fn byte(self) -> u8 {
        match self {
            Self::Message => 0,
            Self::Final => 3,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Message),
            3 => Some(Self::Final),
            _ => None,
        }
    }
}

/// One end of a stream. Its key is on the heap, so that moving it leaves no copy.
pub(crate) struct SecretStream {
    state: Box<State>,
    #[cfg(feature = "aws-lc")]
    at_once: Option<at_once::AtOnce>,
}

struct State {
    key: [u8; 32],
    /// A counter of 4 bytes, little-endian, and 8 bytes that every frame's tag changes.
    nonce: [u8; 12],
}

impl Drop for State {
    fn drop(&mut self) {
        self.key.zeroize();
        self.nonce.zeroize();
    }
}

impl ZeroizeOnDrop for State {}

impl SecretStream {
    pub(crate) fn new(key: &[u8; 32], header: &[u8; HEADER_LENGTH]) -> Self {
        Self::with_backend(Backend::fastest(), key, header)
    }

    #[cfg_attr(not(feature = "aws-lc"), allow(unused_variables))] // there is one only
    fn with_backend(backend: Backend, key: &[u8; 32], header: &[u8; HEADER_LENGTH]) -> Self {
        let mut state = Box::new(State { key: [0; 32], nonce: [0; 12] });
        let [input @ .., a, b, c, d, e, f, g, h] = header;
        let mut subkey = hchacha::<R20>(key.into(), input.into());
        state.key.copy_from_slice(&subkey);
        subkey.as_mut_slice().zeroize();
        state.nonce = [1, 0, 0, 0, *a, *b, *c, *d, *e, *f, *g, *h];
        Self {
            state,
            #[cfg(feature = "aws-lc")]
            at_once: at_once::AtOnce::of(backend),
        }
    }

    /// Appends the frame of `text` to `output`.
    pub(crate) fn push(&mut self, tag: FrameTag, text: &[u8], output: &mut Vec<u8>) {
        self.push_tagged(tag.byte(), text, output);
    }

    fn push_tagged(&mut self, tag: u8, text: &[u8], output: &mut Vec<u8>) {
        output.reserve(text.len() + FRAME_OVERHEAD);
        #[cfg(feature = "aws-lc")]
        if let Some(at_once) = &mut self.at_once
            && let Some(mac) = at_once.push(&self.state, tag, text, output)
        {
            return self.advance(&mac, tag);
        }
        let (mut cipher, authenticator, block) = self.start_frame(tag);
        output.push(block[0]);
        let start = output.len();
        output.extend_from_slice(text);
        let ciphertext = output.get_mut(start..).unwrap_or_default();
        cipher.apply_keystream(ciphertext);
        let mac = authenticate(authenticator, &block, ciphertext);
        output.extend_from_slice(&mac);
        self.advance(&mac, tag);
    }

    /// Decrypts a frame, after its authenticator has been checked, appends its text to `output` and
    /// gives its tag. `None` for anything but the next frame of this stream, and for tags that media
    /// streams do not have: nothing was appended, and the stream is of no use then.
    pub(crate) fn pull(&mut self, frame: &[u8], output: &mut Vec<u8>) -> Option<FrameTag> {
        let (first, rest) = frame.split_first()?;
        let (text, mac) = rest.split_last_chunk::<TAG_LENGTH>()?;
        #[cfg(feature = "aws-lc")]
        if let Some(at_once) = &mut self.at_once
            && at_once::takes(text)
        {
            let (tag, text) = at_once.pull(&self.state, *first, text, mac)?;
            let tag = FrameTag::from_byte(tag)?;
            output.extend_from_slice(text);
            self.advance(mac, tag.byte());
            return Some(tag);
        }
        let (mut cipher, authenticator, mut block) = self.start_frame(0);
        // The authenticator covers the whole encrypted block, of which only the first byte travels.
        let tag = block[0] ^ *first;
        block[0] = *first;
        if !tags_equal(&authenticate(authenticator, &block, text), mac) {
            return None;
        }
        let tag = FrameTag::from_byte(tag)?;
        let start = output.len();
        output.extend_from_slice(text);
        cipher.apply_keystream(output.get_mut(start..).unwrap_or_default());
        self.advance(mac, tag.byte());
        Some(tag)
    }

    /// The cipher at the beginning of the text, the authenticator keyed by the first block, and the
    /// second one: that of the tag byte, encrypted.
    fn start_frame(&self, tag: u8) -> (ChaCha20, Authenticator, [u8; CIPHER_BLOCK]) {
        let mut cipher = ChaCha20::new((&self.state.key).into(), (&self.state.nonce).into());
        let mut blocks = Zeroizing::new([[0; CIPHER_BLOCK]; 2]);
        let [_, [first, ..]] = &mut *blocks;
        *first = tag;
        cipher.apply_keystream(blocks.as_flattened_mut());
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        let [keying, block] = &*blocks;
        key.iter_mut().zip(keying).for_each(|(key, byte)| *key = *byte);
        (cipher, Authenticator::new(&key), *block)
    }

    fn advance(&mut self, mac: &[u8; TAG_LENGTH], tag: u8) {
        let State { nonce, .. } = &mut *self.state;
        let (counter, inner) = nonce.split_at_mut(4);
        inner.iter_mut().zip(mac).for_each(|(byte, mac)| *byte ^= mac);
        let has_wrapped = increment(counter);
        if has_wrapped || tag & REKEY != 0 {
            self.rekey();
        }
    }

    fn rekey(&mut self) {
        let State { key, nonce } = &mut *self.state;
        let mut cipher = ChaCha20::new((&*key).into(), (&*nonce).into());
        cipher.apply_keystream(key);
        let (counter, inner) = nonce.split_at_mut(4);
        cipher.apply_keystream(inner);
        counter.copy_from_slice(&[1, 0, 0, 0]);
    }
}

/// Adds one to a little-endian number; whether it is zero again.
fn increment(counter: &mut [u8]) -> bool {
    counter.iter_mut().all(|byte| {
        *byte = byte.wrapping_add(1);
        *byte == 0
    })
}

/// Poly1305 over the block, the text, padding and both lengths. libsodium pads by as many zeros
/// as the text is longer than a whole number of blocks, not by as many as it is short of one.
fn authenticate(
    mut authenticator: Authenticator,
    block: &[u8; CIPHER_BLOCK],
    ciphertext: &[u8],
) -> [u8; TAG_LENGTH] {
    authenticator.update(block);
    let rest = authenticator.update(ciphertext);
    let length = u64::try_from(CIPHER_BLOCK + ciphertext.len()).unwrap_or(u64::MAX);
    let tail = (rest.iter().copied())
        .chain(iter::repeat_n(0, rest.len()))
        .chain([0; 8]) // the length of the associated data, of which there is none
        .chain(length.to_le_bytes());
    let mut last = [0; 3 * BLOCK_LENGTH];
    last.iter_mut().zip(tail).for_each(|(slot, byte)| *slot = byte);
    authenticator.finish(last.get(..2 * rest.len() + BLOCK_LENGTH).unwrap_or_default())
}

#[cfg(test)]
mod tests;
