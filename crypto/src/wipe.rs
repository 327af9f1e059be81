//! Wiping what the compiler leaves behind.

use core::hint::black_box;

use zeroize::Zeroize as _;

/// Deeper than the frames of any key generation here.
const DEPTH: usize = 16 * 1024;

/// Runs `work` in a frame of its own and then overwrites the stack it used.
///
/// Moving a secret into its box leaves a copy on the stack that nobody owns, so nobody's `Drop`
/// wipes it. What is returned must hold the secret behind a pointer.
pub(crate) fn stack_after<T>(work: impl FnOnce() -> T) -> T {
    let value = in_own_frame(work);
    overwrite();
    value
}

#[inline(never)]
fn in_own_frame<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite() {
    let mut below = [0_u8; DEPTH];
    below.zeroize();
    black_box(&below);
}

/// Types of other crates that our secrets are held in.
#[cfg(test)]
mod held_in {
    use static_assertions::assert_impl_all;
    use zeroize::ZeroizeOnDrop;

    #[cfg(feature = "x25519")]
    mod x25519 {
        use super::*;

        assert_impl_all!(x25519_dalek::StaticSecret: ZeroizeOnDrop);
        assert_impl_all!(x25519_dalek::SharedSecret: ZeroizeOnDrop);
        assert_impl_all!(ed25519_dalek::SigningKey: ZeroizeOnDrop);
        assert_impl_all!(chacha20poly1305::ChaCha20Poly1305: ZeroizeOnDrop);
    }

    #[cfg(feature = "xchat")]
    mod xchat {
        use super::*;

        assert_impl_all!(p256::SecretKey: ZeroizeOnDrop);
        assert_impl_all!(p256::ecdsa::SigningKey: ZeroizeOnDrop);
        assert_impl_all!(p256::ecdh::SharedSecret: ZeroizeOnDrop);
        assert_impl_all!(aes_gcm::Aes128Gcm: ZeroizeOnDrop);
        assert_impl_all!(salsa20::XSalsa20: ZeroizeOnDrop);
    }

    assert_impl_all!(sha2::Sha256: ZeroizeOnDrop);
    assert_impl_all!(chacha20::ChaCha20: ZeroizeOnDrop);
    // These do it without saying so.
    const _: () = assert!(core::mem::needs_drop::<hmac::Hmac<sha2::Sha256>>());
    const _: () = assert!(core::mem::needs_drop::<poly1305::Poly1305>());
}
