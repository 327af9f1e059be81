//! Why a store refuses.

use std::error::Error as StdError;
use std::time::Duration;

use super::Place;

pub(super) type Source = Box<dyn StdError + Send + Sync>;

/// A store refused or failed. What was stored before is untouched, except that after
/// [`OutcomeUnknown`](Self::OutcomeUnknown) it may be the new rather than the old.
///
/// Holds no values, so it may always be logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A row is not what it was expected to be.
    #[error("{place} has been changed by somebody else; read it again and repeat the step")]
    Conflict {
        /// The row.
        place: Place,
    },
    /// A newer lease was given: whoever holds this one is too late.
    #[error("another worker has taken over {place}; begin again from what is stored")]
    Fenced {
        /// What the lease is on.
        place: Place,
    },
    /// Somebody else holds the lease.
    #[error("another worker is at {place}; try again within {} ms", remaining.as_millis())]
    Leased {
        /// What the lease is on.
        place: Place,
        /// When it ends by itself, counted from now.
        remaining: Duration,
    },
    /// Another process, or another part of this one, has the store open.
    #[error("the store is in use; close the other program, or give each its own store")]
    InUse,
    /// The store was written by a newer program. It is left as it is.
    #[error("the store has schema {found}, this program knows {supported}: update the program")]
    NewerSchema {
        /// The store's schema version.
        found: u32,
        /// The newest one this program knows.
        supported: u32,
    },
    /// The store is described in a way that cannot be used.
    #[error("{problem}")]
    Configuration {
        /// What is wrong.
        problem: &'static str,
    },
    /// There is something else where the store should be. It is left as it is.
    #[error("this is no store of sealpost; check where the store is said to be")]
    NotAStore,
    /// The store is damaged. It is left as it is.
    #[error("the store is damaged ({problem}); keep a copy and restore a backup")]
    Damaged {
        /// What was noticed.
        problem: &'static str,
    },
    /// No space is left, or a quota is used up. Nothing was changed.
    #[error("there is no space left for the store; make room and try again")]
    Full,
    /// The store, or the folder it is in, cannot be written. Nothing was changed.
    #[error("the store cannot be written; check the permissions of it and of its folder")]
    ReadOnly,
    /// A value is longer than any store takes.
    #[error("{place} has {length} bytes, more than the {limit} that a store takes")]
    TooLarge {
        /// The row.
        place: Place,
        /// Its length in bytes.
        length: usize,
        /// [`MAX_VALUE`](super::MAX_VALUE).
        limit: usize,
    },
    /// The store could not be reached. Nothing was changed.
    #[error("the store could not be reached ({0}); try again later")]
    Unavailable(#[source] Source),
    /// The connection was lost while changes were made final: they may have been made or not.
    #[error("whether the change was stored is not known ({0}); read it again")]
    OutcomeUnknown(#[source] Source),
    /// The store failed in a way that has no name here. Nothing was changed.
    #[error("the store failed: {0}")]
    Other(#[source] Source),
}

impl StoreError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "store.conflict",
            Self::Fenced { .. } => "store.fenced",
            Self::Leased { .. } => "store.leased",
            Self::InUse => "store.in_use",
            Self::NewerSchema { .. } => "store.newer_schema",
            Self::Configuration { .. } => "store.configuration",
            Self::NotAStore => "store.not_a_store",
            Self::Damaged { .. } => "store.damaged",
            Self::Full => "store.full",
            Self::ReadOnly => "store.read_only",
            Self::TooLarge { .. } => "store.too_large",
            Self::Unavailable(_) => "store.unavailable",
            Self::OutcomeUnknown(_) => "store.outcome_unknown",
            Self::Other(_) => "store.other",
        }
    }
}
