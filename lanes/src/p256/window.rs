//! Multiples of any point.
#![expect(clippy::indexing_slicing, reason = "places and entries are loop counters")]

use super::field::Reduced;
use super::point::{Affine, Projective};
use super::scalar::{Digit, Digits, PLACES};
use crate::batch;
use crate::vector::Vector;

/// The multiples 1, 3, 5 to 15 of a point.
pub(super) type Table<V> = [Affine<V>; ENTRIES];

const ENTRIES: usize = 8;

/// Groups of points whose tables are made together, to share an inversion.
pub(super) const TABLES: usize = 4;

/// A table to be made.
#[inline(always)]
pub(super) fn unmade<V: Vector>() -> Table<V> {
    [Affine::generator(); ENTRIES]
}

/// Makes a table for each point; both slices have the same length, at most [`TABLES`].
#[inline(always)]
pub(super) fn make_tables<V: Vector>(points: &[Affine<V>], tables: &mut [Table<V>]) {
    let mut inverses = [Reduced::zero(); ENTRIES * TABLES];
    let inverses = &mut inverses[..ENTRIES * tables.len().min(TABLES)];
    for ((point, table), inverses) in
        points.iter().zip(&mut *tables).zip(inverses.chunks_mut(ENTRIES))
    {
        let mut multiple = point.to_projective();
        let twice = multiple.add(multiple);
        for (entry, inverse) in table.iter_mut().zip(inverses) {
            // Not divided yet.
            (*entry, *inverse) = (Affine { x: multiple.x, y: multiple.y }, multiple.z);
            multiple = multiple.add(twice);
        }
    }
    batch::invert(inverses);
    for (table, inverses) in tables.iter_mut().zip(inverses.chunks(ENTRIES)) {
        for (entry, inverse) in table.iter_mut().zip(inverses) {
            *entry = entry.times(*inverse);
        }
    }
}

/// The point that the table is of, times the scalar that the digits are of.
///
/// [`add_different`](super::point::Jacobian::add_different) adds the digit d of each place but the
/// last to 16 m times the point, m being the number that the higher digits make. That number is
/// positive, as the highest digit is, so that 16 m is above 15, thus above |d|; and 16 m + |d| is
/// below 2^253, thus below the order, as one more digit follows. So 16 m is neither d nor -d nor
/// zero modulo the order, as the addition wants. At the last place 16 m + |d| can reach the order:
/// 16 m = d modulo the order happens for the scalar 2 (as n - 2, with m = (n - 1) / 16 and d = -1).
/// That addition is the complete one.
#[inline(always)]
pub(super) fn multiply<V: Vector>(table: &Table<V>, digits: &Digits<V>) -> Projective<V> {
    let mut place = PLACES - 1;
    let mut sum = look_up(table, digits.get(place)).to_jacobian();
    let sum = loop {
        for _ in 0..4 {
            sum = sum.double();
        }
        place -= 1;
        let term = look_up(table, digits.get(place));
        if place == 0 {
            break sum.to_projective().add(term.to_projective());
        }
        sum = sum.add_different(term);
    };
    sum.negate(digits.negated)
}

/// Reads all entries, whatever the digit.
#[inline(always)]
fn look_up<V: Vector>(table: &Table<V>, digit: Digit<V>) -> Affine<V> {
    let mut found = table[0];
    for (index, entry) in (1..).zip(&table[1..]) {
        let this = (digit.index ^ V::splat(index)).is_zero();
        found = Affine::select(this, *entry, found);
    }
    found.negate(digit.negative)
}
