//! Secret scalars, and their digits.
#![expect(clippy::indexing_slicing, reason = "places are loop counters below 64")]

use super::limbs::{self, LIMBS, Limbs};
use crate::vector::Vector;

/// The group's order.
const N: Limbs =
    [0x9_cac2_fc63_2551, 0xa_da71_79e8_4f3b, 0xf_ffff_ffbc_e6fa, 0xf_ffff_ffff, 0xffff_ffff_0000];

/// Digits of a scalar.
pub(super) const PLACES: u32 = 64;

/// An odd number `k` below the order in 64 digits of radix 16 that are all odd, from -15 to 15, the
/// highest of them from 1 to 15 (Joye and Tunstall, "Exponent recoding and regular exponentiation
/// algorithms", 2009). None is zero, so each is handled like the next.
///
/// With `h` the number `(k - 1) / 2 + 2^255`, the digits are `2 h_i - 15` for the digits `h_i` of
/// `h` from 0 to 15: their sum is `2 h - 15 (16^64 - 1) / 15 = k - 1 + 2^256 - 2^256 + 1 = k`.
pub(super) struct Digits<V> {
    words: [V; 4],
    /// Where the scalar was even: the digits are then those of the order less the scalar.
    pub(super) negated: V,
    /// Where the scalar was zero or not below the order: the digits are then those of one.
    pub(super) invalid: V,
}

/// An odd number from -15 to 15.
pub(super) struct Digit<V> {
    /// From 0 to 7: twice this plus one is the digit's magnitude.
    pub(super) index: V,
    pub(super) negative: V,
}

impl<V: Vector> Digits<V> {
    /// From a scalar in little-endian words.
    #[inline(always)]
    pub(super) fn new(scalar: [V; 4]) -> Self {
        let (ones, order) = (V::splat(u64::MAX), N.map(V::splat));
        let scalar = limbs::from_words(scalar);
        let [l0, l1, l2, l3, l4] = scalar;
        let below = limbs::subtract(scalar, order)[LIMBS - 1].sar::<63>();
        let invalid = (below ^ ones) | (l0 | l1 | l2 | l3 | l4).is_zero();
        let scalar = select(invalid, [1, 0, 0, 0, 0].map(V::splat), scalar);
        let odd = scalar[0].shl::<63>();
        let scalar = select(odd, scalar, limbs::subtract(order, scalar));
        let [w0, w1, w2, w3] = limbs::to_words(scalar);
        let words = [
            w0.shr::<1>() | w1.shl::<63>(),
            w1.shr::<1>() | w2.shl::<63>(),
            w2.shr::<1>() | w3.shl::<63>(),
            w3.shr::<1>() | V::splat(1 << 63),
        ];
        Self { words, negated: odd ^ ones, invalid }
    }

    /// The digit of 16^place.
    #[inline(always)]
    pub(super) fn get(&self, place: u32) -> Digit<V> {
        // h_i in the four highest bits: from 8 on it stands for a positive digit, of the index
        // h_i - 8, below for a negative one, of the index 7 - h_i.
        let top = self.words[(place / 16) as usize].shl_by(60 - 4 * (place % 16));
        let negative = top.sar::<63>() ^ V::splat(u64::MAX);
        Digit { index: (top ^ negative).shl::<1>().shr::<61>(), negative }
    }
}

#[inline(always)]
fn select<V: Vector>(mask: V, set: [V; LIMBS], clear: [V; LIMBS]) -> [V; LIMBS] {
    core::array::from_fn(|i| mask.select(set[i], clear[i]))
}
