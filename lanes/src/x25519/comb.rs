//! Multiples of the base point from a table, after Bernstein, Duif, Lange, Schwabe and Yang,
//! "High-speed high-security signatures" (2012), section 4.
#![expect(clippy::indexing_slicing, reason = "counters of words and places")]

use core::array::from_fn;
use std::sync::OnceLock;

use super::edwards::{Extended, Niels};
use super::field::{LIMBS, Reduced};
use super::ladder::Fraction;
use crate::backend::{Backend, Task};
use crate::batch;
use crate::vector::{LANES, Vector};

const ROWS: usize = 32;

/// In row i the multiples 1 to 8 of 256^i times the base point, a limb of all eight in one vector:
/// a processor register is the table that a secret digit is looked up in.
pub(super) type Table = [Row; ROWS];

type Row = [[[u64; LANES]; LIMBS]; 3];

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
        let mut table = Box::new([[[[0; LANES]; LIMBS]; 3]; ROWS]);
        let mut multiples = Extended::<V>::base_multiples();
        for rows in table.chunks_mut(batch::GROUPS) {
            let mut points = [[Reduced::zero(); 3]; batch::GROUPS];
            let mut inverses = [Reduced::zero(); batch::GROUPS];
            for (point, inverse) in points.iter_mut().zip(&mut inverses) {
                *point = multiples.projective();
                *inverse = point[2];
                for _ in 0..8 {
                    multiples = multiples.double();
                }
            }
            batch::invert(&mut inverses);
            for (row, ([x, y, _], inverse)) in rows.iter_mut().zip(points.iter().zip(inverses)) {
                let x = x.multiply(inverse).reduce();
                let y = y.multiply(inverse).reduce();
                let Niels { sum, difference, product } = Niels::from_affine(x, y);
                *row = [sum.lanes(), difference.lanes(), product.lanes()];
            }
        }
        table
    }
}

/// A clamped scalar, in little-endian words, times the base point.
#[inline(always)]
pub(super) fn multiply_base<V: Vector>(table: &Table, scalar: [V; 4]) -> Fraction<V> {
    let digits = Digits::new(scalar);
    let mut sum = Extended::neutral();
    // The digits at odd places, times sixteen, then those at even ones: a row serves both.
    for parity in (0..2).rev() {
        for (place, row) in (parity..).step_by(2).zip(table) {
            sum = sum.add(look_up(row, digits.get(place)));
        }
        for _ in 0..4 * parity {
            sum = sum.double();
        }
    }
    sum.to_montgomery()
}

/// A scalar below 2^255 in 64 digits of radix 16, from -8 to 7, the last one from 0 to 8: held as
/// their sum with 8 in all places but the last, where each digit can be read off by itself.
struct Digits<V>([V; 4]);

const EIGHTS: [u64; 4] =
    [0x8888_8888_8888_8888, 0x8888_8888_8888_8888, 0x8888_8888_8888_8888, 0x0888_8888_8888_8888];
const LAST: u32 = 63;

impl<V: Vector> Digits<V> {
    #[inline(always)]
    fn new(scalar: [V; 4]) -> Self {
        let mut carry = V::splat(0);
        Self(from_fn(|i| {
            let (word, eights) = (scalar[i], V::splat(EIGHTS[i]));
            let sum = word + eights + carry;
            // A carry leaves the top bit where two of three are set in it: both numbers' and the
            // carry into it, which the sum tells.
            let inverted = sum ^ V::splat(u64::MAX);
            carry = ((word & eights) | ((word | eights) & inverted)).shr::<63>();
            sum
        }))
    }

    #[inline(always)]
    fn get(&self, place: u32) -> V {
        let shift = 60 - 4 * (place % 16);
        let digit = self.0[(place / 16) as usize].shl_by(shift).shr::<60>();
        if place == LAST { digit } else { digit - V::splat(8) }
    }
}

/// A row's point number |digit|, with the digit's sign.
#[inline(always)]
fn look_up<V: Vector>(row: &Row, digit: V) -> Niels<V> {
    let sign = digit.sar::<63>();
    let magnitude = (digit ^ sign) - sign;
    let index = magnitude - V::splat(1);
    let [sum, difference, product] = row;
    let point = Niels {
        sum: Reduced::pick(sum, index),
        difference: Reduced::pick(difference, index),
        product: Reduced::pick(product, index),
    };
    Niels::select(magnitude.is_zero(), Niels::neutral(), point).negate(sign)
}
