//! Rows that cannot be read, and spoil no others.

use sealpost_crypto::UserId;
use serde_json::Value;

use super::Fault;
use crate::error::Malformation;

/// A row of a listing that could not be read. The others of the answer are not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadableRow {
    /// Its place among the rows of its list, from 0.
    pub index: usize,
    /// Where in the row, such as `data[].id`; `data[]` for all of it.
    pub field: &'static str,
    /// Whose it is, as far as the answer says: public keys are listed by user.
    pub user_id: Option<UserId>,
    /// What is wrong with it.
    pub reason: Malformation,
}

/// Reads each row by itself.
pub(super) fn each<T>(
    rows: Vec<Value>,
    unreadable: &mut Vec<UnreadableRow>,
    read: impl Fn(Value) -> Result<T, Fault>,
) -> Vec<T> {
    let mut read_rows = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        match read(row) {
            Ok(row) => read_rows.push(row),
            Err((field, reason)) => {
                unreadable.push(UnreadableRow { index, field, user_id: None, reason });
            }
        }
    }
    read_rows
}
