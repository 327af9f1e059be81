//! Sealed: every participant has a copy, nobody has signed yet.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::signed::ActionSignature;
use super::{ChangeKind, KeysOnly, SignedKeyChange};
use crate::context::ChangeContext;
use crate::seal::{SealedCopy, SealedKey};
use crate::sign::SignError;
use crate::wire::{ConversationKeyChangeEvent, ConversationParticipantKey, MessageEventDetail};
use crate::{Account, Conversation, ConversationKey, MessageId, UserId};

/// A conversation key sealed to every participant, waiting to be signed.
#[derive(Debug)]
#[must_use = "a sealed change must be signed and prepared to be sent"]
pub struct SealedKeyChange<'a, K = KeysOnly> {
    pub(super) account: &'a Account,
    pub(super) conversation: &'a Conversation,
    pub(super) context: ChangeContext,
    /// The id of the group action, where the kind has one.
    pub(super) group_message_id: Option<MessageId>,
    pub(super) key: ConversationKey,
    pub(super) copies: Vec<SealedCopy>,
    pub(super) kind: K,
}

/// A sealed copy in the text form that the body and the signed event share.
#[derive(Debug)]
pub(super) struct CopyText {
    pub(super) user_id: String,
    pub(super) encrypted_conversation_key: String,
    pub(super) public_key_version: String,
}

impl<'a, K: ChangeKind> SealedKeyChange<'a, K> {
    /// The sealed copies and whom they are for, by user id, the sender's own included.
    #[must_use]
    pub fn copies(&self) -> impl ExactSizeIterator<Item = (UserId, &SealedKey)> {
        self.copies.iter().map(|copy| (copy.recipient.user, &copy.sealed))
    }

    /// Signs the change, and the group action that goes with it, with the sender's signing key.
    ///
    /// # Errors
    /// [`SignError`] when the change does not fit an event, or a text cannot be signed in the
    /// sender's suite.
    pub fn sign(self) -> Result<SignedKeyChange<'a, K>, SignError> {
        let copies: Vec<CopyText> = self.copies.iter().map(CopyText::from).collect();
        let version = self.context.key_version.to_string();
        let detail = MessageEventDetail::ConversationKeyChange(ConversationKeyChangeEvent {
            conversation_key_version: Some(&version),
            conversation_participant_keys: copies
                .iter()
                .map(|copy| ConversationParticipantKey {
                    user_id: Some(&copy.user_id),
                    encrypted_conversation_key: Some(&copy.encrypted_conversation_key),
                    public_key_version: Some(&copy.public_key_version),
                })
                .collect(),
            // As X's own SDK, also for rotations.
            for_key_rotation: Some(false),
        })
        .encode()?;
        let keys = &self.account.keys;
        let mut actions = Vec::from([ActionSignature {
            message_id: self.context.message_id,
            detail,
            signature: keys.sign_key_change(&self.context, &self.key),
            // X's payload of a key change is the key: there is nothing one could show.
            payload: None,
        }]);
        if let Some(message_id) = self.group_message_id {
            let context = ChangeContext { message_id, ..self.context };
            actions.extend(self.kind.sign(keys, &context, self.conversation)?);
        }
        Ok(SignedKeyChange {
            suite: self.account.suite(),
            conversation: self.conversation,
            context: self.context,
            key: self.key,
            copies,
            actions,
            kind: self.kind,
        })
    }
}

impl From<&SealedCopy> for CopyText {
    fn from(copy: &SealedCopy) -> Self {
        Self {
            user_id: copy.recipient.user.to_string(),
            encrypted_conversation_key: copy.sealed.to_base64(),
            public_key_version: copy.recipient.public_key_version.to_string(),
        }
    }
}
