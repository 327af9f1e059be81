//! Diffie-Hellman on P-256 (SEC 1 section 3.3.1).
//!
//! Secrets are big-endian numbers in `[1, n - 1]`. Others give nothing useful, in a time that
//! depends on them: draw them by rejection.

use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};

use aws_lc_sys::{
    BIGNUM, BN_bin2bn, BN_clear_free, EC_GROUP, EC_POINT, EC_POINT_clear_free, EC_POINT_mul,
    EC_POINT_new, EC_POINT_oct2point, EC_POINT_point2oct, EC_group_p256, point_conversion_form_t,
};
use zeroize::Zeroizing;

use crate::clear_errors;

/// SEC 1 section 2.3.3, uncompressed: `04 || x || y`.
pub const POINT_LENGTH: usize = 65;
const UNCOMPRESSED: u8 = 4;

/// The public key of a secret. `None` for zero, and when AWS-LC fails.
#[must_use]
pub fn public_key(secret: &[u8; 32]) -> Option<[u8; POINT_LENGTH]> {
    let mut public_key = [0; POINT_LENGTH];
    Point::multiplied(&Number::new(secret)?, None)?.write(&mut public_key)?;
    Some(public_key)
}

/// Writes the x coordinate of the shared point. `None` for points off the curve or in another
/// form, and when AWS-LC fails.
#[must_use]
pub fn agree(secret: &[u8; 32], point: &[u8; POINT_LENGTH], shared: &mut [u8; 32]) -> Option<()> {
    let point = Point::read(point)?;
    let mut product = Zeroizing::new([0; POINT_LENGTH]);
    Point::multiplied(&Number::new(secret)?, Some(&point))?.write(&mut product)?;
    let (_, coordinates) = product.split_first()?;
    *shared = *coordinates.first_chunk()?;
    Some(())
}

pub(crate) fn group() -> *const EC_GROUP {
    // SAFETY: gives a pointer to a constant of the library.
    unsafe { EC_group_p256() }
}

/// A secret number, wiped on drop.
pub(crate) struct Number(NonNull<BIGNUM>);

impl Number {
    pub(crate) fn new(bytes: &[u8; 32]) -> Option<Self> {
        // SAFETY: reads as many bytes as are said and makes a number of its own, or null.
        let number = unsafe { BN_bin2bn(bytes.as_ptr(), bytes.len(), ptr::null_mut()) };
        NonNull::new(number).map(Self)
    }

    /// The number itself: whoever takes it has to free it.
    pub(crate) fn into_raw(self) -> *mut BIGNUM {
        ManuallyDrop::new(self).0.as_ptr()
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // SAFETY: it is a valid number, and nobody's but ours.
        unsafe { BN_clear_free(self.0.as_ptr()) };
    }
}

/// A point of the curve, wiped on drop.
pub(crate) struct Point(NonNull<EC_POINT>);

impl Point {
    /// The point at infinity.
    fn new() -> Option<Self> {
        // SAFETY: makes a point of its own in a valid group, or null.
        NonNull::new(unsafe { EC_POINT_new(group()) }).map(Self)
    }

    pub(crate) fn as_ptr(&self) -> *const EC_POINT {
        self.0.as_ptr()
    }

    pub(crate) fn read(bytes: &[u8; POINT_LENGTH]) -> Option<Self> {
        // AWS-LC takes the hybrid forms, too.
        if bytes[0] != UNCOMPRESSED {
            return None;
        }
        let point = Self::new()?;
        // SAFETY: group and point are valid; reads as many bytes as are said, checks that they are
        // a point of the curve and writes it; the null context is allowed.
        let read = unsafe {
            let (to, from) = (point.0.as_ptr(), bytes.as_ptr());
            EC_POINT_oct2point(group(), to, from, bytes.len(), ptr::null_mut())
        };
        checked(read == 1).map(|()| point)
    }

    /// `by * of`; of the base point if there is no other.
    fn multiplied(by: &Number, of: Option<&Self>) -> Option<Self> {
        let product = Self::new()?;
        let by = by.0.as_ptr().cast_const();
        let (base_by, of, of_by) = match of {
            None => (by, ptr::null(), ptr::null()),
            Some(of) => (ptr::null(), of.0.as_ptr().cast_const(), by),
        };
        // SAFETY: group, numbers and points are valid or, in pairs as the function allows, null, and
        // the product is none of the others; the null context is allowed.
        let multiplied = unsafe {
            EC_POINT_mul(group(), product.0.as_ptr(), base_by, of, of_by, ptr::null_mut())
        };
        checked(multiplied == 1).map(|()| product)
    }

    /// `None` for the point at infinity, which has another length.
    fn write(&self, bytes: &mut [u8; POINT_LENGTH]) -> Option<()> {
        let form = point_conversion_form_t::POINT_CONVERSION_UNCOMPRESSED;
        // SAFETY: group and point are valid; writes at most as many bytes as are said; the null
        // context is allowed.
        let length = unsafe {
            let (from, to) = (self.0.as_ptr(), bytes.as_mut_ptr());
            EC_POINT_point2oct(group(), from, form, to, POINT_LENGTH, ptr::null_mut())
        };
        checked(length == POINT_LENGTH)
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        // SAFETY: it is a valid point, and nobody's but ours.
        unsafe { EC_POINT_clear_free(self.0.as_ptr()) };
    }
}

pub(crate) fn checked(succeeded: bool) -> Option<()> {
    if !succeeded {
        clear_errors();
    }
    succeeded.then_some(())
}
