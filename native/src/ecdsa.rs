//! ECDSA on P-256 (FIPS 186-5 section 6.4.2): verification only, for AWS-LC draws its nonces.

use core::ptr::NonNull;

use aws_lc_sys::{
    BN_clear_free, EC_KEY, EC_KEY_free, EC_KEY_new, EC_KEY_set_group, EC_KEY_set_public_key,
    ECDSA_SIG, ECDSA_SIG_free, ECDSA_SIG_new, ECDSA_SIG_set0, ECDSA_do_verify,
};

use crate::p256::{Number, POINT_LENGTH, Point, checked, group};

/// Whether a signature, `r || s`, of a digest holds. False for a public key off the curve or in
/// another form, for `r` and `s` out of range, and when AWS-LC fails.
#[must_use]
pub fn verify(public_key: &[u8; POINT_LENGTH], digest: &[u8; 32], signature: &[u8; 64]) -> bool {
    holds(public_key, digest, signature).is_some()
}

fn holds(public_key: &[u8; POINT_LENGTH], digest: &[u8; 32], signature: &[u8; 64]) -> Option<()> {
    let key = Key::new(&Point::read(public_key)?)?;
    let signature = Signature::new(signature)?;
    // SAFETY: signature and key are valid; reads as many bytes of the digest as are said.
    let verified = unsafe {
        let (signature, key) = (signature.0.as_ptr(), key.0.as_ptr());
        ECDSA_do_verify(digest.as_ptr(), digest.len(), signature, key)
    };
    checked(verified == 1)
}

struct Key(NonNull<EC_KEY>);

impl Key {
    fn new(point: &Point) -> Option<Self> {
        // SAFETY: makes a key of its own, or null.
        let key = Self(NonNull::new(unsafe { EC_KEY_new() })?);
        // SAFETY: key, group and point are valid; the key takes copies of the other two.
        let ready = unsafe {
            EC_KEY_set_group(key.0.as_ptr(), group()) == 1
                && EC_KEY_set_public_key(key.0.as_ptr(), point.as_ptr()) == 1
        };
        checked(ready).map(|()| key)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: it is a valid key, and nobody's but ours.
        unsafe { EC_KEY_free(self.0.as_ptr()) };
    }
}

struct Signature(NonNull<ECDSA_SIG>);

impl Signature {
    fn new(bytes: &[u8; 64]) -> Option<Self> {
        let (r, s) = (bytes.first_chunk()?, bytes.last_chunk()?);
        let (r, s) = (Number::new(r)?.into_raw(), Number::new(s)?.into_raw());
        // SAFETY: makes a signature of its own, or null.
        let signature = NonNull::new(unsafe { ECDSA_SIG_new() }).map(Self);
        // SAFETY: all three are valid; the signature takes both numbers, if it is one.
        let taken = signature
            .as_ref()
            .is_some_and(|signature| unsafe { ECDSA_SIG_set0(signature.0.as_ptr(), r, s) } == 1);
        if !taken {
            // SAFETY: both are valid numbers, and still ours.
            unsafe {
                BN_clear_free(r);
                BN_clear_free(s);
            }
        }
        checked(taken).and(signature)
    }
}

impl Drop for Signature {
    fn drop(&mut self) {
        // SAFETY: it is a valid signature, and nobody's but ours.
        unsafe { ECDSA_SIG_free(self.0.as_ptr()) };
    }
}
