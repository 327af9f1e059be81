//! Messages on their way, written down before they leave.

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
        let place = self.outgoing_place(message.conversation_id(), message.message_id());
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
        let place = self.outgoing_place(conversation, message);
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

    const fn outgoing_place(&self, conversation: ConversationId, message: MessageId) -> Place {
        let item = Item::Message(message);
        Place::of_conversation(self.user_id(), conversation, Table::Outgoing, item)
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
