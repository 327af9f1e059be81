//! Conversations of two, and what is known of any conversation.

use super::change::{TakenUp, give_back};
use super::plan::{Plan, PlanKind};
use super::{Session, SessionError};
use crate::vault::{ConversationRecord, Roster, Work};
use crate::{
    Conversation, ConversationId, ConversationKey, KeyVersion, Keyring, MessageId, UserId,
};

/// What is known of a conversation, as it was when it was asked for.
///
/// # Security
/// Holds keys: not `Clone`, not serializable; they are wiped on drop.
#[derive(Debug)]
pub struct ConversationState(ConversationRecord);

impl ConversationState {
    /// The conversation.
    #[must_use]
    pub const fn id(&self) -> ConversationId {
        self.0.id()
    }

    /// The newest key, to encrypt with; `None` as long as the conversation has none.
    #[must_use]
    pub fn current_key(&self) -> Option<(KeyVersion, &ConversationKey)> {
        self.0.keyring().current()
    }

    /// All of its keys, to decrypt with.
    #[must_use]
    pub const fn keyring(&self) -> &Keyring {
        self.0.keyring()
    }

    /// Its members; `None` for a group of which none are known.
    ///
    /// # Errors
    /// [`SessionError::Conversation`] for what is no conversation, which none that is kept is.
    pub fn members(&self) -> Result<Option<Conversation>, SessionError> {
        Ok(self.0.conversation()?)
    }

    /// What is known of a group; `None` for a direct conversation.
    #[must_use]
    pub const fn group(&self) -> Option<&Roster> {
        self.0.roster()
    }

    /// The change that is not settled yet: the next call on the conversation takes it up.
    #[must_use]
    pub fn unsettled(&self) -> Option<MessageId> {
        self.0.change().map(|change| change.request().message_id())
    }
}

impl From<ConversationRecord> for ConversationState {
    fn from(record: ConversationRecord) -> Self {
        Self(record)
    }
}

impl Session {
    /// What is known of a conversation; nothing is asked of the server.
    ///
    /// # Errors
    /// [`SessionError::UnknownConversation`]; [`SessionError::Vault`].
    pub async fn conversation(
        &self,
        conversation: ConversationId,
    ) -> Result<ConversationState, SessionError> {
        let record = self.vault().conversation(conversation).await?;
        if record.is_new() {
            return Err(SessionError::UnknownConversation { conversation });
        }
        Ok(record.into())
    }

    /// The conversation with its members, as far as they are known.
    pub(super) async fn known_members(
        &self,
        conversation: ConversationId,
    ) -> Result<Conversation, SessionError> {
        let known = self.vault().conversation(conversation).await?.conversation()?;
        known.ok_or(SessionError::UnknownConversation { conversation })
    }

    /// The conversations of which something is known, in the order of ids.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn conversations(&self) -> Result<Vec<ConversationId>, SessionError> {
        Ok(self.vault().conversations().await?)
    }

    /// The direct conversation with a user, with a key that both have: the one there is, or a new
    /// one.
    ///
    /// # Errors
    /// [`SessionError`]; after [`Unsettled`](SessionError::Unsettled) the same call goes on where
    /// this one was.
    pub async fn start_conversation(
        &self,
        user: UserId,
    ) -> Result<ConversationState, SessionError> {
        let id = ConversationId::direct(self.user_id(), user);
        let conversation = Conversation::direct(self.user_id(), user);
        let record = self.change(id, |record, _| {
            if record.keyring().current().is_some() {
                return Ok(None);
            }
            let conversation = conversation.clone();
            Ok(Some(Plan { conversation, roster: None, kind: PlanKind::Keys }))
        });
        let record = record.await?;
        // A key that others made is of no use for somebody whom nobody trusts.
        self.check_known_trust(&Conversation::direct(self.user_id(), user)).await?;
        Ok(record.into())
    }

    /// Gives a conversation a new key. What was encrypted so far stays readable to whoever has the
    /// old one.
    ///
    /// # Errors
    /// [`SessionError::UnknownConversation`]; otherwise as
    /// [`start_conversation`](Self::start_conversation).
    pub async fn rotate(
        &self,
        conversation: ConversationId,
    ) -> Result<ConversationState, SessionError> {
        let record = self.change(conversation, |record, taken_up| match taken_up {
            // That was a new key.
            TakenUp::Settled => Ok(None),
            _ => Plan::rotate(record).map(Some),
        });
        Ok(record.await?.into())
    }

    /// Removes everything of a conversation from the store, its keys included: what was sent in it
    /// can be read no more, and its version floor is forgotten. The server keeps what it has.
    ///
    /// # Errors
    /// [`SessionError::Vault`].
    pub async fn forget_conversation(
        &self,
        conversation: ConversationId,
    ) -> Result<(), SessionError> {
        let _turn = self.turn(conversation).await;
        let lease = self.lease(Work::Change(conversation)).await?;
        let done = self.vault().forget(conversation).await;
        give_back(lease).await;
        Ok(done?)
    }
}
