//! An action, signed: what a request carries.

use alloc::string::String;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;

use super::{Action, ActionError};
use crate::context::ActionContext;
use crate::encoding::encode_base64;
use crate::sign::SignError;
use crate::wire::MAX_LIST_LENGTH;
use crate::{
    Account, Conversation, ConversationId, MessageId, PublicKeyVersion, Signature, Suite, UserId,
};

/// A signed action, ready to be put into a request. No secret inside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a signed action must be sent"]
pub struct SignedAction {
    action: Action,
    suite: Suite,
    context: ActionContext,
    detail: Vec<u8>,
    signature: Signature,
    payload: Option<String>,
}

impl Action {
    /// Signs the action, with the operating system's generator for its id.
    ///
    /// # Errors
    /// [`ActionError`]: the sender must be a member, a group change needs a group, and a list
    /// must name somebody.
    #[cfg(feature = "getrandom")]
    pub fn sign(
        self,
        sender: &Account,
        conversation: &Conversation,
    ) -> Result<SignedAction, ActionError> {
        self.sign_with_rng(sender, conversation, &mut getrandom::SysRng)
    }

    /// Signs the action, with the caller's generator for its id.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_with_rng<R: TryCryptoRng + ?Sized>(
        self,
        sender: &Account,
        conversation: &Conversation,
        rng: &mut R,
    ) -> Result<SignedAction, ActionError> {
        self.check(sender.user_id(), conversation)?;
        let context = ActionContext {
            message_id: MessageId::random_with_rng(rng)?,
            sender: sender.user_id(),
            sender_key_version: sender.public_key_version(),
            conversation: conversation.id(),
        };
        let (signature, payload) = sender.keys.sign_action(&context, &self.payload())?;
        let detail = self.encode(conversation.id()).map_err(SignError::Encoding)?;
        Ok(SignedAction {
            action: self,
            suite: sender.suite(),
            context,
            detail,
            signature,
            payload,
        })
    }

    fn check(&self, sender: UserId, conversation: &Conversation) -> Result<(), ActionError> {
        if self.takes_a_member(sender) && !conversation.contains(sender) {
            return Err(ActionError::SenderNotMember { sender });
        }
        if self.is_group_change() && !conversation.id().is_group() {
            return Err(ActionError::NotAGroup { id: conversation.id() });
        }
        if self.time().is_some_and(|time| time.as_wire().is_none()) {
            return Err(ActionError::TimeOutOfRange);
        }
        match self.list_length() {
            Some(0) => Err(ActionError::NothingNamed),
            Some(count) if count > MAX_LIST_LENGTH => Err(ActionError::TooMany { count }),
            _ => Ok(()),
        }
    }
}

impl SignedAction {
    /// The action.
    #[must_use]
    pub const fn action(&self) -> &Action {
        &self.action
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

    /// The suite it is signed in.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The text of `encoded_message_event_detail`.
    #[must_use]
    pub fn encoded_message_event_detail(&self) -> String {
        encode_base64(&self.detail)
    }

    /// The signature.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The version of the keys that made the signature, `public_key_version`.
    #[must_use]
    pub const fn public_key_version(&self) -> PublicKeyVersion {
        self.context.sender_key_version
    }

    /// The text of `signature_version`.
    #[must_use]
    pub const fn signature_version(&self) -> &'static str {
        self.suite.signature_version()
    }

    /// The text of `signature_payload`: what was signed, where X's API wants to see it.
    #[must_use]
    pub fn signature_payload(&self) -> Option<&str> {
        self.payload.as_deref()
    }
}
