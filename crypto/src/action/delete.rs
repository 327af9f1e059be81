//! Which messages are deleted, and for whom.

use alloc::vec::Vec;

use super::ActionError;
use crate::SequenceId;

/// For whom messages are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeleteScope {
    /// For oneself.
    OwnDevices,
    /// For everybody in the conversation.
    Everybody,
}

impl DeleteScope {
    /// The number on the wire, which is also what is signed.
    pub(super) const fn number(self) -> &'static u8 {
        match self {
            Self::OwnDevices => &1,
            Self::Everybody => &2,
        }
    }

    pub(super) const fn from_number(number: i32) -> Option<Self> {
        match number {
            1 => Some(Self::OwnDevices),
            2 => Some(Self::Everybody),
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
    pub(super) scope: DeleteScope,
    pub(super) messages: Vec<SequenceId>,
}

impl DeleteMessages {
    /// Messages by the server's numbers, and for whom they are deleted.
    ///
    /// # Errors
    /// [`ActionError::NothingNamed`] without any message, [`ActionError::TooMany`] above the
    /// readers' limit.
    pub fn new(
        scope: DeleteScope,
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
    pub const fn scope(&self) -> DeleteScope {
        self.scope
    }

    /// Which messages.
    #[must_use]
    pub fn sequence_ids(&self) -> &[SequenceId] {
        &self.messages
    }
}
