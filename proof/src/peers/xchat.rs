//! Peers of the XChat suite: its sealed keys by other libraries. X's own SDK is in `sdk`.

use aes_gcm::aead::consts::U16;
use aes_gcm::aes::Aes128;
use aes_gcm::{AeadInOut as _, AesGcm, KeyInit as _};
use aws_lc_rs::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey};
use aws_lc_rs::rand::SystemRandom;
use p256_0_13::ecdh::EphemeralSecret;
use p256_0_13::elliptic_curve::rand_core::OsRng;
use p256_0_13::elliptic_curve::sec1::ToEncodedPoint as _;
use sha2::{Digest as _, Sha256};

use super::Failure;
use super::contender::Peer;
use super::setting::{Setting, points};

const SEALED: usize = 113;

/// On the crate, and the version of it, that X's SDK is built on.
pub(super) struct P256(Vec<p256_0_13::PublicKey>);

impl P256 {
    pub(super) fn new(settings: &[Setting]) -> Result<Self, Failure> {
        let keys = points::<65>(settings)?;
        let keys = keys.iter().map(|point| p256_0_13::PublicKey::from_sec1_bytes(point));
        Ok(Self(keys.collect::<Result<_, _>>().map_err(|error| error.to_string())?))
    }
}

impl Peer for P256 {
    const SEALED: usize = SEALED;

    fn recipients(&self) -> usize {
        self.0.len()
    }

    fn seal(&self, recipient: usize, key: &[u8; 32], sealed: &mut [u8]) -> Option<()> {
        let secret = EphemeralSecret::random(&mut OsRng);
        let public = secret.public_key().to_encoded_point(false);
        let shared = secret.diffie_hellman(self.0.get(recipient)?);
        finish(shared.raw_secret_bytes(), public.as_bytes(), key, sealed)
    }
}

/// On aws-lc-rs.
pub(super) struct AwsLcBlocks {
    points: Vec<[u8; 65]>,
    random: SystemRandom,
}

impl AwsLcBlocks {
    pub(super) fn new(settings: &[Setting]) -> Result<Self, Failure> {
        Ok(Self { points: points(settings)?, random: SystemRandom::new() })
    }
}

impl Peer for AwsLcBlocks {
    const SEALED: usize = SEALED;

    fn recipients(&self) -> usize {
        self.points.len()
    }

    fn seal(&self, recipient: usize, key: &[u8; 32], sealed: &mut [u8]) -> Option<()> {
        let secret = EphemeralPrivateKey::generate(&agreement::ECDH_P256, &self.random).ok()?;
        let public = secret.compute_public_key().ok()?;
        let peer = UnparsedPublicKey::new(&agreement::ECDH_P256, self.points.get(recipient)?);
        agreement::agree_ephemeral(secret, peer, (), |shared| {
            finish(shared, public.as_ref(), key, sealed).ok_or(())
        })
        .ok()
    }
}

/// The X9.63 KDF and AES-128-GCM.
fn finish(shared: &[u8], ephemeral: &[u8], key: &[u8; 32], sealed: &mut [u8]) -> Option<()> {
    let derived: [u8; 32] = Sha256::new()
        .chain_update(shared)
        .chain_update([0, 0, 0, 1])
        .chain_update(ephemeral)
        .finalize()
        .into();
    let (aes_key, nonce) = derived.split_first_chunk::<16>()?;
    let nonce: &[u8; 16] = nonce.first_chunk()?;
    let (head, rest) = sealed.split_at_mut_checked(65)?;
    let (ciphertext, tag) = rest.split_at_mut_checked(32)?;
    head.copy_from_slice(ephemeral);
    ciphertext.copy_from_slice(key);
    let cipher = AesGcm::<Aes128, U16>::new(aes_key.into());
    let made = cipher.encrypt_inout_detached(nonce.into(), &[], ciphertext.into()).ok()?;
    tag.copy_from_slice(&made);
    Some(())
}
