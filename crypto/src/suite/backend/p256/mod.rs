//! Diffie-Hellman on P-256 (SEC 1 section 3.3.1).

#[cfg(feature = "aws-lc")]
mod aws_lc;
#[cfg(feature = "lanes")]
mod lanes;
mod pure;

use super::{Backend, DiffieHellman, Group};

/// Secrets are big-endian numbers in `[1, n - 1]`, points uncompressed (SEC 1 section 2.3.3); the
/// shared secret is the x coordinate. Refused are points off the curve.
pub(crate) struct P256;

pub(super) type Point = [u8; 65];

impl Group for P256 {
    type Point = Point;
    const BLANK: Point = [0; 65];

    fn on(backend: Backend) -> &'static dyn DiffieHellman<Point> {
        match backend {
            Backend::Pure => &pure::RustCrypto,
            #[cfg(feature = "aws-lc")]
            Backend::AwsLc => &aws_lc::AwsLc,
            #[cfg(feature = "lanes")]
            Backend::Lanes => &super::lanes::Batches(lanes::Lanes),
        }
    }
}
