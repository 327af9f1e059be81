//! A message, encrypted and signed: what a request carries.

use alloc::string::{String, ToString as _};

use crate::context::ChangeContext;
use crate::encoding::encode_base64;
use crate::sign::Signature;
use crate::suite::content::MessageParts;
use crate::wire::{MessageCreateEvent, MessageEventSignature, WireError};
use crate::{ConversationId, KeyVersion, MessageId, Suite, UserId};

/// An encrypted and signed message, ready to be put into a request; a retry sends the same texts.
/// No secret inside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a signed message must be sent"]
pub struct SignedMessage {
    context: ChangeContext,
    suite: Suite,
    encoded_create_event: String,
    encoded_signature: String,
}

impl SignedMessage {
    pub(super) fn new(
        context: ChangeContext,
        suite: Suite,
        message: MessageParts<'_>,
        signature: Signature,
    ) -> Result<Self, WireError> {
        let event = MessageCreateEvent {
            contents: Some(message.contents),
            conversation_key_version: Some(&context.key_version.to_string()),
            should_notify: message.should_notify,
            ttl_msec: message.ttl_msec,
        }
        .encode()?;
        let signature = MessageEventSignature {
            signature: Some(&signature.to_base64_unpadded()),
            public_key_version: Some(&context.sender_key_version.to_string()),
            signature_version: Some(suite.signature_version()),
        }
        .encode()?;
        Ok(Self {
            context,
            suite,
            encoded_create_event: encode_base64(&event),
            encoded_signature: encode_base64(&signature),
        })
    }

    /// The conversation it is for.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.context.conversation
    }

    /// Who signed it.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.context.sender
    }

    /// Its id.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.context.message_id
    }

    /// The version of the conversation key it is encrypted with.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.context.key_version
    }

    /// The suite it is encrypted and signed in.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The text of `encoded_message_create_event`.
    #[must_use]
    pub fn encoded_message_create_event(&self) -> &str {
        &self.encoded_create_event
    }

    /// The text of `encoded_message_event_signature`.
    #[must_use]
    pub fn encoded_message_event_signature(&self) -> &str {
        &self.encoded_signature
    }
}
