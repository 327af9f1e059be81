//! What tests, benches and experts need and nobody else: choosing who computes, the seals by
//! themselves, and what only a hostile member would send.
//!
//! Outside semantic versioning, like the feature `hazmat` it comes with.

use rand_core::TryCryptoRng;

pub use crate::suite::Backend;
#[cfg(all(feature = "x25519", feature = "xchat"))]
pub use crate::suite::hazmat::{ecies_open, ecies_seal, hpke_open, hpke_seal};
use crate::{
    Account, ChangeKind, Conversation, EncryptError, KeyChange, Keyring, Message, SignedMessage,
};

impl<K: ChangeKind> KeyChange<'_, K> {
    /// Seals with this backend in place of the fastest one. The bytes are the same.
    pub fn computed_by(mut self, backend: Backend) -> Self {
        self.sealing.backend = backend;
        self
    }
}

impl Message {
    /// Encrypts and signs these bytes in place of a content's: what a member can send who keeps to
    /// no rule but that of the signature.
    ///
    /// # Errors
    /// As [`encrypt_with_rng`](Self::encrypt_with_rng).
    pub fn encrypt_plaintext<R: TryCryptoRng + ?Sized>(
        &self,
        plaintext: &[u8],
        sender: &Account,
        conversation: &Conversation,
        keyring: &Keyring,
        rng: &mut R,
    ) -> Result<SignedMessage, EncryptError> {
        let current = keyring.sending_key(conversation.id(), sender.suite())?;
        self.sign_plaintext(plaintext, sender, conversation, current, rng)
    }
}
