//! X's seal a second time, from other parts: ECDH, SHA-256 and AES by AWS-LC, and GCM (NIST SP
//! 800-38D) by the book, because no other library takes X's nonce of 16 bytes.

use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::cipher::{AES_128, EncryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{SHA256, digest};

/// Opens `E || ciphertext || tag`.
pub(crate) fn open(secret: &[u8; 32], sealed: &[u8; 113]) -> Option<[u8; 32]> {
    let (point, rest) = sealed.split_at(65);
    let (ciphertext, tag) = rest.split_at(32);
    // AWS-LC takes compressed points, too.
    if point[0] != 4 {
        return None;
    }
    let private_key = PrivateKey::from_private_key(&ECDH_P256, secret).ok()?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, point);
    // ANSI X9.63: one block of SHA-256 is all that is needed.
    let kdf = |shared: &[u8]| Ok(digest(&SHA256, &[shared, &[0, 0, 0, 1], point].concat()));
    let derived = agreement::agree(&private_key, peer, (), kdf).ok()?;
    let (key, nonce) = derived.as_ref().split_at(16);
    open_gcm(key, nonce, ciphertext, tag)?.try_into().ok()
}

/// GCM's authenticated decryption (section 7.2) without additional data.
fn open_gcm(key: &[u8], nonce: &[u8], ciphertext: &[u8], tag: &[u8]) -> Option<Vec<u8>> {
    let hash_key = encrypt_block(key, [0; 16]);
    // J0 of a nonce that has not 96 bits.
    let first = ghash(hash_key, &[], nonce);
    let mask = encrypt_block(key, first);
    let expected =
        u128::from_be_bytes(ghash(hash_key, &[], ciphertext)) ^ u128::from_be_bytes(mask);
    if expected.to_be_bytes() != tag {
        return None;
    }
    let mut counter = first;
    let mut plaintext = Vec::new();
    for block in ciphertext.chunks(16) {
        let number = u32::from_be_bytes(counter[12..].try_into().unwrap()).wrapping_add(1);
        counter[12..].copy_from_slice(&number.to_be_bytes());
        let stream = encrypt_block(key, counter);
        plaintext.extend(block.iter().zip(stream).map(|(byte, stream)| byte ^ stream));
    }
    Some(plaintext)
}

/// GHASH (section 6.4) over padded additional data, padded text, and the bit lengths of both. For J0
/// the nonce stands in the text's place (section 7.1).
fn ghash(hash_key: [u8; 16], additional: &[u8], text: &[u8]) -> [u8; 16] {
    let bits = |part: &[u8]| (part.len() as u64 * 8).to_be_bytes();
    let lengths = [bits(additional), bits(text)].concat();
    let blocks = additional.chunks(16).chain(text.chunks(16)).chain([&*lengths]);
    let sum = blocks.fold(0, |sum: u128, block| {
        let mut padded = [0; 16];
        padded[..block.len()].copy_from_slice(block);
        multiply(sum ^ u128::from_be_bytes(padded), u128::from_be_bytes(hash_key))
    });
    sum.to_be_bytes()
}

/// Multiplication in GF(2^128) (section 6.3), bit by bit from the left.
fn multiply(x: u128, y: u128) -> u128 {
    const R: u128 = 0xe1 << 120;
    let (mut product, mut shifted) = (0, y);
    for bit in (0..128).rev() {
        if x >> bit & 1 == 1 {
            product ^= shifted;
        }
        shifted = shifted >> 1 ^ if shifted & 1 == 1 { R } else { 0 };
    }
    product
}

/// AES-128 of one block.
fn encrypt_block(key: &[u8], block: [u8; 16]) -> [u8; 16] {
    let key = UnboundCipherKey::new(&AES_128, key).unwrap();
    let mut block = block;
    EncryptingKey::ecb(key).unwrap().encrypt(&mut block).unwrap();
    block
}
