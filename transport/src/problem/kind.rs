//! Every problem type X documents, with its members.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::vocabulary::{
    ConnectionIssue, DisconnectType, ForbiddenReason, ResourceType, Section, UsagePeriod,
    UsageScope,
};

/// The hosts X has published its problem types under.
const HOSTS: [&str; 2] = ["api.x.com", "api.twitter.com"];

/// What went wrong, by problem type. Covers the 18 types of X's OpenAPI description 2.165, the
/// nine of 2.167, and two that X sends without describing them there.
///
/// Types are told apart by the last path segment of their URI, under `api.x.com` and
/// `api.twitter.com` alike. Every member may be missing whatever the description says; one of an
/// unexpected JSON type stays in [`Problem::members`](super::Problem::members).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// `about:blank`, or no type: nothing beyond the HTTP status.
    Generic,
    /// `client-disconnected`: the client has gone away.
    ClientDisconnected,
    /// `client-forbidden`: this app may not make this call.
    #[non_exhaustive]
    ClientForbidden {
        /// Why.
        reason: Option<ForbiddenReason>,
        /// Where to enrol.
        registration_url: Option<String>,
    },
    /// `conflict`: another operation of this kind is in progress.
    Conflict,
    /// `credits-depleted`: the account has no credits left. Waiting does not help.
    CreditsDepleted,
    /// `disallowed-resource`: the resource violates the precepts of the API.
    #[non_exhaustive]
    DisallowedResource {
        /// Its id.
        resource_id: Option<String>,
        /// Its kind.
        resource_type: Option<ResourceType>,
        /// Where in the answer.
        section: Option<Section>,
    },
    /// `duplicate-rules`: the rule exists already.
    #[non_exhaustive]
    DuplicateRules {
        /// The rule's id.
        id: Option<String>,
        /// The rule.
        value: Option<String>,
    },
    /// `field-hydration-failure`: a field could not be filled in.
    #[non_exhaustive]
    FieldHydrationFailure {
        /// The field.
        field: Option<String>,
        /// The kind of its resource.
        resource_type: Option<ResourceType>,
        /// Where in the answer.
        section: Option<Section>,
    },
    /// `field-unauthorized`: the caller may not see a field.
    #[non_exhaustive]
    FieldUnauthorized {
        /// The field.
        field: Option<String>,
        /// The kind of its resource.
        resource_type: Option<ResourceType>,
        /// Where in the answer.
        section: Option<Section>,
    },
    /// `internal-error`: the server failed.
    InternalError,
    /// `invalid-request`: the request is not valid.
    #[non_exhaustive]
    InvalidRequest {
        /// What is wrong with which parameters (2.165).
        errors: Vec<InvalidParameters>,
        /// The parameter (2.167).
        parameter: Option<String>,
        /// Its value (2.167).
        value: Option<String>,
    },
    /// `invalid-rules`: a rule is not valid.
    InvalidRules,
    /// `noncompliant-rules`: the rule set breaks the terms.
    NoncompliantRules,
    /// `not-authorized-for-field`: the caller may not see a field.
    #[non_exhaustive]
    NotAuthorizedForField {
        /// The field.
        field: Option<String>,
        /// The parameter that named the resource.
        parameter: Option<String>,
        /// Its id.
        resource_id: Option<String>,
        /// Its kind.
        resource_type: Option<ResourceType>,
        /// Where in the answer.
        section: Option<Section>,
        /// The parameter's value.
        value: Option<String>,
    },
    /// `not-authorized-for-resource`: the caller may not see a resource.
    #[non_exhaustive]
    NotAuthorizedForResource {
        /// The parameter that named the resource.
        parameter: Option<String>,
        /// Its id.
        resource_id: Option<String>,
        /// Its kind.
        resource_type: Option<ResourceType>,
        /// Where in the answer.
        section: Option<Section>,
        /// The parameter's value.
        value: Option<String>,
    },
    /// `operational-disconnect`: a stream was closed for operational reasons.
    #[non_exhaustive]
    OperationalDisconnect {
        /// Why.
        disconnect_type: Option<DisconnectType>,
    },
    /// `rate-limit-exceeded`: too many requests in the window.
    RateLimitExceeded,
    /// `resource-not-found`: there is no such resource.
    #[non_exhaustive]
    ResourceNotFound {
        /// The parameter that named the resource.
        parameter: Option<String>,
        /// Its id.
        resource_id: Option<String>,
        /// Its kind.
        resource_type: Option<ResourceType>,
        /// The parameter's value.
        value: Option<String>,
    },
    /// `resource-unavailable`: the resource is not available to the caller.
    #[non_exhaustive]
    ResourceUnavailable {
        /// The parameter that named the resource.
        parameter: Option<String>,
        /// Its id.
        resource_id: Option<String>,
        /// Its kind.
        resource_type: Option<ResourceType>,
    },
    /// `rule-cap`: too many rules.
    RuleCap,
    /// `streaming-connection`: something is wrong with a streaming connection.
    #[non_exhaustive]
    StreamingConnection {
        /// What.
        connection_issue: Option<ConnectionIssue>,
    },
    /// `unsupported-authentication`: these credentials are of the wrong kind for this call.
    UnsupportedAuthentication,
    /// `usage-capped`: a usage cap is reached. Waiting for the rate limit window does not help.
    #[non_exhaustive]
    UsageCapped {
        /// The cap's period.
        period: Option<UsagePeriod>,
        /// Whose usage.
        scope: Option<UsageScope>,
    },
    /// A type this crate does not know:
    /// [`Problem::type_uri`](super::Problem::type_uri) names it and
    /// [`Problem::members`](super::Problem::members) has all its members.
    Other,
}

/// One complaint of an `invalid-request` problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidParameters {
    /// What is wrong.
    pub message: Option<String>,
    /// The parameters and the values given for them.
    pub parameters: BTreeMap<String, Vec<String>>,
}

/// The last path segment of a problem type under one of X's hosts.
pub(super) fn slug(type_uri: &str) -> Option<&str> {
    let rest = type_uri.strip_prefix("https://").or_else(|| type_uri.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/')?;
    HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known)).then(|| path.rsplit('/').next())?
}

impl ProblemKind {
    /// Takes the members of the type `type_uri` out of `members`.
    pub(super) fn take_from(type_uri: &str, members: &mut Map<String, Value>) -> Self {
        if type_uri == "about:blank" {
            return Self::Generic;
        }
        let mut take = |name: &str| text(members, name);
        match slug(type_uri).unwrap_or_default() {
            "client-disconnected" => Self::ClientDisconnected,
            "client-forbidden" => Self::ClientForbidden {
                reason: take("reason").map(Into::into),
                registration_url: take("registration_url"),
            },
            "conflict" => Self::Conflict,
            "credits-depleted" => Self::CreditsDepleted,
            "disallowed-resource" => Self::DisallowedResource {
                resource_id: take("resource_id"),
                resource_type: take("resource_type").map(Into::into),
                section: take("section").map(Into::into),
            },
            "duplicate-rules" => Self::DuplicateRules { id: take("id"), value: take("value") },
            "field-hydration-failure" => Self::FieldHydrationFailure {
                field: take("field"),
                resource_type: take("resource_type").map(Into::into),
                section: take("section").map(Into::into),
            },
            "field-unauthorized" => Self::FieldUnauthorized {
                field: take("field"),
                resource_type: take("resource_type").map(Into::into),
                section: take("section").map(Into::into),
            },
            "internal-error" => Self::InternalError,
            "invalid-request" => Self::InvalidRequest {
                parameter: take("parameter"),
                value: take("value"),
                errors: invalid_parameters(members),
            },
            "invalid-rules" => Self::InvalidRules,
            "noncompliant-rules" => Self::NoncompliantRules,
            "not-authorized-for-field" => Self::NotAuthorizedForField {
                field: take("field"),
                parameter: take("parameter"),
                resource_id: take("resource_id"),
                resource_type: take("resource_type").map(Into::into),
                section: take("section").map(Into::into),
                value: take("value"),
            },
            "not-authorized-for-resource" => Self::NotAuthorizedForResource {
                parameter: take("parameter"),
                resource_id: take("resource_id"),
                resource_type: take("resource_type").map(Into::into),
                section: take("section").map(Into::into),
                value: take("value"),
            },
            "operational-disconnect" => Self::OperationalDisconnect {
                disconnect_type: take("disconnect_type").map(Into::into),
            },
            "rate-limit-exceeded" => Self::RateLimitExceeded,
            "resource-not-found" => Self::ResourceNotFound {
                parameter: take("parameter"),
                resource_id: take("resource_id"),
                resource_type: take("resource_type").map(Into::into),
                value: take("value"),
            },
            "resource-unavailable" => Self::ResourceUnavailable {
                parameter: take("parameter"),
                resource_id: take("resource_id"),
                resource_type: take("resource_type").map(Into::into),
            },
            "rule-cap" => Self::RuleCap,
            "streaming-connection" => Self::StreamingConnection {
                connection_issue: take("connection_issue").map(Into::into),
            },
            "unsupported-authentication" => Self::UnsupportedAuthentication,
            "usage-capped" => Self::UsageCapped {
                period: take("period").map(Into::into),
                scope: take("scope").map(Into::into),
            },
            _ => Self::Other,
        }
    }
}

/// Takes a member that is a string; one of another type stays where it is.
pub(super) fn text(members: &mut Map<String, Value>, name: &str) -> Option<String> {
    if !members.get(name).is_some_and(Value::is_string) {
        return None;
    }
    match members.remove(name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

/// Takes `errors` of an `invalid-request` problem, when every entry is an object.
fn invalid_parameters(members: &mut Map<String, Value>) -> Vec<InvalidParameters> {
    let readable = members
        .get("errors")
        .and_then(Value::as_array)
        .is_some_and(|errors| errors.iter().all(Value::is_object));
    if !readable {
        return Vec::new();
    }
    let Some(Value::Array(errors)) = members.remove("errors") else {
        return Vec::new();
    };
    errors.iter().map(invalid_parameter).collect()
}

fn invalid_parameter(entry: &Value) -> InvalidParameters {
    let parameters = entry.get("parameters").and_then(Value::as_object).into_iter().flatten();
    let values = |value: &Value| match value {
        Value::Array(values) => values.iter().map(plain).collect(),
        value => vec![plain(value)],
    };
    InvalidParameters {
        message: entry.get("message").and_then(Value::as_str).map(str::to_owned),
        parameters: parameters.map(|(name, value)| (name.clone(), values(value))).collect(),
    }
}

/// A string as it is, any other value as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
