//! Poly1305 over bytes of any length, as NaCl has it: the last block is not padded.

use poly1305::universal_hash::{KeyInit, UniversalHash};
use poly1305::{Block, Poly1305};
use subtle::ConstantTimeEq as _;

pub(super) const KEY_LENGTH: usize = 32;
pub(super) const TAG_LENGTH: usize = 16;
pub(super) const BLOCK_LENGTH: usize = 16;

/// A one-time authenticator: one key, one message.
pub(super) struct Authenticator(Poly1305);

impl Authenticator {
    pub(super) fn new(key: &[u8; KEY_LENGTH]) -> Self {
        Self(Poly1305::new(key.into()))
    }

    /// Takes in whole blocks; the rest that is not one comes back.
    pub(super) fn update<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (blocks, rest) = Block::slice_as_chunks(bytes);
        self.0.update(blocks);
        rest
    }

    /// The tag over what was taken in and the last bytes.
    pub(super) fn finish(mut self, last: &[u8]) -> [u8; TAG_LENGTH] {
        let rest = self.update(last);
        self.0.compute_unpadded(rest).into()
    }
}

/// Whether two tags are equal, in constant time.
pub(super) fn tags_equal(one: &[u8; TAG_LENGTH], other: &[u8; TAG_LENGTH]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use sealpost_vectors::{array, hex, rows};

    use super::*;

    /// RFC 8439 appendix A.3, taken in at once and in two parts, the first of whole blocks.
    #[test]
    fn tags_are_those_of_rfc_8439() {
        let mut tags = 0;
        for [key, message, tag] in rows(sealpost_vectors::RFC8439_POLY1305, "KEY MSG TAG") {
            let (key, message) = (array(key), hex(message));
            for split in (0..=message.len()).step_by(BLOCK_LENGTH) {
                let (head, tail) = message.split_at(split);
                let mut authenticator = Authenticator::new(&key);
                assert!(authenticator.update(head).is_empty());
                assert!(tags_equal(&authenticator.finish(tail), &array(tag)), "{split} first");
                tags += 1;
            }
        }
        assert_eq!(tags, 84);
    }
}
