//! P-256, eight at a time.

use sealpost_lanes::{LengthMismatch, Refused, Scalars, p256};

use super::super::Secret;
use super::super::lanes::InLanes;
use super::{P256, Point};

pub(super) struct Lanes;

impl InLanes for Lanes {
    type Group = P256;

    fn agree(
        secrets: Scalars<'_>,
        points: &[Point],
        shared: &mut [Secret],
    ) -> Result<Refused, LengthMismatch> {
        p256::diffie_hellman(secrets, points, shared)
    }

    /// A secret out of range is refused again where it is used.
    fn public_keys(secrets: &[Secret], public_keys: &mut [Point]) -> Result<(), LengthMismatch> {
        p256::public_keys(secrets, public_keys).map(drop)
    }
}
