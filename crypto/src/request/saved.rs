//! A prepared request on disk: what a journal keeps until the server has answered.

use alloc::borrow::Cow;
use core::marker::PhantomData;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Prepared, RequestKind};
use crate::{ConversationId, EncodedEvent, MessageId, UserId};

/// Every part as text, so that the saved form is plain to read and bound to nothing in here.
#[derive(Serialize, Deserialize)]
struct Saved<'a> {
    kind: Cow<'a, str>,
    conversation_id: ConversationId,
    sender: UserId,
    message_id: MessageId,
    body: Cow<'a, str>,
}

/// Room for two of the longest texts, an event and the payload that was signed, and for the rest.
const MAX_BODY: usize = 3 * EncodedEvent::MAX_LENGTH;

/// Holds no secret: it may be written to disk as it is.
impl<K: RequestKind> Serialize for Prepared<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Saved {
            kind: K::NAME.into(),
            conversation_id: self.conversation_id,
            sender: self.sender,
            message_id: self.message_id,
            body: (&*self.body).into(),
        }
        .serialize(serializer)
    }
}

/// Reads what was saved. A request of another kind, or one whose body is longer than any, is
/// refused; that the body is the one that was prepared is the journal's promise.
impl<'de, K: RequestKind> Deserialize<'de> for Prepared<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = Saved::deserialize(deserializer)?;
        if saved.kind != K::NAME {
            return Err(D::Error::custom("a request of another kind was saved"));
        }
        if saved.body.len() > MAX_BODY {
            return Err(D::Error::custom("the saved body is longer than any request"));
        }
        Ok(Self {
            conversation_id: saved.conversation_id,
            sender: saved.sender,
            message_id: saved.message_id,
            body: saved.body.into_owned(),
            kind: PhantomData,
        })
    }
}
