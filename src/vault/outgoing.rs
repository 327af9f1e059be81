//! Messages on their way, written down before they leave, and what became of those not taken.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::saved::Content;
use super::{AccountVault, VaultError};
use crate::secret_json::{from_json, to_json};
use crate::store::{Batch, Item, Place, Range, Store as _, Table};
use crate::{ConversationId, MessageId, PreparedMessage};

impl AccountVault {
    /// Writes a message down before its first byte leaves.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn add_outgoing(&self, message: &PreparedMessage) -> Result<(), VaultError> {
        let place = self.place_in(Table::Outgoing, message.conversation_id(), message.message_id());
        let sealed = self.rows().seal_content(&place, message)?;
        Ok(self.store().apply(Batch::new().put(place, sealed)).await?)
    }

    /// Removes a message that has arrived, or never will.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn remove_outgoing(
        &self,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<(), VaultError> {
        let place = self.place_in(Table::Outgoing, conversation, message);
        Ok(self.store().apply(Batch::new().delete(place)).await?)
    }

    /// The messages that may not have arrived, of all conversations.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn outgoing(&self) -> Result<Vec<PreparedMessage>, VaultError> {
        let range = Range::all().account(self.user_id()).table(Table::Outgoing);
        let rows = self.store().list(&range).await?;
        rows.iter().map(|row| self.rows().open_content(row)).collect()
    }

    /// Puts down that a message was not taken, in its place: it is not sent again.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn refuse_outgoing(&self, message: &RefusedMessage) -> Result<(), VaultError> {
        let RefusedMessage { conversation, message_id, .. } = *message;
        let refused = self.place_in(Table::Refused, conversation, message_id);
        let sealed = self.rows().seal_content(&refused, message)?;
        let outgoing = self.place_in(Table::Outgoing, conversation, message_id);
        Ok(self.store().apply(Batch::new().delete(outgoing).put(refused, sealed)).await?)
    }

    /// The messages that were not taken, and that nobody has heard of for sure.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn refused(&self) -> Result<Vec<RefusedMessage>, VaultError> {
        let range = Range::all().account(self.user_id()).table(Table::Refused);
        let rows = self.store().list(&range).await?;
        rows.iter().map(|row| self.rows().open_content(row)).collect()
    }

    /// Somebody has heard of it.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn remove_refused(
        &self,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<(), VaultError> {
        let place = self.place_in(Table::Refused, conversation, message);
        Ok(self.store().apply(Batch::new().delete(place)).await?)
    }

    const fn place_in(&self, table: Table, conversation: ConversationId, id: MessageId) -> Place {
        Place::of_conversation(self.user_id(), conversation, table, Item::Message(id))
    }
}

/// A message that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedMessage {
    /// Its conversation.
    pub conversation: ConversationId,
    /// Its id.
    pub message_id: MessageId,
    /// The stable name of the error.
    pub reason: Cow<'static, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason<'a> {
    reason: Cow<'a, str>,
}

impl Content for RefusedMessage {
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>> {
        to_json(&Reason { reason: Cow::Borrowed(&self.reason) })
    }

    fn from_content(place: &Place, content: &[u8]) -> Option<Self> {
        let Item::Message(message_id) = place.item() else { return None };
        let Reason { reason } = from_json(content)?;
        let reason = Cow::Owned(reason.into_owned());
        Some(Self { conversation: place.conversation()?, message_id, reason })
    }
}

impl Content for PreparedMessage {
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>> {
        to_json(self)
    }

    fn from_content(place: &Place, content: &[u8]) -> Option<Self> {
        let message: Self = from_json(content)?;
        let belongs = place.account() == Some(message.sender())
            && place.conversation() == Some(message.conversation_id())
            && place.item() == Item::Message(message.message_id());
        belongs.then_some(message)
    }
}
