//! X25519 by AWS-LC.

use sealpost_native::x25519;
use zeroize::Zeroizing;

use super::super::{OneByOne, Secret};
use super::Point;

pub(super) struct AwsLc;

impl OneByOne for AwsLc {
    type Point = Point;
    type PrivateKey = Zeroizing<Secret>;

    fn private_key(secret: &Secret) -> Option<Zeroizing<Secret>> {
        Some(Zeroizing::new(*secret))
    }

    fn public_key(secret: &Zeroizing<Secret>) -> Option<Point> {
        Some(x25519::public_key(secret))
    }

    /// AWS-LC itself refuses the all-zero secret.
    fn agree(secret: &Zeroizing<Secret>, point: &Point, shared: &mut Secret) -> Option<()> {
        x25519::agree(secret, point, shared)
    }
}
