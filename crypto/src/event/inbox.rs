//! Reading many events at once. One bad event is one bad event.

use alloc::vec::Vec;

use super::seen::{ActionMark, Novelty, SeenActions};
use super::{
    ChatEvent, EncodedEvent, EventError, KeyChangeEvent, Notice, ReadError, ReadPolicy,
    VerifiedGroupCreate, VerifiedMemberAdd,
};
use crate::{
    Account, Adoption, Conversation, KeyVersion, Keyring, KeyringError, MessageId, Participant,
    UnixMillis, Unsigned, UserId, VerifiedAction, VerifiedMessage,
};

/// Reads the events of one conversation, in any number, with what the reader knows of it.
///
/// Keys come first, wherever they stand among the events; then everything else is verified and
/// decrypted in its order. Who may be in the conversation does not change on the way: apply
/// verified group changes and read what failed again.
#[derive(Clone, Debug)]
pub struct Inbox<'a> {
    reader: &'a Account,
    conversation: &'a Conversation,
    participants: Vec<&'a Participant>,
    policy: ReadPolicy,
}

/// One event that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Received {
    /// A key change; its key is in the keyring now.
    KeyChange {
        /// Who made it.
        sender: UserId,
        /// The sender's id of it.
        message_id: MessageId,
        /// The version of the key.
        key_version: KeyVersion,
        /// What became of it.
        adoption: Adoption,
    },
    /// A message.
    Message(VerifiedMessage, Novelty),
    /// Any other signed action.
    Action(VerifiedAction, Novelty),
    /// A group's creation.
    GroupCreate(VerifiedGroupCreate, Novelty),
    /// New members of a group.
    MemberAdd(VerifiedMemberAdd, Novelty),
    /// What the server says.
    Notice(Unsigned<Notice>),
    /// A kind of event that this version does not know.
    Other,
}

impl Received {
    /// The id and the mark of an action that is to be noted among those
    /// [seen](SeenActions::note); a key change is known by its version.
    #[must_use]
    pub fn mark(&self) -> Option<(MessageId, ActionMark)> {
        match self {
            Self::Message(message, _) => Some((message.message_id(), message.mark())),
            Self::Action(action, _) => Some((action.message_id(), action.mark())),
            Self::GroupCreate(create, _) => Some((create.message_id(), create.mark())),
            Self::MemberAdd(add, _) => Some((add.message_id(), add.mark())),
            Self::KeyChange { .. } | Self::Notice(_) | Self::Other => None,
        }
    }
}

/// One event cannot be read. The others are not touched by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InboxError {
    /// It is not an event.
    #[error(transparent)]
    Event(#[from] EventError),
    /// It is not one for this reader and this conversation, or is not authentic.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its key may not join the keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl InboxError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Event(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::Keyring(error) => error.code(),
        }
    }
}

type Outcome = Result<Received, InboxError>;

impl<'a> Inbox<'a> {
    /// Reads as `reader`, for what they know of the conversation, with the keys of these verified
    /// participants.
    #[must_use]
    pub fn new(
        reader: &'a Account,
        conversation: &'a Conversation,
        participants: impl IntoIterator<Item = &'a Participant>,
    ) -> Self {
        let participants = participants.into_iter().collect();
        Self { reader, conversation, participants, policy: ReadPolicy::strict() }
    }

    /// With another policy, for old history.
    #[must_use]
    pub fn with_policy(mut self, policy: ReadPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Reads events; there is one outcome for each, in their order. Keys go into the keyring: newer
    /// ones become current, older ones are kept for history. What was seen before is marked so.
    pub fn read<'e>(
        &self,
        events: impl IntoIterator<Item = &'e EncodedEvent>,
        keyring: &mut Keyring,
        seen: &mut SeenActions,
        now: UnixMillis,
    ) -> Vec<Result<Received, InboxError>> {
        let events: Vec<_> = events.into_iter().map(EncodedEvent::parse).collect();
        let mut adopt = |event: &Result<ChatEvent, EventError>| match event {
            Ok(ChatEvent::KeyChange(change)) => Some(self.adopt(change, keyring, now)),
            _ => None,
        };
        let adopted: Vec<Option<Outcome>> = events.iter().map(&mut adopt).collect();
        let events = events.into_iter().zip(adopted);
        events
            .map(|(event, adopted)| match adopted {
                Some(outcome) => outcome,
                None => self.read_one(event?, keyring, seen),
            })
            .collect()
    }

    fn adopt(&self, change: &KeyChangeEvent, keyring: &mut Keyring, now: UnixMillis) -> Outcome {
        let signers = self.participants.iter().copied();
        let opened =
            change.open_with_policy(self.reader, self.conversation, signers, self.policy)?;
        let (sender, message_id, key_version) =
            (opened.sender(), opened.message_id(), opened.key_version());
        let is_old = keyring.floor().is_some_and(|floor| key_version < floor);
        let adoption = if opened.is_legacy() || is_old {
            keyring.keep_for_history(opened)?;
            Adoption::KeptForHistory
        } else {
            keyring.adopt(opened, now)?
        };
        Ok(Received::KeyChange { sender, message_id, key_version, adoption })
    }

    fn read_one(&self, event: ChatEvent, keyring: &Keyring, seen: &mut SeenActions) -> Outcome {
        let (conversation, policy) = (self.conversation, self.policy);
        let mut note = |id: MessageId, mark: ActionMark| seen.note(id, mark);
        Ok(match event {
            ChatEvent::Message(message) => {
                let signers = self.participants.iter().copied();
                let message = message.open_with_policy(
                    self.reader,
                    conversation,
                    keyring,
                    signers,
                    policy,
                )?;
                let novelty = note(message.message_id(), message.mark());
                Received::Message(message, novelty)
            }
            ChatEvent::Action(action) => {
                let signers = self.signers(action.sender());
                let action = action.verify(conversation, signers, policy)?;
                let novelty = note(action.message_id(), action.mark());
                Received::Action(action, novelty)
            }
            ChatEvent::GroupCreate(create) => {
                let signers = self.signers(create.sender());
                let create = create.verify(conversation.id(), signers, policy)?;
                let novelty = note(create.message_id(), create.mark());
                Received::GroupCreate(create, novelty)
            }
            ChatEvent::MemberAdd(add) => {
                let signers = self.signers(add.sender());
                let add = add.verify(conversation, signers, policy)?;
                let novelty = note(add.message_id(), add.mark());
                Received::MemberAdd(add, novelty)
            }
            ChatEvent::Notice(notice) => Received::Notice(notice),
            // Key changes were taken out before.
            ChatEvent::KeyChange(_) | ChatEvent::Other => Received::Other,
        })
    }

    /// Whose keys may have signed for `sender`: one's own are never learnt from the directory.
    fn signers(&self, sender: UserId) -> impl Iterator<Item = &'a Participant> {
        let own = (sender == self.reader.user_id()).then(|| self.reader.participant());
        let others = own.is_none().then(|| self.participants.clone());
        own.into_iter().chain(others.into_iter().flatten())
    }
}
