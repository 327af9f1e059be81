//! Refusals as X words them: problem documents (RFC 9457), in the family of the contract.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::contract::Contract;
use crate::reply::insert;
use crate::validate::CONVERSATION;

const MAX_VALUE_CHARS: usize = 100;
/// X's number for "could not authenticate you".
const UNAUTHENTICATED: i32 = 32;
/// What 2.165 has problems about, among the things the sandbox has.
const RESOURCES_2_165: [&str; 2] = ["user", "media"];

/// Why a request is refused, naming the field and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    members: Vec<(&'static str, String)>,
}

/// What is wrong, whatever the contract calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    ClientForbidden,
    Conflict,
    CreditsDepleted,
    Forbidden,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NoRoute,
    NotAuthorizedForResource,
    PayloadTooLarge,
    RateLimitExceeded,
    RequestTimeout,
    ResourceNotFound,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    UsageCapped,
}

impl Kind {
    const fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::CreditsDepleted => StatusCode::PAYMENT_REQUIRED,
            Self::ClientForbidden | Self::Forbidden | Self::NotAuthorizedForResource => {
                StatusCode::FORBIDDEN
            }
            Self::NoRoute | Self::ResourceNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict => StatusCode::CONFLICT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimitExceeded | Self::UsageCapped => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The type and the title; `None` is `about:blank`, whose title is that of the status.
    ///
    /// 2.167 has no `conflict` and no `about:blank`: a request it refuses with a status of its own is
    /// an invalid one. The types of `rate-limit-exceeded` and `credits-depleted`, and in 2.167 those
    /// of `client-forbidden` and `usage-capped`, are in no contract, but X serves them.
    const fn named(self, contract: Contract) -> Option<(&'static str, &'static str)> {
        const INVALID: Option<(&str, &str)> = Some(("invalid-request", "Invalid Request"));
        match (self, contract) {
            (Self::ClientForbidden, _) => Some(("client-forbidden", "Client Forbidden")),
            (Self::CreditsDepleted, _) => Some(("credits-depleted", "Credits Depleted")),
            (Self::NotAuthorizedForResource, _) => {
                Some(("not-authorized-for-resource", "Authorization Error"))
            }
            (Self::RateLimitExceeded, _) => Some(("rate-limit-exceeded", "Too Many Requests")),
            (Self::ResourceNotFound, _) => Some(("resource-not-found", "Not Found Error")),
            (Self::UsageCapped, _) => Some(("usage-capped", "Usage Cap Exceeded")),
            (Self::InternalError, Contract::V2_167) => Some(("internal-error", "Internal Error")),
            (Self::Conflict, Contract::V2_165) => Some(("conflict", "Conflict")),
            (Self::InvalidRequest, _)
            | (
                Self::Conflict
                | Self::PayloadTooLarge
                | Self::RequestTimeout
                | Self::UnsupportedMediaType,
                Contract::V2_167,
            ) => INVALID,
            _ => None,
        }
    }
}

/// How a refusal is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `application/problem+json`.
    Problem,
    /// `application/json`: the `Error` of the contract, `{code, message}`.
    Error,
}

impl Problem {
    fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), members: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// The body of the refusal: none of the problems of 2.167 is about credentials.
    pub(crate) fn body(&self, contract: Contract) -> (Form, Value) {
        if self.kind == Kind::Unauthorized && contract == Contract::V2_167 {
            let error = json!({ "code": UNAUTHENTICATED, "message": self.detail });
            (Form::Error, error)
        } else {
            (Form::Problem, self.document(contract))
        }
    }

    /// The problem document.
    pub(crate) fn document(&self, contract: Contract) -> Value {
        let status = self.kind.status();
        let blank = ("about:blank", status.canonical_reason().unwrap_or_default());
        let named = self.kind.named(contract).filter(|_| self.is_about_a_known_resource(contract));
        let (name, title) = named.unwrap_or(blank);
        let host = match contract {
            Contract::V2_165 => "https://api.twitter.com/2/problems/",
            Contract::V2_167 => "https://api.x.com/2/problems/",
        };
        let mut document = Map::new();
        let mut add = |name: &str, value: Value| {
            document.insert(name.to_owned(), value);
        };
        let prefix = if named.is_some() { host } else { "" };
        add("type", format!("{prefix}{name}").into());
        add("title", title.into());
        add("detail", self.detail.as_str().into());
        add("status", status.as_u16().into());
        match (contract, named) {
            (Contract::V2_165, None) => {}
            (Contract::V2_165, Some(("invalid-request", _))) => {
                add("errors", json!([self.field_error()]));
            }
            _ => {
                for (name, value) in &self.members {
                    add(name, value.as_str().into());
                }
                if contract == Contract::V2_165 && self.kind == Kind::NotAuthorizedForResource {
                    add("section", "data".into());
                }
            }
        }
        Value::Object(document)
    }

    /// The resource types of 2.165 are an enumeration.
    fn is_about_a_known_resource(&self, contract: Contract) -> bool {
        let resource = self.member("resource_type");
        contract != Contract::V2_165
            || resource.is_none_or(|resource| RESOURCES_2_165.contains(&resource))
    }

    /// The one item of `errors` in an invalid request of 2.165.
    fn field_error(&self) -> Value {
        let mut error = json!({ "message": self.detail });
        if let Some(parameter) = self.member("parameter").filter(|name| !name.is_empty()) {
            let values: Vec<&str> = self.member("value").into_iter().collect();
            insert(&mut error, "parameters", json!({ parameter: values }));
        }
        error
    }

    fn member(&self, name: &str) -> Option<&str> {
        self.members.iter().find(|(member, _)| *member == name).map(|(_, value)| value.as_str())
    }

    /// Whether what was asked for does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        self.kind == Kind::ResourceNotFound
    }

    /// 400: `parameter` is the path of the field, such as `action_signatures[0].message_id`.
    pub(crate) fn invalid(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequest, detail).with("parameter", parameter)
    }

    /// 400 for the body as a whole.
    pub(crate) fn invalid_body(detail: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequest, detail)
    }

    /// 409.
    pub(crate) fn conflict(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, detail).with("parameter", parameter)
    }

    /// Adds the value that was refused, cut to a length that is fit to print.
    pub(crate) fn value(self, value: &str) -> Self {
        let value = value.chars().take(MAX_VALUE_CHARS).collect::<String>();
        self.with("value", value)
    }

    /// 404 for a user, a conversation, a message or media.
    pub(crate) fn not_found(
        parameter: impl Into<String>,
        resource_type: &'static str,
        id: &str,
    ) -> Self {
        let parameter = parameter.into();
        Self::new(
            Kind::ResourceNotFound,
            format!("Could not find {resource_type} with {parameter}: [{id}]."),
        )
        .with("parameter", parameter)
        .value(id)
        .with("resource_type", resource_type)
        .with("resource_id", id)
    }

    /// 403 for one of the same.
    pub(crate) fn not_authorized(
        parameter: impl Into<String>,
        resource_type: &'static str,
        id: &str,
        detail: impl Into<String>,
    ) -> Self {
        Self::new(Kind::NotAuthorizedForResource, detail)
            .with("parameter", parameter)
            .value(id)
            .with("resource_type", resource_type)
            .with("resource_id", id)
    }

    /// The same about a `conversation_id` in the body, and not about the `id` in the path.
    pub(crate) fn in_body(mut self) -> Self {
        for (name, value) in &mut self.members {
            if *name == "parameter" {
                CONVERSATION.clone_into(value);
            }
        }
        self
    }

    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unauthorized, detail)
    }

    /// 403 for want of a scope: X gives no type, and no more detail than the title.
    pub(crate) fn forbidden(detail: String) -> Self {
        Self::new(Kind::Forbidden, detail)
    }

    pub(crate) fn no_route() -> Self {
        Self::new(Kind::NoRoute, "The sandbox serves no operation at this path.")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(Kind::MethodNotAllowed, "This path does not take this method, see `allow`.")
    }

    pub(crate) fn payload_too_large(detail: impl Into<String>) -> Self {
        Self::new(Kind::PayloadTooLarge, detail)
    }

    pub(crate) fn request_timeout() -> Self {
        Self::new(Kind::RequestTimeout, "The body did not arrive in time.")
    }

    pub(crate) fn unsupported_media_type(expected: &str) -> Self {
        Self::new(Kind::UnsupportedMediaType, format!("The body must be sent as {expected}."))
    }

    pub(crate) fn credits_depleted() -> Self {
        Self::new(Kind::CreditsDepleted, "The account has no credits left to serve this request.")
    }

    pub(crate) fn client_not_enrolled() -> Self {
        Self::new(
            Kind::ClientForbidden,
            "This app is not enrolled for this endpoint. Attach it to a project with access.",
        )
        .with("reason", "client-not-enrolled")
        .with("registration_url", "https://developer.x.com/en/docs/projects/overview")
    }

    pub(crate) fn rate_limited() -> Self {
        Self::new(Kind::RateLimitExceeded, "Too many requests. Wait until x-rate-limit-reset.")
    }

    pub(crate) fn usage_capped() -> Self {
        Self::new(Kind::UsageCapped, "Usage cap exceeded: Monthly product cap.")
            .with("period", "Monthly")
            .with("scope", "Product")
    }

    pub(crate) fn internal_error(detail: impl Into<String>) -> Self {
        Self::new(Kind::InternalError, detail)
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(Kind::Unavailable, "The service is overloaded. Wait and try again.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_type_status_and_field() {
        let problem = Problem::invalid("ids", "no").value(&"9".repeat(200));
        let json = problem.document(Contract::V2_167);
        assert_eq!(json["type"], "https://api.x.com/2/problems/invalid-request");
        assert_eq!(json["status"], 400);
        assert_eq!(json["parameter"], "ids");
        assert_eq!(json["value"].as_str().unwrap().len(), MAX_VALUE_CHARS);
        let json = Problem::invalid("ids", "no").value("9").document(Contract::V2_165);
        assert_eq!(json["type"], "https://api.twitter.com/2/problems/invalid-request");
        assert_eq!(json["errors"], json!([{"message": "no", "parameters": {"ids": ["9"]}}]));
        assert_eq!(json.get("parameter"), None);
    }

    #[test]
    fn what_a_contract_has_no_problem_for_is_blank() {
        let problem = Problem::not_found("id", "conversation", "g1");
        assert_eq!(problem.document(Contract::V2_165)["type"], "about:blank");
        let named = problem.document(Contract::V2_167);
        assert_eq!(named["type"], "https://api.x.com/2/problems/resource-not-found");
        let user = Problem::not_found("id", "user", "1").document(Contract::V2_165);
        assert_eq!(user["type"], "https://api.twitter.com/2/problems/resource-not-found");
    }
}
