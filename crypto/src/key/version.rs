//! Versions: of a conversation key, and of a user's registered public keys.

use crate::UnixMillis;
use crate::id::{IdKind, decimal_id};

/// The version of a conversation key: by convention the Unix time in milliseconds of its making.
///
/// Versions of one conversation only move forward and are compared as numbers, never as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyVersion(u64);

impl KeyVersion {
    /// The version with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// The conventional version of a key made at that moment.
impl From<UnixMillis> for KeyVersion {
    fn from(moment: UnixMillis) -> Self {
        Self(moment.as_u64())
    }
}

decimal_id!(KeyVersion, IdKind::KeyVersion, 20, "a conversation key version of decimal digits");

/// The version of a user's registered pair of public keys, assigned by the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKeyVersion(u64);

impl PublicKeyVersion {
    /// The version with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

decimal_id!(
    PublicKeyVersion,
    IdKind::PublicKeyVersion,
    20,
    "a public key version of decimal digits"
);
