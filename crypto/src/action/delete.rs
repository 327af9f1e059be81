//! Which messages are deleted, and for whom.

use alloc::vec::Vec;

use super::ActionError;
use crate::SequenceId;

/// For whom messages are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeleteFor {
    /// For oneself.
    Me,
    /// For everybody in the conversation.
    All,
}

impl DeleteFor {
    /// The number on the wire, which is also what is signed.
    pub(super) const fn number(self) -> &'static u8 {
        match self {
            Self::Me => &1,
            Self::All => &2,
        }
    }

    /// The text of `delete_message_action` in a request.
    pub(crate) const fn wire_name(self) -> &'static str {
        match self {
            Self::All => "delete_for_all",
            Self::Me => "delete_for_self",
        }
    }

    pub(super) const fn from_number(number: i32) -> Option<Self> {
        match number {
            1 => Some(Self::Me),
            2 => Some(Self::All),
            _ => None,
        }
    }
}

/// Messages to delete.
///
/// # Security
/// Messages are named by the server's numbers, which nobody signs: a server may show other
/// messages under them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteMessages {
    pub(super) scope: DeleteFor,
    pub(super) messages: Vec<SequenceId>,
}

impl DeleteMessages {
    /// Messages by the server's numbers, and for whom they are deleted.
    ///
    /// # Errors
    /// [`ActionError::NothingNamed`] without any message, [`ActionError::TooMany`] above the
    /// readers' limit.
    pub fn new(
        scope: DeleteFor,
        messages: impl IntoIterator<Item = SequenceId>,
    ) -> Result<Self, ActionError> {
        let messages: Vec<SequenceId> = messages.into_iter().collect();
        match messages.len() {
            0 => Err(ActionError::NothingNamed),
            count if count > crate::wire::MAX_LIST_LENGTH => Err(ActionError::TooMany { count }),
            _ => Ok(Self { scope, messages }),
        }
    }

    /// For whom.
    #[must_use]
    pub const fn scope(&self) -> DeleteFor {
        self.scope
    }

    /// Which messages.
    #[must_use]
    pub fn sequence_ids(&self) -> &[SequenceId] {
        &self.messages
    }
}
