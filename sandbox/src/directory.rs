//! The directory of public keys.

use std::collections::BTreeMap;

use sealpost_crypto::{PublicKeyVersion, UnixMillis, UserId};

use crate::problem::Problem;
use crate::validate::{Registration, VersionChoice};

/// The public keys of one registration, as base64 text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKeys {
    pub(crate) public_key: String,
    pub(crate) signing_public_key: String,
    pub(crate) identity_public_key_signature: String,
}

/// Everybody the sandbox has heard of, and their keys by version.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    users: BTreeMap<UserId, BTreeMap<PublicKeyVersion, PublicKeys>>,
}

impl Directory {
    /// Makes a user exist.
    pub(crate) fn mention(&mut self, user: UserId) {
        self.users.entry(user).or_default();
    }

    /// Everybody, in the order of their ids.
    pub(crate) fn users(&self) -> Vec<UserId> {
        self.users.keys().copied().collect()
    }

    /// A user's keys, oldest version first; `None` for a user nobody has mentioned.
    pub(crate) fn keys(&self, user: UserId) -> Option<&BTreeMap<PublicKeyVersion, PublicKeys>> {
        self.users.get(&user)
    }

    pub(crate) fn has_keys(&self, user: UserId) -> bool {
        self.keys(user).is_some_and(|keys| !keys.is_empty())
    }

    pub(crate) fn has_version(&self, user: UserId, version: PublicKeyVersion) -> bool {
        self.keys(user).is_some_and(|keys| keys.contains_key(&version))
    }

    /// The newest keys of somebody else, for the fault that mixes users up.
    pub(crate) fn newest_of_another(
        &self,
        user: UserId,
    ) -> Option<(PublicKeyVersion, &PublicKeys)> {
        self.users
            .iter()
            .filter(|(other, _)| **other != user)
            .find_map(|(_, keys)| keys.last_key_value())
            .map(|(version, keys)| (*version, keys))
    }

    /// Registers keys and returns their version.
    pub(crate) fn register(
        &mut self,
        user: UserId,
        registration: Registration,
        now: UnixMillis,
    ) -> Result<PublicKeyVersion, Problem> {
        let keys = self.users.entry(user).or_default();
        let version = match registration.version {
            VersionChoice::Client(version) if keys.contains_key(&version) => {
                let detail = "These public keys have a version that is registered already.";
                return Err(Problem::conflict("version", detail).value(&version.to_string()));
            }
            VersionChoice::Client(version) => version,
            VersionChoice::Server => {
                let newest = keys.last_key_value().map(|(newest, _)| newest.as_u64());
                let after_newest = newest.map_or(Some(0), |newest| newest.checked_add(1));
                let Some(after_newest) = after_newest else {
                    let detail = "There is no version above the newest registered one.";
                    return Err(Problem::conflict("generate_version", detail));
                };
                PublicKeyVersion::new(after_newest.max(now.as_u64()))
            }
        };
        keys.insert(version, registration.keys);
        Ok(version)
    }
}
