//! Conversation keys.

use sealpost_crypto::{ConversationId, PreparedKeyChange, SequenceId};

use super::answer::ChangeAnswer;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::Error;

/// A key change the server accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The conversation that was signed; the answer named the same one, or none.
    pub conversation_id: ConversationId,
    /// The place of the key change among the conversation's events.
    pub sequence_id: SequenceId,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

impl Client {
    /// Posts a key change: `POST /2/chat/conversations/{id}/keys`. Initializes the keys of a new
    /// conversation or rotates those of an existing one.
    ///
    /// The body goes out byte for byte as prepared. After a failure send the same
    /// [`PreparedKeyChange`] again, never a new one: participants may hold the first already.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or
    /// gives no sequence id; [`Error::ConversationIdMismatch`] when it took the keys for another
    /// conversation. After either, and wherever
    /// [`may_have_been_applied`](Error::may_have_been_applied) holds, look at
    /// [`conversation_events`](Self::conversation_events) before sending again.
    pub async fn add_conversation_keys(
        &self,
        change: &PreparedKeyChange,
    ) -> Result<Accepted, Error> {
        const FIELD: &str = "data.sequence_id";
        let conversation = change.path().to_string();
        let path = ["2", "chat", "conversations", &conversation, "keys"];
        let mut reply = self.send_change(Operation::AddConversationKeys, &path, change).await?;
        let data = reply.take("data");
        let mut answer = ChangeAnswer::read(reply, data, change)?;
        let sequence_id = answer.take_id("sequence_id", FIELD)?;
        let (sequence_id, response) = answer.confirm(sequence_id, FIELD)?;
        Ok(Accepted { conversation_id: change.conversation_id(), sequence_id, response })
    }
}
