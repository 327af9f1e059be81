//! P-256 by AWS-LC.

use ::p256::SecretKey;
use sealpost_native::p256;
use zeroize::Zeroizing;

use super::super::{OneByOne, Secret};
use super::Point;

pub(super) struct AwsLc;

impl OneByOne for AwsLc {
    type Point = Point;
    type PrivateKey = Zeroizing<Secret>;

    /// AWS-LC would reduce what is out of range.
    fn private_key(secret: &Secret) -> Option<Zeroizing<Secret>> {
        SecretKey::from_slice(secret).ok().map(|_| Zeroizing::new(*secret))
    }

    fn public_key(secret: &Zeroizing<Secret>) -> Option<Point> {
        p256::public_key(secret)
    }

    fn agree(secret: &Zeroizing<Secret>, point: &Point, shared: &mut Secret) -> Option<()> {
        p256::agree(secret, point, shared)
    }
}
