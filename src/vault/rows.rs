//! Rows, sealed to their place.
//!
//! ```text
//! value   = 01 || nonce(24) || XChaCha20-Poly1305(row key, nonce, aad, content)
//! row key = HKDF-SHA256(no salt, data key, info = "sealpost/1 rows"), 32 bytes
//! aad     = "sealpost/1 row", 01, table, account, conversation and item, each with its length
//!           before it (8 bytes)
//! ```
//!
//! The value is the only column that is not part of `aad`, and the only one that is secret.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::VaultError;
use crate::lock::{fields, open, random, seal};
use crate::store::Place;
use crate::{RandomError, store};

/// The version of a value's form, sealed into it.
const VERSION: u8 = 1;

/// The key that a store's rows hang on: made once, locked in its header.
pub(super) struct DataKey(Box<Zeroizing<[u8; 32]>>);

impl DataKey {
    pub(super) fn generate() -> Result<Self, RandomError> {
        random().map(|bytes| Self::from_bytes(&bytes))
    }

    pub(super) fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut key = Box::new(Zeroizing::new([0; 32]));
        key.copy_from_slice(bytes);
        Self(key)
    }

    pub(super) fn expose_secret(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Seals rows and opens them.
pub(super) struct Rows {
    key: Box<Zeroizing<[u8; 32]>>,
}

impl Rows {
    pub(super) fn new(data_key: &DataKey) -> Self {
        let mut key = Box::new(Zeroizing::new([0; 32]));
        // The only error is an output of more than 255 blocks.
        let _ = Hkdf::<Sha256>::new(None, data_key.expose_secret())
            .expand(b"sealpost/1 rows", &mut **key);
        Self { key }
    }

    pub(super) fn seal(&self, place: &Place, content: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(seal(&self.key, &aad(place), &[VERSION], content)?)
    }

    pub(super) fn open(
        &self,
        place: &Place,
        value: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        match value.split_first() {
            Some((&VERSION, sealed)) => {
                open(&self.key, &aad(place), sealed).ok_or(VaultError::Unreadable { place: *place })
            }
            Some((version, _)) if *version > VERSION => Err(VaultError::Newer { place: *place }),
            _ => Err(VaultError::Unreadable { place: *place }),
        }
    }
}

fn aad(place: &Place) -> Vec<u8> {
    let store::Columns { table, account, conversation, item } = place.columns();
    fields([
        &b"sealpost/1 row"[..],
        &[VERSION],
        table.as_bytes(),
        account.as_bytes(),
        conversation.as_bytes(),
        item.as_bytes(),
    ])
}
