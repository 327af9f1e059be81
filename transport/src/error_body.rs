//! The bodies of failures, read by structure: X's content types do not always match.

use std::fmt;

use serde_json::{Map, Value};

use crate::excerpt::Excerpt;
use crate::json;
use crate::problem::Problem;

/// Characters kept of a body that is none of the known shapes.
const RAW_PREFIX: usize = 512;

/// The body of a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorBody {
    /// A problem (RFC 9457).
    Problem(Box<Problem>),
    /// `{"code", "message"}`.
    Legacy(LegacyError),
    /// `{"errors": [...]}`.
    Errors(Vec<ReportedError>),
    /// `{"error", "error_description"}` (RFC 6749 section 5.2).
    OAuth(OAuthError),
    /// Nothing.
    Empty,
    /// Anything else: HTML, broken JSON, JSON of an unknown shape.
    Unrecognized(RawBody),
}

/// One entry of an `errors` array.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportedError {
    /// A problem (RFC 9457).
    Problem(Box<Problem>),
    /// `{"code", "message"}`.
    Legacy(LegacyError),
    /// Anything else, as it came.
    Unrecognized(Value),
}

/// X's error shape from before problem details.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LegacyError {
    /// The number, such as 88 for a rate limit.
    pub code: Option<i64>,
    /// The text.
    pub message: String,
}

/// An OAuth error (RFC 6749 section 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuthError {
    /// The code, such as `invalid_request`.
    pub error: String,
    /// The text for people.
    pub description: Option<String>,
}

/// The beginning of a body that could not be read. Neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct RawBody {
    prefix: String,
}

impl RawBody {
    /// The beginning of the body, at most 512 characters; what is not UTF-8 in it is replaced.
    ///
    /// # Security
    /// This is whatever the server sent, which may repeat parts of the request. Do not log it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.prefix
    }
}

impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawBody({} characters)", self.prefix.chars().count())
    }
}

impl ErrorBody {
    /// Every problem in the body, in order.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        let (one, many) = match self {
            Self::Problem(problem) => (Some(&**problem), &[][..]),
            Self::Errors(errors) => (None, &errors[..]),
            _ => (None, &[][..]),
        };
        one.into_iter().chain(many.iter().filter_map(ReportedError::problem))
    }

    /// Reads a body; `redact` goes over every string before it is kept.
    pub(crate) fn parse(body: &[u8], redact: impl Fn(String) -> String + Copy) -> Self {
        if body.is_empty() {
            return Self::Empty;
        }
        let known =
            json::parse(body).ok().and_then(|value| Self::from_value(redacted(value, redact)));
        known.unwrap_or_else(|| {
            let text = redact(String::from_utf8_lossy(body).into_owned());
            let prefix = text.chars().take(RAW_PREFIX).collect();
            Self::Unrecognized(RawBody { prefix })
        })
    }

    fn from_value(value: Value) -> Option<Self> {
        let Value::Object(mut members) = value else {
            return None;
        };
        if Problem::is_shape_of(&members) {
            return Some(Self::Problem(Box::new(Problem::from_members(members))));
        }
        if let Some(errors) = members.remove("errors").map(ReportedError::list)
            && !errors.is_empty()
        {
            return Some(Self::Errors(errors));
        }
        if let Some(legacy) = LegacyError::from_members(&members) {
            return Some(Self::Legacy(legacy));
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let error = text("error")?;
        Some(Self::OAuth(OAuthError { error, description: text("error_description") }))
    }
}

impl ReportedError {
    /// The problem, if it is one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            Self::Legacy(_) | Self::Unrecognized(_) => None,
        }
    }

    /// The entries of an `errors` member; anything but an array or null is one entry.
    pub(crate) fn list(errors: Value) -> Vec<Self> {
        match errors {
            Value::Null => Vec::new(),
            Value::Array(errors) => errors.into_iter().map(Self::from_value).collect(),
            other => vec![Self::from_value(other)],
        }
    }

    fn from_value(value: Value) -> Self {
        match value {
            Value::Object(members) if Problem::is_shape_of(&members) => {
                Self::Problem(Box::new(Problem::from_members(members)))
            }
            Value::Object(members) => match LegacyError::from_members(&members) {
                Some(legacy) => Self::Legacy(legacy),
                None => Self::Unrecognized(Value::Object(members)),
            },
            other => Self::Unrecognized(other),
        }
    }
}

impl LegacyError {
    fn from_members(members: &Map<String, Value>) -> Option<Self> {
        let message = members.get("message")?.as_str()?.to_owned();
        Some(Self { code: members.get("code").and_then(Value::as_i64), message })
    }
}

/// Goes over every string of a value, names of members too.
pub(crate) fn redacted(value: Value, redact: impl Fn(String) -> String + Copy) -> Value {
    match value {
        Value::String(text) => Value::String(redact(text)),
        Value::Array(items) => items.into_iter().map(|item| redacted(item, redact)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (redact(name), redacted(member, redact)))
            .collect(),
        other => other,
    }
}

impl fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Legacy(legacy) => legacy.fmt(f),
            Self::Errors(errors) => write_all(f, errors),
            Self::OAuth(OAuthError { error, description }) => {
                write!(f, "{}", Excerpt(error))?;
                match description {
                    Some(description) => write!(f, ": {}", Excerpt(description)),
                    None => Ok(()),
                }
            }
            Self::Empty => f.write_str("empty body"),
            Self::Unrecognized(_) => f.write_str("a body of no known shape"),
        }
    }
}

impl fmt::Display for ReportedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => problem.fmt(f),
            Self::Legacy(legacy) => legacy.fmt(f),
            Self::Unrecognized(_) => f.write_str("an error of no known shape"),
        }
    }
}

impl fmt::Display for LegacyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.code {
            write!(f, "{code}: ")?;
        }
        write!(f, "{}", Excerpt(&self.message))
    }
}

/// The first few errors and how many more there are.
pub(crate) fn write_all(f: &mut fmt::Formatter<'_>, errors: &[ReportedError]) -> fmt::Result {
    const SHOWN: usize = 3;
    for (index, error) in errors.iter().take(SHOWN).enumerate() {
        let separator = if index == 0 { "" } else { "; " };
        write!(f, "{separator}{error}")?;
    }
    match errors.len().checked_sub(SHOWN) {
        Some(more @ 1..) => write!(f, "; and {more} more"),
        _ => Ok(()),
    }
}
