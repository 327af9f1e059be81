//! Conversation keys.

use bytes::Bytes;
use sealpost_crypto::{ConversationId, PreparedKeyChange, SequenceId, UserId};
use serde_json::Value;

use super::{Fault, id, object, string, take};
use crate::client::Client;
use crate::context::{Operation, RequestId};
use crate::error::{Error, Malformation};
use crate::exchange::Call;

/// A key change the server accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// The conversation that was signed; the answer named the same one, or none.
    pub conversation_id: ConversationId,
    /// The place of the key change among the conversation's events.
    pub sequence_id: SequenceId,
    /// The server's id for the request.
    pub request_id: Option<RequestId>,
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
        let conversation = change.path().to_string();
        let mut reply = self
            .exchange(Call {
                operation: Operation::AddConversationKeys,
                path: &["2", "chat", "conversations", &conversation, "keys"],
                query: &[],
                json_body: Some(Bytes::copy_from_slice(change.body())),
            })
            .await?;
        let data = reply.take("data");
        let answer = Answer::read(data, change.sender())
            .map_err(|(field, reason)| reply.malformed(field, reason))?;
        let signed = change.conversation_id();
        // A wrong conversation outranks everything else: nothing of this answer may be used.
        if let Some(answered) = answer.conversation_id.filter(|answered| *answered != signed) {
            let context = Box::new(reply.into_context());
            return Err(Error::ConversationIdMismatch { signed, answered, context });
        }
        match answer.sequence_id {
            Some(sequence_id) if !reply.has_errors() => Ok(Accepted {
                conversation_id: signed,
                sequence_id,
                request_id: reply.request_id(),
            }),
            Some(_) => Err(reply.unconfirmed(None)),
            None => Err(reply.unconfirmed(Some("data.sequence_id"))),
        }
    }
}

#[derive(Default)]
struct Answer {
    conversation_id: Option<ConversationId>,
    sequence_id: Option<SequenceId>,
}

impl Answer {
    fn read(data: Option<Value>, sender: UserId) -> Result<Self, Fault> {
        let Some(data) = data else {
            return Ok(Self::default());
        };
        let mut data = object(data, "data")?;
        let conversation_id = take(&mut data, &["conversation_id"])
            .map(|value| {
                let field = "data.conversation_id";
                ConversationId::resolve(&string(value, field)?, sender)
                    .map_err(|_| (field, Malformation::InvalidValue))
            })
            .transpose()?;
        let sequence_id = take(&mut data, &["sequence_id"])
            .map(|value| id(&value, "data.sequence_id"))
            .transpose()?;
        Ok(Self { conversation_id, sequence_id })
    }
}
