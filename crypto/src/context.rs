//! What an action is about: bound into every seal and every signature of it.

use crate::{ConversationId, KeyVersion, MessageId, PublicKeyVersion, UserId};

/// The facts that every signed action has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ActionContext {
    pub(crate) message_id: MessageId,
    pub(crate) sender: UserId,
    pub(crate) sender_key_version: PublicKeyVersion,
    pub(crate) conversation: ConversationId,
}

impl ActionContext {
    /// The same action, about or under a conversation key.
    pub(crate) const fn with_key(self, key_version: KeyVersion) -> ChangeContext {
        let Self { message_id, sender, sender_key_version, conversation } = self;
        ChangeContext { message_id, sender, sender_key_version, conversation, key_version }
    }
}

/// The facts of one key change, the same for all of its recipients; or of a message under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangeContext {
    pub(crate) message_id: MessageId,
    pub(crate) sender: UserId,
    pub(crate) sender_key_version: PublicKeyVersion,
    pub(crate) conversation: ConversationId,
    pub(crate) key_version: KeyVersion,
}

impl ChangeContext {
    /// The facts that are not about the key.
    pub(crate) const fn action(&self) -> ActionContext {
        let Self { message_id, sender, sender_key_version, conversation, .. } = *self;
        ActionContext { message_id, sender, sender_key_version, conversation }
    }
}
