//! Numbers modulo p = 2^256 - 2^224 + 2^192 + 2^96 - 1, eight at a time, in five limbs of radix
//! 2^52 and in Montgomery form: a number stands for itself times 2^260.
//!
//! A multiplication reads 52 bits of each limb. Which numbers may be multiplied is in their types:
//!
//! - [`Reduced`]: limbs below 2^52, the value not negative and below 2^257 + 2^239. Only this can
//!   be multiplied.
//! - [`Product`]: limbs not negative and below 2^57, the value below 2^254 + 2^237 + p.
//! - [`Wide`]: a sum of a few of these; limbs are signed and less than 2^62 in magnitude.
#![expect(clippy::indexing_slicing, reason = "loop counters over arrays of constant length")]

use core::array::from_fn;
use core::ops::{Add, Sub};

use super::limbs::{self, LIMB_BITS, LIMBS, Limbs};
use crate::batch::{Field, Step};
use crate::vector::{LANES, Vector};

/// Bits of the highest limb below 2^256.
const TOP_BITS: u32 = 48;

const P: Limbs = [0xf_ffff_ffff_ffff, 0x0fff_ffff_ffff, 0, 0x10_0000_0000, 0xffff_ffff_0000];
/// 2^260 modulo p.
const ONE: Limbs = [0x10, 0xf_0000_0000_0000, 0xf_ffff_ffff_ffff, 0xf_feff_ffff_ffff, 0xf_ffff];
/// 2^520 modulo p.
const MONTGOMERY: Limbs =
    [0x300, 0xf_ffff_fff0_0000, 0xf_fffe_ffff_fffb, 0xf_dfff_ffff_ffff, 0x4ff_ffff];

/// Ready to be multiplied.
#[derive(Clone, Copy)]
pub(super) struct Reduced<V>([V; LIMBS]);

/// What a multiplication gives.
#[derive(Clone, Copy)]
pub(super) struct Product<V>([V; LIMBS]);

/// What sums and differences give.
#[derive(Clone, Copy)]
pub(super) struct Wide<V>([V; LIMBS]);

impl<V: Vector> Reduced<V> {
    /// A number whose Montgomery form has these limbs.
    #[inline(always)]
    pub(super) fn constant(limbs: Limbs) -> Self {
        Self(limbs.map(V::splat))
    }

    #[inline(always)]
    pub(super) fn zero() -> Self {
        Self::constant([0; LIMBS])
    }

    #[inline(always)]
    pub(super) fn one() -> Self {
        Self::constant(ONE)
    }

    /// Reads little-endian words, and says in a mask where they are p or more.
    #[inline(always)]
    pub(super) fn from_words(words: [V; 4]) -> (Self, V) {
        let plain = Self(limbs::from_words(words));
        let too_large = plain.minus_p().1 ^ V::splat(u64::MAX);
        (plain.times(Self::constant(MONTGOMERY)), too_large)
    }

    /// The number below p, as little-endian words.
    #[inline(always)]
    pub(super) fn to_words(self) -> [V; 4] {
        // A product with one is below 2^257 / 2^260 + p, so it is p at most.
        let one = Self([V::splat(1), V::splat(0), V::splat(0), V::splat(0), V::splat(0)]);
        let plain = self.times(one);
        let (less_p, negative) = plain.minus_p();
        limbs::to_words(Self::select(negative, plain, less_p).0)
    }

    /// This less p, and a mask of where that is negative, which makes it no number to use.
    #[inline(always)]
    fn minus_p(self) -> (Self, V) {
        let limbs = limbs::subtract(self.0, P.map(V::splat));
        (Self(limbs), limbs[LIMBS - 1].sar::<63>())
    }

    #[inline(always)]
    pub(super) fn multiply(self, other: Self) -> Product<V> {
        if V::SEPARATE { multiply_apart(self, other) } else { self.multiply_here(other) }
    }

    #[inline(always)]
    fn multiply_here(self, other: Self) -> Product<V> {
        let (a, b) = (self.0, other.0);
        let mut sums = [V::splat(0); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                sums[i + j] = sums[i + j].add_product_low(a[i], b[j]);
                sums[i + j + 1] = sums[i + j + 1].add_product_high(a[i], b[j]);
            }
        }
        Product::montgomery(sums)
    }

    #[inline(always)]
    pub(super) fn square(self) -> Product<V> {
        if V::SEPARATE { square_apart(self) } else { self.square_here() }
    }

    /// Takes each pair of equal products once, and doubles them together.
    #[inline(always)]
    fn square_here(self) -> Product<V> {
        let a = self.0;
        let mut sums = [V::splat(0); 2 * LIMBS];
        for i in 0..LIMBS {
            for j in i + 1..LIMBS {
                sums[i + j] = sums[i + j].add_product_low(a[i], a[j]);
                sums[i + j + 1] = sums[i + j + 1].add_product_high(a[i], a[j]);
            }
        }
        for sum in &mut sums {
            *sum = *sum + *sum;
        }
        for i in 0..LIMBS {
            sums[2 * i] = sums[2 * i].add_product_low(a[i], a[i]);
            sums[2 * i + 1] = sums[2 * i + 1].add_product_high(a[i], a[i]);
        }
        Product::montgomery(sums)
    }

    /// [`multiply`](Self::multiply), ready for the next one.
    #[inline(always)]
    pub(super) fn times(self, other: Self) -> Self {
        self.multiply(other).carry()
    }

    #[inline(always)]
    pub(super) fn wide(self) -> Wide<V> {
        Wide(self.0)
    }

    #[inline(always)]
    pub(super) fn add(self, other: Self) -> Self {
        (self.wide() + other.wide()).reduce()
    }

    /// Lane by lane, `set` where the mask is set.
    #[inline(always)]
    pub(super) fn select(mask: V, set: Self, clear: Self) -> Self {
        Self(from_fn(|i| mask.select(set.0[i], clear.0[i])))
    }

    /// The negative where the mask is set.
    #[inline(always)]
    pub(super) fn negate(self, mask: V) -> Self {
        Self::select(mask, (Self::zero().wide() - self.wide()).reduce(), self)
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
fn multiply_apart<V: Vector>(a: Reduced<V>, b: Reduced<V>) -> Product<V> {
    a.multiply_here(b)
}

#[inline(never)]
fn square_apart<V: Vector>(a: Reduced<V>) -> Product<V> {
    a.square_here()
}

impl<V: Vector> Product<V> {
    /// Divides by 2^260 modulo p, limb by limb from the lowest: adding `q p` for the `q` that is
    /// the limb's low 52 bits makes these zero, for p is -1 modulo 2^52. Of
    ///
    /// `q p = -q + q 2^96 + q 2^192 + q (2^256 - 2^224)`
    ///
    /// the first term leaves of the limb only its carry; multiplications read 52 bits, which are
    /// q. At most nine products and six more terms meet in a limb.
    #[inline(always)]
    fn montgomery(mut sums: [V; 2 * LIMBS]) -> Self {
        let second = V::splat(1 << (96 - LIMB_BITS));
        let fourth = V::splat(1 << (192 - 3 * LIMB_BITS));
        let fifth = V::splat((1 << TOP_BITS) - (1 << (224 - 4 * LIMB_BITS)));
        for i in 0..LIMBS {
            let q = sums[i];
            sums[i + 1] = (sums[i + 1] + q.shr::<LIMB_BITS>()).add_product_low(q, second);
            sums[i + 2] = sums[i + 2].add_product_high(q, second);
            sums[i + 3] = sums[i + 3].add_product_low(q, fourth);
            sums[i + 4] = sums[i + 4].add_product_high(q, fourth).add_product_low(q, fifth);
            sums[i + 5] = sums[i + 5].add_product_high(q, fifth);
        }
        Self(from_fn(|i| sums[i + LIMBS]))
    }

    #[inline(always)]
    pub(super) fn carry(self) -> Reduced<V> {
        Reduced(limbs::carry(self.0))
    }

    #[inline(always)]
    pub(super) fn wide(self) -> Wide<V> {
        Wide(self.0)
    }
}

impl<V: Vector> Wide<V> {
    #[inline(always)]
    pub(super) fn twice(self) -> Self {
        self + self
    }

    #[inline(always)]
    pub(super) fn thrice(self) -> Self {
        self + self + self
    }

    /// Subtracts a multiple `c p` that leaves a little more than 2^256.
    ///
    /// The value is 2^208 times the top limb up to an error below 2^219, the other limbs being
    /// less than 2^62. With c one less than the top limb divided by 2^48, rounded down, subtracting
    /// `c 2^256` leaves 2^256 to 2^257, and |c| is below 2^14; to that comes
    /// `c (2^256 - p) = c (2^224 - 2^192 - 2^96 + 1)`, below 2^238 in magnitude.
    #[inline(always)]
    pub(super) fn reduce(self) -> Reduced<V> {
        let [l0, l1, l2, l3, l4] = self.0;
        let above = V::splat(1 << TOP_BITS);
        let c = l4.sar::<TOP_BITS>() - V::splat(1);
        let l4 = (l4 & (above - V::splat(1))) + above;
        Reduced(limbs::carry([
            l0 + c,
            l1 - c.shl::<{ 96 - LIMB_BITS }>(),
            l2,
            l3 - c.shl::<{ 192 - 3 * LIMB_BITS }>(),
            l4 + c.shl::<{ 224 - 4 * LIMB_BITS }>(),
        ]))
    }
}

impl<V: Vector> Add for Wide<V> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] + other.0[i]))
    }
}

impl<V: Vector> Sub for Wide<V> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(from_fn(|i| self.0[i] - other.0[i]))
    }
}

impl<V: Vector> Field<V> for Reduced<V> {
    /// To the power of p - 2, in hexadecimal
    /// `ffffffff 00000001 00000000 00000000 00000000 ffffffff ffffffff fffffffd`.
    const INVERSION: &'static [Step] = &[
        Step { from: 0, squarings: 1, by: 0 },   // 1: 2^2 - 1
        Step { from: 1, squarings: 1, by: 0 },   // 2: 2^3 - 1
        Step { from: 2, squarings: 3, by: 2 },   // 3: 2^6 - 1
        Step { from: 3, squarings: 6, by: 3 },   // 4: 2^12 - 1
        Step { from: 4, squarings: 3, by: 2 },   // 5: 2^15 - 1
        Step { from: 5, squarings: 15, by: 5 },  // 6: 2^30 - 1
        Step { from: 6, squarings: 2, by: 1 },   // 7: 2^32 - 1 = ffffffff
        Step { from: 7, squarings: 32, by: 0 },  // 8: and 00000001
        Step { from: 8, squarings: 128, by: 7 }, // 9: and 00000000 00000000 00000000 ffffffff
        Step { from: 9, squarings: 32, by: 7 },  // 10: and ffffffff
        Step { from: 10, squarings: 30, by: 6 }, // 11: and thirty ones
        Step { from: 11, squarings: 2, by: 0 },  // and 01
    ];

    #[inline(always)]
    fn one() -> Self {
        Self::one()
    }

    #[inline(always)]
    fn multiply(self, other: Self) -> Self {
        self.times(other)
    }

    #[inline(always)]
    fn square(self) -> Self {
        Reduced::square(self).carry()
    }

    #[inline(always)]
    fn is_zero(self) -> V {
        self.is_zero()
    }

    #[inline(always)]
    fn select(mask: V, set: Self, clear: Self) -> Self {
        Reduced::select(mask, set, clear)
    }
}
