//! One inversion for all numbers of a chunk (Montgomery's trick).
#![expect(clippy::indexing_slicing, reason = "steps name powers that are there")]

use crate::vector::{LANES, Vector};

/// Items handled by one task. More would make the inversion cheaper by next to nothing, and the
/// stack deeper.
pub(crate) const CHUNK: usize = 128;
/// Vectors that hold a chunk.
pub(crate) const GROUPS: usize = CHUNK / LANES;

/// Numbers that can share an inversion.
const MOST: usize = 32;

/// What the trick needs of a field.
pub(crate) trait Field<V: Vector>: Copy {
    /// An addition chain for the exponent p - 2, which inverts (Fermat).
    const INVERSION: &'static [Step];

    fn one() -> Self;

    fn multiply(self, other: Self) -> Self;

    fn square(self) -> Self;

    fn is_zero(self) -> V;

    /// Lane by lane, `set` where the mask is set.
    fn select(mask: V, set: Self, clear: Self) -> Self;
}

/// `powers[from]^(2^squarings) * powers[by]`, which becomes the next of the powers; the first of
/// them is the number itself.
pub(crate) struct Step {
    pub(crate) from: usize,
    pub(crate) squarings: u32,
    pub(crate) by: usize,
}

/// The inverse; zero for zero.
#[inline(always)]
fn invert_one<V: Vector, F: Field<V>>(number: F) -> F {
    let mut powers = [number; 16];
    let mut last = number;
    for (step, next) in F::INVERSION.iter().zip(1..powers.len()) {
        last = powers[step.from];
        for _ in 0..step.squarings {
            last = last.square();
        }
        last = last.multiply(powers[step.by]);
        powers[next] = last;
    }
    last
}

/// Puts in the place of each number its inverse. Zero, which would take all others of its lane
/// with it, counts as one instead. At most [`MOST`] are handled.
#[inline(always)]
pub(crate) fn invert<V: Vector, F: Field<V>>(numbers: &mut [F]) {
    // products[i] is the product of all numbers before number i.
    let mut products = [F::one(); MOST];
    let mut product = F::one();
    for (number, before) in numbers.iter_mut().zip(&mut products) {
        *number = F::select(number.is_zero(), F::one(), *number);
        *before = product;
        product = product.multiply(*number);
    }
    let mut inverse = invert_one(product);
    for (number, before) in numbers.iter_mut().zip(&products).rev() {
        let this = inverse.multiply(*before);
        inverse = inverse.multiply(*number);
        *number = this;
    }
}
