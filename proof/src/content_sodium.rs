//! libsodium as a peer: the same primitives over as many bytes, called directly.
//!
//! For messages that is a lower bound: no ids are checked and nothing is framed.

use std::ffi::{c_char, c_int};
use std::ptr;

use libsodium_sys as sodium;

/// What libsodium reports: it did not work.
#[derive(Debug, thiserror::Error)]
#[error("libsodium: {0} failed")]
pub(crate) struct Failed(&'static str);

const TAG_LENGTH: usize = 16;
const NONCE_LENGTH: usize = 24;
const HEADER_LENGTH: usize = 24;
const CHUNK: usize = 1024;
const FRAME: usize = CHUNK + 17;
/// As long as what a message of the X25519 suite signs, and as its associated data.
const SIGNED: [u8; 200] = [7; 200];
const CONTEXT: [u8; 150] = [7; 150];

fn check(what: &'static str, result: c_int) -> Result<(), Failed> {
    if result == 0 { Ok(()) } else { Err(Failed(what)) }
}

pub(crate) fn start() -> Result<(), Failed> {
    // SAFETY: takes nothing; may be called any number of times.
    if unsafe { sodium::sodium_init() } < 0 { Err(Failed("sodium_init")) } else { Ok(()) }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // SAFETY: writes N bytes to an array of N.
    unsafe { sodium::randombytes_buf(bytes.as_mut_ptr().cast(), N) };
    bytes
}

/// A stream as X's files are: chunks of 1024 bytes.
pub(crate) fn encrypt_file(key: &[u8; 32], file: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut state = sodium::crypto_secretstream_xchacha20poly1305_state {
        k: [0; 32],
        nonce: [0; 12],
        _pad: [0; 8],
    };
    let mut output = vec![0; HEADER_LENGTH + file.len() + 17 * file.len().div_ceil(CHUNK)];
    let (header, mut rest) = output.split_at_mut(HEADER_LENGTH);
    // SAFETY: the header has the 24 bytes that are written, the key the 32 that are read.
    let result = unsafe {
        sodium::crypto_secretstream_xchacha20poly1305_init_push(
            &raw mut state,
            header.as_mut_ptr(),
            key.as_ptr(),
        )
    };
    check("init_push", result)?;
    let last = file.len().div_ceil(CHUNK).saturating_sub(1);
    for (index, chunk) in file.chunks(CHUNK).enumerate() {
        let (frame, later) = rest.split_at_mut(chunk.len() + 17);
        rest = later;
        // SAFETY: the frame has the 17 bytes more than the chunk that are written; no length is
        // asked for and there is no associated data.
        let result = unsafe {
            sodium::crypto_secretstream_xchacha20poly1305_push(
                &raw mut state,
                frame.as_mut_ptr(),
                ptr::null_mut(),
                chunk.as_ptr(),
                length(chunk),
                ptr::null(),
                0,
                if index == last { 3 } else { 0 },
            )
        };
        check("push", result)?;
    }
    Ok(output)
}

pub(crate) fn decrypt_file(key: &[u8; 32], encrypted: &[u8]) -> Result<Vec<u8>, Failed> {
    let (header, frames) = encrypted.split_at_checked(HEADER_LENGTH).ok_or(Failed("header"))?;
    let mut state = sodium::crypto_secretstream_xchacha20poly1305_state {
        k: [0; 32],
        nonce: [0; 12],
        _pad: [0; 8],
    };
    // SAFETY: the header has the 24 bytes that are read, the key 32.
    let result = unsafe {
        sodium::crypto_secretstream_xchacha20poly1305_init_pull(
            &raw mut state,
            header.as_ptr(),
            key.as_ptr(),
        )
    };
    check("init_pull", result)?;
    let overhead = 17 * frames.len().div_ceil(FRAME);
    let mut output = vec![0; frames.len().checked_sub(overhead).ok_or(Failed("frames"))?];
    let mut rest = output.as_mut_slice();
    let mut tag = 0;
    for frame in frames.chunks(FRAME) {
        let chunk = rest.split_off_mut(..frame.len() - 17).ok_or(Failed("frame"))?;
        // SAFETY: the chunk has the 17 bytes fewer than the frame that are written.
        let result = unsafe {
            sodium::crypto_secretstream_xchacha20poly1305_pull(
                &raw mut state,
                chunk.as_mut_ptr(),
                ptr::null_mut(),
                &raw mut tag,
                frame.as_ptr(),
                length(frame),
                ptr::null(),
                0,
            )
        };
        check("pull", result)?;
    }
    if tag == 3 { Ok(output) } else { Err(Failed("the last tag")) }
}

/// NaCl's secretbox with the nonce in front: X's messages and metadata.
pub(crate) fn encrypt_box(key: &[u8; 32], text: &[u8]) -> Result<Vec<u8>, Failed> {
    let nonce = random::<NONCE_LENGTH>();
    let mut output = vec![0; NONCE_LENGTH + TAG_LENGTH + text.len()];
    let (front, sealed) = output.split_at_mut(NONCE_LENGTH);
    front.copy_from_slice(&nonce);
    // SAFETY: `sealed` has the 16 bytes more than the text that are written; nonce 24, key 32.
    let result = unsafe {
        sodium::crypto_secretbox_easy(
            sealed.as_mut_ptr(),
            text.as_ptr(),
            length(text),
            nonce.as_ptr(),
            key.as_ptr(),
        )
    };
    check("secretbox", result)?;
    Ok(output)
}

pub(crate) fn decrypt_box(key: &[u8; 32], sealed: &[u8]) -> Result<Vec<u8>, Failed> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LENGTH).ok_or(Failed("nonce"))?;
    let mut output = vec![0; sealed.len().checked_sub(TAG_LENGTH).ok_or(Failed("tag"))?];
    // SAFETY: the output has the 16 bytes fewer that are written; nonce 24, key 32.
    let result = unsafe {
        sodium::crypto_secretbox_open_easy(
            output.as_mut_ptr(),
            sealed.as_ptr(),
            length(sealed),
            nonce.as_ptr(),
            key.as_ptr(),
        )
    };
    check("secretbox_open", result)?;
    Ok(output)
}

/// An Ed25519 key pair.
pub(crate) struct Signer {
    public: [u8; 32],
    secret: [u8; 64],
}

/// What a message of the X25519 suite is made of: contents and signature.
pub(crate) struct Message {
    contents: Vec<u8>,
    signature: [u8; 64],
}

impl Signer {
    pub(crate) fn new() -> Result<Self, Failed> {
        let mut signer = Self { public: [0; 32], secret: [0; 64] };
        // SAFETY: writes 32 and 64 bytes to arrays of that length.
        let result = unsafe {
            sodium::crypto_sign_ed25519_keypair(
                signer.public.as_mut_ptr(),
                signer.secret.as_mut_ptr(),
            )
        };
        check("keypair", result)?;
        Ok(signer)
    }

    /// Derives the key of a message, encrypts it with XChaCha20-Poly1305, hashes it and signs.
    pub(crate) fn encrypt(&self, key: &[u8; 32], text: &[u8]) -> Result<Message, Failed> {
        let key = derive(key)?;
        let nonce = random::<NONCE_LENGTH>();
        let mut contents = vec![0; NONCE_LENGTH + text.len() + TAG_LENGTH];
        let (front, sealed) = contents.split_at_mut(NONCE_LENGTH);
        front.copy_from_slice(&nonce);
        // SAFETY: `sealed` has the 16 bytes more than the text that are written; nonce 24, key 32.
        let result = unsafe {
            sodium::crypto_aead_xchacha20poly1305_ietf_encrypt(
                sealed.as_mut_ptr(),
                ptr::null_mut(),
                text.as_ptr(),
                length(text),
                CONTEXT.as_ptr(),
                length(&CONTEXT),
                ptr::null(),
                nonce.as_ptr(),
                key.as_ptr(),
            )
        };
        check("xchacha20poly1305", result)?;
        let signed = signed(&contents)?;
        let mut signature = [0; 64];
        // SAFETY: writes 64 bytes to an array of 64, reads a secret key of 64.
        let result = unsafe {
            sodium::crypto_sign_ed25519_detached(
                signature.as_mut_ptr(),
                ptr::null_mut(),
                signed.as_ptr(),
                length(&signed),
                self.secret.as_ptr(),
            )
        };
        check("sign", result)?;
        Ok(Message { contents, signature })
    }

    pub(crate) fn decrypt(&self, key: &[u8; 32], message: &Message) -> Result<Vec<u8>, Failed> {
        let signed = signed(&message.contents)?;
        // SAFETY: reads a signature of 64 bytes and a public key of 32.
        let result = unsafe {
            sodium::crypto_sign_ed25519_verify_detached(
                message.signature.as_ptr(),
                signed.as_ptr(),
                length(&signed),
                self.public.as_ptr(),
            )
        };
        check("verify", result)?;
        let key = derive(key)?;
        let (nonce, sealed) =
            message.contents.split_at_checked(NONCE_LENGTH).ok_or(Failed("nonce"))?;
        let mut text = vec![0; sealed.len().checked_sub(TAG_LENGTH).ok_or(Failed("tag"))?];
        // SAFETY: the text has the 16 bytes fewer that are written; nonce 24, key 32.
        let result = unsafe {
            sodium::crypto_aead_xchacha20poly1305_ietf_decrypt(
                text.as_mut_ptr(),
                ptr::null_mut(),
                ptr::null_mut(),
                sealed.as_ptr(),
                length(sealed),
                CONTEXT.as_ptr(),
                length(&CONTEXT),
                nonce.as_ptr(),
                key.as_ptr(),
            )
        };
        check("xchacha20poly1305", result)?;
        Ok(text)
    }
}

/// HKDF-SHA256, as the suite derives the key of messages.
fn derive(key: &[u8; 32]) -> Result<[u8; 32], Failed> {
    let (mut prk, mut derived) = ([0; 32], [0; 32]);
    // SAFETY: no salt; reads 32 bytes, writes 32.
    let result = unsafe {
        sodium::crypto_kdf_hkdf_sha256_extract(prk.as_mut_ptr(), ptr::null(), 0, key.as_ptr(), 32)
    };
    check("extract", result)?;
    let info = CONTEXT.first_chunk::<80>().ok_or(Failed("info"))?;
    // SAFETY: reads 80 bytes of info and 32 of the key, writes 32.
    let result = unsafe {
        sodium::crypto_kdf_hkdf_sha256_expand(
            derived.as_mut_ptr(),
            derived.len(),
            info.as_ptr().cast::<c_char>(),
            info.len(),
            prk.as_ptr(),
        )
    };
    check("expand", result)?;
    Ok(derived)
}

/// The transcript, with the hash of the contents at its end.
fn signed(contents: &[u8]) -> Result<[u8; 200], Failed> {
    let mut signed = SIGNED;
    let hash = signed.last_chunk_mut::<32>().ok_or(Failed("hash"))?;
    // SAFETY: writes 32 bytes to an array of 32.
    let result = unsafe {
        sodium::crypto_hash_sha256(hash.as_mut_ptr(), contents.as_ptr(), length(contents))
    };
    check("sha256", result)?;
    Ok(signed)
}

fn length(bytes: &[u8]) -> u64 {
    // A slice is never longer than this.
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
