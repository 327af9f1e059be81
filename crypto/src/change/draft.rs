//! The draft: who gets a new key of which conversation.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::sealed::SealedCopy;
use super::{ChangeKind, KeysOnly, SealError, SealedKeyChange};
use crate::context::ChangeContext;
use crate::suite::{Recipient, SealFailure, Sealer};
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
        Self { account, conversation, version, participants: Vec::new(), kind: KeysOnly }
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
        let Self { account, conversation, version, participants, .. } = self;
        KeyChange { account, conversation, version, participants, kind }
    }
}

impl<'a, K: ChangeKind> KeyChange<'a, K> {
    /// Adds participants: every member of the conversation besides the sender.
    pub fn participants(mut self, more: impl IntoIterator<Item = &'a Participant>) -> Self {
        self.participants.extend(more);
        self
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
        let sealer = Sealer::new(self.account.suite(), &context);
        let mut copies = Vec::with_capacity(recipients.len());
        for participant in recipients {
            let recipient = Recipient {
                user: participant.user_id(),
                public_key_version: participant.public_key_version(),
            };
            let sealed = sealer.seal(rng, recipient, &participant.identity_key().0, &key).map_err(
                |failure| match failure {
                    SealFailure::UnusableKey => SealError::UnusableKey { user: recipient.user },
                    SealFailure::Random(error) => SealError::Random(error),
                },
            )?;
            copies.push(SealedCopy { recipient, sealed });
        }
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
}
