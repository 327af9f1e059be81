//! Prepared: the finished, immutable request, whatever it asks for.

use alloc::string::String;
use core::fmt;
use core::marker::PhantomData;

use super::RequestError;
use crate::json::JsonWriter;
use crate::{ConversationId, ConversationPath, MessageId, UserId};

/// What a prepared request asks for; it decides which endpoint the request goes to.
///
/// [`MessageSend`](crate::MessageSend) or [`MessageDelete`](crate::MessageDelete).
pub trait RequestKind: sealed::Kind {}

pub(super) mod sealed {
    pub trait Kind {
        /// What a saved request calls it.
        const NAME: &'static str;
    }
}

/// A finished request: the exact bytes of its body and the ids to recognise it by. It holds no
/// secret and may be written to disk.
///
/// With the feature `serde` it is saved and read back whole. Every try sends the same bytes: X's
/// API has no idempotency key, the message id in the body is what makes a repeat recognisable.
///
/// [`PreparedMessage`](crate::PreparedMessage) or [`PreparedDelete`](crate::PreparedDelete).
#[derive(Clone, PartialEq, Eq)]
pub struct Prepared<K> {
    pub(super) conversation_id: ConversationId,
    pub(super) sender: UserId,
    pub(super) message_id: MessageId,
    pub(super) body: String,
    pub(super) kind: PhantomData<K>,
}

impl<K> Prepared<K> {
    pub(super) fn write(
        conversation_id: ConversationId,
        sender: UserId,
        message_id: MessageId,
        members: impl FnOnce(&mut JsonWriter),
    ) -> Result<Self, RequestError> {
        if let Some((one, other)) = conversation_id.direct_users()
            && sender != one
            && sender != other
        {
            return Err(RequestError::SenderNotInConversation { sender });
        }
        let mut json = JsonWriter::with_capacity(1024);
        json.object(members);
        let body = json.finish();
        Ok(Self { conversation_id, sender, message_id, body, kind: PhantomData })
    }

    /// The conversation that was signed.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.conversation_id
    }

    /// The conversation as the request's path spells it: `A-B`, or `gN` for a group.
    #[must_use]
    pub const fn path(&self) -> ConversationPath {
        self.conversation_id.path()
    }

    /// Who signed it.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.sender
    }

    /// The id of what was signed: what to look for when an answer was lost.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.message_id
    }

    /// The body's bytes: UTF-8 JSON, the same on every try.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }
}

impl<K: RequestKind> fmt::Debug for Prepared<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("kind", &format_args!("{}", K::NAME))
            .field("conversation_id", &self.conversation_id)
            .field("sender", &self.sender)
            .field("message_id", &self.message_id)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}
