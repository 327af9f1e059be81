//! Numbers of 32 bytes, in and out of vectors of little-endian words.
#![expect(clippy::indexing_slicing, reason = "counters of lanes and words")]

use core::array::from_fn;

use zeroize::Zeroizing;

use crate::vector::{LANES, Vector};

/// Four little-endian words, least significant first.
pub(crate) type Words = [u64; 4];

#[inline(always)]
pub(crate) fn from_le_bytes(bytes: &[u8; 32]) -> Words {
    let (words, _) = bytes.as_chunks::<8>();
    from_fn(|i| u64::from_le_bytes(words[i]))
}

#[inline(always)]
pub(crate) fn from_be_bytes(bytes: &[u8; 32]) -> Words {
    let (words, _) = bytes.as_chunks::<8>();
    from_fn(|i| u64::from_be_bytes(words[3 - i]))
}

#[inline(always)]
pub(crate) fn to_le_bytes(words: Words) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

#[inline(always)]
pub(crate) fn to_be_bytes(words: Words) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().rev().zip(words) {
        *bytes = word.to_be_bytes();
    }
    bytes
}

/// Numbers of `N` kinds, of each one per lane.
#[inline(always)]
pub(crate) fn gather<V: Vector, const N: usize>(
    numbers: impl Fn(usize) -> [Words; N],
) -> [[V; 4]; N] {
    let mut columns = Zeroizing::new([[[0; LANES]; 4]; N]);
    for lane in 0..LANES {
        for (columns, words) in columns.iter_mut().zip(numbers(lane)) {
            for (column, word) in columns.iter_mut().zip(words) {
                column[lane] = word;
            }
        }
    }
    columns.map(|columns| columns.map(V::new))
}

/// The number of each lane.
#[inline(always)]
pub(crate) fn scatter<V: Vector>(words: [V; 4]) -> [Words; LANES] {
    let columns = words.map(V::lanes);
    from_fn(|lane| columns.map(|column| column[lane]))
}
