//! An identity to take along: to another machine, or into a safe.

#[cfg(feature = "age")]
mod age;
mod armor;
mod error;

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use self::error::IdentityExportError;
use crate::lock::{self, Opener};
use crate::secret_json::{SecretText, from_json, secret_bytes, secret_text, suite_named, to_json};
use crate::vault::{OwnIdentity, Registration};
use crate::{Identity, IdentityPublicKey, PassphraseCost, PublicKeyVersion, SecretString, UserId};

const LABEL: &str = "sealpost/1 identity";
/// What the content says it is.
const FORMAT: &str = "sealpost identity 1";

/// An identity and whose it is, to be written out under a passphrase and read back.
///
/// The text begins with `-----BEGIN SEALPOST IDENTITY-----`; it is Argon2id and
/// XChaCha20-Poly1305 inside, names its own version and cost, and survives being mailed, printed
/// and pasted. With the feature `age` there is the [age](https://age-encryption.org/v1) format too,
/// which the `age` program opens without us.
///
/// The blob of X's own SDK, 64 raw bytes without any protection, is
/// [`Identity::dangerous_private_keys`] and [`Identity::dangerous_from_private_keys`].
///
/// # Security
/// Whoever has the text and the passphrase is the user. Not `Clone`, not serializable, wiped on
/// drop.
pub struct IdentityExport {
    user: UserId,
    own: OwnIdentity,
}

impl IdentityExport {
    /// A user's identity, as the [vault](crate::vault) has it or as it was
    /// [generated](Identity::generate).
    #[must_use]
    pub fn new(user: UserId, own: impl Into<OwnIdentity>) -> Self {
        Self { user, own: own.into() }
    }

    /// Whose identity it is.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.user
    }

    /// The identity, to be [added](crate::vault::AccountVault::add_identity) to a vault.
    #[must_use]
    pub fn into_own_identity(self) -> OwnIdentity {
        self.own
    }

    /// Writes it out under a passphrase, at the [recommended](PassphraseCost::RECOMMENDED) cost.
    /// Takes a moment by design; in an asynchronous program, call it where that does no harm.
    ///
    /// # Errors
    /// [`IdentityExportError::Memory`], [`IdentityExportError::Random`].
    ///
    /// # Security
    /// The text may be copied and then guessed at for as long as one likes: the passphrase must be
    /// long.
    pub fn to_text(&self, passphrase: SecretString) -> Result<String, IdentityExportError> {
        self.to_text_at_cost(passphrase, PassphraseCost::RECOMMENDED)
    }

    /// The same at another cost.
    ///
    /// # Errors
    /// As [`to_text`](Self::to_text).
    pub fn to_text_at_cost(
        &self,
        passphrase: SecretString,
        cost: PassphraseCost,
    ) -> Result<String, IdentityExportError> {
        let opener = Opener::Passphrase(passphrase, cost);
        Ok(armor::write(&lock::lock(LABEL, &opener, &self.to_content()?)?))
    }

    /// Reads what [`to_text`](Self::to_text) wrote, at whatever cost it was written.
    ///
    /// # Errors
    /// [`IdentityExportError::WrongPassphrase`], which takes as long as the right one; otherwise as
    /// [`IdentityExportError`] says.
    pub fn from_text(text: &str, passphrase: SecretString) -> Result<Self, IdentityExportError> {
        let lockbox = armor::read(text).ok_or(IdentityExportError::NotAnExport)?;
        let opener = Opener::Passphrase(passphrase, PassphraseCost::RECOMMENDED);
        Self::from_content(&lock::unlock(LABEL, &opener, &lockbox)?)
    }

    fn to_content(&self) -> Result<Zeroizing<Vec<u8>>, IdentityExportError> {
        let identity = &self.own.identity;
        let content = to_json(&Json {
            format: FORMAT,
            user_id: self.user,
            suite: &identity.suite().to_string(),
            identity_key: identity.identity_key(),
            private_keys: SecretText(&secret_text(
                identity.dangerous_private_keys().expose_secret(),
            )),
            public_key_version: match self.own.registration {
                Registration::Registered(version) => Some(version),
                _ => None,
            },
        });
        content.ok_or(IdentityExportError::NotUnderstood)
    }

    fn from_content(content: &[u8]) -> Result<Self, IdentityExportError> {
        Self::parse(content).ok_or(IdentityExportError::NotUnderstood)
    }

    fn parse(content: &[u8]) -> Option<Self> {
        let json: Json<'_> = from_json(content)?;
        let keys = secret_bytes(&json.private_keys)?;
        let suite = suite_named(json.suite)?;
        let identity = Identity::dangerous_from_private_keys(suite, &keys).ok()?;
        // Somebody may have put it together by hand.
        if json.format != FORMAT || identity.identity_key() != json.identity_key {
            return None;
        }
        let mut own = OwnIdentity::new(identity);
        if let Some(version) = json.public_key_version {
            own.registration = Registration::Registered(version);
        }
        Some(Self { user: json.user_id, own })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json<'a> {
    format: &'a str,
    user_id: UserId,
    suite: &'a str,
    identity_key: IdentityPublicKey,
    #[serde(borrow)]
    private_keys: SecretText<'a>,
    public_key_version: Option<PublicKeyVersion>,
}

impl fmt::Debug for IdentityExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityExport({}, {:?})", self.user, self.own)
    }
}
