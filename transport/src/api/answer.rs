//! What the answers to prepared changes have in common.

use std::str::FromStr;

use bytes::Bytes;
use sealpost_crypto::{ConversationId, PreparedKeyChange};
use serde_json::{Map, Value};

use super::{id, object, string, take};
use crate::body::Body;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::{Error, Malformation};
use crate::exchange::{Call, Reply};

/// An answer that names the conversation that was signed, or none.
pub(super) struct ChangeAnswer {
    reply: Reply,
    data: Map<String, Value>,
}

impl Client {
    /// Sends a prepared change, byte for byte.
    pub(super) async fn send_change<K>(
        &self,
        operation: Operation,
        path: &[&str],
        change: &PreparedKeyChange<K>,
    ) -> Result<Reply, Error> {
        let body = Body::Json(Bytes::copy_from_slice(change.body()));
        self.exchange(Call { operation, path, query: &[], body }).await
    }
}

impl ChangeAnswer {
    /// A wrong conversation outranks everything else: nothing of such an answer may be used.
    pub(super) fn read<K>(
        reply: Reply,
        data: Option<Value>,
        change: &PreparedKeyChange<K>,
    ) -> Result<Self, Error> {
        let malformed = |(field, reason)| reply.malformed(field, reason);
        let mut data =
            data.map_or_else(|| Ok(Map::new()), |data| object(data, "data")).map_err(malformed)?;
        let answered = take(&mut data, &["conversation_id"])
            .map(|value| {
                let field = "data.conversation_id";
                ConversationId::resolve(&string(value, field)?, change.sender())
                    .map_err(|_| (field, Malformation::InvalidValue))
            })
            .transpose()
            .map_err(malformed)?;
        let signed = change.conversation_id();
        match answered.filter(|answered| *answered != signed) {
            None => Ok(Self { reply, data }),
            Some(answered) => {
                let context = Box::new(reply.into_context());
                Err(Error::ConversationIdMismatch { signed, answered, context })
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        take(&mut self.data, &[name])
    }

    pub(super) fn take_id<T: FromStr>(
        &mut self,
        name: &str,
        field: &'static str,
    ) -> Result<Option<T>, Error> {
        let value = self.take(name).map(|value| id(&value, field)).transpose();
        value.map_err(|(field, reason)| self.malformed(field, reason))
    }

    pub(super) fn malformed(&self, field: &'static str, reason: Malformation) -> Error {
        self.reply.malformed(field, reason)
    }

    /// The value that confirms the change, and what came with the answer, unless there are errors beside it.
    pub(super) fn confirm<T>(
        self,
        value: Option<T>,
        name: &'static str,
    ) -> Result<(T, ResponseInfo), Error> {
        match value {
            Some(value) if !self.reply.has_errors() => Ok((value, self.reply.response())),
            Some(_) => Err(self.reply.unconfirmed(None)),
            None => Err(self.reply.unconfirmed(Some(name))),
        }
    }
}
