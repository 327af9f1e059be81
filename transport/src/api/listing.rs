//! What the directory of public keys answers, row by row.

use sealpost_crypto::{PublicKeyRecord, UserId};
use serde_json::Value;

use super::Fault;
use super::unreadable::UnreadableRow;
use crate::context::ResponseInfo;
use crate::error::{Error, Malformation};
use crate::error_body::ReportedError;
use crate::exchange::Reply;

/// Registered public keys, as the directory listed them.
///
/// The listing is a claim, and it may have gaps: a user whose newest keys are in a gap looks like
/// one with older keys, or with none. Look at [`is_complete`](Self::is_complete) first.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PublicKeyListing {
    /// The records, in the server's order. Only [`PublicKeyRecord::verify`] makes a participant of
    /// one.
    pub records: Vec<PublicKeyRecord>,
    /// Rows that are no records at all: not an object, or listed under a name that is no user id.
    /// (An object with odd members is a record, which fails to verify.)
    pub unreadable: Vec<UnreadableRow>,
    /// Errors beside the records. If there are any, keys that are not here may exist all the same.
    pub errors: Vec<ReportedError>,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

impl PublicKeyListing {
    /// Whether the server reported no errors and every row could be read.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.errors.is_empty() && self.unreadable.is_empty()
    }
}

/// No data and no errors is an empty listing; no data and errors is a failure. Rows that do not
/// say whose they are get `user_id`, if there is one.
pub(super) fn read(mut reply: Reply, user_id: Option<UserId>) -> Result<PublicKeyListing, Error> {
    let rows = match reply.take("data") {
        Some(data) => {
            rows(data, user_id).map_err(|(field, reason)| reply.malformed(field, reason))?
        }
        None if reply.has_errors() => return Err(reply.unconfirmed(Some("data"))),
        None => Vec::new(),
    };
    let mut listing = PublicKeyListing {
        records: Vec::with_capacity(rows.len()),
        unreadable: Vec::new(),
        errors: reply.take_errors(),
        response: reply.response(),
    };
    for (index, Row { user_id, record }) in rows.into_iter().enumerate() {
        match record {
            Ok(record) => listing.records.push(match user_id {
                Some(user_id) => record.with_user_id(user_id),
                None => record,
            }),
            Err(reason) => {
                let field = "data[]";
                listing.unreadable.push(UnreadableRow { index, field, user_id, reason });
            }
        }
    }
    Ok(listing)
}

/// A row and the user it stands under.
struct Row {
    user_id: Option<UserId>,
    record: Result<PublicKeyRecord, Malformation>,
}

impl Row {
    fn read(user_id: Option<UserId>, row: Value) -> Self {
        let record = if row.is_object() {
            serde_json::from_value(row).map_err(|_| Malformation::InvalidValue)
        } else {
            Err(Malformation::WrongType { expected: "an object" })
        };
        Self { user_id, record }
    }
}

/// `data` is an array of rows (2.167), an object from user id to a row or rows, or one row (both
/// readings of 2.165).
fn rows(data: Value, user_id: Option<UserId>) -> Result<Vec<Row>, Fault> {
    let members = match data {
        Value::Array(rows) => {
            return Ok(rows.into_iter().map(|row| Row::read(user_id, row)).collect());
        }
        Value::Object(members) => members,
        _ => return Err(("data", Malformation::WrongType { expected: "an array" })),
    };
    if members.contains_key("public_key") {
        return Ok(vec![Row::read(user_id, Value::Object(members))]);
    }
    let names_a_user = |name: &String| name.parse::<UserId>().is_ok();
    if !members.is_empty() && !members.keys().any(names_a_user) {
        return Err(("data", Malformation::InvalidValue));
    }
    Ok(members.into_iter().flat_map(|(name, value)| rows_under(&name, value)).collect())
}

fn rows_under(name: &str, value: Value) -> Vec<Row> {
    let rows = match value {
        Value::Array(rows) => rows,
        row => vec![row],
    };
    let under = |row| match name.parse() {
        Ok(user_id) => Row::read(Some(user_id), row),
        Err(_) => Row { user_id: None, record: Err(Malformation::InvalidValue) },
    };
    rows.into_iter().map(under).collect()
}
