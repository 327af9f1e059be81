//! Numbers modulo 2^255 - 19, eight at a time, in five limbs of radix 2^51.
//!
//! A multiplication reads 52 bits of each limb, so a limb must be below 2^52. Which numbers satisfy
//! that is in their types: [`Reduced`] does, [`Wide`] does not, and only a [`Reduced`] can be
//! multiplied. The bounds behind it:
//!
//! - the limbs of a [`Reduced`] are below 2^51 + 2^16;
//! - the limbs of a [`Wide`] are below 2^60.
#![expect(clippy::indexing_slicing, reason = "loop counters over arrays of constant length")]

use core::array::from_fn;

use crate::batch::{Field, Step};
use crate::vector::{LANES, Vector};

pub(super) const LIMBS: usize = 5;
const LIMB_BITS: u32 = 51;
const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;
/// 2^255 = 19.
const FOLD: u64 = 19;
/// 1024 p, in limbs that are each above those of any [`Wide`].
const MULTIPLE_OF_P: [u64; LIMBS] = {
    let limb = LIMB_MASK << 10;
    [(LIMB_MASK - (FOLD - 1)) << 10, limb, limb, limb, limb]
};

/// Ready to be multiplied.
#[derive(Clone, Copy)]
pub(super) struct Reduced<V>([V; LIMBS]);

/// Ready to be added, subtracted or reduced: a product, as it comes.
#[derive(Clone, Copy)]
pub(super) struct Wide<V>([V; LIMBS]);

impl<V: Vector> Reduced<V> {
    #[inline(always)]
    pub(super) fn constant(limbs: [u64; LIMBS]) -> Self {
        Self(limbs.map(V::splat))
    }

    #[inline(always)]
    pub(super) fn zero() -> Self {
        Self::constant([0; LIMBS])
    }

    #[inline(always)]
    pub(super) fn one() -> Self {
        Self::constant([1, 0, 0, 0, 0])
    }

    /// Reads u-coordinates as RFC 7748 section 5 says: little-endian, the top bit ignored, values
    /// of p and above taken modulo p.
    #[inline(always)]
    pub(super) fn from_words(words: [V; 4]) -> Self {
        let [w0, w1, w2, w3] = words;
        let mask = V::splat(LIMB_MASK);
        Self([
            w0 & mask,
            (w0.shr::<51>() | w1.shl::<13>()) & mask,
            (w1.shr::<38>() | w2.shl::<26>()) & mask,
            (w2.shr::<25>() | w3.shl::<39>()) & mask,
            w3.shr::<12>() & mask,
        ])
    }

    /// The one representation below p, as four little-endian words.
    #[inline(always)]
    pub(super) fn to_words(self) -> [V; 4] {
        let mask = V::splat(LIMB_MASK);
        // Below 2^255 + 2^16 after this, so p fits in at most once.
        let [mut l0, mut l1, mut l2, mut l3, mut l4] = self.0;
        // Carries once around; what is left above bit 255 belongs to the quotient below.
        l1 = l1 + l0.shr::<LIMB_BITS>();
        l2 = l2 + l1.shr::<LIMB_BITS>();
        l3 = l3 + l2.shr::<LIMB_BITS>();
        l4 = l4 + l3.shr::<LIMB_BITS>();
        l0 = (l0 & mask).add_product_low(l4.shr::<LIMB_BITS>(), V::splat(FOLD));
        (l1, l2, l3, l4) = (l1 & mask, l2 & mask, l3 & mask, l4 & mask);
        // The value is below 2^255 + 2^6 now. It is at least p exactly when adding 19 reaches
        // 2^255; then subtracting p is adding 19 and dropping that bit.
        let mut carry = (l0 + V::splat(FOLD)).shr::<LIMB_BITS>();
        for limb in [l1, l2, l3, l4] {
            carry = (limb + carry).shr::<LIMB_BITS>();
        }
        l0 = l0.add_product_low(carry, V::splat(FOLD));
        l1 = l1 + l0.shr::<LIMB_BITS>();
        l2 = l2 + l1.shr::<LIMB_BITS>();
        l3 = l3 + l2.shr::<LIMB_BITS>();
        l4 = l4 + l3.shr::<LIMB_BITS>();
        (l0, l1, l2, l3, l4) = (l0 & mask, l1 & mask, l2 & mask, l3 & mask, l4 & mask);
        [
            l0 | l1.shl::<51>(),
            l1.shr::<13>() | l2.shl::<38>(),
            l2.shr::<26>() | l3.shl::<25>(),
            l3.shr::<39>() | l4.shl::<12>(),
        ]
    }

    #[inline(always)]
    pub(super) fn multiply(self, other: Self) -> Wide<V> {
        if V::SEPARATE { multiply_apart(self, other) } else { self.multiply_here(other) }
    }

    /// A product's high half has the weight 2^52, twice that of the next limb: high halves are
    /// summed first and doubled together.
    ///
    /// Of the nine sums of weight up to 2^(51*8), each has at most five low halves below 2^52 and
    /// five doubled high halves below 2^50 + 2^16, so they are below 2^55; with [`FOLD`] times
    /// the upper ones, below 2^60.
    #[inline(always)]
    fn multiply_here(self, other: Self) -> Wide<V> {
        let (a, b) = (self.0, other.0);
        let mut sums = [V::splat(0); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                sums[i + j + 1] = sums[i + j + 1].add_product_high(a[i], b[j]);
            }
        }
        for sum in &mut sums {
            *sum = *sum + *sum;
        }
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                sums[i + j] = sums[i + j].add_product_low(a[i], b[j]);
            }
        }
        Wide::fold(sums)
    }

    #[inline(always)]
    pub(super) fn square(self) -> Wide<V> {
        if V::SEPARATE { square_apart(self) } else { self.square_here() }
    }

    /// The same sums as those of a multiplication, with each pair of equal products
    /// taken once.
    #[inline(always)]
    fn square_here(self) -> Wide<V> {
        let a = self.0;
        let mut sums = [V::splat(0); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in i + 1..LIMBS {
                sums[i + j + 1] = sums[i + j + 1].add_product_high(a[i], a[j]);
            }
        }
        for sum in &mut sums {
            *sum = *sum + *sum;
        }
        for i in 0..LIMBS {
            sums[2 * i + 1] = sums[2 * i + 1].add_product_high(a[i], a[i]);
            for j in i + 1..LIMBS {
                sums[i + j] = sums[i + j].add_product_low(a[i], a[j]);
            }
        }
        for sum in &mut sums {
            *sum = *sum + *sum;
        }
        for i in 0..LIMBS {
            sums[2 * i] = sums[2 * i].add_product_low(a[i], a[i]);
        }
        Wide::fold(sums)
    }

    /// `self + factor * other` for a factor below 2^20.
    #[inline(always)]
    pub(super) fn add_multiple(self, factor: u64, other: Self) -> Self {
        let factor = V::splat(factor);
        let mut limbs = from_fn(|i| self.0[i].add_product_low(other.0[i], factor));
        let high = other.0.map(|limb| V::splat(0).add_product_high(limb, factor));
        for i in 1..LIMBS {
            limbs[i] = limbs[i] + high[i - 1] + high[i - 1];
        }
        limbs[0] = limbs[0].add_product_low(high[LIMBS - 1], V::splat(2 * FOLD));
        Wide(limbs).reduce()
    }

    #[inline(always)]
    pub(super) fn add(self, other: Self) -> Self {
        self.widen().add(other.widen())
    }

    #[inline(always)]
    pub(super) fn sub(self, other: Self) -> Self {
        self.widen().sub(other.widen())
    }

    #[inline(always)]
    pub(super) fn widen(self) -> Wide<V> {
        Wide(self.0)
    }

    /// Lane by lane, `set` where the mask is set.
    #[inline(always)]
    pub(super) fn select(mask: V, set: Self, clear: Self) -> Self {
        Self(from_fn(|i| mask.select(set.0[i], clear.0[i])))
    }

    /// A mask of the lanes whose number is zero.
    #[inline(always)]
    pub(super) fn is_zero(self) -> V {
        let [w0, w1, w2, w3] = self.to_words();
        (w0 | w1 | w2 | w3).is_zero()
    }

    /// In each lane the number of the lane that `index` names, from the limbs of all eight.
    #[inline(always)]
    pub(super) fn pick(limbs: &[[u64; LANES]; LIMBS], index: V) -> Self {
        Self(from_fn(|i| V::new(limbs[i]).pick(index)))
    }

    #[inline(always)]
    pub(super) fn lanes(self) -> [[u64; LANES]; LIMBS] {
        self.0.map(V::lanes)
    }
}

#[inline(never)]
fn multiply_apart<V: Vector>(a: Reduced<V>, b: Reduced<V>) -> Wide<V> {
    a.multiply_here(b)
}

#[inline(never)]
fn square_apart<V: Vector>(a: Reduced<V>) -> Wide<V> {
    a.square_here()
}

impl<V: Vector> Wide<V> {
    /// The upper five sums have the weight 2^255 and more.
    #[inline(always)]
    fn fold(sums: [V; 2 * LIMBS]) -> Self {
        let fold = V::splat(FOLD);
        Self(from_fn(|i| sums[i] + sums[i + LIMBS].mul(fold)))
    }

    /// Carries each limb once, all at the same time. Limbs below 2^62 give carries below 2^11, so
    /// that the results are below 2^51 + 19 * 2^11.
    #[inline(always)]
    pub(super) fn reduce(self) -> Reduced<V> {
        let mask = V::splat(LIMB_MASK);
        let carry = self.0.map(V::shr::<LIMB_BITS>);
        let low = self.0.map(|limb| limb & mask);
        Reduced(from_fn(|i| match i {
            0 => low[0].add_product_low(carry[LIMBS - 1], V::splat(FOLD)),
            _ => low[i] + carry[i - 1],
        }))
    }

    /// Lane by lane, `set` where the mask is set.
    #[inline(always)]
    pub(super) fn select(mask: V, set: Self, clear: Self) -> Self {
        Self(from_fn(|i| mask.select(set.0[i], clear.0[i])))
    }

    #[inline(always)]
    pub(super) fn add(self, other: Self) -> Reduced<V> {
        Wide(from_fn(|i| self.0[i] + other.0[i])).reduce()
    }

    #[inline(always)]
    pub(super) fn sub(self, other: Self) -> Reduced<V> {
        Wide(from_fn(|i| self.0[i] + V::splat(MULTIPLE_OF_P[i]) - other.0[i])).reduce()
    }
}

impl<V: Vector> Field<V> for Reduced<V> {
    /// To the power of p - 2 = 2^255 - 21.
    const INVERSION: &'static [Step] = &[
        Step { from: 0, squarings: 3, by: 0 },   // 1: 9
        Step { from: 0, squarings: 1, by: 1 },   // 2: 11
        Step { from: 2, squarings: 1, by: 1 },   // 3: 31 = 2^5 - 1
        Step { from: 3, squarings: 5, by: 3 },   // 4: 2^10 - 1
        Step { from: 4, squarings: 10, by: 4 },  // 5: 2^20 - 1
        Step { from: 5, squarings: 20, by: 5 },  // 6: 2^40 - 1
        Step { from: 6, squarings: 10, by: 4 },  // 7: 2^50 - 1
        Step { from: 7, squarings: 50, by: 7 },  // 8: 2^100 - 1
        Step { from: 8, squarings: 100, by: 8 }, // 9: 2^200 - 1
        Step { from: 9, squarings: 50, by: 7 },  // 10: 2^250 - 1
        Step { from: 10, squarings: 5, by: 2 },  // 2^255 - 32 + 11
    ];

    #[inline(always)]
    fn one() -> Self {
        Self::one()
    }

    #[inline(always)]
    fn multiply(self, other: Self) -> Self {
        Reduced::multiply(self, other).reduce()
    }

    #[inline(always)]
    fn square(self) -> Self {
        Reduced::square(self).reduce()
    }

    #[inline(always)]
    fn is_zero(self) -> V {
        Reduced::is_zero(self)
    }

    #[inline(always)]
    fn select(mask: V, set: Self, clear: Self) -> Self {
        Reduced::select(mask, set, clear)
    }
}
