//! The draft: who gets a new key of which conversation.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::{ChangeKind, KeysOnly, SealError, SealedKeyChange};
use crate::context::ChangeContext;
use crate::seal::{SealedCopy, SealedKey};
use crate::suite::{Ephemerals, Recipient, Sealing};
use crate::{
    Account, Conversation, ConversationKey, GroupCreate, GroupError, KeyVersion, MemberAdd,
    MessageId, Participant,
};

/// The most recipients of one key change: what X's readers accept in one list.
pub const MAX_RECIPIENTS: usize = 10_000;

/// A new conversation key in the making: the sender, the conversation, and its other members.
///
/// With [`creating_group`](Self::creating_group) or [`adding_members`](Self::adding_members) it
/// carries a second signed action; see [`ChangeKind`].
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use sealpost_crypto::*;
/// # let alice = Identity::generate(Suite::X25519)?
/// #     .registered(UserId::new(1)?, PublicKeyVersion::new(1));
/// # let bob = Identity::generate(Suite::X25519)?
/// #     .registered(UserId::new(2)?, PublicKeyVersion::new(1))
/// #     .record();
/// let bob = bob.verify(&UserId::new(2)?)?;
/// let conversation = Conversation::direct(alice.user_id(), bob.user_id());
/// let version = KeyVersion::from(UnixMillis::new(1_795_333_344_318));
///
/// let (prepared, key) = KeyChange::new(&alice, &conversation, version)
///     .participants([&bob])
///     .seal()?
///     .sign()?
///     .prepare();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a draft does nothing until it is sealed"]
pub struct KeyChange<'a, K = KeysOnly> {
    account: &'a Account,
    conversation: &'a Conversation,
    version: KeyVersion,
    participants: Vec<&'a Participant>,
    pub(crate) sealing: Sealing,
    kind: K,
}

impl<'a> KeyChange<'a> {
    /// Drafts a new key for `conversation`, sent by `account`, who is added as a participant:
    /// their other devices need a copy too.
    ///
    /// [`Keyring::draft`](crate::Keyring::draft) does this with the right version. Elsewhere take
    /// it from [`Keyring::next_version`](crate::Keyring::next_version): versions of one
    /// conversation only move forward, and one that does not is refused by every reader.
    pub fn new(account: &'a Account, conversation: &'a Conversation, version: KeyVersion) -> Self {
        Self {
            account,
            conversation,
            version,
            participants: Vec::new(),
            sealing: Sealing::new(account.suite()),
            kind: KeysOnly,
        }
    }

    /// Makes this the first key of a new group, with the members of the conversation.
    ///
    /// # Errors
    /// [`GroupError`] when the conversation is not a group, or an admin is not a member.
    pub fn creating_group(
        self,
        group: GroupCreate,
    ) -> Result<KeyChange<'a, GroupCreate>, GroupError> {
        group.check(self.conversation)?;
        Ok(self.with_kind(group))
    }

    /// Makes this the key that new members of a group join with. The conversation has them as
    /// members already.
    ///
    /// # Errors
    /// [`GroupError`] when the conversation is not a group, when an admin or a new member is not
    /// among its members, when there is no new member, or the sender is one.
    pub fn adding_members(
        self,
        addition: MemberAdd,
    ) -> Result<KeyChange<'a, MemberAdd>, GroupError> {
        addition.check(self.conversation, self.account.user_id())?;
        Ok(self.with_kind(addition))
    }

    fn with_kind<K>(self, kind: K) -> KeyChange<'a, K> {
        let Self { account, conversation, version, participants, sealing, kind: _ } = self;
        KeyChange { account, conversation, version, participants, sealing, kind }
    }
}

impl<'a, K: ChangeKind> KeyChange<'a, K> {
    /// Adds participants: every member of the conversation besides the sender.
    pub fn participants(mut self, more: impl IntoIterator<Item = &'a Participant>) -> Self {
        self.participants.extend(more);
        self
    }

    /// Seals with one ephemeral key for the whole change in place of one for each participant: in
    /// the X25519 suite that saves about a quarter of the time, and half where many are computed
    /// at once. Meant for large groups.
    ///
    /// Every copy stays an ordinary HPKE ciphertext (RFC 9180) that any reader opens.
    ///
    /// In the XChat suite this changes nothing: ephemeral keys are fresh there as in X's own SDK,
    /// because how X's servers and apps take equal ones is not known.
    ///
    /// # Security
    /// Off by default, because RFC 9180 generates a key pair for each recipient, and its analyses
    /// are of that. Why it is sound: the key that a copy is encrypted with is derived from the
    /// shared secret and from both public keys, so it differs for each recipient; that the
    /// randomness of Diffie-Hellman encryption may be reused for many recipients of one message was
    /// proven by Bellare, Boldyreva and Staddon (PKC 2003). It holds within limits that are kept here: the
    /// ephemeral key serves one conversation key in one change and is wiped after it, and a
    /// participant whose identity key is that of an earlier one gets a fresh one.
    ///
    /// Whoever sees two copies can tell that they are of one change. Who gets the event sees all of
    /// them anyway.
    pub fn one_ephemeral_per_change(mut self) -> Self {
        self.sealing.ephemerals = Ephemerals::OnePerChange;
        self
    }

    /// Whether sealing is work for another thread: it will take a millisecond or more, the
    /// participants added so far and the sender counted.
    ///
    /// An asynchronous caller moves such a draft off its thread, for instance with tokio's
    /// `spawn_blocking` (make the draft in there). With the feature `rayon` it is sealed by several
    /// threads, those of rayon's pool.
    ///
    /// ```
    /// # use sealpost_crypto::*;
    /// # fn draft(account: &Account, group: &Conversation, others: &[Participant]) {
    /// let draft = KeyChange::new(account, group, KeyVersion::new(1)).participants(others);
    /// if draft.is_heavy() { /* seal in a thread that may block */ }
    /// # }
    /// ```
    #[must_use]
    pub fn is_heavy(&self) -> bool {
        self.sealing.is_heavy(self.participants.len() + 1)
    }

    /// Generates the conversation key and seals it to all participants, with randomness from the
    /// operating system.
    ///
    /// # Errors
    /// [`SealError`] names the participant and the reason. Nothing is sealed then.
    #[cfg(feature = "getrandom")]
    pub fn seal(self) -> Result<SealedKeyChange<'a, K>, SealError> {
        self.seal_with_rng(&mut getrandom::SysRng)
    }

    /// Generates the conversation key and seals it to all participants, with the caller's
    /// generator.
    ///
    /// # Errors
    /// [`SealError`] names the participant and the reason. Nothing is sealed then.
    pub fn seal_with_rng<R: TryCryptoRng + ?Sized>(
        self,
        rng: &mut R,
    ) -> Result<SealedKeyChange<'a, K>, SealError> {
        let recipients = self.recipients()?;
        let context = ChangeContext {
            message_id: MessageId::random_with_rng(rng)?,
            sender: self.account.user_id(),
            sender_key_version: self.account.public_key_version(),
            conversation: self.conversation.id(),
            key_version: self.version,
        };
        let key = ConversationKey::random_with_rng(rng)?;
        let mut copies: Vec<SealedCopy> = recipients
            .iter()
            .map(|participant| SealedCopy {
                recipient: Recipient {
                    user: participant.user_id(),
                    public_key_version: participant.public_key_version(),
                },
                sealed: SealedKey::blank(self.sealing.suite),
            })
            .collect();
        self.sealing.seal(rng, &context, &key, &recipients, &mut copies)?;
        let group_message_id =
            if K::HAS_ACTION { Some(MessageId::random_with_rng(rng)?) } else { None };
        Ok(SealedKeyChange {
            account: self.account,
            conversation: self.conversation,
            context,
            group_message_id,
            key,
            copies,
            kind: self.kind,
        })
    }

    /// The recipients by user id: exactly the members of the conversation, each once, all of the
    /// sender's suite. Checked in full before anything is sealed.
    fn recipients(&self) -> Result<Vec<&'a Participant>, SealError> {
        let sender = self.account.participant();
        if !self.conversation.contains(sender.user_id()) {
            return Err(SealError::SenderNotMember { sender: sender.user_id() });
        }
        if self.participants.is_empty() && self.conversation.members().len() > 1 {
            return Err(SealError::NoParticipants);
        }
        let count = self.participants.len() + 1;
        if count > MAX_RECIPIENTS {
            return Err(SealError::TooManyRecipients { count });
        }
        let mut recipients = self.participants.clone();
        recipients.push(sender);
        recipients.sort_unstable_by_key(|participant| participant.user_id());
        for pair in recipients.windows(2) {
            if let [one, other] = pair
                && one.user_id() == other.user_id()
            {
                return Err(SealError::DuplicateParticipant { user: one.user_id() });
            }
        }
        for participant in &recipients {
            let user = participant.user_id();
            if !self.conversation.contains(user) {
                return Err(SealError::NotAMember { user });
            }
            if participant.suite() != sender.suite() {
                return Err(SealError::MixedSuites {
                    user,
                    expected: sender.suite(),
                    found: participant.suite(),
                });
            }
        }
        // All recipients are members and differ, so a member is missing where the two part.
        let given = recipients.iter().map(|participant| Some(participant.user_id()));
        let mut given = given.chain(core::iter::repeat(None));
        match self.conversation.members().find(|member| given.next().flatten() != Some(*member)) {
            Some(user) => Err(SealError::MissingParticipant { user }),
            None => Ok(recipients),
        }
    }
}

#[cfg(all(test, feature = "x25519"))]
mod tests {
    use super::*;
    use crate::identity::{Identity, IdentityPublicKey};
    use crate::suite::{IdentityKey, x25519};
    use crate::{ConversationId, PublicKeyVersion, Suite, UserId};

    #[test]
    fn an_unusable_key_seals_to_nobody_wherever_it_stands() {
        let account = |number| {
            Identity::generate(Suite::X25519)
                .unwrap()
                .registered(UserId::new(number).unwrap(), PublicKeyVersion::new(1))
        };
        // The sender stands in the middle of the sorted recipients.
        let sender = account(50);
        let others: Vec<Account> = (1..=9).map(|tens| account(tens * 11)).collect();
        let members = others.iter().map(Account::user_id).chain([sender.user_id()]);
        let group = ConversationId::group(1).unwrap();
        let conversation = Conversation::group(group, members).unwrap();
        for bad in 0..others.len() {
            let mut participants: Vec<Participant> =
                others.iter().map(|other| *other.participant()).collect();
            let good = participants[bad];
            participants[bad] = Participant::new(
                good.user_id(),
                good.public_key_version(),
                IdentityPublicKey(IdentityKey::X25519(x25519::IdentityKey::unusable())),
                *good.signing_key(),
            );
            let refused = KeyChange::new(&sender, &conversation, KeyVersion::new(1))
                .participants(&participants)
                .seal();
            assert_eq!(refused.err(), Some(SealError::UnusableKey { user: good.user_id() }));
        }
    }

    /// Whichever thread comes upon one first.
    #[test]
    fn of_many_unusable_keys_the_first_is_named() {
        let sender = Identity::generate(Suite::X25519)
            .unwrap()
            .registered(UserId::new(1).unwrap(), PublicKeyVersion::new(1));
        let good = *sender.participant();
        let participants: Vec<Participant> = (2..=300)
            .map(|number| {
                let identity = match number {
                    40 | 41 | 200 | 299 => {
                        IdentityPublicKey(IdentityKey::X25519(x25519::IdentityKey::unusable()))
                    }
                    _ => *good.identity_key(),
                };
                let user = UserId::new(number).unwrap();
                Participant::new(user, PublicKeyVersion::new(1), identity, *good.signing_key())
            })
            .collect();
        let members = participants.iter().map(Participant::user_id).chain([sender.user_id()]);
        let group = ConversationId::group(1).unwrap();
        let conversation = Conversation::group(group, members).unwrap();
        for threads in [1, 4] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let draft = KeyChange::new(&sender, &conversation, KeyVersion::new(1))
                .participants(&participants);
            assert!(draft.is_heavy());
            let refused = pool.install(|| draft.seal()).err();
            assert_eq!(refused, Some(SealError::UnusableKey { user: UserId::new(40).unwrap() }));
        }
    }
}
