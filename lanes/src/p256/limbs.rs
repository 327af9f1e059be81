//! Numbers of 256 bits in five limbs of radix 2^52.
#![expect(clippy::indexing_slicing, reason = "loop counters over arrays of constant length")]

use crate::vector::Vector;

pub(super) const LIMBS: usize = 5;
pub(super) const LIMB_BITS: u32 = 52;
const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;

pub(super) type Limbs = [u64; LIMBS];

#[inline(always)]
pub(super) fn from_words<V: Vector>(words: [V; 4]) -> [V; LIMBS] {
    let [w0, w1, w2, w3] = words;
    let mask = V::splat(LIMB_MASK);
    [
        w0 & mask,
        (w0.shr::<52>() | w1.shl::<12>()) & mask,
        (w1.shr::<40>() | w2.shl::<24>()) & mask,
        (w2.shr::<28>() | w3.shl::<36>()) & mask,
        w3.shr::<16>(),
    ]
}

/// The reverse, of a value below 2^256 without carries.
#[inline(always)]
pub(super) fn to_words<V: Vector>(limbs: [V; LIMBS]) -> [V; 4] {
    let [l0, l1, l2, l3, l4] = limbs;
    [
        l0 | l1.shl::<52>(),
        l1.shr::<12>() | l2.shl::<40>(),
        l2.shr::<24>() | l3.shl::<28>(),
        l3.shr::<36>() | l4.shl::<16>(),
    ]
}

/// The same value with 52 bits in each limb, the highest one keeping the sign.
#[inline(always)]
pub(super) fn carry<V: Vector>(mut limbs: [V; LIMBS]) -> [V; LIMBS] {
    for i in 1..LIMBS {
        limbs[i] = limbs[i] + limbs[i - 1].sar::<LIMB_BITS>();
        limbs[i - 1] = limbs[i - 1] & V::splat(LIMB_MASK);
    }
    limbs
}

/// Subtracts, without carries left. The last limb's sign is the result's.
#[inline(always)]
pub(super) fn subtract<V: Vector>(a: [V; LIMBS], b: [V; LIMBS]) -> [V; LIMBS] {
    carry(core::array::from_fn(|i| a[i] - b[i]))
}
