//! Eight 64-bit lanes, and the few operations on them that the arithmetic is written in.

#[cfg(target_arch = "x86_64")]
pub(crate) mod ifma;
pub(crate) mod portable;

use core::ops::{Add, BitAnd, BitOr, BitXor, Sub};

/// Points handled side by side, one per lane.
pub(crate) const LANES: usize = 8;

/// Eight unsigned 64-bit numbers. Arithmetic wraps in each lane; nothing branches on a lane's
/// value or uses it as an address.
///
/// A lane used as a mask counts by its most significant bit alone.
pub(crate) trait Vector:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + BitXor<Output = Self>
{
    /// Whether multiplications and additions of points are to be functions of their own. Each
    /// operation being many instructions, the code would grow to megabytes otherwise.
    const SEPARATE: bool;

    fn new(lanes: [u64; LANES]) -> Self;

    fn lanes(self) -> [u64; LANES];

    fn splat(value: u64) -> Self;

    fn shl<const BITS: u32>(self) -> Self;

    fn shr<const BITS: u32>(self) -> Self;

    /// Shifts right and fills with copies of the sign bit.
    fn sar<const BITS: u32>(self) -> Self;

    /// Shifts all lanes left by one number of bits below 64, which is not a secret.
    fn shl_by(self, bits: u32) -> Self;

    /// The low 64 bits of the product.
    fn mul(self, other: Self) -> Self;

    /// Adds the low 52 bits of the product of the low 52 bits of `a` and `b`.
    fn add_product_low(self, a: Self, b: Self) -> Self;

    /// Adds the high 52 bits of the product of the low 52 bits of `a` and `b`.
    fn add_product_high(self, a: Self, b: Self) -> Self;

    /// In each lane `set` where the mask is set, `clear` where it is not.
    fn select(self, set: Self, clear: Self) -> Self;

    /// In each lane the lane of `self` that the low three bits of `index` name.
    fn pick(self, index: Self) -> Self;

    /// A mask of the lanes that are zero, all of their bits set or all clear.
    #[inline(always)]
    fn is_zero(self) -> Self {
        // The top bit of `x | -x` is set unless x is zero.
        (self | (Self::splat(0) - self)).sar::<63>() ^ Self::splat(u64::MAX)
    }
}
