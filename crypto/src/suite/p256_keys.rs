//! P-256 keys in the forms X uses: SPKI, SEC 1, and raw secret scalars.

use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use rand_core::TryCryptoRng;

use super::backend::Secret;
use crate::identity::KeyError;
use crate::random::{self, RandomError};

/// SEC 1 uncompressed: `04 || x || y`.
pub(crate) const POINT_LENGTH: usize = 65;
/// SPKI: the prefix and an uncompressed point.
pub(crate) const SPKI_LENGTH: usize = SPKI_PREFIX.len() + POINT_LENGTH;

/// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING } (RFC 5480 section 2).
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
pub(super) const UNCOMPRESSED: u8 = 4;

/// A point from SPKI. X's own SDK takes any 26 bytes in front; we compare them.
pub(super) fn point_from_spki(spki: &[u8; SPKI_LENGTH]) -> Result<PublicKey, KeyError> {
    let point = spki.strip_prefix(&SPKI_PREFIX).ok_or(KeyError::Algorithm)?;
    point_from_uncompressed(point.try_into().map_err(|_| KeyError::Algorithm)?)
}

/// A point from SEC 1, uncompressed only: hybrid forms are a second spelling of the same key.
pub(super) fn point_from_uncompressed(point: &[u8; POINT_LENGTH]) -> Result<PublicKey, KeyError> {
    if point[0] != UNCOMPRESSED {
        return Err(KeyError::NotCanonical);
    }
    PublicKey::from_sec1_bytes(point).map_err(|_| KeyError::NotOnCurve)
}

pub(super) fn uncompressed(point: &PublicKey) -> [u8; POINT_LENGTH] {
    let mut bytes = [0; POINT_LENGTH];
    let point = point.to_sec1_point(false);
    bytes.iter_mut().zip(point.as_bytes()).for_each(|(to, from)| *to = *from);
    bytes
}

pub(super) fn to_spki(point: &[u8; POINT_LENGTH]) -> [u8; SPKI_LENGTH] {
    let mut spki = [0; SPKI_LENGTH];
    let (head, tail) = spki.split_at_mut(SPKI_PREFIX.len());
    head.copy_from_slice(&SPKI_PREFIX);
    tail.copy_from_slice(point);
    spki
}

/// Draws secret scalars in `[1, n - 1]`, by rejection (FIPS 186-5 appendix A.2.2).
pub(super) fn draw_secrets<R: TryCryptoRng + ?Sized>(
    rng: &mut R,
    secrets: &mut [Secret],
) -> Result<(), RandomError> {
    /// Each try fails once in 2^32: this many failures mean a broken generator.
    const TRIES: usize = 8;
    random::fill_secrets(rng, secrets)?;
    for secret in secrets {
        let mut tries = 1;
        while SecretKey::from_slice(secret).is_err() {
            if tries == TRIES {
                return Err(RandomError);
            }
            random::fill(rng, secret)?;
            tries += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
