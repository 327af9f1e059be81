//! The Montgomery ladder of RFC 7748 section 5.
#![expect(clippy::indexing_slicing, reason = "counters of words and bits")]

use super::field::{Reduced, Wide};
use crate::vector::Vector;

/// (486662 - 2) / 4.
const A24: u64 = 121_665;

/// Of a clamped scalar, the lowest bit that may be set.
const LOWEST_BIT: u32 = 3;

/// A point's u-coordinate as a fraction, X : Z.
#[derive(Clone, Copy)]
pub(super) struct Fraction<V> {
    pub(super) x: Wide<V>,
    pub(super) z: Wide<V>,
}

/// X + Z and X - Z: A and B of RFC 7748, or C and D.
struct SumAndDifference<V> {
    sum: Reduced<V>,
    difference: Reduced<V>,
}

impl<V: Vector> Fraction<V> {
    #[inline(always)]
    fn sum_and_difference(self) -> SumAndDifference<V> {
        SumAndDifference { sum: self.x.add(self.z), difference: self.x.sub(self.z) }
    }
}

impl<V: Vector> SumAndDifference<V> {
    /// Lane by lane, `set` where the mask is set.
    #[inline(always)]
    fn select(mask: V, set: &Self, clear: &Self) -> Self {
        Self {
            sum: Reduced::select(mask, set.sum, clear.sum),
            difference: Reduced::select(mask, set.difference, clear.difference),
        }
    }

    #[inline(always)]
    fn squares(&self) -> Squares<V> {
        Squares { sum: self.sum.square().reduce(), difference: self.difference.square().reduce() }
    }

    #[inline(always)]
    fn cross(&self, other: &Self) -> Cross<V> {
        Cross { da: other.difference.multiply(self.sum), cb: other.sum.multiply(self.difference) }
    }
}

/// Half way to the double of a point: (X + Z)^2 and (X - Z)^2.
struct Squares<V> {
    sum: Reduced<V>,
    difference: Reduced<V>,
}

impl<V: Vector> Squares<V> {
    #[inline(always)]
    fn double(self) -> Fraction<V> {
        let (aa, bb) = (self.sum, self.difference);
        let e = aa.sub(bb);
        let f = aa.add_multiple(A24, e);
        Fraction { x: aa.multiply(bb), z: e.multiply(f) }
    }
}

/// Half way to the sum of two points.
struct Cross<V> {
    da: Wide<V>,
    cb: Wide<V>,
}

impl<V: Vector> Cross<V> {
    /// `u` is the u-coordinate of their difference.
    #[inline(always)]
    fn sum(self, u: Reduced<V>) -> Fraction<V> {
        let Self { da, cb } = self;
        Fraction { x: da.add(cb).square(), z: da.sub(cb).square().reduce().multiply(u) }
    }
}

/// `scalar * u`, the scalar a clamped one in little-endian words.
#[inline(always)]
pub(super) fn multiply<V: Vector>(scalar: [V; 4], u: Reduced<V>) -> Fraction<V> {
    // Of the two points of a ladder, the next step doubles the one that the last step doubled
    // unless the scalar's bit differs from the one before: bit i of `changes` is the exclusive or
    // of the bits i and i + 1.
    let changes: [V; 4] = core::array::from_fn(|i| {
        let above = scalar.get(i + 1).copied().unwrap_or(V::splat(0));
        scalar[i] ^ (scalar[i].shr::<1>() | above.shl::<63>())
    });
    let change = |bit: u32| changes[(bit / 64) as usize].shl_by(63 - bit % 64);
    let one = Reduced::one().widen();
    let mut doubled = Fraction { x: one, z: Reduced::zero().widen() };
    let mut summed = Fraction { x: u.widen(), z: one };
    // Doubling and addition are written half and half: the processor finds more to do at a time.
    for bit in (LOWEST_BIT..255).rev() {
        let (d, s) = (doubled.sum_and_difference(), summed.sum_and_difference());
        let squares = SumAndDifference::select(change(bit), &s, &d).squares();
        let cross = d.cross(&s);
        doubled = squares.double();
        summed = cross.sum(u);
    }
    // The bits below are zero: three doublings.
    let (d, s) = (doubled.sum_and_difference(), summed.sum_and_difference());
    doubled = SumAndDifference::select(change(LOWEST_BIT - 1), &s, &d).squares().double();
    for _ in 1..LOWEST_BIT {
        doubled = doubled.sum_and_difference().squares().double();
    }
    doubled
}
