//! What every signed event has: who, where, which action, and the signature.

use alloc::boxed::Box;
use alloc::string::ToString as _;
use core::str::FromStr;

use super::{EventError, EventField, ReadError, ReadPolicy};
use crate::context::ChangeContext;
use crate::group::Layout;
use crate::sign::Signature;
use crate::wire::MessageEvent;
use crate::{Conversation, ConversationId, IdError, KeyVersion, Participant, SequenceId, Suite};

/// The signed facts of an event that is about a conversation key, as claimed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) sequence_id: Option<SequenceId>,
    pub(super) context: ChangeContext,
    pub(super) signature: Signature,
    signature_version: Box<str>,
}

impl Envelope {
    pub(super) fn from_wire(
        event: &MessageEvent<'_>,
        key_version: Option<&str>,
    ) -> Result<Self, EventError> {
        let conversation_text = required(event.conversation_id, EventField::ConversationId)?;
        let conversation: ConversationId = id(event.conversation_id, EventField::ConversationId)?;
        if conversation.to_string() != conversation_text {
            return Err(EventError::NotCanonicalConversation);
        }
        let signature = event
            .message_event_signature
            .as_ref()
            .ok_or(EventError::Missing(EventField::Signature))?;
        let key_version: KeyVersion = id(key_version, EventField::KeyVersion)?;
        Ok(Self {
            sequence_id: event
                .sequence_id
                .map(|text| id(Some(text), EventField::SequenceId))
                .transpose()?,
            context: ChangeContext {
                message_id: id(event.message_id, EventField::MessageId)?,
                sender: id(event.sender_id, EventField::SenderId)?,
                sender_key_version: id(signature.public_key_version, EventField::SignerKeyVersion)?,
                conversation,
                key_version,
            },
            signature: Signature::from_base64(required(
                signature.signature,
                EventField::Signature,
            )?)?,
            signature_version: required(signature.signature_version, EventField::SignatureVersion)?
                .into(),
        })
    }

    /// Checks that the event is of `conversation` and its sender a member.
    pub(super) fn check_sender(&self, conversation: &Conversation) -> Result<(), ReadError> {
        let ChangeContext { conversation: found, sender, .. } = self.context;
        if found != conversation.id() {
            return Err(ReadError::WrongConversation { expected: conversation.id(), found });
        }
        if !conversation.contains(sender) {
            return Err(ReadError::SenderNotMember { sender });
        }
        Ok(())
    }

    /// The participant whose key made the signature.
    pub(super) fn signer<'a>(
        &self,
        signers: impl IntoIterator<Item = &'a Participant>,
    ) -> Result<&'a Participant, ReadError> {
        let ChangeContext { sender, sender_key_version: version, .. } = self.context;
        signers
            .into_iter()
            .find(|signer| signer.user_id() == sender && signer.public_key_version() == version)
            .ok_or(ReadError::UnknownSigner { sender, version })
    }

    /// The layout that was signed, as far as the policy accepts it of the signer's suite.
    pub(super) fn layout(&self, suite: Suite, policy: ReadPolicy) -> Result<Layout, ReadError> {
        policy.layout(suite, &self.signature_version).ok_or(ReadError::SignatureVersion { suite })
    }
}

pub(super) fn required(value: Option<&str>, field: EventField) -> Result<&str, EventError> {
    value.ok_or(EventError::Missing(field))
}

pub(super) fn id<T: FromStr<Err = IdError>>(
    value: Option<&str>,
    field: EventField,
) -> Result<T, EventError> {
    required(value, field)?.parse().map_err(|error| EventError::Id { field, error })
}
