//! Other users' keys: looked up, verified, compared with the pins.

use std::collections::{HashMap, HashSet};

use super::{Session, SessionError, SessionEvent, TrustPolicy};
use crate::vault::Pin;
use crate::{
    Conversation, Error, Participant, ProblemKind, PublicKeyRecord, PublicKeyVersion, RecordError,
    StatusCode, UserId, newest_participant,
};

impl Session {
    /// Everybody of these users but oneself, with the newest keys, ready to be sealed to.
    pub(super) async fn recipients(
        &self,
        users: impl IntoIterator<Item = UserId>,
    ) -> Result<Vec<Participant>, SessionError> {
        let me = self.user_id();
        let users: Vec<UserId> = users.into_iter().filter(|user| *user != me).collect();
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.client().look_up_public_keys(&users).await?;
        if !found.is_complete() && found.without_keys.is_empty() {
            return Err(SessionError::DirectoryIncomplete);
        }
        let rows: HashMap<UserId, Vec<PublicKeyRecord>> =
            found.users.into_iter().map(|user| (user.user_id, user.records)).collect();
        let rows = |user| rows.get(user).map(Vec::as_slice).unwrap_or_default();
        let newest: Result<Vec<Participant>, RecordError> =
            users.iter().map(|user| newest_participant(user, rows(user))).collect();
        let newest = newest?;
        let pins = self.observe(&newest).await?;
        self.check_trust(&pins)?;
        Ok(newest)
    }

    /// Whether the policy lets one talk to these users, as far as is known of their keys.
    pub(super) async fn check_known_trust(
        &self,
        conversation: &Conversation,
    ) -> Result<(), SessionError> {
        let pins = self.pins().await?;
        let members: Vec<Pin> =
            pins.into_iter().filter(|pin| conversation.contains(pin.user_id())).collect();
        self.check_trust(&members)?;
        if self.trust_policy() == TrustPolicy::VerifiedOnly {
            // Nobody has verified whose keys were never seen: somebody else has sealed to them.
            let known: HashSet<UserId> = members.iter().map(Pin::user_id).collect();
            let is_unknown = |user: &UserId| *user != self.user_id() && !known.contains(user);
            let users: Vec<UserId> = conversation.members().filter(is_unknown).collect();
            if !users.is_empty() {
                return Err(SessionError::NotVerified { users });
            }
        }
        Ok(())
    }

    /// The same for one user.
    pub(super) async fn check_user(&self, user: UserId) -> Result<(), SessionError> {
        let pin = self.pin(user).await?;
        self.check_trust(pin.as_slice())
    }

    fn check_trust(&self, pins: &[Pin]) -> Result<(), SessionError> {
        let users = |refuse: fn(&Pin) -> bool| -> Vec<UserId> {
            pins.iter().filter(|pin| refuse(pin)).map(Pin::user_id).collect()
        };
        let changed = users(|pin| pin.changed().is_some());
        if !changed.is_empty() {
            return Err(SessionError::KeysChanged { users: changed });
        }
        if self.trust_policy() == TrustPolicy::VerifiedOnly {
            let users = users(|pin| !pin.is_verified());
            if !users.is_empty() {
                return Err(SessionError::NotVerified { users });
            }
        }
        Ok(())
    }

    /// Looks up one user's newest keys and compares them with the pinned ones.
    pub(super) async fn look_up(&self, user: UserId) -> Result<Pin, SessionError> {
        let (_, newest) = self.newest_of(user).await?;
        let pins = self.observe(&[newest]).await?;
        pins.into_iter().next().ok_or(SessionError::DirectoryIncomplete)
    }

    /// What the directory has of a user, and the newest of it, verified.
    async fn newest_of(
        &self,
        user: UserId,
    ) -> Result<(Vec<PublicKeyRecord>, Participant), SessionError> {
        let listing = self.client().user_public_keys(&user).await?;
        if !listing.is_complete() {
            return Err(SessionError::DirectoryIncomplete);
        }
        let newest = newest_participant(&user, &listing.records)?;
        Ok((listing.records, newest))
    }
}

/// Whether the directory says that there is no such user. A 404 without a word comes from an
/// endpoint that is not there for the moment, and says nothing.
fn is_gone(error: &Error) -> bool {
    let Error::Refused(rejection) = error else { return false };
    let mut problems = rejection.body().problems();
    rejection.status() == StatusCode::NOT_FOUND
        && problems.any(|problem| matches!(problem.kind(), ProblemKind::ResourceNotFound { .. }))
}

/// The keys to verify events with: pinned ones, under whatever version the directory has them.
///
/// Lives for one reading, so that what somebody acknowledges counts from the next one on.
pub(super) struct Signers<'a> {
    session: &'a Session,
    known: HashMap<(UserId, PublicKeyVersion), Participant>,
    asked: HashSet<UserId>,
    /// Users whose keys somebody has to look at first, or could not be had.
    waiting: HashSet<UserId>,
}

impl<'a> Signers<'a> {
    pub(super) fn new(session: &'a Session) -> Self {
        let (known, asked, waiting) = (HashMap::new(), HashSet::new(), HashSet::new());
        Self { session, known, asked, waiting }
    }

    /// Whether events of this user cannot be verified before somebody has looked at their keys.
    pub(super) fn waits(&self, user: UserId) -> bool {
        self.waiting.contains(&user)
    }

    /// A user's pinned keys under a version; `None` if they never had them under it. Whoever is
    /// not known yet is looked up and pinned: ask for members only.
    pub(super) async fn get(
        &mut self,
        user: UserId,
        version: PublicKeyVersion,
    ) -> Result<Option<Participant>, SessionError> {
        if let Some(known) = self.known.get(&(user, version)) {
            return Ok(Some(*known));
        }
        if self.asked.contains(&user) {
            return Ok(None);
        }
        if let Some(pin) = self.session.pin(user).await? {
            if !self.note(&pin) {
                return Ok(None);
            }
            if pin.keys().public_key_version == version {
                return Ok(self.known.get(&(user, version)).copied());
            }
        }
        self.asked.insert(user);
        let found = match Box::pin(self.session.newest_of(user)).await {
            // A directory that mixes users up for once must not cost a message.
            Err(SessionError::Record(_)) => Box::pin(self.session.newest_of(user)).await,
            found => found,
        };
        let (rows, newest) = match found {
            Ok(found) => found,
            // Without keys in the directory there is nothing to verify with.
            Err(SessionError::Record(_)) => return Ok(None),
            Err(SessionError::Call(error)) if is_gone(&error) => return Ok(None),
            Err(SessionError::DirectoryIncomplete) => {
                self.waiting.insert(user);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        for pin in self.session.observe(&[newest]).await? {
            if !self.note(&pin) {
                return Ok(None);
            }
            let verified = rows.iter().filter_map(|row| row.verify(&user).ok());
            for row in verified.filter(|row| pin.keys().are_of(row)) {
                self.known.insert((user, row.public_key_version()), row);
            }
        }
        Ok(self.known.get(&(user, version)).copied())
    }

    /// Takes note of what is known of a user's keys. False if the policy wants them verified.
    fn note(&mut self, pin: &Pin) -> bool {
        let (user, keys) = (pin.user_id(), pin.keys());
        if self.session.trust_policy() == TrustPolicy::VerifiedOnly && !pin.is_verified() {
            if self.waiting.insert(user) {
                self.session.notice(SessionEvent::Unverified { user });
            }
            self.asked.insert(user);
            return false;
        }
        self.known.insert((user, keys.public_key_version), keys.participant(user));
        if pin.changed().is_some() {
            self.waiting.insert(user);
        }
        true
    }
}
