//! JSON, read strictly: one spelling of every member, and no member twice.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::problem::Problem;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    /// As text: the contract's bodies hold no number the sandbox computes with.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Members),
}

/// The members of an object, and the first name that came twice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Members {
    pub(crate) by_name: BTreeMap<String, Json>,
    duplicate: Option<String>,
}

impl Json {
    /// Reads a whole body.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let json = serde_json::from_slice::<Self>(body)
            .map_err(|error| Problem::invalid_body(format!("The body is not JSON: {error}.")))?;
        match json.duplicate("") {
            Some(path) => {
                Err(Problem::invalid(path, "A member appears twice in the same JSON object."))
            }
            None => Ok(json),
        }
    }

    /// The path of the first member that appears twice. `serde_json` bounds the depth.
    fn duplicate(&self, path: &str) -> Option<String> {
        match self {
            Self::List(items) => items
                .iter()
                .enumerate()
                .find_map(|(index, item)| item.duplicate(&format!("{path}[{index}]"))),
            Self::Object(members) => {
                members.duplicate.as_ref().map(|name| member_path(path, name)).or_else(|| {
                    members
                        .by_name
                        .iter()
                        .find_map(|(name, value)| value.duplicate(&member_path(path, name)))
                })
            }
            _ => None,
        }
    }
}

/// `action_signatures[0]` and `message_id` make `action_signatures[0].message_id`.
pub(crate) fn member_path(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut members = Members::default();
        while let Some((name, value)) = entries.next_entry::<String, Json>()? {
            match members.by_name.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                Entry::Occupied(entry) => {
                    members.duplicate.get_or_insert_with(|| entry.key().clone());
                }
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        let deep = "[".repeat(4_000);
        for body in ["", " ", "{", "{} {}", "{\"a\":01}", "nul", "'a'", "\"\\ud800\"", &deep] {
            assert!(Json::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Json::parse(b"\"\xff\"").is_err());
    }

    #[test]
    fn a_duplicate_is_found_and_named_at_any_depth() {
        for (body, path) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":{"b":[{},{"c":1,"d":2,"c":3}]}}"#, "a.b[1].c"),
            (r#"[{"\u0061":1,"a":2}]"#, "[0].a"),
        ] {
            let problem = Json::parse(body.as_bytes()).unwrap_err();
            assert_eq!(problem.document(Contract::V2_167)["parameter"], path);
        }
        assert!(Json::parse(br#"{"a":{"b":1},"b":{"a":1}}"#).is_ok());
    }
}
