//! What a store is locked with.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::VaultError;
use super::rows::DataKey;
use crate::lock::{self, LockboxError, Opener};
use crate::{PassphraseCost, SecretString};

const LABEL: &str = "sealpost/1 store";

/// What a store is locked with: a passphrase, a key of the app's own, or a key in the operating
/// system's keyring.
///
/// It locks a key made for the store; that one locks the rows. So it can be changed without
/// touching any row: [`Vault::change_key`](super::Vault::change_key).
///
/// # Security
/// Not `Clone`, not printable, wiped on drop. Whoever has it and the store is every account in it.
pub struct StoreKey(Arc<Opener>);

impl StoreKey {
    /// A passphrase, by Argon2id at the [recommended](PassphraseCost::RECOMMENDED) cost.
    ///
    /// # Security
    /// A store can be copied and then guessed at for as long as one likes: the passphrase must be
    /// long, or better a key that nobody has to remember.
    #[must_use]
    pub fn passphrase(passphrase: SecretString) -> Self {
        Self::passphrase_at_cost(passphrase, PassphraseCost::RECOMMENDED)
    }

    /// A passphrase at another cost. The cost counts when a store is made or its key changed; one
    /// that is there knows its own.
    #[must_use]
    pub fn passphrase_at_cost(passphrase: SecretString, cost: PassphraseCost) -> Self {
        Self(Arc::new(Opener::Passphrase(passphrase, cost)))
    }

    /// A key of the app's own: 32 random bytes, from a key management service for instance. The
    /// caller wipes theirs.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut key = Box::new(Zeroizing::new([0; 32]));
        key.copy_from_slice(bytes);
        Self(Arc::new(Opener::Key(key)))
    }

    pub(super) async fn lock(&self, data_key: Arc<DataKey>) -> Result<Vec<u8>, VaultError> {
        self.run(move |opener| lock::lock(LABEL, opener, data_key.expose_secret())).await
    }

    pub(super) async fn unlock(&self, header: Vec<u8>) -> Result<DataKey, VaultError> {
        let content = self.run(move |opener| lock::unlock(LABEL, opener, &header)).await?;
        content[..].try_into().map(DataKey::from_bytes).map_err(|_| VaultError::MalformedHeader)
    }

    /// A passphrase takes a while; a task that waits for it must not hold up others.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Opener) -> Result<T, LockboxError> + Send + 'static,
    ) -> Result<T, VaultError> {
        let done = match &*self.0 {
            opener @ Opener::Key(_) => work(opener),
            Opener::Passphrase(..) => {
                let opener = Arc::clone(&self.0);
                let task = tokio::task::spawn_blocking(move || work(&opener));
                task.await.map_err(|_| VaultError::BrokenOff)?
            }
        };
        Ok(done?)
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey(..)")
    }
}
