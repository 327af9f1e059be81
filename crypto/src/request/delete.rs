//! The body that deletes messages.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::prepared::sealed;
use super::{Prepared, RequestError, RequestKind, SignedAction};
use crate::{ConversationId, MediaHashKey, SequenceId, UserId};

/// The most messages one request deletes: what X's readers accept in one list.
pub const MAX_DELETIONS: usize = 10_000;

/// A deletion: `POST /2/chat/conversations/{id}/messages/delete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageDelete;

impl sealed::Kind for MessageDelete {
    const NAME: &'static str = "message_delete";
}

impl RequestKind for MessageDelete {}

/// A signed deletion of messages, as the body of its request.
pub type PreparedDelete = Prepared<MessageDelete>;

/// For whom messages are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeleteFor {
    /// For everybody in the conversation.
    All,
    /// For oneself.
    Me,
}

impl DeleteFor {
    const fn wire_name(self) -> &'static str {
        match self {
            Self::All => "delete_for_all",
            Self::Me => "delete_for_self",
        }
    }
}

/// What a [`PreparedDelete`] is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteParts {
    /// The conversation that was signed.
    pub conversation_id: ConversationId,
    /// Who signed.
    pub sender: UserId,
    /// For whom.
    pub delete_for: DeleteFor,
    /// The messages, as they were signed: 1 to [`MAX_DELETIONS`].
    pub sequence_ids: Vec<SequenceId>,
    /// The attachments that go with them; may be empty.
    pub media_hash_keys: Vec<MediaHashKey>,
    /// The signed deletion.
    pub action: SignedAction,
}

impl PreparedDelete {
    /// Assembles the body, once and for all tries.
    ///
    /// That the action is the deletion of these messages is the caller's promise: nothing is
    /// decoded here.
    ///
    /// # Errors
    /// [`RequestError`] when there is no message, one twice, or too many; the same for attachments,
    /// of which there may be none; or when the sender is not in the conversation.
    pub fn new(parts: &DeleteParts) -> Result<Self, RequestError> {
        let DeleteParts { sequence_ids, media_hash_keys, action, .. } = parts;
        if sequence_ids.is_empty() {
            return Err(RequestError::NoSequenceIds);
        }
        if sequence_ids.len() > MAX_DELETIONS {
            return Err(RequestError::TooManySequenceIds { count: sequence_ids.len() });
        }
        if media_hash_keys.len() > MAX_DELETIONS {
            return Err(RequestError::TooManyMedia { count: media_hash_keys.len() });
        }
        if let Some(sequence_id) = repeated(sequence_ids) {
            return Err(RequestError::DuplicateSequenceId { sequence_id });
        }
        if let Some(media_hash_key) = repeated(media_hash_keys) {
            return Err(RequestError::DuplicateMedia { media_hash_key });
        }
        Self::write(parts.conversation_id, parts.sender, action.message_id, |json| {
            json.texts_member("sequence_ids", sequence_ids);
            json.member("delete_message_action", parts.delete_for.wire_name());
            json.array_member("action_signatures", |json| action.write(json));
            if !media_hash_keys.is_empty() {
                json.texts_member("media_hash_keys", media_hash_keys);
            }
        })
    }
}

fn repeated<T: Ord + Clone>(values: &[T]) -> Option<T> {
    let mut seen = BTreeSet::new();
    values.iter().find(|value| !seen.insert(*value)).cloned()
}
