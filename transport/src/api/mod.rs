//! The API, one file per resource, and how they read answers.

mod answer;
mod claim;
pub(crate) mod conversation_info;
pub(crate) mod conversations;
pub(crate) mod directory;
pub(crate) mod events;
pub(crate) mod groups;
pub(crate) mod keys;
pub(crate) mod listing;
pub(crate) mod media;
pub(crate) mod messages;
pub(crate) mod pages;
pub(crate) mod public_keys;
pub(crate) mod unreadable;

use std::str::FromStr;

use serde_json::{Map, Value};

use crate::context::ResponseInfo;
use crate::error::{Error, Malformation};
use crate::exchange::Reply;

/// A place in an answer and what is wrong there.
type Fault = (&'static str, Malformation);

/// The first of several spellings of a member that is there and not null.
fn take(members: &mut Map<String, Value>, spellings: &[&str]) -> Option<Value> {
    spellings.iter().find_map(|name| members.remove(*name).filter(|value| !value.is_null()))
}

fn object(value: Value, field: &'static str) -> Result<Map<String, Value>, Fault> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err((field, Malformation::WrongType { expected: "an object" })),
    }
}

fn array(value: Value, field: &'static str) -> Result<Vec<Value>, Fault> {
    match value {
        Value::Array(items) => Ok(items),
        _ => Err((field, Malformation::WrongType { expected: "an array" })),
    }
}

fn string(value: Value, field: &'static str) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err((field, Malformation::WrongType { expected: "a string" })),
    }
}

/// An id: a string, or the whole number some versions of the contract send.
fn id<T: FromStr>(value: &Value, field: &'static str) -> Result<T, Fault> {
    let number;
    let text = match value {
        Value::String(text) => text,
        Value::Number(value) if value.is_u64() => {
            number = value.to_string();
            &number
        }
        _ => return Err((field, Malformation::WrongType { expected: "a string" })),
    };
    text.parse().map_err(|_| (field, Malformation::InvalidValue))
}

/// Reads the flag that confirms a call: it must be there and true, without errors beside it.
fn confirmed(mut reply: Reply, name: &str, field: &'static str) -> Result<ResponseInfo, Error> {
    let data = reply.take("data").map_or_else(|| Ok(Map::new()), |data| object(data, "data"));
    let mut data = data.map_err(|(field, reason)| reply.malformed(field, reason))?;
    match take(&mut data, &[name]) {
        Some(Value::Bool(true)) if !reply.has_errors() => Ok(reply.response()),
        Some(Value::Bool(true)) => Err(reply.unconfirmed(None)),
        Some(Value::Bool(false)) | None => Err(reply.unconfirmed(Some(field))),
        Some(_) => {
            Err(reply.malformed(field, Malformation::WrongType { expected: "true or false" }))
        }
    }
}
