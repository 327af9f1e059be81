//! ChaCha20-Poly1305 (RFC 8439), in place.

use core::mem::MaybeUninit;
use core::ptr;

use aws_lc_sys::{
    EVP_AEAD_CTX, EVP_AEAD_CTX_cleanup, EVP_AEAD_CTX_init, EVP_AEAD_CTX_open_gather,
    EVP_AEAD_CTX_seal_scatter, EVP_AEAD_CTX_zero, EVP_aead_chacha20_poly1305, OPENSSL_cleanse,
};
use zeroize::Zeroize as _;

use crate::clear_errors;

const TAG_LENGTH: usize = 16;

/// Encrypts the text and gives its tag. `None` when AWS-LC fails: the text is wiped then.
#[must_use]
pub fn seal(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    text: &mut [u8],
) -> Option<[u8; TAG_LENGTH]> {
    let mut tag = [0; TAG_LENGTH];
    let mut tag_length = 0;
    let sealed = with_context(key, |context| {
        // SAFETY: the context is initialised. The text is read and written in place, which this
        // function allows, nonce and AAD are read, each for its length; the tag has the room that
        // is said; there is no extra input.
        unsafe {
            EVP_AEAD_CTX_seal_scatter(
                context,
                text.as_mut_ptr(),
                tag.as_mut_ptr(),
                &raw mut tag_length,
                tag.len(),
                nonce.as_ptr(),
                nonce.len(),
                text.as_ptr(),
                text.len(),
                ptr::null(),
                0,
                aad.as_ptr(),
                aad.len(),
            )
        }
    });
    finish(sealed == Some(1) && tag_length == TAG_LENGTH, text).map(|()| tag)
}

/// Decrypts the text if its tag holds. `None` if it does not: the text is wiped then.
#[must_use]
pub fn open(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    text: &mut [u8],
    tag: &[u8; TAG_LENGTH],
) -> Option<()> {
    let opened = with_context(key, |context| {
        // SAFETY: the context is initialised. The text is read and written in place, which this
        // function allows, nonce, tag and AAD are read, each for its length.
        unsafe {
            EVP_AEAD_CTX_open_gather(
                context,
                text.as_mut_ptr(),
                nonce.as_ptr(),
                nonce.len(),
                text.as_ptr(),
                text.len(),
                tag.as_ptr(),
                tag.len(),
                aad.as_ptr(),
                aad.len(),
            )
        }
    });
    finish(opened == Some(1), text)
}

fn finish(succeeded: bool, text: &mut [u8]) -> Option<()> {
    if !succeeded {
        text.zeroize();
        clear_errors();
    }
    succeeded.then_some(())
}

/// Works with an initialised context and wipes it: AWS-LC's cleanup leaves the key in it.
fn with_context<T>(key: &[u8; 32], work: impl FnOnce(*const EVP_AEAD_CTX) -> T) -> Option<T> {
    let mut context = MaybeUninit::uninit();
    let context: *mut EVP_AEAD_CTX = context.as_mut_ptr();
    // SAFETY: the context is first made valid; AWS-LC reads as many bytes of the key as are said and
    // initialises the context or leaves it valid, so that it may be cleaned up. It is overwritten for
    // its size and not used again.
    unsafe {
        EVP_AEAD_CTX_zero(context);
        let cipher = EVP_aead_chacha20_poly1305();
        let key_length = key.len();
        let engine = ptr::null_mut();
        let ready =
            EVP_AEAD_CTX_init(context, cipher, key.as_ptr(), key_length, TAG_LENGTH, engine);
        let result = (ready == 1).then(|| work(context));
        EVP_AEAD_CTX_cleanup(context);
        OPENSSL_cleanse(context.cast(), size_of::<EVP_AEAD_CTX>());
        result
    }
}
