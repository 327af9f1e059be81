//! The conversation key, and the versions of keys.

mod conversation_key;
mod version;

pub use conversation_key::{ConversationKey, FingerprintError, KeyFingerprint};
#[cfg(feature = "x25519")]
pub(crate) use conversation_key::{derive, derive_with_salt};
pub use version::{KeyVersion, PublicKeyVersion};
