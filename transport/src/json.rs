//! Strict JSON (RFC 8259) into a [`Value`]: what two parsers could read differently is refused.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Nested arrays and objects an answer may have; the deepest documented answer has six.
pub(crate) const MAX_DEPTH: usize = 32;

/// Values an answer may hold in all: a page of events has about a thousand. One value takes far
/// more memory than its text, so the cap on the body alone would not bound it.
pub(crate) const MAX_VALUES: usize = 250_000;

/// Why a body is not acceptable JSON. Positions count from 1, columns in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The text does not follow the grammar.
    #[error("not JSON at line {line}, column {column}")]
    Syntax {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// An object has one member twice: readers disagree on which one counts.
    #[error("an object has the same member twice")]
    DuplicateMember,
    /// Arrays and objects are nested deeper than 32 levels.
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// There are more than 250,000 values.
    #[error("more than {MAX_VALUES} values")]
    TooManyValues,
    /// Something follows the JSON text.
    #[error("text after the end of the JSON document")]
    TrailingData,
}

impl JsonError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "transport.json.not_utf8",
            Self::Syntax { .. } => "transport.json.syntax",
            Self::DuplicateMember => "transport.json.duplicate_member",
            Self::TooDeep => "transport.json.too_deep",
            Self::TooManyValues => "transport.json.too_many_values",
            Self::TrailingData => "transport.json.trailing_data",
        }
    }
}

/// Reads one JSON text.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let text = std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
    let state = State { fault: Cell::new(None), values_left: Cell::new(MAX_VALUES) };
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { state: &state, depth_left: MAX_DEPTH }.deserialize(&mut reader).map_err(
        |error| {
            let syntax = JsonError::Syntax { line: error.line(), column: error.column() };
            state.fault.get().unwrap_or(syntax)
        },
    )?;
    reader.end().map_err(|_| JsonError::TrailingData)?;
    Ok(value)
}

/// What one reading shares across its nesting levels.
struct State {
    /// serde can only carry text in an error, so the typed reason travels beside it.
    fault: Cell<Option<JsonError>>,
    values_left: Cell<usize>,
}

impl State {
    fn refuse<E: de::Error>(&self, fault: JsonError) -> E {
        self.fault.set(Some(fault));
        E::custom(fault)
    }
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    state: &'a State,
    depth_left: usize,
}

impl Strict<'_> {
    fn inner<E: de::Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left, ..self }),
            None => Err(self.state.refuse(JsonError::TooDeep)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.state.values_left.get().checked_sub(1) {
            Some(left) => self.state.values_left.set(left),
            None => return Err(self.state.refuse(JsonError::TooManyValues)),
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(self.state.refuse(JsonError::DuplicateMember));
            }
            let value = members.next_value_seed(inner)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn ordinary_json_equals_what_serde_json_reads() {
        for text in [
            r#"{"a":[1,-2,3.5,true,false,null,"x"],"b":{"a":{}},"":"é\u0000\"\\/"}"#,
            "18446744073709551615",
            " \t\r\n{} ",
            r#""text""#,
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(parse(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_member_may_not_come_twice_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"a":null}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"data":{"sequence_id":"1","sequence_id":"2"}}"#,
            r#"[[[{"x":{"y":0,"y":0}}]]]"#,
            r#"{"":1,"":2}"#,
        ] {
            assert_eq!(parse(text.as_bytes()), Err(JsonError::DuplicateMember), "{text}");
        }
        assert!(parse(br#"{"a":{"a":{"a":1}},"A":1}"#).is_ok());
    }

    #[test]
    fn nesting_stops_at_the_limit() {
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(parse(nested(MAX_DEPTH + 1).as_bytes()), Err(JsonError::TooDeep));
        assert_eq!(parse(nested(1_000_000).as_bytes()), Err(JsonError::TooDeep));
        let objects = format!("{}1{}", r#"{"a":"#.repeat(33), "}".repeat(33));
        assert_eq!(parse(objects.as_bytes()), Err(JsonError::TooDeep));
    }

    #[test]
    fn the_number_of_values_is_bounded() {
        let list = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        assert!(parse(list(MAX_VALUES - 1).as_bytes()).is_ok());
        assert_eq!(parse(list(MAX_VALUES).as_bytes()), Err(JsonError::TooManyValues));
    }

    #[test]
    fn nothing_may_follow() {
        for text in ["{}{}", "{} x", "1 2", "null,", "[]]", "{}\0"] {
            assert_eq!(parse(text.as_bytes()), Err(JsonError::TrailingData), "{text}");
        }
    }

    #[test]
    fn other_text_is_a_syntax_error_with_its_place() {
        for text in [
            "",
            " ",
            "{",
            "{\"a\"}",
            "[1,]",
            "{\"a\":1,}",
            "NaN",
            "'a'",
            "\u{feff}{}",
            "01",
            "\"\\x\"",
            "\"\n\"",
        ] {
            assert!(matches!(parse(text.as_bytes()), Err(JsonError::Syntax { .. })), "{text}");
        }
        assert_eq!(parse(b"{\n  \"a\": x}"), Err(JsonError::Syntax { line: 2, column: 8 }));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_named_so() {
        for bytes in [&b"\"\xff\""[..], b"\xc3\x28", b"{\"a\":\"\xed\xa0\x80\"}"] {
            assert_eq!(parse(bytes), Err(JsonError::NotUtf8));
        }
    }
}
