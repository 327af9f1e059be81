//! What PostgreSQL's errors mean for a store.

use deadpool_postgres::PoolError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::store::StoreError;
use crate::store::error::Source;

/// The two characters that an SQLSTATE's class is named by (PostgreSQL, Appendix A).
fn class(state: &SqlState) -> &str {
    state.code().get(..2).unwrap_or_default()
}

/// The driver says only where it failed; why is in its source.
fn why(error: Error) -> Source {
    let step = error.to_string();
    error.into_source().unwrap_or_else(|| step.into())
}

/// Before a transaction's end: nothing was changed.
pub(super) fn failed(error: Error) -> StoreError {
    let Some(state) = error.code() else {
        return StoreError::Unavailable(why(error));
    };
    match (class(state), state) {
        (_, &SqlState::DISK_FULL) => StoreError::Full,
        (_, &SqlState::READ_ONLY_SQL_TRANSACTION | &SqlState::INSUFFICIENT_PRIVILEGE) => {
            StoreError::ReadOnly
        }
        (_, &SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED) => {
            StoreError::Damaged { problem: "the server found a page malformed" }
        }
        // A table or a column that is not there or not ours; a value that does not fit it.
        ("42" | "22" | "23", _) => StoreError::Damaged { problem: "the schema is another" },
        // Connection, authorization, cut off by others, out of resources, shut down.
        ("08" | "28" | "3D" | "40" | "53" | "55" | "57" | "58", _) => {
            StoreError::Unavailable(why(error))
        }
        _ => StoreError::Other(why(error)),
    }
}

/// At a transaction's end: without the server's own word that it was undone, it may have been done.
pub(super) fn commit_failed(error: Error) -> StoreError {
    match error.code().map(class) {
        None | Some("08" | "57" | "58") => StoreError::OutcomeUnknown(why(error)),
        _ => failed(error),
    }
}

pub(super) fn pool_failed(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => failed(error),
        error => StoreError::Unavailable(error.into()),
    }
}
