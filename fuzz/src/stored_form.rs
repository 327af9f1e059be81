//! The stored forms of vaults and exports, written a second time from their description.

use std::sync::LazyLock;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use hkdf::Hkdf;
use sealpost::store::Place;
use sha2::Sha256;

/// What the store is locked with.
pub(crate) const STORE_KEY: [u8; 32] = [3; 32];
const DATA_KEY: [u8; 32] = [4; 32];
const SALT: [u8; 16] = [6; 16];

fn fields(parts: &[&[u8]]) -> Vec<u8> {
    let field = |part: &&[u8]| [&(part.len() as u64).to_be_bytes(), *part].concat();
    parts.iter().flat_map(field).collect()
}

fn derive(salt: Option<&[u8]>, secret: &[u8; 32], info: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(salt, secret).expand(info, &mut key).unwrap();
    key
}

fn seal(key: [u8; 32], aad: &[u8], prefix: &[u8], content: &[u8]) -> Vec<u8> {
    let nonce = [9; 24];
    let payload = Payload { msg: content, aad };
    let sealed = XChaCha20Poly1305::new(&key.into()).encrypt(&nonce.into(), payload).unwrap();
    [prefix, &nonce, &sealed].concat()
}

/// An exported identity's content under a passphrase, at the least cost there is.
pub(crate) fn export(content: &[u8]) -> Vec<u8> {
    let label = b"sealpost/1 identity";
    let cost = [LEAST_MEMORY, 1, 1].map(u32::to_be_bytes);
    let head = [&[1, 1][..], cost.as_flattened(), &SALT].concat();
    let key = derive(Some(&SALT), &PASSPHRASE_KEY, label);
    seal(key, &fields(&[label, &head]), &head, content)
}

/// In KiB.
pub(crate) const LEAST_MEMORY: u32 = 8 * 1024;
pub(crate) const PASSPHRASE: &str = "planted passphrase";

static PASSPHRASE_KEY: LazyLock<[u8; 32]> = LazyLock::new(|| {
    let mut key = [0; 32];
    let params = Params::new(LEAST_MEMORY, 1, 1, Some(32)).unwrap();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(PASSPHRASE.as_bytes(), &SALT, &mut key)
        .unwrap();
    key
});

/// The header: the data key under the store key.
pub(crate) fn header() -> Vec<u8> {
    let label = b"sealpost/1 store";
    let head = [&[1, 0][..], &SALT].concat();
    let key = derive(Some(&SALT), &STORE_KEY, label);
    seal(key, &fields(&[label, &head]), &head, &DATA_KEY)
}

fn row_key_and_aad(place: &Place) -> ([u8; 32], Vec<u8>) {
    let columns = place.columns();
    let aad = fields(&[
        b"sealpost/1 row",
        &[1],
        columns.table.as_bytes(),
        columns.account.as_bytes(),
        columns.conversation.as_bytes(),
        columns.item.as_bytes(),
    ]);
    (derive(None, &DATA_KEY, b"sealpost/1 rows"), aad)
}

/// The value of a row.
pub(crate) fn row(place: &Place, content: &[u8]) -> Vec<u8> {
    let (key, aad) = row_key_and_aad(place);
    seal(key, &aad, &[1], content)
}

/// The content of a row.
pub(crate) fn content(place: &Place, value: &[u8]) -> Vec<u8> {
    let (key, aad) = row_key_and_aad(place);
    let (nonce, sealed) = value[1..].split_first_chunk::<24>().unwrap();
    let payload = Payload { msg: sealed, aad: &aad };
    XChaCha20Poly1305::new(&key.into()).decrypt(nonce.into(), payload).unwrap()
}
