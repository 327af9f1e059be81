//! HPKE (RFC 9180), base mode, single shot, for one 32-byte plaintext:
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.

use hkdf::HkdfExtract;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::backend::{Backend, Group as _, Secret, X25519, aead};
use super::hmac::{Hmac, Padded};
use crate::ConversationKey;
use crate::seal::OpenError;

const ENC_LENGTH: usize = 32;
const TAG_LENGTH: usize = 16;
/// `enc || ciphertext || tag`.
pub(super) const SEALED_LENGTH: usize = ENC_LENGTH + ConversationKey::LENGTH + TAG_LENGTH;

const VERSION: &[u8] = b"HPKE-v1";
/// RFC 9180 section 4.1: `"KEM" || kem_id`.
const KEM_SUITE: &[u8] = b"KEM\x00\x20";
/// RFC 9180 section 5.1: `"HPKE" || kem_id || kdf_id || aead_id`.
const HPKE_SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x03";
const MODE_BASE: u8 = 0x00;

/// `LabeledExtract("", "psk_id_hash", "")` (RFC 9180 section 5.1): without a PSK always the same.
const PSK_ID_HASH: [u8; 32] = [
    0x43, 0x1d, 0xf6, 0xcd, 0x95, 0xe1, 0x1f, 0xf4, 0x9d, 0x70, 0x13, 0x56, 0x3b, 0xaf, 0x7f, 0x11,
    0x58, 0x8c, 0x75, 0xa6, 0x61, 0x1e, 0xe2, 0xa4, 0x40, 0x4a, 0x49, 0x30, 0x6a, 0xe4, 0xcf, 0xc5,
];

/// What depends on `info` alone, computed once for all recipients that share one: the messages of
/// the key schedule (RFC 9180 section 5.1), padded for hashing.
pub(super) struct Info {
    empty_salt: Hmac,
    secret: Padded<1>,
    key: Padded<2>,
    base_nonce: Padded<2>,
}

impl Info {
    pub(super) fn new(info: &[u8]) -> Self {
        let context = key_schedule_context(info);
        Self {
            empty_salt: Hmac::new(&[0; 32]),
            secret: Padded::new(&[VERSION, HPKE_SUITE, b"secret"]),
            key: labeled_info(32, HPKE_SUITE, b"key", [&context, b""]),
            base_nonce: labeled_info(12, HPKE_SUITE, b"base_nonce", [&context, b""]),
        }
    }

    /// `ExtractAndExpand` (section 4.1) over `kem_context = enc || pkR`.
    fn shared_secret(
        &self,
        dh: &Secret,
        enc: &[u8; 32],
        recipient: &[u8; 32],
    ) -> Zeroizing<Secret> {
        let extract = Padded::<1>::new(&[VERSION, KEM_SUITE, b"eae_prk", dh]);
        let eae_prk = self.empty_salt.tag(&extract);
        let expand = labeled_info::<2>(32, KEM_SUITE, b"shared_secret", [enc, recipient]);
        Hmac::new(&eae_prk).tag(&expand)
    }

    /// `KeySchedule` (section 5.1) without a PSK: the first message's AEAD key and nonce.
    fn key_schedule(&self, shared_secret: &Secret) -> (Zeroizing<Secret>, [u8; 12]) {
        let secret = Hmac::new(shared_secret).tag(&self.secret);
        let secret = Hmac::new(&secret);
        let mut nonce = [0; 12];
        nonce.iter_mut().zip(*secret.tag(&self.base_nonce)).for_each(|(to, from)| *to = from);
        (secret.tag(&self.key), nonce)
    }
}

/// `mode || psk_id_hash || info_hash`.
fn key_schedule_context(info: &[u8]) -> [u8; 65] {
    let mut context = [MODE_BASE; 65];
    let (psk_id_hash, info_hash) = context[1..].split_at_mut(32);
    psk_id_hash.copy_from_slice(&PSK_ID_HASH);
    info_hash.copy_from_slice(&labeled_extract(HPKE_SUITE, b"info_hash", info));
    context
}

/// `LabeledExtract` (section 4) of public bytes, without a salt.
fn labeled_extract(suite: &[u8], label: &[u8], ikm: &[u8]) -> [u8; 32] {
    let mut extract = HkdfExtract::<Sha256>::new(None);
    for part in [VERSION, suite, label, ikm] {
        extract.input_ikm(part);
    }
    extract.finalize().0.into()
}

/// The message of `LabeledExpand` (section 4) for one block of output, `info` in two parts.
fn labeled_info<const N: usize>(
    length: u8,
    suite: &[u8],
    label: &[u8],
    info: [&[u8]; 2],
) -> Padded<N> {
    Padded::new(&[&[0, length], VERSION, suite, label, info[0], info[1], &[1]])
}

/// `SealBase` (RFC 9180 section 6.1) after the Diffie-Hellman: `dh` is that of the secret of `enc`
/// with `recipient`. `None` when the library fails; nothing of the plaintext is left then.
pub(super) fn seal(
    backend: Backend,
    info: &Info,
    (dh, enc): (&Secret, &[u8; 32]),
    recipient: &[u8; 32],
    aad: &[u8],
    plaintext: &[u8; ConversationKey::LENGTH],
    sealed: &mut [u8; SEALED_LENGTH],
) -> Option<()> {
    let (key, nonce) = info.key_schedule(&info.shared_secret(dh, enc, recipient));
    let (enc_out, rest) = sealed.split_at_mut(ENC_LENGTH);
    let (ciphertext, tag) = rest.split_at_mut(ConversationKey::LENGTH);
    enc_out.copy_from_slice(enc);
    ciphertext.copy_from_slice(plaintext);
    tag.copy_from_slice(&aead(backend).seal(&key, &nonce, aad, ciphertext)?);
    Some(())
}

/// `OpenBase` (RFC 9180 section 6.1).
pub(super) fn open(
    backend: Backend,
    secret: &Secret,
    public: &[u8; 32],
    info: &Info,
    aad: &[u8],
    sealed: &[u8; SEALED_LENGTH],
) -> Result<ConversationKey, OpenError> {
    let (enc, rest) = sealed.split_first_chunk::<ENC_LENGTH>().ok_or(OpenError)?;
    let (ciphertext, tag) =
        rest.split_first_chunk::<{ ConversationKey::LENGTH }>().ok_or(OpenError)?;
    let tag: &[u8; TAG_LENGTH] = tag.try_into().map_err(|_| OpenError)?;

    let mut dh = Zeroizing::new([[0; 32]]);
    if X25519::on(backend).agree(secret, &[*enc], &mut *dh) != 1 {
        return Err(OpenError);
    }
    let [dh] = &*dh;
    let (key, nonce) = info.key_schedule(&info.shared_secret(dh, enc, public));
    ConversationKey::filled_by(|plaintext| {
        plaintext.copy_from_slice(ciphertext);
        aead(backend).open(&key, &nonce, aad, plaintext, tag).ok_or(OpenError)
    })
}

#[cfg(test)]
mod tests;
