//! Peers of the X25519 suite.
#![allow(unsafe_code)] // libsodium is C

use std::ptr;

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::rand::SystemRandom;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256 as Kem;
use hpke::{Deserializable as _, OpModeS, Serializable as _};

use super::Failure;
use super::contender::Peer;
use super::setting::{Setting, points};

/// `crypto_box_seal`: X25519, BLAKE2b, XSalsa20-Poly1305. Signed with its Ed25519.
pub(super) struct Libsodium {
    keys: Vec<[u8; 32]>,
    signing: [u8; 64],
}

impl Libsodium {
    pub(super) fn new(settings: &[Setting]) -> Result<Self, Failure> {
        let (mut public, mut signing) = ([0; 32], [0; 64]);
        // SAFETY: the first has no preconditions; the other writes 32 and 64 bytes and reads 32.
        let ready = unsafe {
            libsodium_sys::sodium_init() >= 0
                && libsodium_sys::crypto_sign_seed_keypair(
                    public.as_mut_ptr(),
                    signing.as_mut_ptr(),
                    [5; 32].as_ptr(),
                ) == 0
        };
        if !ready {
            return Err("libsodium does not start".into());
        }
        Ok(Self { keys: points(settings)?, signing })
    }
}

impl Peer for Libsodium {
    const SEALED: usize = 80;

    fn recipients(&self) -> usize {
        self.keys.len()
    }

    fn seal(&self, recipient: usize, key: &[u8; 32], sealed: &mut [u8]) -> Option<()> {
        let recipient = self.keys.get(recipient)?;
        if sealed.len() != key.len() + 48 {
            return None;
        }
        // SAFETY: writes the message's length and 48 bytes, which the slice has; reads the message
        // and the 32 bytes of a key.
        let made = unsafe {
            let (to, from) = (sealed.as_mut_ptr(), key.as_ptr());
            libsodium_sys::crypto_box_seal(to, from, key.len() as u64, recipient.as_ptr())
        };
        (made == 0).then_some(())
    }

    fn sign(&self) {
        let (mut signature, message) = ([0; 64], [7_u8; 150]);
        // SAFETY: writes 64 bytes, reads the message and 64 bytes of key; the length may be null.
        unsafe {
            libsodium_sys::crypto_sign_detached(
                signature.as_mut_ptr(),
                ptr::null_mut(),
                message.as_ptr(),
                message.len() as u64,
                self.signing.as_ptr(),
            );
        }
        std::hint::black_box(signature);
    }
}

/// The `hpke` crate: what we send, with an `info` and AAD as long as ours.
pub(super) struct Hpke(Vec<<Kem as hpke::Kem>::PublicKey>);

impl Hpke {
    pub(super) fn new(settings: &[Setting]) -> Result<Self, Failure> {
        let keys = points::<32>(settings)?;
        let keys = keys.iter().map(|key| <Kem as hpke::Kem>::PublicKey::from_bytes(key));
        Ok(Self(keys.collect::<Result<_, _>>().map_err(|error| error.to_string())?))
    }
}

impl Peer for Hpke {
    const SEALED: usize = 80;

    fn recipients(&self) -> usize {
        self.0.len()
    }

    fn seal(&self, recipient: usize, key: &[u8; 32], sealed: &mut [u8]) -> Option<()> {
        let recipient = self.0.get(recipient)?;
        let (enc, ciphertext) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeS::Base,
            recipient,
            &[7; 110],
            key,
            &[7; 36],
        )
        .ok()?;
        let (head, tail) = sealed.split_at_mut_checked(32)?;
        head.copy_from_slice(&enc.to_bytes());
        tail.copy_from_slice(&ciphertext);
        Some(())
    }
}

/// The `crypto_box` crate: libsodium's sealed boxes in pure Rust.
pub(super) struct CryptoBox(Vec<crypto_box::PublicKey>);

impl CryptoBox {
    pub(super) fn new(settings: &[Setting]) -> Result<Self, Failure> {
        Ok(Self(points(settings)?.into_iter().map(crypto_box::PublicKey::from_bytes).collect()))
    }
}

impl Peer for CryptoBox {
    const SEALED: usize = 80;

    fn recipients(&self) -> usize {
        self.0.len()
    }

    fn seal(&self, recipient: usize, key: &[u8; 32], sealed: &mut [u8]) -> Option<()> {
        let made = self.0.get(recipient)?.seal(&mut crypto_box::aead::OsRng, key).ok()?;
        sealed.copy_from_slice(&made);
        Some(())
    }
}

/// What one would build of aws-lc-rs: ephemeral X25519, one HKDF-SHA256, ChaCha20-Poly1305. It
/// derives less than HPKE does.
pub(super) struct AwsLcBlocks {
    keys: Vec<[u8; 32]>,
    random: SystemRandom,
}

impl AwsLcBlocks {
    pub(super) fn new(settings: &[Setting]) -> Result<Self, Failure> {
        Ok(Self { keys: points(settings)?, random: SystemRandom::new() })
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        44
    }
}

impl Peer for AwsLcBlocks {
    const SEALED: usize = 80;

    fn recipients(&self) -> usize {
        self.keys.len()
    }

    fn seal(&self, recipient: usize, key: &[u8; 32], sealed: &mut [u8]) -> Option<()> {
        let recipient = self.keys.get(recipient)?;
        let secret = EphemeralPrivateKey::generate(&agreement::X25519, &self.random).ok()?;
        let public = secret.compute_public_key().ok()?;
        let peer = UnparsedPublicKey::new(&agreement::X25519, recipient);
        let mut derived = [0; 44];
        agreement::agree_ephemeral(secret, peer, (), |shared| {
            let info = [b"label", public.as_ref(), recipient];
            let prk = Salt::new(HKDF_SHA256, &[]).extract(shared);
            prk.expand(&info, Length).and_then(|okm| okm.fill(&mut derived)).map_err(|_| ())
        })
        .ok()?;
        let (aead_key, nonce) = derived.split_at_checked(32)?;
        let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, aead_key).ok()?);
        let (head, rest) = sealed.split_at_mut_checked(32)?;
        let (ciphertext, tag) = rest.split_at_mut_checked(32)?;
        head.copy_from_slice(public.as_ref());
        ciphertext.copy_from_slice(key);
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let made = cipher.seal_in_place_separate_tag(nonce, Aad::from([7; 36]), ciphertext).ok()?;
        tag.copy_from_slice(made.as_ref());
        Some(())
    }
}
