//! Reading an action: for this conversation, from a member, verified.

use core::fmt;

use super::Action;
use crate::event::{Envelope, EventError, envelope_claims};
use crate::wire;
use crate::{
    ActionMark, Conversation, ConversationId, MessageId, Participant, ReadError, ReadPolicy,
    SequenceId, UnixMillis, Unsigned, UserId,
};

/// An action as the server delivered it: well-formed, and otherwise just a claim.
#[derive(Clone, PartialEq, Eq)]
pub struct ActionEvent {
    envelope: Envelope,
    action: Action,
}

envelope_claims!(ActionEvent);

impl ActionEvent {
    pub(crate) fn from_wire(
        event: &wire::MessageEvent<'_>,
        action: Action,
    ) -> Result<Self, EventError> {
        Ok(Self { envelope: Envelope::from_wire(event)?, action })
    }

    /// Who claims to have done it.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.envelope.context.sender
    }

    /// The conversation it claims to be of.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.envelope.context.conversation
    }

    /// Whether it claims to change what members know of the conversation: who is in it and may do
    /// what, its title and avatar, how long messages live, screen captures. What it claims is only
    /// to be had verified.
    #[must_use]
    pub const fn changes_conversation(&self) -> bool {
        self.action.changes_conversation()
    }

    /// Verifies that a member of `conversation` did it; or, when it asks to join, whoever asks.
    ///
    /// # Errors
    /// [`ReadError`].
    ///
    /// # Security
    /// `conversation` is what *you* know of the conversation. The signature says who acted, not
    /// that they may: keep the admins yourself where an action is theirs alone.
    pub fn verify<'a>(
        &self,
        conversation: &Conversation,
        signers: impl IntoIterator<Item = &'a Participant>,
        policy: ReadPolicy,
    ) -> Result<VerifiedAction, ReadError> {
        self.envelope.check_conversation(conversation.id())?;
        if self.action.takes_a_member(self.sender()) {
            self.envelope.check_sender(conversation)?;
        }
        let signer = self.envelope.signer(signers)?;
        self.envelope.layout(signer.suite(), policy)?;
        let Envelope { context, signature, .. } = &self.envelope;
        let verifier = &signer.signing_key().0;
        verifier.check_form(signature)?;
        verifier.verify_action(context, &self.action.payload(), signature)?;
        Ok(VerifiedAction(self.clone()))
    }
}

impl fmt::Debug for ActionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActionEvent")
            .field("context", &self.envelope.context)
            .field("name", &self.action.payload().name)
            .finish_non_exhaustive()
    }
}

/// An action that its sender signed.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedAction(ActionEvent);

impl VerifiedAction {
    /// What was done.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.0.action
    }

    /// In which conversation.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.0.conversation_id()
    }

    /// By whom.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.0.sender()
    }

    /// The sender's id of it.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.0.message_id()
    }

    /// What names it among those that were read, see [`SeenActions`](crate::SeenActions).
    #[must_use]
    pub fn mark(&self) -> ActionMark {
        ActionMark::of_action(&self.0.envelope.context, &self.0.action.payload())
    }

    /// The server's number of it.
    #[must_use]
    pub fn sequence_id(&self) -> Option<Unsigned<SequenceId>> {
        self.0.envelope.sequence_id.map(Unsigned::new)
    }

    /// The server's time of it.
    #[must_use]
    pub fn created_at(&self) -> Option<Unsigned<UnixMillis>> {
        self.0.envelope.created_at.map(Unsigned::new)
    }
}

impl fmt::Debug for VerifiedAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifiedAction").field(&self.0).finish()
    }
}
