//! What every signed event has: who, where, which action, and the signature.

use alloc::boxed::Box;
use alloc::string::ToString as _;
use core::str::FromStr;

use super::{EventError, EventField, ReadError, ReadPolicy};
use crate::action::Layout;
use crate::context::ActionContext;
use crate::sign::Signature;
use crate::wire::MessageEvent;
use crate::{Conversation, ConversationId, IdError, Participant, SequenceId, Suite, UnixMillis};

/// The signed facts of an event, and what the server says beside them, as claimed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) sequence_id: Option<SequenceId>,
    pub(crate) created_at: Option<UnixMillis>,
    pub(crate) context: ActionContext,
    pub(crate) signature: Signature,
    pub(crate) signature_version: Box<str>,
}

impl Envelope {
    pub(crate) fn from_wire(event: &MessageEvent<'_>) -> Result<Self, EventError> {
        let conversation_text = required(event.conversation_id, EventField::ConversationId)?;
        let conversation: ConversationId = id(event.conversation_id, EventField::ConversationId)?;
        if conversation.to_string() != conversation_text {
            return Err(EventError::NotCanonicalConversation);
        }
        let signature = event
            .message_event_signature
            .as_ref()
            .ok_or(EventError::Missing(EventField::Signature))?;
        Ok(Self {
            sequence_id: event
                .sequence_id
                .map(|text| id(Some(text), EventField::SequenceId))
                .transpose()?,
            created_at: event.created_at_msec.and_then(moment),
            context: ActionContext {
                message_id: id(event.message_id, EventField::MessageId)?,
                sender: id(event.sender_id, EventField::SenderId)?,
                sender_key_version: id(signature.public_key_version, EventField::SignerKeyVersion)?,
                conversation,
            },
            signature: Signature::from_base64(required(
                signature.signature,
                EventField::Signature,
            )?)?,
            signature_version: required(signature.signature_version, EventField::SignatureVersion)?
                .into(),
        })
    }

    /// Checks that the event is of the conversation it is read for.
    pub(crate) fn check_conversation(&self, expected: ConversationId) -> Result<(), ReadError> {
        let found = self.context.conversation;
        if found == expected {
            Ok(())
        } else {
            Err(ReadError::WrongConversation { expected, found })
        }
    }

    /// Checks that the event is of `conversation` and its sender a member.
    pub(crate) fn check_sender(&self, conversation: &Conversation) -> Result<(), ReadError> {
        self.check_conversation(conversation.id())?;
        let sender = self.context.sender;
        if conversation.contains(sender) {
            Ok(())
        } else {
            Err(ReadError::SenderNotMember { sender })
        }
    }

    /// The participant whose key made the signature.
    pub(crate) fn signer<'a>(
        &self,
        signers: impl IntoIterator<Item = &'a Participant>,
    ) -> Result<&'a Participant, ReadError> {
        let ActionContext { sender, sender_key_version: version, .. } = self.context;
        signers
            .into_iter()
            .find(|signer| signer.user_id() == sender && signer.public_key_version() == version)
            .ok_or(ReadError::UnknownSigner { sender, version })
    }

    /// The layout that was signed, as far as the policy accepts it of the signer's suite.
    pub(crate) fn layout(&self, suite: Suite, policy: ReadPolicy) -> Result<Layout, ReadError> {
        policy.layout(suite, &self.signature_version).ok_or(ReadError::SignatureVersion { suite })
    }
}

/// What every signed event claims: methods over its `envelope`.
macro_rules! envelope_claims {
    ($event:ty) => {
        impl $event {
            pub(crate) const fn envelope(&self) -> &$crate::event::Envelope {
                &self.envelope
            }

            /// The server's number of the event. Nobody signed it.
            #[must_use]
            pub const fn sequence_id(&self) -> Option<$crate::SequenceId> {
                self.envelope.sequence_id
            }

            /// The sender's id of it.
            #[must_use]
            pub const fn message_id(&self) -> $crate::MessageId {
                self.envelope.context.message_id
            }

            /// The version of the sender's keys that the signature names: which of their rows to
            /// fetch.
            #[must_use]
            pub const fn sender_key_version(&self) -> $crate::PublicKeyVersion {
                self.envelope.context.sender_key_version
            }
        }
    };
}
pub(crate) use envelope_claims;

pub(crate) fn required(value: Option<&str>, field: EventField) -> Result<&str, EventError> {
    value.ok_or(EventError::Missing(field))
}

pub(crate) fn id<T: FromStr<Err = IdError>>(
    value: Option<&str>,
    field: EventField,
) -> Result<T, EventError> {
    required(value, field)?.parse().map_err(|error| EventError::Id { field, error })
}

/// The server's time. Nobody signs it and nothing depends on it, so a text that is none is passed
/// over.
fn moment(text: &str) -> Option<UnixMillis> {
    text.parse().ok().map(UnixMillis::new)
}
