//! One's own keys: an identity, and the account it becomes once registered.

use core::fmt;

use rand_core::TryCryptoRng;

use super::{
    IdentityPublicKey, Participant, PrivateKeys, PrivateKeysError, PublicKeyRecord, PublicKeyRow,
    SigningPublicKey,
};
use crate::random::RandomError;
use crate::request::RegistrationRequest;
use crate::suite::{SecretKeys, Suite};
use crate::{PublicKeyVersion, UnixMillis, UserId, wipe};

/// A user's own key pairs, not registered yet: one to open sealed keys with, one to sign with.
///
/// All devices of one user share one identity; that is X's model.
///
/// # Security
/// Not `Clone`, not serializable, wiped on drop. There is no forward secrecy: the identity key
/// opens every conversation key ever sealed to it. Save it *before* it is registered, because an
/// identity registered but not saved is lost for good.
pub struct Identity(SecretKeys);

impl Identity {
    /// Makes a new identity with the operating system's generator.
    ///
    /// # Errors
    /// [`RandomError`] when the generator fails.
    #[cfg(feature = "getrandom")]
    pub fn generate(suite: Suite) -> Result<Self, RandomError> {
        Self::generate_with_rng(suite, &mut getrandom::SysRng)
    }

    /// Makes a new identity with the caller's generator.
    ///
    /// # Errors
    /// [`RandomError`] when the generator fails.
    pub fn generate_with_rng<R: TryCryptoRng + ?Sized>(
        suite: Suite,
        rng: &mut R,
    ) -> Result<Self, RandomError> {
        wipe::stack_after(|| SecretKeys::generate(suite, rng).map(Self))
    }

    /// Makes an identity of raw private keys, for instance the blob of X's SDK.
    ///
    /// # Errors
    /// [`PrivateKeysError`] for another length than 64 bytes, and for P-256 scalars outside
    /// `[1, n - 1]`.
    ///
    /// # Security
    /// Dangerous because raw bytes say neither whose keys nor of which suite they are; wipe them
    /// afterwards.
    pub fn dangerous_from_private_keys(
        suite: Suite,
        bytes: &[u8],
    ) -> Result<Self, PrivateKeysError> {
        match bytes.as_chunks::<32>() {
            ([identity, signing], []) => {
                wipe::stack_after(|| SecretKeys::from_halves(suite, identity, signing).map(Self))
            }
            _ => Err(PrivateKeysError::Length { found: bytes.len() }),
        }
    }

    /// The raw private keys, in the form of X's SDK.
    ///
    /// # Security
    /// Dangerous because whoever gets these bytes is the user from then on.
    #[must_use]
    pub fn dangerous_private_keys(&self) -> PrivateKeys {
        PrivateKeys::written_by(|identity, signing| self.0.write_halves(identity, signing))
    }

    /// The suite of both key pairs.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.identity_key().suite()
    }

    /// The public key others seal to.
    #[must_use]
    pub fn identity_key(&self) -> IdentityPublicKey {
        IdentityPublicKey(self.0.identity_key())
    }

    /// The public key others verify with.
    #[must_use]
    pub fn signing_key(&self) -> SigningPublicKey {
        SigningPublicKey(self.0.verifying_key())
    }

    /// The body of `POST /2/users/{id}/public_keys` that registers this identity for `user`.
    /// It asks the server to assign the version; `now` is what the request suggests.
    #[must_use]
    pub fn registration(&self, user: UserId, now: UnixMillis) -> RegistrationRequest {
        RegistrationRequest::new(
            self,
            self.0.sign_binding(user),
            self.0.sign_reverse_binding(),
            now,
        )
    }

    /// The account this identity is, once the server has registered it under `version`.
    #[must_use]
    pub fn registered(self, user: UserId, version: PublicKeyVersion) -> Account {
        let participant = Participant::new(user, version, self.identity_key(), self.signing_key());
        Account { keys: self.0, participant }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}, ..)", self.suite())
    }
}

/// A registered identity: the only kind of sender, and a participant in its own changes.
///
/// # Security
/// As [`Identity`]: not `Clone`, not serializable, wiped on drop.
pub struct Account {
    pub(crate) keys: SecretKeys,
    participant: Participant,
}

impl Account {
    /// The user.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.participant.user_id()
    }

    /// The version under which the identity is registered.
    #[must_use]
    pub const fn public_key_version(&self) -> PublicKeyVersion {
        self.participant.public_key_version()
    }

    /// The suite of its keys.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.participant.suite()
    }

    /// The account as others see it.
    #[must_use]
    pub const fn participant(&self) -> &Participant {
        &self.participant
    }

    /// The raw private keys, in the form of X's SDK.
    ///
    /// # Security
    /// As [`Identity::dangerous_private_keys`].
    #[must_use]
    pub fn dangerous_private_keys(&self) -> PrivateKeys {
        PrivateKeys::written_by(|identity, signing| self.keys.write_halves(identity, signing))
    }

    /// The directory row that an honest server serves for this account.
    #[must_use]
    pub fn record(&self) -> PublicKeyRecord {
        let user = self.user_id();
        PublicKeyRecord::from(PublicKeyRow {
            user_id: Some(&alloc::format!("{user}")),
            public_key: Some(&self.participant.identity_key().to_base64()),
            signing_public_key: Some(&self.participant.signing_key().to_base64()),
            identity_public_key_signature: Some(&self.keys.sign_binding(user).to_base64()),
            signing_public_key_signature: self
                .keys
                .sign_reverse_binding()
                .map(|signature| signature.to_base64())
                .as_deref(),
            public_key_version: Some(&alloc::format!("{}", self.public_key_version())),
        })
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Account({}, {}, version {}, ..)",
            self.suite(),
            self.user_id(),
            self.public_key_version()
        )
    }
}
