//! What SQLite's and the file system's errors mean for a store.

use std::io::{self, ErrorKind};

use rusqlite::{Error, ErrorCode};

use crate::store::StoreError;

pub(super) fn failed(error: Error) -> StoreError {
    let Some(code) = error.sqlite_error_code() else {
        // A column of another type than it was written with.
        return StoreError::Damaged { problem: "a row is not of the schema" };
    };
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::InUse,
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly,
        ErrorCode::DatabaseCorrupt => StoreError::Damaged { problem: "a page is malformed" },
        ErrorCode::NotADatabase => StoreError::Damaged { problem: "its first page is malformed" },
        // A table or a column that is not there, or a value that does not fit it.
        ErrorCode::Unknown
        | ErrorCode::SchemaChanged
        | ErrorCode::TypeMismatch
        | ErrorCode::ConstraintViolation => {
            StoreError::Damaged { problem: "the schema is another" }
        }
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => StoreError::Unavailable(error.into()),
        _ => StoreError::Other(error.into()),
    }
}

/// An input or output error at the end of a transaction may come after its last byte was written.
pub(super) fn commit_failed(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::OutcomeUnknown(error.into()),
        _ => failed(error),
    }
}

pub(super) fn file_failed(error: io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full,
        ErrorKind::IsADirectory => StoreError::NotAStore,
        _ => StoreError::Unavailable(error.into()),
    }
}
