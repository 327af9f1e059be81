//! Randomness: always an argument, and its failure is an error.

use rand_core::TryCryptoRng;

/// The random number generator failed, or gave nothing but zeros.
///
/// Nothing was made with what it gave. Ask again; if it keeps failing, the machine has no working
/// source of randomness and no key may be made on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the random number generator failed")]
pub struct RandomError;

impl RandomError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "random.failed"
    }
}

/// Fills `bytes`, refusing the all-zero answer of a generator that is not running.
pub(crate) fn fill<R: TryCryptoRng + ?Sized>(
    rng: &mut R,
    bytes: &mut [u8],
) -> Result<(), RandomError> {
    rng.try_fill_bytes(bytes).map_err(|_| RandomError)?;
    // In one pass over all bytes: where the first non-zero one stands is a secret.
    if bytes.iter().fold(0, |all, byte| all | byte) == 0 { Err(RandomError) } else { Ok(()) }
}

/// Fills many secrets, refusing as `fill` does: asking once for all of them is quicker than asking
/// for each.
pub(crate) fn fill_secrets<R: TryCryptoRng + ?Sized>(
    rng: &mut R,
    secrets: &mut [[u8; 32]],
) -> Result<(), RandomError> {
    rng.try_fill_bytes(secrets.as_flattened_mut()).map_err(|_| RandomError)?;
    let blank = |secret: &[u8; 32]| secret.iter().fold(0, |all, byte| all | byte) == 0;
    if secrets.iter().any(blank) { Err(RandomError) } else { Ok(()) }
}
