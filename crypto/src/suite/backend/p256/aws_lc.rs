//! P-256 by aws-lc-rs. AWS-LC wipes what it frees.

use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey};

use super::super::{OneByOne, Secret};
use super::Point;
use crate::suite::p256_keys::UNCOMPRESSED;

pub(super) struct AwsLc;

impl OneByOne for AwsLc {
    type Point = Point;
    type PrivateKey = PrivateKey;

    /// Multiplies the base point twice: AWS-LC checks the pair it has made.
    fn private_key(secret: &Secret) -> Option<PrivateKey> {
        PrivateKey::from_private_key(&agreement::ECDH_P256, secret).ok()
    }

    fn public_key(secret: &PrivateKey) -> Option<Point> {
        secret.compute_public_key().ok()?.as_ref().try_into().ok()
    }

    fn agree(secret: &PrivateKey, point: &Point, shared: &mut Secret) -> Option<()> {
        // AWS-LC takes the hybrid forms, too.
        if point[0] != UNCOMPRESSED {
            return None;
        }
        let point = UnparsedPublicKey::new(&agreement::ECDH_P256, point);
        agreement::agree(secret, point, (), |agreed| {
            agreed.try_into().map(|agreed| *shared = agreed).map_err(|_| ())
        })
        .ok()
    }
}
