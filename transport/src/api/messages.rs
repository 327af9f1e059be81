//! Messages: sending and deleting them.

use bytes::Bytes;
use sealpost_crypto::encoding::decode_base64;
use sealpost_crypto::wire::{MessageEvent, MessageEventDetail};
use sealpost_crypto::{
    ConversationId, EncodedEvent, MessageId, Prepared, PreparedDelete, PreparedMessage,
};
use serde_json::Value;

use super::{Fault, confirmed, object, string, take};
use crate::body::Body;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::{Error, Malformation};
use crate::exchange::{Call, Reply};

const EVENT: &str = "data.encoded_message_event";

/// A message the server accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageSent {
    /// The event the server made of it and hands out to the conversation. As far as it can be read
    /// it names the message that was sent; beyond that it is a claim, like any event, until its
    /// signature is verified.
    pub event: EncodedEvent,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

impl Client {
    /// Sends a message: `POST /2/chat/conversations/{id}/messages`.
    ///
    /// The body goes out byte for byte as prepared. After a failure send the same
    /// [`PreparedMessage`] again, never a new one: its message id is what tells readers that both
    /// are one.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or
    /// gives no event; [`Error::MessageIdMismatch`] and [`Error::ConversationIdMismatch`] when its
    /// event is of another message or conversation. After them, and wherever
    /// [`may_have_been_applied`](Error::may_have_been_applied) holds, look for the message id among
    /// the [`conversation_events`](Self::conversation_events) before sending again.
    pub async fn send_message(&self, message: &PreparedMessage) -> Result<MessageSent, Error> {
        let mut reply = self.send_prepared(Operation::SendMessage, message, &[]).await?;
        let data = reply.take("data");
        let malformed = |(field, reason)| reply.malformed(field, reason);
        let Some(event) = event(data).map_err(malformed)? else {
            return Err(reply.unconfirmed(Some(EVENT)));
        };
        // As with changes, an answer about something else outranks everything else.
        match mismatch(&event, message).map_err(malformed)? {
            Some(mismatch) => Err(mismatch.error(message, reply)),
            None if reply.has_errors() => Err(reply.unconfirmed(None)),
            None => Ok(MessageSent { event, response: reply.response() }),
        }
    }

    /// Deletes messages, for everybody or for oneself:
    /// `POST /2/chat/conversations/{id}/messages/delete`.
    ///
    /// The body goes out byte for byte as prepared. X's OpenAPI description has the call from 2.167
    /// on.
    ///
    /// # Security
    /// Whoever has read a message may have kept it, and a reader decides for itself what it makes of
    /// a deletion.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or does
    /// not say that it deleted anything; otherwise as [`Error`] describes.
    pub async fn delete_messages(&self, deletion: &PreparedDelete) -> Result<ResponseInfo, Error> {
        let reply = self.send_prepared(Operation::DeleteMessages, deletion, &["delete"]).await?;
        confirmed(reply, "deleted", "data.deleted")
    }

    /// Sends a prepared request about messages, byte for byte.
    async fn send_prepared<K>(
        &self,
        operation: Operation,
        request: &Prepared<K>,
        rest: &[&str],
    ) -> Result<Reply, Error> {
        let conversation = request.path().to_string();
        let path = [&["2", "chat", "conversations", &conversation, "messages"], rest].concat();
        let body = Body::Json(Bytes::copy_from_slice(request.body()));
        self.exchange(Call { operation, path: &path, query: &[], body }).await
    }
}

fn event(data: Option<Value>) -> Result<Option<EncodedEvent>, Fault> {
    let Some(data) = data else {
        return Ok(None);
    };
    take(&mut object(data, "data")?, &["encoded_message_event"])
        .map(|event| {
            EncodedEvent::new(string(event, EVENT)?)
                .map_err(|_| (EVENT, Malformation::InvalidValue))
        })
        .transpose()
}

/// What an answer is about instead of the message that was sent.
enum Mismatch {
    Conversation(ConversationId),
    Message(MessageId),
}

impl Mismatch {
    fn error(self, message: &PreparedMessage, reply: Reply) -> Error {
        let context = Box::new(reply.into_context());
        match self {
            Self::Conversation(answered) => {
                let signed = message.conversation_id();
                Error::ConversationIdMismatch { signed, answered, context }
            }
            Self::Message(answered) => {
                Error::MessageIdMismatch { sent: message.message_id(), answered, context }
            }
        }
    }
}

/// Compares the event with what was sent. X does not describe its form, so one that cannot be read
/// says nothing against the success beside it; one that is readable must be of a message.
fn mismatch(event: &EncodedEvent, message: &PreparedMessage) -> Result<Option<Mismatch>, Fault> {
    let malformed = || (EVENT, Malformation::InvalidValue);
    let Ok(bytes) = decode_base64(event.as_str()) else { return Ok(None) };
    let Ok(event) = MessageEvent::decode(&bytes) else { return Ok(None) };
    if !matches!(event.detail, None | Some(MessageEventDetail::MessageCreate(_))) {
        return Err(malformed());
    }
    if let Some(text) = event.conversation_id {
        let answered = ConversationId::resolve(text, message.sender()).map_err(|_| malformed())?;
        if answered != message.conversation_id() {
            return Ok(Some(Mismatch::Conversation(answered)));
        }
    }
    let Some(text) = event.message_id else { return Ok(None) };
    let answered: MessageId = text.parse().map_err(|_| malformed())?;
    Ok((answered != message.message_id()).then_some(Mismatch::Message(answered)))
}
