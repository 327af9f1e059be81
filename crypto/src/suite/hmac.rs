//! HMAC-SHA256 (RFC 2104) over blocks that are padded beforehand. HPKE's key schedule hashes the
//! same few bytes for every recipient; here that costs its 19 compressions and nothing besides.

use sha2::block_api::compress256;
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

const BLOCK: usize = 64;

/// FIPS 180-4 section 5.3.3.
const INITIAL: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// A key with both of its pads absorbed.
pub(super) struct Hmac {
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Hmac {
    /// A key of 32 bytes. The empty one is the same as that of zeros.
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let mut hmac = Self { inner: INITIAL, outer: INITIAL };
        let mut block = Zeroizing::new([0x36; BLOCK]);
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        compress256(&mut hmac.inner, &[*block]);
        block.iter_mut().for_each(|byte| *byte ^= 0x36 ^ 0x5c);
        compress256(&mut hmac.outer, &[*block]);
        hmac
    }

    /// The tag of a message that is `padded`.
    pub(super) fn tag<const N: usize>(&self, message: &Padded<N>) -> Zeroizing<[u8; 32]> {
        let mut state = Zeroizing::new(self.inner);
        compress256(&mut state, &message.0);
        let mut digest = Padded::<1>::new(&[&[0; 32]]);
        write(&state, &mut digest.0[0]);
        *state = self.outer;
        compress256(&mut state, &digest.0);
        let mut tag = Zeroizing::new([0; 32]);
        write(&state, &mut *tag);
        tag
    }
}

impl Drop for Hmac {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl ZeroizeOnDrop for Hmac {}

fn write(state: &[u32; 8], bytes: &mut [u8]) {
    for (to, word) in bytes.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&word.to_be_bytes());
    }
}

/// A message behind one block of the key's pad, padded as FIPS 180-4 section 5.1.1 says, in `N`
/// blocks.
pub(super) struct Padded<const N: usize>([[u8; BLOCK]; N]);

impl<const N: usize> Padded<N> {
    /// The parts, one after the other; together they leave room for 9 bytes in `N` blocks.
    pub(super) fn new(parts: &[&[u8]]) -> Self {
        let mut padded = Self([[0; BLOCK]; N]);
        let bytes = padded.0.as_flattened_mut();
        let mut length = 0;
        for part in parts.iter().copied().chain([&[0x80][..]]) {
            let to = bytes.iter_mut().skip(length);
            to.zip(part).for_each(|(to, from)| *to = *from);
            length += part.len();
        }
        debug_assert!(length + 8 <= N * BLOCK);
        let bits = 8 * (BLOCK + length - 1) as u64;
        if let Some(end) = bytes.last_chunk_mut() {
            *end = bits.to_be_bytes();
        }
        padded
    }
}

impl<const N: usize> Drop for Padded<N> {
    fn drop(&mut self) {
        self.0.as_flattened_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use ::hmac::{Hmac as Other, KeyInit as _, Mac as _};
    use sealpost_vectors::{Tally, expected, hex, rows};
    use sha2::Sha256;

    use super::*;

    fn tag<const N: usize>(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
        let (head, tail) = message.split_at(message.len() / 3);
        *Hmac::new(key).tag(&Padded::<N>::new(&[head, tail]))
    }

    #[test]
    fn the_hmac_crate_gives_the_same_tags() {
        let mut key = [0; 32];
        key.iter_mut().zip(0..).for_each(|(byte, index)| *byte = index);
        let mut lengths = 0;
        for length in 0..=183_u8 {
            let message: Vec<u8> = (0..length).map(|index| index ^ 0xa5).collect();
            let mut other = Other::<Sha256>::new_from_slice(&key).unwrap();
            other.update(&message);
            let expected: [u8; 32] = other.finalize().into_bytes().into();
            let found = match length {
                0..=55 => tag::<1>(&key, &message),
                56..=119 => tag::<2>(&key, &message),
                _ => tag::<3>(&key, &message),
            };
            assert_eq!(found, expected, "{length} bytes");
            lengths += 1;
        }
        assert_eq!(lengths, 184);
    }

    /// Those with keys of 32 bytes and messages of two blocks at most, 156 of 174; `vectors/` holds
    /// the hmac crate against all of them.
    #[test]
    fn wycheproof_tags_are_made_or_are_others() {
        let mut tally = Tally::new();
        for [id, result, key, message, expected_tag] in
            rows(sealpost_vectors::WYCHEPROOF_HMAC, "tcId result key msg tag")
        {
            let Ok(key) = hex(key).try_into() else { continue };
            let (message, expected_tag) = (hex(message), hex(expected_tag));
            let found = match message.len() {
                0..=55 => tag::<1>(&key, &message),
                56..=119 => tag::<2>(&key, &message),
                _ => continue,
            };
            let same = found[..expected_tag.len()] == expected_tag[..];
            assert_eq!(same, result == "valid", "case {id}");
            *tally.entry((expected(result), if same { "same" } else { "other" })).or_default() += 1;
        }
        assert_eq!(tally, Tally::from([(("valid", "same"), 48), (("invalid", "other"), 108)]));
    }

    #[test]
    fn the_empty_key_is_that_of_zeros() {
        let other = Other::<Sha256>::new_from_slice(b"").unwrap();
        let expected: [u8; 32] = other.finalize().into_bytes().into();
        assert_eq!(tag::<1>(&[0; 32], b""), expected);
    }
}
