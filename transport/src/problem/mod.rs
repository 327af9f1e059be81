//! Problem details (RFC 9457) as X sends them.

mod kind;
mod vocabulary;

use std::fmt;

use reqwest::StatusCode;
use serde_json::{Map, Value};

use crate::excerpt::Excerpt;

pub use kind::{InvalidParameters, ProblemKind};
pub use vocabulary::{
    ConnectionIssue, DisconnectType, ForbiddenReason, ResourceType, Section, UsagePeriod,
    UsageScope,
};

/// One problem reported by the API (RFC 9457 problem details).
///
/// Its texts come from the server: show them to people, decide on [`kind`](Self::kind).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    kind: ProblemKind,
    type_uri: String,
    title: Option<String>,
    detail: Option<String>,
    status: Option<StatusCode>,
    members: Map<String, Value>,
}

impl Problem {
    /// What went wrong, with the members of that type.
    #[must_use]
    pub const fn kind(&self) -> &ProblemKind {
        &self.kind
    }

    /// The type's URI as it came; `about:blank` when there was none.
    #[must_use]
    pub fn type_uri(&self) -> &str {
        &self.type_uri
    }

    /// The title: the same for every problem of a type.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The explanation of this very case.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// The status the problem claims. The HTTP status of the answer is the one that counts.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// All members without a place of their own in this type, as they came.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// Whether the caller's plan is used up, which no waiting for a rate limit window cures.
    pub(crate) const fn is_quota(&self) -> bool {
        matches!(self.kind, ProblemKind::UsageCapped { .. } | ProblemKind::CreditsDepleted)
    }

    /// Whether an object is meant as a problem: it has a type or a title (RFC 9457 requires neither).
    pub(crate) fn is_shape_of(members: &Map<String, Value>) -> bool {
        ["type", "title"].iter().any(|name| members.get(*name).is_some_and(Value::is_string))
    }

    pub(crate) fn from_members(mut members: Map<String, Value>) -> Self {
        let type_uri = kind::text(&mut members, "type").unwrap_or_else(|| "about:blank".to_owned());
        let kind = ProblemKind::take_from(&type_uri, &mut members);
        let status = members
            .get("status")
            .and_then(Value::as_u64)
            .and_then(|status| StatusCode::from_u16(u16::try_from(status).ok()?).ok());
        if status.is_some() {
            members.remove("status");
        }
        Self {
            kind,
            type_uri,
            title: kind::text(&mut members, "title"),
            detail: kind::text(&mut members, "detail"),
            status,
            members,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = kind::slug(&self.type_uri).unwrap_or(&self.type_uri);
        write!(f, "{}", Excerpt(name))?;
        for text in [&self.title, &self.detail].into_iter().flatten() {
            write!(f, ": {}", Excerpt(text))?;
        }
        Ok(())
    }
}
