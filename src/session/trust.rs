//! Whose keys are trusted: pins, changed keys, safety numbers.

use super::{Session, SessionError};
use crate::vault::{Pin, Saved, SeenKeys};
use crate::{Participant, SafetyCode, SafetyNumber, UserId};

/// Which keys a session seals to. A user whose keys changed is never sealed to before somebody has
/// [acknowledged](Session::acknowledge_keys) the change, under either policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrustPolicy {
    /// The keys that a user is first seen with, and no others: the server's word counts once.
    #[default]
    FirstUse,
    /// Only keys whose [safety number](Session::safety_number) somebody has compared.
    VerifiedOnly,
}

impl Session {
    /// What is known of a user's keys; `None` for a user whose keys were never seen.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn pin(&self, user: UserId) -> Result<Option<Pin>, SessionError> {
        Ok(self.vault().pin(user).await?.map(|pin| pin.value))
    }

    /// What is known of everybody's keys, in the order of user ids.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn pins(&self) -> Result<Vec<Pin>, SessionError> {
        Ok(self.vault().pins().await?.into_iter().map(|pin| pin.value).collect())
    }

    /// The number to compare with a user, in person or over a channel that is not the server's:
    /// sixty digits, the same on both sides if nobody has exchanged a key. It is of the pinned
    /// keys; a user who was never seen is looked up and pinned.
    ///
    /// # Errors
    /// [`SessionError`] when the user's keys cannot be had.
    pub async fn safety_number(&self, user: UserId) -> Result<SafetyNumber, SessionError> {
        let account = self.account().await?;
        let other = self.pinned_or_looked_up(user).await?;
        Ok(SafetyNumber::of(account.participant(), &other))
    }

    /// The number that a user's changed keys would have, to be compared before they are
    /// [acknowledged](Self::acknowledge_keys); `None` if none wait.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn changed_safety_number(
        &self,
        user: UserId,
    ) -> Result<Option<SafetyNumber>, SessionError> {
        let account = self.account().await?;
        let pin = self.pin(user).await?;
        let changed = pin.and_then(|pin| pin.changed().copied());
        Ok(changed.map(|keys| SafetyNumber::of(account.participant(), &keys.participant(user))))
    }

    /// The safety number to be shown to the user's own device, as a code to scan: what that one reads
    /// [compares](SafetyCode::compare) with its own code of this account.
    ///
    /// # Errors
    /// As [`safety_number`](Self::safety_number).
    pub async fn safety_code(&self, user: UserId) -> Result<SafetyCode, SessionError> {
        let account = self.account().await?;
        let other = self.pinned_or_looked_up(user).await?;
        Ok(SafetyCode::of(account.participant(), &other))
    }

    async fn pinned_or_looked_up(&self, user: UserId) -> Result<Participant, SessionError> {
        let pin = match self.pin(user).await? {
            Some(pin) => pin,
            None => self.look_up(user).await?,
        };
        Ok(pin.keys().participant(user))
    }

    /// Notes that a user's safety number was compared and is `number`. Returns whether that is so:
    /// with any other number than that of the pinned keys, nothing is noted.
    ///
    /// # Security
    /// Take `number` from the other user, not from this session.
    ///
    /// # Errors
    /// [`SessionError`].
    pub async fn verify(&self, user: UserId, number: &SafetyNumber) -> Result<bool, SessionError> {
        let account = self.account().await?;
        let own = account.participant();
        self.edit_pin(user, |pin| {
            let matches = SafetyNumber::of(own, &pin.keys().participant(user)) == *number;
            if matches {
                pin.set_verified(true);
            }
            matches
        })
        .await
    }

    /// Takes back a [verification](Self::verify). Returns whether there was one.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn unverify(&self, user: UserId) -> Result<bool, SessionError> {
        self.edit_pin(user, |pin| {
            let was_verified = pin.is_verified();
            pin.set_verified(false);
            was_verified
        })
        .await
    }

    /// Takes a user's changed keys for theirs from now on. They are not verified. Returns whether
    /// these are the keys that wait: others may have come in the meantime.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn acknowledge_keys(
        &self,
        user: UserId,
        keys: &SeenKeys,
    ) -> Result<bool, SessionError> {
        self.edit_pin(user, |pin| {
            let wait = pin.changed() == Some(keys);
            if wait {
                pin.acknowledge();
            }
            wait
        })
        .await
    }

    /// Stays with a user's pinned keys. Returns whether others waited; if the directory still gives
    /// those out, they wait again the next time they are seen.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn dismiss_keys(&self, user: UserId) -> Result<bool, SessionError> {
        self.edit_pin(user, |pin| {
            let waited = pin.changed().is_some();
            pin.dismiss();
            waited
        })
        .await
    }

    /// Changes what is known of a user's keys, if anything is.
    async fn edit_pin(
        &self,
        user: UserId,
        mut edit: impl FnMut(&mut Pin) -> bool + Send,
    ) -> Result<bool, SessionError> {
        loop {
            let Some(mut pin) = self.vault().pin(user).await? else { return Ok(false) };
            let before = pin.value;
            let done = edit(&mut pin.value);
            if pin.value == before || save(self, [&mut pin]).await? {
                return Ok(done);
            }
        }
    }

    /// Compares these users' newest keys with the pinned ones, and pins those of whoever is new.
    pub(super) async fn observe(&self, newest: &[Participant]) -> Result<Vec<Pin>, SessionError> {
        loop {
            let mut pins = self.pins_of(newest).await?;
            let before: Vec<Option<Pin>> = pins.iter().map(|(_, before)| *before).collect();
            let changed = pins.iter_mut().map(|(pin, _)| pin);
            let changed = changed.zip(&before).filter(|(pin, before)| **before != Some(pin.value));
            if !save(self, changed.map(|(pin, _)| pin)).await? {
                continue;
            }
            for (pin, before) in pins.iter().map(|(pin, _)| pin.value).zip(&before) {
                if before.is_some_and(|before| before.changed() != pin.changed()) {
                    let (user, was_verified) = (pin.user_id(), pin.is_verified());
                    self.notice(super::SessionEvent::KeysChanged { user, was_verified });
                }
            }
            return Ok(pins.into_iter().map(|(pin, _)| pin.value).collect());
        }
    }

    /// The pins of these users after a look at their newest keys, and as they are stored.
    async fn pins_of(
        &self,
        newest: &[Participant],
    ) -> Result<Vec<(Saved<Pin>, Option<Pin>)>, SessionError> {
        let now = self.now();
        let mut pins = Vec::with_capacity(newest.len());
        for participant in newest {
            pins.push(match self.vault().pin(participant.user_id()).await? {
                None => (Saved::new(Pin::first_use(participant, now)), None),
                Some(mut pin) => {
                    let before = pin.value;
                    let _ = pin.value.observe(participant, now);
                    (pin, Some(before))
                }
            });
        }
        Ok(pins)
    }
}

/// Whether they are saved; they are not if somebody else has changed one.
async fn save(
    session: &Session,
    pins: impl IntoIterator<Item = &mut Saved<Pin>> + Send,
) -> Result<bool, SessionError> {
    match session.vault().save_pins(pins).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(error.into()),
    }
}
