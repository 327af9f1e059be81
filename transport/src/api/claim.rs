//! Members nothing depends on: left out when they cannot be read.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

use sealpost_crypto::UnixMillis;
use serde_json::{Map, Value};

use super::{id, take};

/// An id, a number in text, or a text with a form.
pub(super) fn claim<T: FromStr>(members: &mut Map<String, Value>, spellings: &[&str]) -> Option<T> {
    take(members, spellings).and_then(|value| id(&value, "data[]").ok())
}

pub(super) fn flag(members: &mut Map<String, Value>, name: &str) -> Option<bool> {
    take(members, &[name]).and_then(|value| value.as_bool())
}

/// A moment: in RFC 3339 (2.167), or in milliseconds since 1970 (2.165).
pub(super) fn moment(members: &mut Map<String, Value>, spellings: &[&str]) -> Option<UnixMillis> {
    let value = take(members, spellings)?;
    if let Ok(millis) = id(&value, "data[]") {
        return Some(UnixMillis::new(millis));
    }
    let moment = humantime::parse_rfc3339(value.as_str()?).ok()?;
    (moment >= SystemTime::UNIX_EPOCH).then(|| moment.into())
}

/// A time span in milliseconds.
pub(super) fn span(members: &mut Map<String, Value>, spellings: &[&str]) -> Option<Duration> {
    claim(members, spellings).map(Duration::from_millis)
}

/// A list that is of use as a whole only.
pub(super) fn list<T: FromStr>(members: &mut Map<String, Value>, name: &str) -> Option<Vec<T>> {
    let Value::Array(items) = take(members, &[name])? else {
        return None;
    };
    items.iter().map(|item| id(item, "data[]").ok()).collect()
}
