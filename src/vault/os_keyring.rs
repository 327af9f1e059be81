//! The store's key in the operating system's keyring.

use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

use super::StoreKey;
use crate::{RandomError, lock};

/// The operating system's keyring does not give the store's key.
///
/// Holds nothing that was in the keyring, so it may always be logged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OsKeyringError {
    /// There is no keyring, or it is locked.
    #[error("the keyring cannot be used ({reason}); unlock it, or use a passphrase")]
    Unavailable {
        /// What the system says.
        reason: String,
    },
    /// The entry is not a key of ours. It is left as it is.
    #[error("the keyring's entry is no store key of 32 bytes; choose another name for it")]
    NotAKey,
    /// There are several entries of this name.
    #[error("the keyring has several entries of this name; remove all but the store's")]
    Ambiguous,
    /// The random number generator failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl OsKeyringError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "os_keyring.unavailable",
            Self::NotAKey => "os_keyring.not_a_key",
            Self::Ambiguous => "os_keyring.ambiguous",
            Self::Random(error) => error.code(),
        }
    }
}

/// The system's own errors may hold the secret in their `Debug` form: only their words are taken.
impl From<Error> for OsKeyringError {
    fn from(error: Error) -> Self {
        match error {
            Error::BadEncoding(_) | Error::BadDataFormat(..) => Self::NotAKey,
            Error::Ambiguous(_) => Self::Ambiguous,
            error => Self::Unavailable { reason: error.to_string() },
        }
    }
}

impl StoreKey {
    /// A random key in the operating system's keyring, made when it is first asked for: Keychain
    /// on macOS, Credential Manager on Windows, the Secret Service elsewhere. `service` is the
    /// app's name, `user` tells its stores apart.
    ///
    /// Waits for the keyring, which may ask its user: call it where that does no harm. Open the
    /// [store](crate::Store) first and call this then, so that two programs that start together do
    /// not each make a key.
    ///
    /// # Errors
    /// [`OsKeyringError`].
    ///
    /// # Security
    /// Whatever runs as the same user may be able to ask the keyring, too. A keyring that is lost
    /// takes the store with it: keep an [export](crate::IdentityExport) of each identity.
    pub fn in_os_keyring(service: &str, user: &str) -> Result<Self, OsKeyringError> {
        Self::in_keyring_entry(&keyring::Entry::new(service, user)?.inner)
    }

    /// The same in any entry of any keyring, for systems that have another.
    ///
    /// # Errors
    /// [`OsKeyringError`].
    pub fn in_keyring_entry(entry: &Entry) -> Result<Self, OsKeyringError> {
        match entry.get_secret() {
            Err(Error::NoEntry) => {
                entry.set_secret(&*lock::random::<32>()?)?;
                // As it is kept, not as it was given.
                Self::from_secret(entry.get_secret()?)
            }
            secret => Self::from_secret(secret?),
        }
    }

    fn from_secret(secret: Vec<u8>) -> Result<Self, OsKeyringError> {
        let secret = Zeroizing::new(secret);
        let key = secret[..].try_into().map_err(|_| OsKeyringError::NotAKey)?;
        Ok(Self::from_bytes(key))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use keyring_core::api::CredentialStoreApi as _;
    use keyring_core::mock::{Cred, Store};

    use super::*;
    use crate::{MemoryStore, Vault};

    fn entry(store: &Store, user: &str) -> Entry {
        store.build("sealpost-test", user, None).unwrap()
    }

    #[tokio::test]
    async fn the_key_is_made_once() {
        let keyring = Store::new().unwrap();
        let rows = Arc::new(MemoryStore::new());
        for _ in 0..3 {
            let key = StoreKey::in_keyring_entry(&entry(&keyring, "one")).unwrap();
            Vault::open(Arc::clone(&rows), key).await.unwrap();
        }
        let first = entry(&keyring, "one").get_secret().unwrap();
        assert_eq!(first.len(), 32);
        let other = StoreKey::in_keyring_entry(&entry(&keyring, "other")).unwrap();
        assert_ne!(entry(&keyring, "other").get_secret().unwrap(), first);
        assert_eq!(Vault::open(rows, other).await.unwrap_err().code(), "vault.wrong_key");
    }

    #[test]
    fn what_is_no_key_is_left_as_it_is() {
        let keyring = Store::new().unwrap();
        let entry = entry(&keyring, "one");
        for content in [&b""[..], b"a password", &[7; 31], &[7; 33]] {
            entry.set_secret(content).unwrap();
            let error = StoreKey::in_keyring_entry(&entry).unwrap_err();
            assert_eq!(error, OsKeyringError::NotAKey);
            assert_eq!(entry.get_secret().unwrap(), content);
        }
    }

    #[test]
    fn errors_say_what_to_do_and_hold_no_secret() {
        let keyring = Store::new().unwrap();
        let entry = entry(&keyring, "one");
        let mock: &Cred = entry.as_any().downcast_ref().unwrap();
        let mut checked = 0;
        for (error, code) in [
            (Error::NoStorageAccess("it is locked".into()), "os_keyring.unavailable"),
            (Error::NoDefaultStore, "os_keyring.unavailable"),
            (Error::PlatformFailure("it is broken".into()), "os_keyring.unavailable"),
            (Error::BadEncoding(b"planted".to_vec()), "os_keyring.not_a_key"),
            (Error::BadDataFormat(b"planted".to_vec(), "odd".into()), "os_keyring.not_a_key"),
            (Error::Ambiguous(Vec::new()), "os_keyring.ambiguous"),
        ] {
            mock.set_error(error);
            let error = StoreKey::in_keyring_entry(&entry).unwrap_err();
            assert_eq!(error.code(), code);
            let planted = "[112, 108, 97, 110";
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("planted") && !shown.contains(planted), "{shown}");
            checked += 1;
        }
        assert_eq!(checked, 6);
        // And it goes on once the keyring does.
        StoreKey::in_keyring_entry(&entry).unwrap();
    }
}
