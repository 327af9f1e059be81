//! P-256 by the p256 crate.

use p256::SecretKey;

use super::super::{OneByOne, Secret};
use super::Point;
use crate::suite::p256_keys::{point_from_uncompressed, uncompressed};

pub(super) struct RustCrypto;

impl OneByOne for RustCrypto {
    type Point = Point;
    type PrivateKey = SecretKey;

    fn private_key(secret: &Secret) -> Option<SecretKey> {
        SecretKey::from_slice(secret).ok()
    }

    fn public_key(secret: &SecretKey) -> Option<Point> {
        Some(uncompressed(&secret.public_key()))
    }

    /// Never the point at infinity: both keys are of the prime-order group and neither is zero.
    fn agree(secret: &SecretKey, point: &Point, shared: &mut Secret) -> Option<()> {
        let point = point_from_uncompressed(point).ok()?;
        shared.copy_from_slice(secret.diffie_hellman(&point).raw_secret_bytes());
        Some(())
    }
}
