//! HPKE (RFC 9180), base mode, single shot, for one 32-byte plaintext:
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.

use chacha20poly1305::{AeadInOut, ChaCha20Poly1305, KeyInit};
use hkdf::{Hkdf, HkdfExtract};
use rand_core::TryCryptoRng;
use sha2::Sha256;
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

use super::SealFailure;
use crate::ConversationKey;
use crate::random;
use crate::seal::OpenError;

const ENC_LENGTH: usize = 32;
const TAG_LENGTH: usize = 16;
/// `enc || ciphertext || tag`.
pub(super) const SEALED_LENGTH: usize = ENC_LENGTH + ConversationKey::LENGTH + TAG_LENGTH;

/// RFC 9180 section 4.1: `"KEM" || kem_id`.
const KEM_SUITE: &[u8] = b"KEM\x00\x20";
/// RFC 9180 section 5.1: `"HPKE" || kem_id || kdf_id || aead_id`.
const HPKE_SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x03";
const MODE_BASE: u8 = 0x00;

/// `key_schedule_context` (RFC 9180 section 5.1): depends on `info` alone, so it is computed once
/// for all recipients that share one.
pub(super) struct Info([u8; 65]);

impl Info {
    pub(super) fn new(info: &[u8]) -> Self {
        let mut context = [MODE_BASE; 65];
        let (psk_id_hash, info_hash) = context[1..].split_at_mut(32);
        let (hash, _) = labeled_extract(HPKE_SUITE, &[], b"psk_id_hash", b"");
        psk_id_hash.copy_from_slice(&*hash);
        let (hash, _) = labeled_extract(HPKE_SUITE, &[], b"info_hash", info);
        info_hash.copy_from_slice(&*hash);
        Self(context)
    }
}

/// `SealBase` (RFC 9180 section 6.1) with a fresh ephemeral key.
pub(super) fn seal<R: TryCryptoRng + ?Sized>(
    rng: &mut R,
    recipient: &PublicKey,
    info: &Info,
    aad: &[u8],
    plaintext: &[u8; ConversationKey::LENGTH],
) -> Result<[u8; SEALED_LENGTH], SealFailure> {
    let mut ephemeral = Zeroizing::new([0; 32]);
    random::fill(rng, &mut *ephemeral)?;
    seal_with_ephemeral(&StaticSecret::from(*ephemeral), recipient, info, aad, plaintext)
}

fn seal_with_ephemeral(
    ephemeral: &StaticSecret,
    recipient: &PublicKey,
    info: &Info,
    aad: &[u8],
    plaintext: &[u8; ConversationKey::LENGTH],
) -> Result<[u8; SEALED_LENGTH], SealFailure> {
    let enc = PublicKey::from(ephemeral);
    let shared = dh(ephemeral, recipient).ok_or(SealFailure::UnusableKey)?;
    let (aead, nonce) = key_schedule(&shared_secret(&shared, &enc, recipient), info);

    let mut sealed = [0; SEALED_LENGTH];
    let (enc_out, rest) = sealed.split_at_mut(ENC_LENGTH);
    let (ciphertext, tag_out) = rest.split_at_mut(ConversationKey::LENGTH);
    enc_out.copy_from_slice(enc.as_bytes());
    ciphertext.copy_from_slice(plaintext);
    match aead.encrypt_inout_detached(&nonce.into(), aad, (&mut *ciphertext).into()) {
        Ok(tag) => tag_out.copy_from_slice(&tag),
        // Only for texts of gigabytes; never leave the plaintext in the buffer all the same.
        Err(_) => {
            ciphertext.zeroize();
            return Err(SealFailure::UnusableKey);
        }
    }
    Ok(sealed)
}

/// `OpenBase` (RFC 9180 section 6.1).
pub(super) fn open(
    secret: &StaticSecret,
    public: &PublicKey,
    info: &Info,
    aad: &[u8],
    sealed: &[u8; SEALED_LENGTH],
) -> Result<ConversationKey, OpenError> {
    let (enc, rest) = sealed.split_first_chunk::<ENC_LENGTH>().ok_or(OpenError)?;
    let (ciphertext, tag) =
        rest.split_first_chunk::<{ ConversationKey::LENGTH }>().ok_or(OpenError)?;
    let tag: [u8; TAG_LENGTH] = tag.try_into().map_err(|_| OpenError)?;

    let enc = PublicKey::from(*enc);
    let shared = dh(secret, &enc).ok_or(OpenError)?;
    let (aead, nonce) = key_schedule(&shared_secret(&shared, &enc, public), info);
    ConversationKey::filled_by(|plaintext| {
        plaintext.copy_from_slice(ciphertext);
        aead.decrypt_inout_detached(
            &nonce.into(),
            aad,
            plaintext.as_mut_slice().into(),
            &tag.into(),
        )
        .map_err(|_| OpenError)
    })
}

/// X25519 (RFC 7748); `None` for the all-zero secret that RFC 9180 section 7.1.4 refuses.
fn dh(secret: &StaticSecret, public: &PublicKey) -> Option<SharedSecret> {
    let shared = secret.diffie_hellman(public);
    shared.was_contributory().then_some(shared)
}

/// `ExtractAndExpand` (section 4.1) over `kem_context = enc || pkR`.
fn shared_secret(
    shared: &SharedSecret,
    enc: &PublicKey,
    recipient: &PublicKey,
) -> Zeroizing<[u8; 32]> {
    let (_, eae) = labeled_extract(KEM_SUITE, &[], b"eae_prk", shared.as_bytes());
    let mut secret = Zeroizing::new([0; 32]);
    let kem_context = [&enc.as_bytes()[..], recipient.as_bytes()];
    labeled_expand(&eae, KEM_SUITE, b"shared_secret", kem_context, &mut secret);
    secret
}

/// `KeySchedule` (section 5.1) without a PSK: the first message's AEAD key and nonce.
fn key_schedule(shared_secret: &[u8; 32], info: &Info) -> (ChaCha20Poly1305, [u8; 12]) {
    let (_, secret) = labeled_extract(HPKE_SUITE, shared_secret, b"secret", b"");
    let mut key = Zeroizing::new([0; 32]);
    labeled_expand(&secret, HPKE_SUITE, b"key", [&info.0, b""], &mut key);
    let mut nonce = [0; 12];
    labeled_expand(&secret, HPKE_SUITE, b"base_nonce", [&info.0, b""], &mut nonce);
    (ChaCha20Poly1305::new((&*key).into()), nonce)
}

/// `LabeledExtract` (section 4): the pseudorandom key, as bytes and ready to expand.
fn labeled_extract(
    suite: &[u8],
    salt: &[u8],
    label: &[u8],
    ikm: &[u8],
) -> (Zeroizing<[u8; 32]>, Hkdf<Sha256>) {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    for part in [b"HPKE-v1", suite, label, ikm] {
        extract.input_ikm(part);
    }
    let (mut prk, hkdf) = extract.finalize();
    let bytes = Zeroizing::new(prk.into());
    prk.as_mut_slice().zeroize();
    (bytes, hkdf)
}

/// `LabeledExpand` (section 4) with `info` in two parts.
fn labeled_expand<const N: usize>(
    prk: &Hkdf<Sha256>,
    suite: &[u8],
    label: &[u8],
    info: [&[u8]; 2],
    output: &mut [u8; N],
) {
    const { assert!(N <= 255 * 32, "RFC 5869 section 2.3: at most 255 blocks") };
    let [.., high, low] = N.to_be_bytes();
    // The only error is an output longer than the constant assertion allows.
    let _ =
        prk.expand_multi_info(&[&[high, low], b"HPKE-v1", suite, label, info[0], info[1]], output);
}

#[cfg(test)]
mod tests;
