//! ChaCha20 (RFC 8439), in place.

use aws_lc_sys::CRYPTO_chacha_20;

/// Encrypts or decrypts bytes, from a block of the cipher on.
pub fn apply_keystream(key: &[u8; 32], nonce: &[u8; 12], block: u32, bytes: &mut [u8]) {
    // SAFETY: reads and writes as many bytes as are said, in place, which this function allows; reads
    // 32 bytes of the key and 12 of the nonce. It cannot fail.
    unsafe {
        CRYPTO_chacha_20(
            bytes.as_mut_ptr(),
            bytes.as_ptr(),
            bytes.len(),
            key.as_ptr(),
            nonce.as_ptr(),
            block,
        );
    }
}
