//! The curve y^2 = x^3 - 3x + b: a fast doubling and a fast addition, which has exceptions, and a
//! slower addition, which has none.

use super::field::Reduced;
use crate::vector::Vector;

/// The curve's b and the generator, in Montgomery form.
const B: [u64; 5] = [
    0xd_f622_9c4b_ddfd,
    0xc_a884_3090_d89c,
    0x2_12ed_6acf_005c,
    0x8_3415_a220_abf7,
    0xc300_61dd_4874,
];
const GENERATOR_X: [u64; 5] = [
    0x3_0d41_8a91_43c1,
    0xc_4fed_b601_79e7,
    0x6_2251_075b_a95f,
    0x5_c669_fb73_2b77,
    0x8905_f76b_5375,
];
const GENERATOR_Y: [u64; 5] = [
    0x5_357c_e955_60a8,
    0x4_3a19_e45c_ddf2,
    0x2_1f32_58b4_ab8e,
    0xd_8552_e886_88dd,
    0x571f_f18a_5885,
];

/// A point that is not the one at infinity.
#[derive(Clone, Copy)]
pub(super) struct Affine<V> {
    pub(super) x: Reduced<V>,
    pub(super) y: Reduced<V>,
}

/// x = X / Z, y = Y / Z; the point at infinity has Z = 0.
#[derive(Clone, Copy)]
pub(super) struct Projective<V> {
    pub(super) x: Reduced<V>,
    pub(super) y: Reduced<V>,
    pub(super) z: Reduced<V>,
}

/// x = X / Z^2, y = Y / Z^3; the point at infinity has Z = 0.
#[derive(Clone, Copy)]
pub(super) struct Jacobian<V> {
    x: Reduced<V>,
    y: Reduced<V>,
    z: Reduced<V>,
}

impl<V: Vector> Affine<V> {
    #[inline(always)]
    pub(super) fn generator() -> Self {
        Self { x: Reduced::constant(GENERATOR_X), y: Reduced::constant(GENERATOR_Y) }
    }

    /// A mask of the lanes whose point is on the curve.
    #[inline(always)]
    pub(super) fn is_on_curve(self) -> V {
        let Self { x, y } = self;
        let three = Reduced::one().wide().thrice().reduce();
        let xx_less_3 = (x.square().wide() - three.wide()).reduce();
        let right = x.multiply(xx_less_3).wide() + Reduced::constant(B).wide();
        (y.square().wide() - right).reduce().is_zero()
    }

    /// Lane by lane, `set` where the mask is set.
    #[inline(always)]
    pub(super) fn select(mask: V, set: Self, clear: Self) -> Self {
        Self { x: Reduced::select(mask, set.x, clear.x), y: Reduced::select(mask, set.y, clear.y) }
    }

    /// The negative where the mask is set.
    #[inline(always)]
    pub(super) fn negate(self, mask: V) -> Self {
        Self { y: self.y.negate(mask), ..self }
    }

    /// Both coordinates multiplied by a number.
    #[inline(always)]
    pub(super) fn times(self, factor: Reduced<V>) -> Self {
        Self { x: self.x.times(factor), y: self.y.times(factor) }
    }

    #[inline(always)]
    pub(super) fn to_projective(self) -> Projective<V> {
        Projective { x: self.x, y: self.y, z: Reduced::one() }
    }

    #[inline(always)]
    pub(super) fn to_jacobian(self) -> Jacobian<V> {
        Jacobian { x: self.x, y: self.y, z: Reduced::one() }
    }
}

impl<V: Vector> Projective<V> {
    #[inline(always)]
    pub(super) fn infinity() -> Self {
        Self { x: Reduced::zero(), y: Reduced::one(), z: Reduced::zero() }
    }

    /// Lane by lane, `set` where the mask is set.
    #[inline(always)]
    pub(super) fn select(mask: V, set: Self, clear: Self) -> Self {
        Self {
            x: Reduced::select(mask, set.x, clear.x),
            y: Reduced::select(mask, set.y, clear.y),
            z: Reduced::select(mask, set.z, clear.z),
        }
    }

    /// The point itself, given the inverse of Z.
    #[inline(always)]
    pub(super) fn with_inverse(self, inverse: Reduced<V>) -> Affine<V> {
        Affine { x: self.x, y: self.y }.times(inverse)
    }

    /// The negative where the mask is set.
    #[inline(always)]
    pub(super) fn negate(self, mask: V) -> Self {
        Self { y: self.y.negate(mask), ..self }
    }

    /// Complete: holds for all pairs of points (Renes, Costello, Batina, "Complete addition
    /// formulas for prime order elliptic curves", 2016, algorithm 4).
    #[inline(always)]
    pub(super) fn add(self, other: Self) -> Self {
        if V::SEPARATE { add_apart(self, other) } else { self.add_here(other) }
    }

    #[inline(always)]
    fn add_here(self, other: Self) -> Self {
        let b = Reduced::constant(B);
        let xx = self.x.multiply(other.x).wide();
        let yy = self.y.multiply(other.y).wide();
        let zz = self.z.times(other.z);
        // x1 y2 + x2 y1 and its like.
        let xy = self.x.add(self.y).multiply(other.x.add(other.y)).wide();
        let yz = self.y.add(self.z).multiply(other.y.add(other.z)).wide();
        let xz = self.x.add(self.z).multiply(other.x.add(other.z)).wide();
        let xy = (xy - xx - yy).reduce();
        let yz = (yz - yy - zz.wide()).reduce();
        let xz = (xz - xx - zz.wide()).reduce();

        let t = (xz.wide() - b.multiply(zz).wide()).thrice();
        let (minus, plus) = ((yy - t).reduce(), (yy + t).reduce());
        let s = (b.multiply(xz).wide() - zz.wide().thrice() - xx).thrice().reduce();
        let w = (xx - zz.wide()).thrice().reduce();
        Self {
            x: (xy.multiply(plus).wide() - yz.multiply(s).wide()).reduce(),
            y: (plus.multiply(minus).wide() + w.multiply(s).wide()).reduce(),
            z: (yz.multiply(minus).wide() + xy.multiply(w).wide()).reduce(),
        }
    }
}

#[inline(never)]
fn add_apart<V: Vector>(a: Projective<V>, b: Projective<V>) -> Projective<V> {
    a.add_here(b)
}

impl<V: Vector> Jacobian<V> {
    /// `dbl-2001-b` of the Explicit-Formulas Database. Without exceptions on this curve: it has no
    /// point of order two, and of the point at infinity it makes Z = 0.
    #[inline(always)]
    pub(super) fn double(self) -> Self {
        if V::SEPARATE { double_apart(self) } else { self.double_here() }
    }

    #[inline(always)]
    fn double_here(self) -> Self {
        let Self { x, y, z } = self;
        let delta = z.square().wide();
        let gamma = y.square();
        let yz = y.add(z);
        let less = (x.wide() - delta).reduce();
        let more = (x.wide() + delta).reduce();
        let gamma_factor = gamma.carry();
        let alpha = less.multiply(more).wide().thrice().reduce();
        let beta4 = x.multiply(gamma_factor).wide().twice().twice();
        let z = (yz.square().wide() - gamma.wide() - delta).reduce();
        let x = (alpha.square().wide() - beta4.twice()).reduce();
        let gamma_square8 = gamma_factor.square().wide().twice().twice().twice();
        let rest = (beta4 - x.wide()).reduce();
        let y = (alpha.multiply(rest).wide() - gamma_square8).reduce();
        Self { x, y, z }
    }

    /// Adds a point that is neither this one nor its negative, to one that is not the point at
    /// infinity (the classical formulas, with Z2 = 1). Otherwise what it gives is worthless.
    #[inline(always)]
    pub(super) fn add_different(self, other: Affine<V>) -> Self {
        if V::SEPARATE { add_different_apart(self, other) } else { self.add_different_here(other) }
    }

    #[inline(always)]
    fn add_different_here(self, other: Affine<V>) -> Self {
        let zz = self.z.square().carry();
        let zzz = zz.times(self.z);
        let h = (other.x.multiply(zz).wide() - self.x.wide()).reduce();
        let r = (other.y.multiply(zzz).wide() - self.y.wide()).reduce();
        let hh = h.square().carry();
        let hhh = h.times(hh);
        let v = self.x.multiply(hh).wide();
        let x = (r.square().wide() - hhh.wide() - v.twice()).reduce();
        let rest = (v - x.wide()).reduce();
        Self {
            x,
            y: (r.multiply(rest).wide() - self.y.multiply(hhh).wide()).reduce(),
            z: self.z.times(h),
        }
    }

    #[inline(always)]
    pub(super) fn to_projective(self) -> Projective<V> {
        let Self { x, y, z } = self;
        Projective { x: x.times(z), y, z: z.square().carry().times(z) }
    }
}

#[inline(never)]
fn add_different_apart<V: Vector>(a: Jacobian<V>, b: Affine<V>) -> Jacobian<V> {
    a.add_different_here(b)
}

#[inline(never)]
fn double_apart<V: Vector>(a: Jacobian<V>) -> Jacobian<V> {
    a.double_here()
}
