//! The twisted Edwards curve edwards25519 (RFC 7748 section 4.1), which the Montgomery curve is
//! birationally equivalent to.
//!
//! Its addition law is complete: it holds for all pairs of points, the neutral one included
//! (Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 2008; a = -1 is a square and
//! d is not).

use super::field::{Reduced, Wide};
use super::ladder::Fraction;
use crate::vector::{LANES, Vector};

/// The base point and the curve's d, as little-endian words.
const BASE_X: [u64; 4] =
    [0xc956_2d60_8f25_d51a, 0x692c_c760_9525_a7b2, 0xc0a4_e231_fdd6_dc5c, 0x2169_36d3_cd6e_53fe];
const BASE_Y: [u64; 4] =
    [0x6666_6666_6666_6658, 0x6666_6666_6666_6666, 0x6666_6666_6666_6666, 0x6666_6666_6666_6666];
const D: [u64; 4] =
    [0x75eb_4dca_1359_78a3, 0x0070_0a4d_4141_d8ab, 0x8cc7_4079_7779_e898, 0x5203_6cee_2b6f_fe73];

/// X : Y : Z : T with x = X / Z, y = Y / Z, xy = T / Z.
#[derive(Clone, Copy)]
pub(super) struct Extended<V> {
    x: Wide<V>,
    y: Wide<V>,
    z: Wide<V>,
    t: Wide<V>,
}

/// A point ready to be added: y + x, y - x and 2dxy.
#[derive(Clone, Copy)]
pub(super) struct Niels<V> {
    pub(super) sum: Reduced<V>,
    pub(super) difference: Reduced<V>,
    pub(super) product: Reduced<V>,
}

impl<V: Vector> Niels<V> {
    #[inline(always)]
    pub(super) fn neutral() -> Self {
        Self { sum: Reduced::one(), difference: Reduced::one(), product: Reduced::zero() }
    }

    #[inline(always)]
    pub(super) fn base() -> Self {
        let x = Reduced::from_words(BASE_X.map(V::splat));
        let y = Reduced::from_words(BASE_Y.map(V::splat));
        Self::from_affine(x, y)
    }

    #[inline(always)]
    pub(super) fn from_affine(x: Reduced<V>, y: Reduced<V>) -> Self {
        let d = Reduced::from_words(D.map(V::splat));
        let xy = x.multiply(y).reduce();
        Self { sum: y.add(x), difference: y.sub(x), product: xy.multiply(d.add(d)).reduce() }
    }

    /// Lane by lane, `set` where the mask is set.
    #[inline(always)]
    pub(super) fn select(mask: V, set: Self, clear: Self) -> Self {
        Self {
            sum: Reduced::select(mask, set.sum, clear.sum),
            difference: Reduced::select(mask, set.difference, clear.difference),
            product: Reduced::select(mask, set.product, clear.product),
        }
    }

    /// The negative where the mask is set.
    #[inline(always)]
    pub(super) fn negate(self, mask: V) -> Self {
        Self {
            sum: Reduced::select(mask, self.difference, self.sum),
            difference: Reduced::select(mask, self.sum, self.difference),
            product: Reduced::select(mask, Reduced::zero().sub(self.product), self.product),
        }
    }
}

impl<V: Vector> Extended<V> {
    #[inline(always)]
    pub(super) fn neutral() -> Self {
        let (zero, one) = (Reduced::zero().widen(), Reduced::one().widen());
        Self { x: zero, y: one, z: one, t: zero }
    }

    /// In lane i the multiple i + 1 of the base point.
    #[inline(always)]
    pub(super) fn base_multiples() -> Self {
        let lane = V::new(core::array::from_fn(|lane| lane as u64));
        let base = Niels::base();
        let mut multiples = Self::neutral();
        for step in 0..LANES as u64 {
            // Lanes before this step have all their additions.
            let done = lane - V::splat(step);
            multiples = Self::select(done, multiples, multiples.add(base));
        }
        multiples
    }

    #[inline(always)]
    fn select(mask: V, set: Self, clear: Self) -> Self {
        Self {
            x: Wide::select(mask, set.x, clear.x),
            y: Wide::select(mask, set.y, clear.y),
            z: Wide::select(mask, set.z, clear.z),
            t: Wide::select(mask, set.t, clear.t),
        }
    }

    #[inline(always)]
    pub(super) fn add(self, other: Niels<V>) -> Self {
        if V::SEPARATE { add_apart(self, other) } else { self.add_here(other) }
    }

    #[inline(always)]
    fn add_here(self, other: Niels<V>) -> Self {
        let a = self.y.sub(self.x).multiply(other.difference);
        let b = self.y.add(self.x).multiply(other.sum);
        let c = self.t.reduce().multiply(other.product);
        let d = self.z.add(self.z).widen();
        Self::from_factors(b.sub(a), d.sub(c), d.add(c), b.add(a))
    }

    #[inline(always)]
    pub(super) fn double(self) -> Self {
        if V::SEPARATE { double_apart(self) } else { self.double_here() }
    }

    #[inline(always)]
    fn double_here(self) -> Self {
        let (x, y, z) = (self.x.reduce(), self.y.reduce(), self.z.reduce());
        let (xx, yy, zz) = (x.square(), y.square(), z.square());
        let h = xx.add(yy);
        let e = h.widen().sub(x.add(y).square());
        let g = xx.sub(yy);
        let f = zz.add(zz).add(g);
        Self::from_factors(e, f, g, h)
    }

    #[inline(always)]
    fn from_factors(e: Reduced<V>, f: Reduced<V>, g: Reduced<V>, h: Reduced<V>) -> Self {
        Self { x: e.multiply(f), y: g.multiply(h), z: f.multiply(g), t: e.multiply(h) }
    }

    /// The numerators of x and y, and their denominator.
    #[inline(always)]
    pub(super) fn projective(self) -> [Reduced<V>; 3] {
        [self.x.reduce(), self.y.reduce(), self.z.reduce()]
    }

    /// The u-coordinate on the Montgomery curve, (1 + y) / (1 - y).
    #[inline(always)]
    pub(super) fn to_montgomery(self) -> Fraction<V> {
        Fraction { x: self.z.add(self.y).widen(), z: self.z.sub(self.y).widen() }
    }
}

#[inline(never)]
fn double_apart<V: Vector>(a: Extended<V>) -> Extended<V> {
    a.double_here()
}

#[inline(never)]
fn add_apart<V: Vector>(a: Extended<V>, b: Niels<V>) -> Extended<V> {
    a.add_here(b)
}
