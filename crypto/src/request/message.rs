//! The body that sends a message.

use super::prepared::sealed;
use super::{
    ConversationToken, EncodedMessageCreateEvent, EncodedMessageEventSignature, Prepared,
    RequestError, RequestKind,
};
use crate::{ConversationId, MessageId, SignedMessage, UserId};

/// A message: `POST /2/chat/conversations/{id}/messages`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageSend;

impl sealed::Kind for MessageSend {
    const NAME: &'static str = "message";
}

impl RequestKind for MessageSend {}

/// A message, encrypted and signed, as the body of its request.
pub type PreparedMessage = Prepared<MessageSend>;

/// What a [`PreparedMessage`] is made of: one message, encrypted and signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageParts {
    /// The conversation that was signed.
    pub conversation_id: ConversationId,
    /// Who signed.
    pub sender: UserId,
    /// The message's id, which was signed with it.
    pub message_id: MessageId,
    /// The encrypted message.
    pub event: EncodedMessageCreateEvent,
    /// The signature over it. X's description calls it optional; a message without one is refused
    /// by every reader.
    pub signature: EncodedMessageEventSignature,
    /// The token the server gave out for the conversation, if it gave one.
    pub conversation_token: Option<ConversationToken>,
}

impl SignedMessage {
    /// The body that sends the message, once and for all tries, with the token the server gave out
    /// for the conversation, if it gave one.
    ///
    /// # Errors
    /// [`RequestError::Text`] when the message is larger than a request may be.
    pub fn prepare(
        &self,
        conversation_token: Option<ConversationToken>,
    ) -> Result<PreparedMessage, RequestError> {
        PreparedMessage::new(&MessageParts {
            conversation_id: self.conversation_id(),
            sender: self.sender(),
            message_id: self.message_id(),
            event: self.encoded_message_create_event().parse()?,
            signature: self.encoded_message_event_signature().parse()?,
            conversation_token,
        })
    }
}

impl PreparedMessage {
    /// Assembles the body, once and for all tries.
    ///
    /// That the parts belong together is the caller's promise: nothing is decoded here.
    ///
    /// # Errors
    /// [`RequestError::SenderNotInConversation`].
    pub fn new(parts: &MessageParts) -> Result<Self, RequestError> {
        Self::write(parts.conversation_id, parts.sender, parts.message_id, |json| {
            json.member("message_id", parts.message_id);
            json.member("encoded_message_create_event", &parts.event);
            json.member("encoded_message_event_signature", &parts.signature);
            if let Some(token) = &parts.conversation_token {
                json.escaped_member("conversation_token", token.as_str());
            }
        })
    }
}
