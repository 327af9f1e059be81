//! Private keys as raw bytes: the form that X's own SDK exports and imports.

use alloc::boxed::Box;
use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Both private keys of an identity, raw: identity, then signing, 32 bytes each.
///
/// XChat: big-endian scalars, the blob of X's SDK. X25519: the secret forms of RFC 7748 and
/// RFC 8032.
///
/// # Security
/// Not `Clone`, not serializable, not printable, wiped on drop. Unencrypted, without header or
/// checksum: whoever has these bytes is the user.
pub struct PrivateKeys(Box<[u8; Self::LENGTH]>);

impl PrivateKeys {
    /// Length in bytes.
    pub const LENGTH: usize = 64;

    pub(super) fn written_by(write: impl FnOnce(&mut [u8; 32], &mut [u8; 32])) -> Self {
        let mut keys = Self(Box::new([0; Self::LENGTH]));
        if let [identity, signing] = keys.0.as_chunks_mut::<32>().0 {
            write(identity, signing);
        }
        keys
    }

    /// The raw bytes.
    ///
    /// # Security
    /// Do not copy them into memory that is not wiped.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl Drop for PrivateKeys {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for PrivateKeys {}

impl fmt::Debug for PrivateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeys(..)")
    }
}
