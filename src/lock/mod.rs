//! Encryption at rest: what rows, the store's header and exported identities are locked with.

mod aead;
mod lockbox;
mod passphrase;

pub(crate) use aead::{fields, open, random, seal};
pub(crate) use lockbox::{LockboxError, Opener, lock, unlock};
pub use passphrase::{PassphraseCost, PassphraseCostError};
