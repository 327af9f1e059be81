//! Why a vault does not give or take something.

use crate::lock::LockboxError;
use crate::store::{Place, StoreError};
use crate::{ConversationId, MessageId, RandomError, UserId};

/// A vault refused or failed; what was stored before is untouched unless the store says otherwise.
///
/// Holds no secret, so it may always be logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The passphrase or key is not the store's, or the store's header was tampered with: there is
    /// no telling which.
    #[error("this passphrase or key does not open the store; try another, or restore a backup")]
    WrongKey,
    /// The store is locked with a passphrase and a key was given, or the other way round.
    #[error("the store is locked with a passphrase where a key was given, or the other way round")]
    OtherKindOfKey,
    /// The store's header is not one.
    #[error("the store's header is damaged; restore a backup")]
    MalformedHeader,
    /// There are rows and no header, without which none of them can be opened.
    #[error("the store has lost its header; restore a backup")]
    NoHeader,
    /// The header, or a row, was written by a newer program. It is left as it is.
    #[error("{place} was written by a newer program: update this one")]
    Newer {
        /// The row.
        place: Place,
    },
    /// A row was not sealed for this place by this vault: damaged, moved here or made up.
    #[error("{place} does not open: it is damaged, or was moved there; restore a backup")]
    Unreadable {
        /// The row.
        place: Place,
    },
    /// A row opens and is not understood.
    #[error("{place} is not understood: it may be a newer program's; update this one")]
    NotUnderstood {
        /// The row.
        place: Place,
    },
    /// A row that must be there is missing.
    #[error("{place} is missing although there is more of it; restore a backup")]
    Missing {
        /// The row.
        place: Place,
    },
    /// The account has private keys already. They are never written over.
    #[error("account {user} has an identity already; use it, or erase the account first")]
    IdentityExists {
        /// The account.
        user: UserId,
    },
    /// The conversation has a change under way.
    #[error("conversation {conversation} has change {message_id} under way; settle it first")]
    ChangeUnderWay {
        /// The conversation.
        conversation: ConversationId,
        /// The message id of the change.
        message_id: MessageId,
    },
    /// The change is for another conversation or user, or the key is not the change's.
    #[error("the change does not belong to conversation {conversation}")]
    OtherChange {
        /// The conversation.
        conversation: ConversationId,
    },
    /// There is not enough memory to try a passphrase.
    #[error("there is not enough memory to try the passphrase")]
    Memory,
    /// The random number generator failed.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The runtime was shut down while the vault was being opened.
    #[error("broken off because the runtime shuts down")]
    BrokenOff,
}

impl VaultError {
    /// Whether somebody else has changed what was to be written: read it again and repeat the step.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Store(StoreError::Conflict { .. }))
    }

    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::WrongKey => "vault.wrong_key",
            Self::OtherKindOfKey => "vault.other_kind_of_key",
            Self::MalformedHeader => "vault.malformed_header",
            Self::NoHeader => "vault.no_header",
            Self::Newer { .. } => "vault.newer",
            Self::Unreadable { .. } => "vault.unreadable",
            Self::NotUnderstood { .. } => "vault.not_understood",
            Self::Missing { .. } => "vault.missing",
            Self::IdentityExists { .. } => "vault.identity_exists",
            Self::ChangeUnderWay { .. } => "vault.change_under_way",
            Self::OtherChange { .. } => "vault.other_change",
            Self::Memory => "vault.memory",
            Self::Random(error) => error.code(),
            Self::BrokenOff => "vault.broken_off",
        }
    }
}

/// What a store's lockbox says is about the whole store.
impl From<LockboxError> for VaultError {
    fn from(error: LockboxError) -> Self {
        match error {
            LockboxError::Malformed => Self::MalformedHeader,
            LockboxError::NewerVersion => Self::Newer { place: Place::HEADER },
            LockboxError::OtherKind => Self::OtherKindOfKey,
            LockboxError::Wrong => Self::WrongKey,
            LockboxError::Memory => Self::Memory,
            LockboxError::Random => Self::Random(RandomError),
        }
    }
}
