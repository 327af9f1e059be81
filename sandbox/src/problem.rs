//! Refusals as X words them: problem documents (RFC 9457) under `https://api.x.com/2/problems/`.

use axum::http::StatusCode;
use serde::ser::{Serialize, SerializeMap, Serializer};

const PREFIX: &str = "https://api.x.com/2/problems/";
const MAX_VALUE_CHARS: usize = 100;

/// Why a request is refused, naming the field and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    members: Vec<(&'static str, String)>,
}

/// The type of a problem. The names of `about:blank` follow the HTTP status.
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
    /// Type (the part after the prefix, or nothing for `about:blank`), title, HTTP status.
    const fn row(self) -> (Option<&'static str>, &'static str, StatusCode) {
        match self {
            Self::ClientForbidden => {
                (Some("client-forbidden"), "Client Forbidden", StatusCode::FORBIDDEN)
            }
            Self::Conflict => (Some("conflict"), "Conflict", StatusCode::CONFLICT),
            Self::CreditsDepleted => {
                (Some("credits-depleted"), "Credits Depleted", StatusCode::PAYMENT_REQUIRED)
            }
            Self::Forbidden => (None, "Forbidden", StatusCode::FORBIDDEN),
            Self::InternalError => {
                (Some("internal-error"), "Internal Error", StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::InvalidRequest => {
                (Some("invalid-request"), "Invalid Request", StatusCode::BAD_REQUEST)
            }
            Self::MethodNotAllowed => (None, "Method Not Allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::NoRoute => (None, "Not Found", StatusCode::NOT_FOUND),
            Self::NotAuthorizedForResource => {
                (Some("not-authorized-for-resource"), "Authorization Error", StatusCode::FORBIDDEN)
            }
            Self::PayloadTooLarge => (None, "Payload Too Large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::RateLimitExceeded => {
                (Some("rate-limit-exceeded"), "Too Many Requests", StatusCode::TOO_MANY_REQUESTS)
            }
            Self::RequestTimeout => (None, "Request Timeout", StatusCode::REQUEST_TIMEOUT),
            Self::ResourceNotFound => {
                (Some("resource-not-found"), "Not Found Error", StatusCode::NOT_FOUND)
            }
            Self::Unauthorized => (None, "Unauthorized", StatusCode::UNAUTHORIZED),
            Self::Unavailable => (None, "Service Unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::UnsupportedMediaType => {
                (None, "Unsupported Media Type", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::UsageCapped => {
                (Some("usage-capped"), "Usage Cap Exceeded", StatusCode::TOO_MANY_REQUESTS)
            }
        }
    }
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
        self.kind.row().2
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

    /// 404 for a user or a conversation.
    pub(crate) fn not_found(
        parameter: &'static str,
        resource_type: &'static str,
        id: &str,
    ) -> Self {
        Self::new(
            Kind::ResourceNotFound,
            format!("Could not find {resource_type} with {parameter}: [{id}]."),
        )
        .with("parameter", parameter)
        .value(id)
        .with("resource_type", resource_type)
        .with("resource_id", id)
    }

    /// 403 for a user or a conversation.
    pub(crate) fn not_authorized(
        resource_type: &'static str,
        id: &str,
        detail: impl Into<String>,
    ) -> Self {
        Self::new(Kind::NotAuthorizedForResource, detail)
            .with("parameter", "id")
            .value(id)
            .with("resource_type", resource_type)
            .with("resource_id", id)
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

    pub(crate) fn payload_too_large(limit: usize) -> Self {
        Self::new(Kind::PayloadTooLarge, format!("The body has more than {limit} bytes."))
    }

    pub(crate) fn request_timeout() -> Self {
        Self::new(Kind::RequestTimeout, "The body did not arrive in time.")
    }

    pub(crate) fn unsupported_media_type() -> Self {
        Self::new(Kind::UnsupportedMediaType, "The body must be sent as application/json.")
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

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, title, status) = self.kind.row();
        let mut map = serializer.serialize_map(None)?;
        match kind {
            Some(name) => map.serialize_entry("type", &format_args!("{PREFIX}{name}"))?,
            None => map.serialize_entry("type", "about:blank")?,
        }
        map.serialize_entry("title", title)?;
        map.serialize_entry("detail", &self.detail)?;
        map.serialize_entry("status", &status.as_u16())?;
        for (name, value) in &self.members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_type_status_and_field() {
        let problem = Problem::invalid("ids", "no").value(&"9".repeat(200));
        let json: serde_json::Value = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "https://api.x.com/2/problems/invalid-request");
        assert_eq!(json["status"], 400);
        assert_eq!(json["parameter"], "ids");
        assert_eq!(json["value"].as_str().unwrap().len(), MAX_VALUE_CHARS);
    }
}
