//! Messages: sending and deleting them.

use bytes::Bytes;
use sealpost_crypto::{EncodedEvent, Prepared, PreparedDelete, PreparedMessage};
use serde_json::Value;

use super::{Fault, confirmed, object, string, take};
use crate::body::Body;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::{Error, Malformation};
use crate::exchange::{Call, Reply};

/// A message the server accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageSent {
    /// The event the server made of it and hands out to the conversation. Like any event, it is a
    /// claim until its signature is verified.
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
    /// gives no event. After it, and wherever
    /// [`may_have_been_applied`](Error::may_have_been_applied) holds, look for the message id among
    /// the [`conversation_events`](Self::conversation_events) before sending again.
    pub async fn send_message(&self, message: &PreparedMessage) -> Result<MessageSent, Error> {
        const FIELD: &str = "data.encoded_message_event";
        let mut reply = self.send_prepared(Operation::SendMessage, message, &[]).await?;
        let data = reply.take("data");
        match event(data, FIELD).map_err(|(field, reason)| reply.malformed(field, reason))? {
            Some(event) if !reply.has_errors() => {
                Ok(MessageSent { event, response: reply.response() })
            }
            Some(_) => Err(reply.unconfirmed(None)),
            None => Err(reply.unconfirmed(Some(FIELD))),
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

fn event(data: Option<Value>, field: &'static str) -> Result<Option<EncodedEvent>, Fault> {
    let Some(data) = data else {
        return Ok(None);
    };
    take(&mut object(data, "data")?, &["encoded_message_event"])
        .map(|event| {
            EncodedEvent::new(string(event, field)?)
                .map_err(|_| (field, Malformation::InvalidValue))
        })
        .transpose()
}
