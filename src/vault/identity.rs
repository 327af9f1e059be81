//! One's own identity, and how far its registration has come.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::saved::Content;
use crate::secret_json::{SecretText, from_json, secret_bytes, secret_text, suite_named, to_json};
use crate::store::Place;
use crate::{Account, Identity, PublicKeyVersion, UserId};

/// How far the registration of an identity has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Registration {
    /// Nobody has been told of it.
    Made,
    /// A request has left, or may have: ask the directory before sending another.
    Posting,
    /// The server has registered it.
    Registered(PublicKeyVersion),
}

/// An account's private keys, saved before they are registered: an identity that is registered and
/// not saved is lost for good.
pub struct OwnIdentity {
    /// The keys.
    pub identity: Identity,
    /// How far their registration has come.
    pub registration: Registration,
}

impl OwnIdentity {
    /// A new identity.
    #[must_use]
    pub const fn new(identity: Identity) -> Self {
        Self { identity, registration: Registration::Made }
    }

    /// The account it is, if it is registered.
    ///
    /// # Errors
    /// Itself, if it is not.
    pub fn into_account(self, user: UserId) -> Result<Account, Self> {
        match self.registration {
            Registration::Registered(version) => Ok(self.identity.registered(user, version)),
            _ => Err(self),
        }
    }
}

/// A new one.
impl From<Identity> for OwnIdentity {
    fn from(identity: Identity) -> Self {
        Self::new(identity)
    }
}

impl fmt::Debug for OwnIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnIdentity({:?}, {:?})", self.identity, self.registration)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json<'a> {
    suite: &'a str,
    #[serde(borrow)]
    private_keys: SecretText<'a>,
    registration: &'a str,
    public_key_version: Option<PublicKeyVersion>,
}

impl Content for OwnIdentity {
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>> {
        let (registration, public_key_version) = match self.registration {
            Registration::Made => ("made", None),
            Registration::Posting => ("posting", None),
            Registration::Registered(version) => ("registered", Some(version)),
        };
        to_json(&Json {
            suite: &self.identity.suite().to_string(),
            private_keys: SecretText(&secret_text(
                self.identity.dangerous_private_keys().expose_secret(),
            )),
            registration,
            public_key_version,
        })
    }

    fn from_content(_: &Place, content: &[u8]) -> Option<Self> {
        let json: Json<'_> = from_json(content)?;
        let keys = secret_bytes(&json.private_keys)?;
        Some(Self {
            identity: Identity::dangerous_from_private_keys(suite_named(json.suite)?, &keys)
                .ok()?,
            registration: match (json.registration, json.public_key_version) {
                ("made", None) => Registration::Made,
                ("posting", None) => Registration::Posting,
                ("registered", Some(version)) => Registration::Registered(version),
                _ => return None,
            },
        })
    }
}
