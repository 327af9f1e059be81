//! The eight lanes as an array, for every processor; and for valgrind, which cannot execute
//! AVX-512.
#![expect(clippy::indexing_slicing, reason = "counters of lanes")]

use core::array::from_fn;
use core::hint::black_box;
use core::ops::{Add, BitAnd, BitOr, BitXor, Sub};

use super::{LANES, Vector};

/// Where a mask chooses, `black_box` hides from the compiler that it is all ones or all zeros. It
/// would turn the choice of a number into the choice of an address (valgrind shows it).
#[derive(Clone, Copy)]
pub(crate) struct Portable([u64; LANES]);

const LOW_52: u64 = (1 << 52) - 1;

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, operation: impl Fn(u64, u64) -> u64) -> Self {
        Self(from_fn(|lane| operation(self.0[lane], other.0[lane])))
    }

    #[inline(always)]
    fn map(self, operation: impl Fn(u64) -> u64) -> Self {
        Self(self.0.map(operation))
    }
}

#[inline(always)]
fn product_52(a: u64, b: u64) -> u128 {
    u128::from(a & LOW_52) * u128::from(b & LOW_52)
}

impl Vector for Portable {
    const SEPARATE: bool = true;

    #[inline(always)]
    fn new(lanes: [u64; LANES]) -> Self {
        Self(lanes)
    }

    #[inline(always)]
    fn lanes(self) -> [u64; LANES] {
        self.0
    }

    #[inline(always)]
    fn splat(value: u64) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    fn shl<const BITS: u32>(self) -> Self {
        self.map(|lane| lane << BITS)
    }

    #[inline(always)]
    fn shr<const BITS: u32>(self) -> Self {
        self.map(|lane| lane >> BITS)
    }

    #[inline(always)]
    fn sar<const BITS: u32>(self) -> Self {
        self.map(|lane| (lane.cast_signed() >> BITS).cast_unsigned())
    }

    #[inline(always)]
    fn shl_by(self, bits: u32) -> Self {
        self.map(|lane| lane << bits)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_mul)
    }

    #[inline(always)]
    fn add_product_low(self, a: Self, b: Self) -> Self {
        // The mask leaves 52 bits of the product: the cast loses nothing.
        #[expect(clippy::cast_possible_truncation)]
        let low = |a, b| (product_52(a, b) as u64) & LOW_52;
        self + a.zip(b, low)
    }

    #[inline(always)]
    fn add_product_high(self, a: Self, b: Self) -> Self {
        // 104 bits less 52.
        #[expect(clippy::cast_possible_truncation)]
        let high = |a, b| (product_52(a, b) >> 52) as u64;
        self + a.zip(b, high)
    }

    #[inline(always)]
    fn select(self, set: Self, clear: Self) -> Self {
        let mask = Self(black_box(self.sar::<63>().0));
        clear ^ (mask & (set ^ clear))
    }

    #[inline(always)]
    fn pick(self, index: Self) -> Self {
        index.map(|index| {
            (0..).zip(self.0).fold(0, |picked, (lane, value)| {
                let distance = (index ^ lane) & 7;
                let mask = (distance.wrapping_sub(1).cast_signed() >> 63).cast_unsigned();
                // All eight are read.
                picked | (value & black_box(mask))
            })
        })
    }
}

impl Add for Portable {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_add)
    }
}

impl Sub for Portable {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, u64::wrapping_sub)
    }
}

impl BitAnd for Portable {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        self.zip(other, BitAnd::bitand)
    }
}

impl BitOr for Portable {
    type Output = Self;

    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        self.zip(other, BitOr::bitor)
    }
}

impl BitXor for Portable {
    type Output = Self;

    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        self.zip(other, BitXor::bitxor)
    }
}
