//! The conversation key, and the versions of keys.

mod conversation_key;
mod version;

#[cfg(feature = "x25519")]
pub(crate) use conversation_key::derive;
pub use conversation_key::{ConversationKey, FingerprintError, KeyFingerprint};
pub use version::{KeyVersion, PublicKeyVersion};
