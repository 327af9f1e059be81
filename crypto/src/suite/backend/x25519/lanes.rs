//! X25519, eight at a time.

use sealpost_lanes::{LengthMismatch, Refused, Scalars, x25519};

use super::super::Secret;
use super::super::lanes::InLanes;
use super::{Point, X25519};

pub(super) struct Lanes;

impl InLanes for Lanes {
    type Group = X25519;

    fn agree(
        secrets: Scalars<'_>,
        points: &[Point],
        shared: &mut [Secret],
    ) -> Result<Refused, LengthMismatch> {
        x25519::diffie_hellman(secrets, points, shared)
    }

    fn public_keys(secrets: &[Secret], public_keys: &mut [Point]) -> Result<(), LengthMismatch> {
        x25519::public_keys(secrets, public_keys)
    }
}
