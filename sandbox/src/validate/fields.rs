//! Typed access to the members of a JSON body. Every refusal names the path of the field.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use sealpost_crypto::IdError;
use sealpost_crypto::encoding::decode_base64;

use crate::json::{Json, Members, member_path};
use crate::problem::Problem;

/// A value and where it stands in the body.
pub(crate) struct Field<'a> {
    path: String,
    value: &'a Json,
}

/// An object and where it stands in the body.
pub(crate) struct Object<'a> {
    path: String,
    members: &'a Members,
}

/// A text and where it stands in the body.
pub(crate) struct Text<'a> {
    path: String,
    text: &'a str,
}

impl<'a> Field<'a> {
    /// The whole body.
    pub(crate) const fn body(value: &'a Json) -> Self {
        Self { path: String::new(), value }
    }

    pub(crate) fn object(self) -> Result<Object<'a>, Problem> {
        match self.value {
            Json::Object(members) => Ok(Object { path: self.path, members }),
            _ => Err(self.not("an object")),
        }
    }

    pub(crate) const fn is_text(&self) -> bool {
        matches!(self.value, Json::Text(_))
    }

    pub(crate) const fn is_list(&self) -> bool {
        matches!(self.value, Json::List(_))
    }

    pub(crate) fn list(self) -> Result<Vec<Self>, Problem> {
        let Json::List(items) = self.value else {
            return Err(self.not("an array"));
        };
        let item = |(index, value)| Self { path: format!("{}[{index}]", self.path), value };
        Ok(items.iter().enumerate().map(item).collect())
    }

    pub(crate) fn text(self) -> Result<Text<'a>, Problem> {
        match self.value {
            Json::Text(text) => Ok(Text { path: self.path, text }),
            _ => Err(self.not("a string")),
        }
    }

    pub(crate) fn boolean(&self) -> Result<bool, Problem> {
        match self.value {
            Json::Boolean(value) => Ok(*value),
            _ => Err(self.not("a boolean")),
        }
    }

    /// An integer within a range.
    pub(crate) fn integer<T: FromStr + PartialOrd + Display>(
        &self,
        range: RangeInclusive<T>,
    ) -> Result<T, Problem> {
        match self.value {
            Json::Number(number) => number.parse().ok().filter(|number| range.contains(number)),
            _ => None,
        }
        .ok_or_else(|| self.not(&format!("an integer from {} to {}", range.start(), range.end())))
    }

    /// A problem with this value, which is not repeated in it.
    pub(crate) fn refuse(&self, why: &str) -> Problem {
        Problem::invalid(self.path.as_str(), format!("{} {why}.", self.name()))
    }

    fn not(&self, expected: &str) -> Problem {
        let (found, value) = match self.value {
            Json::Null => ("null", None),
            Json::Boolean(true) => ("a boolean", Some("true")),
            Json::Boolean(false) => ("a boolean", Some("false")),
            Json::Number(number) => ("a number", Some(number.as_str())),
            Json::Text(_) => ("a string", None),
            Json::List(_) => ("an array", None),
            Json::Object(_) => ("an object", None),
        };
        let detail = format!("{} must be {expected}, not {found}.", self.name());
        let problem = if self.path.is_empty() {
            Problem::invalid_body(detail)
        } else {
            Problem::invalid(self.path.as_str(), detail)
        };
        match value {
            Some(value) => problem.value(value),
            None => problem,
        }
    }

    fn name(&self) -> &str {
        if self.path.is_empty() { "The body" } else { &self.path }
    }
}

impl<'a> Object<'a> {
    pub(crate) fn required(&self, name: &str) -> Result<Field<'a>, Problem> {
        self.optional(name).ok_or_else(|| {
            let path = member_path(&self.path, name);
            let detail = format!("{path} is required.");
            Problem::invalid(path, detail)
        })
    }

    pub(crate) fn optional(&self, name: &str) -> Option<Field<'a>> {
        let value = self.members.by_name.get(name)?;
        Some(Field { path: member_path(&self.path, name), value })
    }

    /// Refuses members that the contract does not have.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Problem> {
        match self.members.by_name.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let path = member_path(&self.path, name);
                let detail = format!("{path} is not one of [{}].", known.join(","));
                Err(Problem::invalid(path, detail))
            }
        }
    }

    /// Refuses a wrong type of a member nobody reads.
    pub(crate) fn optional_text(&self, name: &str) -> Result<(), Problem> {
        self.optional(name).map_or(Ok(()), |field| field.text().map(drop))
    }

    /// Refuses a member that must not be there. Its value is not repeated in the problem.
    pub(crate) fn absent(&self, name: &str, why: &str) -> Result<(), Problem> {
        match self.optional(name) {
            None => Ok(()),
            Some(field) => {
                let detail = format!("{} must be absent: {why}", field.path);
                Err(Problem::invalid(field.path, detail))
            }
        }
    }
}

impl<'a> Text<'a> {
    pub(crate) const fn as_str(&self) -> &'a str {
        self.text
    }

    /// A problem with this text, which is repeated in it.
    pub(crate) fn refuse(&self, why: &str) -> Problem {
        self.refuse_long(why).value(self.text)
    }

    /// A problem with this text, which is too long or too private to be repeated.
    pub(crate) fn refuse_long(&self, why: &str) -> Problem {
        Problem::invalid(self.path.as_str(), format!("{} {why}.", self.path))
    }

    /// At least one character.
    pub(crate) fn not_empty(&self) -> Result<&'a str, Problem> {
        if self.text.is_empty() { Err(self.refuse("must not be empty")) } else { Ok(self.text) }
    }

    /// A decimal number in the range of `T`.
    pub(crate) fn decimal<T: FromStr<Err = IdError>>(&self) -> Result<T, Problem> {
        self.text.parse().map_err(|error: IdError| {
            self.refuse(&format!("must be a decimal number: {}", error.problem()))
        })
    }

    /// The pattern `^[0-9]+$`.
    pub(crate) fn digits(&self) -> Result<&'a str, Problem> {
        if is_digits(self.text) { Ok(self.text) } else { Err(self.refuse("must match ^[0-9]+$")) }
    }

    /// `^[0-9]{1,N}$` as a number.
    pub(crate) fn index(&self, digits: usize) -> Result<usize, Problem> {
        let text = self.text;
        let matches = (1..=digits).contains(&text.len()) && is_digits(text);
        matches
            .then(|| text.parse().ok())
            .flatten()
            .ok_or_else(|| self.refuse(&format!("must be 1 to {digits} decimal digits")))
    }

    /// Standard base64 of at least one byte.
    pub(crate) fn base64(&self) -> Result<Vec<u8>, Problem> {
        self.decode(self.text, "must be standard base64 of at least one byte")
    }

    /// The pattern `^[A-Za-z0-9+/=_-]+$`: base64 of at least one byte, in either alphabet.
    pub(crate) fn any_base64(&self) -> Result<Vec<u8>, Problem> {
        let standard = self.text.replace('-', "+").replace('_', "/");
        self.decode(&standard, "must be base64 of at least one byte, ^[A-Za-z0-9+/=_-]+$")
    }

    fn decode(&self, standard: &str, expected: &str) -> Result<Vec<u8>, Problem> {
        match decode_base64(standard) {
            Ok(bytes) if !bytes.is_empty() => Ok(bytes),
            _ => Err(self.refuse_long(expected)),
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
