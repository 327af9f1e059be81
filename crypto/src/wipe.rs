//! Wiping what the compiler leaves behind.

use core::hint::black_box;

/// Bytes: deeper than the frames of anything that is run in it.
const DEPTH: usize = 16 * 1024;

/// Runs `work` in a frame of its own and then overwrites the stack it used.
///
/// Moving a secret into its box leaves a copy on the stack that nobody owns, and so do the
/// registers that a cipher's code parks there: nobody's `Drop` wipes them, and where a future that
/// grew over them is moved to the heap, they go along. What is returned must hold its secrets
/// behind a pointer.
pub(crate) fn stack_after<T>(work: impl FnOnce() -> T) -> T {
    let value = in_own_frame(work);
    overwrite();
    value
}

#[inline(never)]
fn in_own_frame<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// `black_box` may look at the array, so it must be there.
#[inline(never)]
fn overwrite() {
    black_box(&mut [0_u64; DEPTH / 8]);
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
