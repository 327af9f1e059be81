//! The body that deletes messages.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::prepared::sealed;
use super::{ActionParts, Prepared, RequestError, RequestKind};
use crate::action::{Action, SignedAction};
use crate::{ConversationId, DeleteFor, MediaHashKey, SequenceId, UserId};

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
    pub action: ActionParts,
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

impl SignedAction {
    /// The body that sends a signed deletion, with the attachments that go with the messages.
    ///
    /// # Errors
    /// [`RequestError::NotADeletion`] for another action; otherwise as [`PreparedDelete::new`].
    pub fn prepare_delete(
        &self,
        media_hash_keys: impl IntoIterator<Item = MediaHashKey>,
    ) -> Result<PreparedDelete, RequestError> {
        let Action::DeleteMessages(deletion) = self.action() else {
            return Err(RequestError::NotADeletion);
        };
        PreparedDelete::new(&DeleteParts {
            conversation_id: self.conversation_id(),
            sender: self.sender(),
            delete_for: deletion.scope(),
            sequence_ids: deletion.sequence_ids().to_vec(),
            media_hash_keys: media_hash_keys.into_iter().collect(),
            action: ActionParts::of(self)?,
        })
    }
}

fn repeated<T: Ord + Clone>(values: &[T]) -> Option<T> {
    let mut seen = BTreeSet::new();
    values.iter().find(|value| !seen.insert(*value)).cloned()
}
