//! Writing JSON. Nearly every value is an id, a version or base64, which need no escaping.

use alloc::string::String;
use core::fmt::{Display, Write as _};

use crate::encoding;

/// Appends JSON to one buffer.
#[derive(Debug)]
pub(crate) struct JsonWriter {
    text: String,
    /// Whether the next member or element follows another one.
    follows: bool,
}

impl JsonWriter {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), follows: false }
    }

    /// `{`: members are to follow, and [`close_object`](Self::close_object).
    pub(crate) fn open_object(&mut self) {
        self.separate();
        self.text.push('{');
        self.follows = false;
    }

    /// `}`
    pub(crate) fn close_object(&mut self) {
        self.text.push('}');
        self.follows = true;
    }

    /// `{ ... }`, as an element or as the whole text.
    pub(crate) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.open_object();
        members(self);
        self.close_object();
    }

    /// `"name": { ... }`
    pub(crate) fn object_member(&mut self, name: &str, members: impl FnOnce(&mut Self)) {
        self.name(name);
        self.follows = false;
        self.object(members);
    }

    /// `"name": [ ... ]`
    pub(crate) fn array_member<T>(
        &mut self,
        name: &str,
        elements: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.name(name);
        self.text.push('[');
        self.follows = false;
        let result = elements(self);
        self.text.push(']');
        self.follows = true;
        result
    }

    /// `"name": "value"`
    pub(crate) fn member(&mut self, name: &str, value: impl Display) {
        self.name(name);
        self.text.push('"');
        let start = self.text.len();
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{value}");
        debug_assert!(
            self.text.bytes().skip(start).all(|byte| byte >= b' ' && !b"\"\\".contains(&byte)),
            "only ids, versions and base64 are written here"
        );
        self.text.push('"');
    }

    /// `"name": "value"` for text that needs no escaping.
    pub(crate) fn plain_member(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text.push('"');
        self.text.push_str(value);
        self.text.push('"');
    }

    /// `"name": "value"`, the value padded base64.
    pub(crate) fn base64_member(&mut self, name: &str, bytes: &[u8]) {
        self.name(name);
        self.text.push('"');
        encoding::append_base64(bytes, &mut self.text);
        self.text.push('"');
    }

    /// `"name": ["value", ...]`
    pub(crate) fn texts_member(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = impl Display>,
    ) {
        self.array_member(name, |json| {
            for value in values {
                json.separate();
                // Writing to a String cannot fail.
                let _ = write!(json.text, "\"{value}\"");
            }
        });
    }

    /// `"name": "value"` for text of any kind (RFC 8259 section 7).
    pub(crate) fn escaped_member(&mut self, name: &str, value: &str) {
        self.name(name);
        self.text.push('"');
        for character in value.chars() {
            match character {
                '"' | '\\' => self.text.extend(['\\', character]),
                '\0'..='\u{1f}' => {
                    let _ = write!(self.text, "\\u{:04x}", u32::from(character));
                }
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
    }

    /// `"name": true`
    pub(crate) fn true_member(&mut self, name: &str) {
        self.name(name);
        self.text.push_str("true");
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn name(&mut self, name: &str) {
        self.separate();
        self.text.push('"');
        self.text.push_str(name);
        self.text.push_str("\":");
    }

    fn separate(&mut self) {
        if self.follows {
            self.text.push(',');
        }
        self.follows = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_comes_back() {
        let text: String = ('\0'..='\u{2100}').chain(['"', '\\', '👋', char::MAX]).collect();
        let mut json = JsonWriter::with_capacity(0);
        json.object(|json| json.escaped_member("text", &text));
        let read: serde_json::Value = serde_json::from_str(&json.finish()).unwrap();
        assert_eq!(read, serde_json::json!({ "text": text }));
    }
}
