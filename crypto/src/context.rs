//! What a key change is about: bound into every seal and every signature of it.

use crate::{ConversationId, KeyVersion, MessageId, PublicKeyVersion, UserId};

/// The facts of one key change, the same for all of its recipients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangeContext {
    pub(crate) message_id: MessageId,
    pub(crate) sender: UserId,
    pub(crate) sender_key_version: PublicKeyVersion,
    pub(crate) conversation: ConversationId,
    pub(crate) key_version: KeyVersion,
}
