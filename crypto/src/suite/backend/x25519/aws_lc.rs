//! X25519 by aws-lc-rs. AWS-LC wipes what it frees.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};

use super::super::{OneByOne, Secret};
use super::Point;

pub(super) struct AwsLc;

impl OneByOne for AwsLc {
    type Point = Point;
    type PrivateKey = PrivateKey;

    fn private_key(secret: &Secret) -> Option<PrivateKey> {
        PrivateKey::from_private_key(&agreement::X25519, secret).ok()
    }

    fn public_key(secret: &PrivateKey) -> Option<Point> {
        secret.compute_public_key().ok()?.as_ref().try_into().ok()
    }

    /// AWS-LC itself refuses the all-zero secret.
    fn agree(secret: &PrivateKey, point: &Point, shared: &mut Secret) -> Option<()> {
        let point = UnparsedPublicKey::new(&agreement::X25519, point);
        agreement::agree(secret, point, (), |agreed| {
            agreed.try_into().map(|agreed| *shared = agreed).map_err(|_| ())
        })
        .ok()
    }
}
