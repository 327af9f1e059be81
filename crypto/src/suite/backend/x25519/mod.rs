//! X25519 (RFC 7748).

#[cfg(feature = "aws-lc")]
mod aws_lc;
#[cfg(feature = "lanes")]
mod lanes;
mod pure;

use super::{Backend, DiffieHellman, Group};

/// Any 32 bytes are a secret. Refused are the points that give the all-zero shared secret, as
/// RFC 9180 section 7.1.4 asks.
pub(crate) struct X25519;

pub(super) type Point = [u8; 32];

impl Group for X25519 {
    type Point = Point;
    const BLANK: Point = [0; 32];

    fn on(backend: Backend) -> &'static dyn DiffieHellman<Point> {
        match backend {
            Backend::Pure => &pure::Dalek,
            #[cfg(feature = "aws-lc")]
            Backend::AwsLc => &aws_lc::AwsLc,
            #[cfg(feature = "lanes")]
            Backend::Lanes => &super::lanes::Batches(lanes::Lanes),
        }
    }
}
