//! The keys of one conversation by version, and the rule that versions only move forward.

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;
use core::time::Duration;

use crate::{
    Account, Conversation, ConversationId, ConversationKey, KeyChange, KeyFingerprint, KeyVersion,
    PreparedKeyChange, Suite, UnixMillis, VerifiedKeyChange,
};

/// How far ahead of the reader's clock a key version may be. One further ahead would block every
/// rotation until its time has come.
pub const MAX_CLOCK_AHEAD: Duration = Duration::from_secs(24 * 60 * 60);

/// The keys of one conversation.
///
/// The highest version adopted is the current one and the floor: nothing at or below it ever
/// becomes current. A conversation keeps the suite of its first key.
pub struct Keyring {
    conversation_id: ConversationId,
    suite: Option<Suite>,
    keys: BTreeMap<KeyVersion, ConversationKey>,
    /// Keys whose old signatures do not cover them: for reading, and in nobody's way.
    legacy: BTreeMap<KeyVersion, ConversationKey>,
    /// The newest version adopted, and which key that was.
    floor: Option<(KeyVersion, KeyFingerprint)>,
}

/// What adopting a key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adoption {
    /// The key is now the current one.
    Current,
    /// The very same key was there already; nothing has changed.
    AlreadyKnown,
    /// The key is older than the current one, or has an old signature: it is for reading only.
    KeptForHistory,
}

/// What a keyring knows of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// It has it.
    Held,
    /// It has had it: the floor remembers its fingerprint.
    Remembered,
    New,
}

/// A key may not join this keyring. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The key is of another conversation.
    #[error("the key is of conversation {found}, the keyring of {expected}")]
    OtherConversation {
        /// The keyring's conversation.
        expected: ConversationId,
        /// The key's conversation.
        found: ConversationId,
    },
    /// The conversation began in another suite.
    #[error("the conversation has keys of suite {expected}, this one is of suite {found}")]
    SuiteChanged {
        /// The suite of the conversation's first key.
        expected: Suite,
        /// The suite of this key.
        found: Suite,
    },
    /// The version is not above the newest one: somebody replays an old change, or a newer one
    /// has won.
    #[error("key version {version} is not above {floor}")]
    StaleKeyVersion {
        /// The version of this key.
        version: KeyVersion,
        /// The newest version adopted so far.
        floor: KeyVersion,
    },
    /// The version is known with another key.
    #[error("there is another key of version {version}")]
    ConflictingKeyVersion {
        /// The version of both keys.
        version: KeyVersion,
    },
    /// The version is more than [`MAX_CLOCK_AHEAD`] ahead of the reader's clock.
    #[error("key version {version} is too far ahead of the clock, {now}")]
    FarFutureKeyVersion {
        /// The version of this key.
        version: KeyVersion,
        /// The reader's time.
        now: UnixMillis,
    },
    /// The key is not the one that the change was made for.
    #[error("the key is not the one that was sealed under version {version}")]
    OtherKey {
        /// The version of the change.
        version: KeyVersion,
    },
    /// The version is above the newest one: its key is not history.
    #[error("key version {version} is newer than any other and must be adopted")]
    NotHistory {
        /// The version of this key.
        version: KeyVersion,
    },
    /// The change is signed in X's old way, which does not cover the key: it is for history only.
    #[error("key version {version} has an old signature and can only be kept for history")]
    LegacySignature {
        /// The version of this key.
        version: KeyVersion,
    },
    /// There is no version above the newest one.
    #[error("there is no key version above the newest one")]
    VersionsExhausted,
}

impl KeyringError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherConversation { .. } => "keyring.other_conversation",
            Self::SuiteChanged { .. } => "keyring.suite_changed",
            Self::StaleKeyVersion { .. } => "keyring.stale_key_version",
            Self::ConflictingKeyVersion { .. } => "keyring.conflicting_key_version",
            Self::FarFutureKeyVersion { .. } => "keyring.far_future_key_version",
            Self::OtherKey { .. } => "keyring.other_key",
            Self::NotHistory { .. } => "keyring.not_history",
            Self::LegacySignature { .. } => "keyring.legacy_signature",
            Self::VersionsExhausted => "keyring.versions_exhausted",
        }
    }
}

impl Keyring {
    /// An empty keyring.
    #[must_use]
    pub const fn new(conversation_id: ConversationId) -> Self {
        Self {
            conversation_id,
            suite: None,
            keys: BTreeMap::new(),
            legacy: BTreeMap::new(),
            floor: None,
        }
    }

    /// A keyring without keys that remembers, from an earlier run, the suite of the conversation
    /// and the newest version adopted then, with its key's fingerprint: older changes stay refused,
    /// and that version takes no other key.
    #[must_use]
    pub const fn with_floor(
        conversation_id: ConversationId,
        suite: Suite,
        floor: KeyVersion,
        key: KeyFingerprint,
    ) -> Self {
        let mut keyring = Self::new(conversation_id);
        keyring.suite = Some(suite);
        keyring.floor = Some((floor, key));
        keyring
    }

    /// A keyring as it was saved, with the keys of [`keys`](Self::keys) and of
    /// [`legacy_keys`](Self::legacy_keys).
    ///
    /// # Errors
    /// [`KeyringError::NotHistory`] for a key above the floor, and
    /// [`KeyringError::ConflictingKeyVersion`] when the floor's key is another one. No earlier
    /// keyring was like that.
    ///
    /// # Security
    /// Dangerous because these keys are verified no more: read them from where nobody else can
    /// write.
    pub fn dangerous_restore(
        conversation_id: ConversationId,
        suite: Suite,
        floor: Option<(KeyVersion, KeyFingerprint)>,
        keys: BTreeMap<KeyVersion, ConversationKey>,
        legacy_keys: BTreeMap<KeyVersion, ConversationKey>,
    ) -> Result<Self, KeyringError> {
        if let Some((newest, key)) = keys.last_key_value() {
            match floor {
                Some((floor, _)) if *newest < floor => {}
                Some((floor, fingerprint)) if *newest == floor => {
                    if key.fingerprint() != fingerprint {
                        return Err(KeyringError::ConflictingKeyVersion { version: floor });
                    }
                }
                _ => return Err(KeyringError::NotHistory { version: *newest }),
            }
        }
        Ok(Self { conversation_id, suite: Some(suite), keys, legacy: legacy_keys, floor })
    }

    /// The conversation.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.conversation_id
    }

    /// The suite of the conversation's keys, once it has one.
    #[must_use]
    pub const fn suite(&self) -> Option<Suite> {
        self.suite
    }

    /// The newest version adopted so far.
    #[must_use]
    pub const fn floor(&self) -> Option<KeyVersion> {
        match self.floor {
            Some((version, _)) => Some(version),
            None => None,
        }
    }

    /// The fingerprint of the newest version's key, which the keyring knows even without the key.
    #[must_use]
    pub const fn floor_fingerprint(&self) -> Option<KeyFingerprint> {
        match self.floor {
            Some((_, fingerprint)) => Some(fingerprint),
            None => None,
        }
    }

    /// The keys, oldest version first; for saving them.
    pub fn keys(&self) -> impl Iterator<Item = (KeyVersion, &ConversationKey)> {
        self.keys.iter().map(|(version, key)| (*version, key))
    }

    /// The keys whose old signatures do not cover them, oldest version first; for saving them.
    pub fn legacy_keys(&self) -> impl Iterator<Item = (KeyVersion, &ConversationKey)> {
        self.legacy.iter().map(|(version, key)| (*version, key))
    }

    /// The key to send with.
    #[must_use]
    pub fn current(&self) -> Option<(KeyVersion, &ConversationKey)> {
        let version = self.floor()?;
        Some((version, self.keys.get(&version)?))
    }

    /// The key of a version, for reading what was sent under it.
    #[must_use]
    pub fn get(&self, version: KeyVersion) -> Option<&ConversationKey> {
        self.keys.get(&version).or_else(|| self.legacy.get(&version))
    }

    /// The versions whose keys are here, the newest first: for what does not say its own.
    pub fn versions(&self) -> impl Iterator<Item = KeyVersion> + '_ {
        let all: BTreeSet<KeyVersion> =
            self.keys.keys().chain(self.legacy.keys()).copied().collect();
        all.into_iter().rev()
    }

    /// Drafts the next key of the conversation: of the suite it has, in a version above all
    /// others. The usual way to a [`KeyChange`].
    ///
    /// # Errors
    /// [`KeyringError`] when the conversation is another one, when it has keys of another suite
    /// than the account's, and after the last version.
    pub fn draft<'a>(
        &self,
        account: &'a Account,
        conversation: &'a Conversation,
        now: UnixMillis,
    ) -> Result<KeyChange<'a>, KeyringError> {
        self.check_belongs(conversation.id(), account.suite())?;
        Ok(KeyChange::new(account, conversation, self.next_version(now)?))
    }

    /// The version for the next key: the time, or one above the newest version if that is later.
    ///
    /// # Errors
    /// [`KeyringError::VersionsExhausted`] after version 2^64 - 1.
    pub fn next_version(&self, now: UnixMillis) -> Result<KeyVersion, KeyringError> {
        let above_floor = match self.floor() {
            Some(floor) => floor.as_u64().checked_add(1).ok_or(KeyringError::VersionsExhausted)?,
            None => 0,
        };
        Ok(KeyVersion::new(above_floor.max(now.as_u64())))
    }

    /// Makes one's own key current, once the server has accepted the change. A key that came in
    /// through the events in the meantime is [`Adoption::AlreadyKnown`].
    ///
    /// # Errors
    /// [`KeyringError`] when the change is of another conversation or suite, the key is not the
    /// change's, or its version is no longer above the newest one. Nothing has changed then.
    pub fn commit<K>(
        &mut self,
        change: &PreparedKeyChange<K>,
        key: ConversationKey,
    ) -> Result<Adoption, KeyringError> {
        let version = change.key_version();
        self.check_belongs(change.conversation_id(), change.suite())?;
        if key.fingerprint() != change.key_fingerprint() {
            return Err(KeyringError::OtherKey { version });
        }
        match self.known(version, &key)? {
            Known::Held => return Ok(Adoption::AlreadyKnown),
            Known::Remembered => {}
            Known::New => self.check_above_floor(version)?,
        }
        self.make_current(version, change.suite(), key);
        Ok(Adoption::Current)
    }

    /// Takes in a verified change of somebody: above the newest version its key becomes current.
    ///
    /// # Errors
    /// [`KeyringError`] when the change is of another conversation or suite, is older than the
    /// newest version, has a known version with another key, or is too far ahead of `now`.
    /// Nothing has changed then. An older key that is wanted for reading history goes through
    /// [`keep_for_history`](Self::keep_for_history).
    pub fn adopt(
        &mut self,
        change: VerifiedKeyChange,
        now: UnixMillis,
    ) -> Result<Adoption, KeyringError> {
        let version = change.key_version();
        let suite = change.suite();
        self.check_belongs(change.conversation_id(), suite)?;
        match self.known(version, change.key())? {
            Known::Held => return Ok(Adoption::AlreadyKnown),
            Known::Remembered => {}
            Known::New => self.check_above_floor(version)?,
        }
        if change.is_legacy() {
            return Err(KeyringError::LegacySignature { version });
        }
        let latest = u128::from(now.as_u64()) + MAX_CLOCK_AHEAD.as_millis();
        if u128::from(version.as_u64()) > latest {
            return Err(KeyringError::FarFutureKeyVersion { version, now });
        }
        self.make_current(version, suite, change.into_key());
        Ok(Adoption::Current)
    }

    /// Keeps a verified older key for reading what was sent under it. It never becomes current,
    /// and the newest version stays what it is. A key with an old signature
    /// ([`VerifiedKeyChange::is_legacy`]) is kept whatever its version, beside the others and in
    /// nobody's way.
    ///
    /// # Errors
    /// [`KeyringError`] when the change is of another conversation or suite, or has a known
    /// version with another key; [`KeyringError::NotHistory`] for a version that is not below the
    /// newest one, which must be [adopted](Self::adopt).
    pub fn keep_for_history(&mut self, change: VerifiedKeyChange) -> Result<(), KeyringError> {
        let (version, suite) = (change.key_version(), change.suite());
        self.check_belongs(change.conversation_id(), suite)?;
        if self.known(version, change.key())? == Known::Held {
            return Ok(());
        }
        if change.is_legacy() {
            match self.legacy.entry(version) {
                Entry::Occupied(known) if known.get() == change.key() => return Ok(()),
                Entry::Occupied(_) => {
                    return Err(KeyringError::ConflictingKeyVersion { version });
                }
                Entry::Vacant(entry) => entry.insert(change.into_key()),
            };
            self.suite = Some(suite);
            return Ok(());
        }
        if self.floor().is_none_or(|floor| version >= floor) {
            return Err(KeyringError::NotHistory { version });
        }
        self.keys.insert(version, change.into_key());
        Ok(())
    }

    fn check_belongs(
        &self,
        conversation_id: ConversationId,
        suite: Suite,
    ) -> Result<(), KeyringError> {
        if conversation_id != self.conversation_id {
            return Err(KeyringError::OtherConversation {
                expected: self.conversation_id,
                found: conversation_id,
            });
        }
        match self.suite {
            Some(expected) if expected != suite => {
                Err(KeyringError::SuiteChanged { expected, found: suite })
            }
            _ => Ok(()),
        }
    }

    fn check_above_floor(&self, version: KeyVersion) -> Result<(), KeyringError> {
        match self.floor() {
            Some(floor) if version <= floor => {
                Err(KeyringError::StaleKeyVersion { version, floor })
            }
            _ => Ok(()),
        }
    }

    /// Whether the key is here, or is the one that the floor remembers. Another key of a version
    /// that is taken is a conflict.
    fn known(&self, version: KeyVersion, key: &ConversationKey) -> Result<Known, KeyringError> {
        let conflict = KeyringError::ConflictingKeyVersion { version };
        match (self.keys.get(&version), self.floor) {
            (Some(known), _) if known == key => Ok(Known::Held),
            (Some(_), _) => Err(conflict),
            (None, Some((floor, fingerprint))) if floor == version => {
                if key.fingerprint() == fingerprint { Ok(Known::Remembered) } else { Err(conflict) }
            }
            (None, _) => Ok(Known::New),
        }
    }

    fn make_current(&mut self, version: KeyVersion, suite: Suite, key: ConversationKey) {
        let fingerprint = key.fingerprint();
        self.keys.insert(version, key);
        self.suite = Some(suite);
        self.floor = Some((version, fingerprint));
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Keyring({}, {} keys, floor {:?})",
            self.conversation_id,
            self.keys.len() + self.legacy.len(),
            self.floor()
        )
    }
}
