//! Ed25519 signatures (RFC 8032), which are deterministic. Verification is not here: libraries
//! differ in what they accept.

use aws_lc_sys::ED25519_sign;

/// Signs with a key pair, the seed and the public key in one. `None` when AWS-LC fails.
///
/// # Security
/// The second half must be the public key of the first: signatures of one message under two
/// different ones give the secret key away.
#[must_use]
pub fn sign(key_pair: &[u8; 64], message: &[u8]) -> Option<[u8; 64]> {
    let mut signature = [0; 64];
    // SAFETY: writes 64 bytes to the first pointer, reads as many bytes of the message as its
    // length says and 64 bytes of the key pair.
    let signed = unsafe {
        ED25519_sign(signature.as_mut_ptr(), message.as_ptr(), message.len(), key_pair.as_ptr())
    };
    (signed == 1).then_some(signature)
}
