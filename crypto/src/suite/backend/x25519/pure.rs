//! X25519 by x25519-dalek.

use x25519_dalek::{PublicKey, StaticSecret};

use super::super::{OneByOne, Secret};
use super::Point;

pub(super) struct Dalek;

impl OneByOne for Dalek {
    type Point = Point;
    type PrivateKey = StaticSecret;

    fn private_key(secret: &Secret) -> Option<StaticSecret> {
        Some(StaticSecret::from(*secret))
    }

    fn public_key(secret: &StaticSecret) -> Option<Point> {
        Some(PublicKey::from(secret).to_bytes())
    }

    fn agree(secret: &StaticSecret, point: &Point, shared: &mut Secret) -> Option<()> {
        let agreed = secret.diffie_hellman(&PublicKey::from(*point));
        shared.copy_from_slice(agreed.as_bytes());
        agreed.was_contributory().then_some(())
    }
}
