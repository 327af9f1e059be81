//! X25519 (RFC 7748).

use aws_lc_sys::{X25519, X25519_public_from_private};

/// The public key of a secret; any 32 bytes are one.
#[must_use]
pub fn public_key(secret: &[u8; 32]) -> [u8; 32] {
    let mut public_key = [0; 32];
    // SAFETY: writes 32 bytes to the first and reads 32 bytes from the second pointer.
    unsafe { X25519_public_from_private(public_key.as_mut_ptr(), secret.as_ptr()) };
    public_key
}

/// Writes the shared secret. `None` for a point of small order, which would give zeros.
#[must_use]
pub fn agree(secret: &[u8; 32], point: &[u8; 32], shared: &mut [u8; 32]) -> Option<()> {
    // SAFETY: writes 32 bytes to the first and reads 32 bytes from the other pointers.
    let agreed = unsafe { X25519(shared.as_mut_ptr(), secret.as_ptr(), point.as_ptr()) };
    (agreed == 1).then_some(())
}
