//! Multiples of the generator from a table.

use std::sync::OnceLock;

use super::field::Reduced;
use super::limbs::LIMBS;
use super::point::{Affine, Projective};
use super::scalar::{Digit, Digits, PLACES};
use crate::backend::{Backend, Task};
use crate::batch::{self, GROUPS};
use crate::vector::{LANES, Vector};

/// In row i the multiples 1, 3, 5 to 15 of 16^i times the generator, a limb of all eight in one
/// vector: a processor register is the table that a secret digit is looked up in.
pub(super) type Table = [Row; PLACES as usize];

type Row = [[[u64; LANES]; LIMBS]; 2];

/// Made at first use.
pub(super) fn table(backend: Backend) -> &'static Table {
    static TABLE: OnceLock<Box<Table>> = OnceLock::new();
    TABLE.get_or_init(|| backend.run(MakeTable))
}

pub(super) struct MakeTable;

impl Task for MakeTable {
    type Output = Box<Table>;

    #[inline(always)]
    fn run<V: Vector>(self) -> Box<Table> {
        let mut table = Box::new([[[[0; LANES]; LIMBS]; 2]; PLACES as usize]);
        let mut multiples = odd_multiples::<V>();
        for rows in table.chunks_mut(GROUPS) {
            let mut points = [multiples; GROUPS];
            let mut inverses = [Reduced::zero(); GROUPS];
            for (point, inverse) in points.iter_mut().zip(&mut inverses) {
                (*point, *inverse) = (multiples, multiples.z);
                for _ in 0..4 {
                    multiples = multiples.add(multiples);
                }
            }
            batch::invert(&mut inverses);
            for (row, (point, inverse)) in rows.iter_mut().zip(points.iter().zip(inverses)) {
                let Affine { x, y } = point.with_inverse(inverse);
                *row = [x.lanes(), y.lanes()];
            }
        }
        table
    }
}

/// In lane i the multiple 2 i + 1 of the generator.
#[inline(always)]
fn odd_multiples<V: Vector>() -> Projective<V> {
    let multiple = V::new(core::array::from_fn(|lane| 2 * lane as u64 + 1));
    let generator = Affine::generator().to_projective();
    let mut sum = Projective::infinity();
    for step in 0..2 * LANES as u64 {
        // Lanes of a multiple not above this step have all their additions.
        let done = multiple - V::splat(step + 1);
        sum = Projective::select(done, sum, sum.add(generator));
    }
    sum
}

/// The generator times the scalar that the digits are of.
///
/// [`add_different`](super::point::Jacobian::add_different) adds at each place i but the last, from
/// the lowest on, `d 16^i` to the number s that the lower digits make. |s| is below 16^i and not
/// zero, as these digits are odd; |s| + |d| 16^i is below 16^(i + 1), for i up to 62 at most 2^252,
/// below the order. So s is neither `d 16^i` nor its negative nor zero modulo the order, as the
/// addition wants. At the last place the sum of the two can be the order; that addition is the
/// complete one.
#[inline(always)]
pub(super) fn multiply_generator<V: Vector>(table: &Table, digits: &Digits<V>) -> Projective<V> {
    let [first, middle @ .., last] = table;
    let mut sum = look_up(first, digits.get(0)).to_jacobian();
    for (place, row) in (1..).zip(middle) {
        sum = sum.add_different(look_up(row, digits.get(place)));
    }
    let last = look_up(last, digits.get(PLACES - 1));
    sum.to_projective().add(last.to_projective()).negate(digits.negated)
}

#[inline(always)]
fn look_up<V: Vector>(row: &Row, digit: Digit<V>) -> Affine<V> {
    let [x, y] = row;
    let point = Affine { x: Reduced::pick(x, digit.index), y: Reduced::pick(y, digit.index) };
    point.negate(digit.negative)
}
