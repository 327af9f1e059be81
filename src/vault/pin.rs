//! Pins: the public keys that were first seen of another user, and what has been seen since.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::saved::Content;
use crate::secret_json::{from_json, to_json};
use crate::store::{Item, Place};
use crate::{
    IdentityPublicKey, Participant, PublicKeyVersion, SigningPublicKey, UnixMillis, UserId,
};

/// Both public keys of a user, and when they were first seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenKeys {
    /// The key to seal to.
    pub identity_key: IdentityPublicKey,
    /// The key to verify with.
    pub signing_key: SigningPublicKey,
    /// The version under which the server gave them first. It proves nothing: nobody signs it.
    pub public_key_version: PublicKeyVersion,
    /// When.
    pub first_seen: UnixMillis,
}

impl SeenKeys {
    fn of(participant: &Participant, now: UnixMillis) -> Self {
        Self {
            identity_key: *participant.identity_key(),
            signing_key: *participant.signing_key(),
            public_key_version: participant.public_key_version(),
            first_seen: now,
        }
    }

    /// The user with these keys. They were verified when they were seen.
    #[must_use]
    pub fn participant(&self, user: UserId) -> Participant {
        let (identity, signing) = (self.identity_key, self.signing_key);
        Participant::dangerous_restore(user, self.public_key_version, identity, signing)
    }

    /// Whether these are a participant's keys, both of them, whatever their version.
    #[must_use]
    pub fn are_of(&self, participant: &Participant) -> bool {
        self.identity_key == *participant.identity_key()
            && self.signing_key == *participant.signing_key()
    }
}

/// What is known of another user's keys. New keys never take the place of old ones by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    user: UserId,
    keys: SeenKeys,
    is_verified: bool,
    changed: Option<SeenKeys>,
}

impl Pin {
    /// Pins the keys that a user is first seen with.
    #[must_use]
    pub fn first_use(participant: &Participant, now: UnixMillis) -> Self {
        let keys = SeenKeys::of(participant, now);
        Self { user: participant.user_id(), keys, is_verified: false, changed: None }
    }

    /// Whose keys they are.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.user
    }

    /// The pinned keys.
    #[must_use]
    pub const fn keys(&self) -> &SeenKeys {
        &self.keys
    }

    /// Whether somebody has compared safety numbers and found these keys to be the user's.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        self.is_verified
    }

    /// Other keys that the user was seen with, and that nobody has acknowledged. Until then nothing
    /// may be sealed to the user.
    #[must_use]
    pub const fn changed(&self) -> Option<&SeenKeys> {
        self.changed.as_ref()
    }

    /// Compares a user's keys with the pinned ones; others are remembered as
    /// [`changed`](Self::changed), also when the user has the old ones again later. Returns whether
    /// they are the pinned ones and nothing waits to be acknowledged.
    #[must_use = "other keys must not be sealed to"]
    pub fn observe(&mut self, participant: &Participant, now: UnixMillis) -> bool {
        let same_user = participant.user_id() == self.user;
        if same_user && !self.keys.are_of(participant) {
            let known = self.changed.is_some_and(|changed| changed.are_of(participant));
            if !known {
                self.changed = Some(SeenKeys::of(participant, now));
            }
        }
        same_user && self.changed.is_none()
    }

    /// Takes the changed keys for the user's from now on. They are not verified. Nothing happens if
    /// none wait.
    pub const fn acknowledge(&mut self) {
        if let Some(keys) = self.changed.take() {
            self.keys = keys;
            self.is_verified = false;
        }
    }

    /// Stays with the pinned keys and forgets the changed ones. If the server gives them out again,
    /// they wait again.
    pub const fn dismiss(&mut self) {
        self.changed = None;
    }

    /// Says whether somebody has compared safety numbers.
    ///
    /// # Security
    /// Only after comparing them with the user in person, or over a channel that is not the
    /// server's.
    pub const fn set_verified(&mut self, is_verified: bool) {
        self.is_verified = is_verified;
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysJson {
    identity_key: IdentityPublicKey,
    signing_key: SigningPublicKey,
    public_key_version: PublicKeyVersion,
    first_seen: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    keys: KeysJson,
    verified: bool,
    changed: Option<KeysJson>,
}

impl From<SeenKeys> for KeysJson {
    fn from(keys: SeenKeys) -> Self {
        Self {
            identity_key: keys.identity_key,
            signing_key: keys.signing_key,
            public_key_version: keys.public_key_version,
            first_seen: keys.first_seen.as_u64(),
        }
    }
}

impl From<KeysJson> for SeenKeys {
    fn from(json: KeysJson) -> Self {
        Self {
            identity_key: json.identity_key,
            signing_key: json.signing_key,
            public_key_version: json.public_key_version,
            first_seen: UnixMillis::new(json.first_seen),
        }
    }
}

impl Content for Pin {
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>> {
        let changed = self.changed.map(KeysJson::from);
        to_json(&Json { keys: self.keys.into(), verified: self.is_verified, changed })
    }

    fn from_content(place: &Place, content: &[u8]) -> Option<Self> {
        let Item::User(user) = place.item() else { return None };
        let Json { keys, verified, changed } = from_json(content)?;
        let changed = changed.map(SeenKeys::from);
        Some(Self { user, keys: keys.into(), is_verified: verified, changed })
    }
}
