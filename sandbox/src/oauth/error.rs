//! Refusals of the authorization server (RFC 6749 section 5.2), in X's words where they are known.

use axum::http::StatusCode;

/// `{error, error_description}` and a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OAuthError {
    pub(crate) status: StatusCode,
    pub(crate) error: &'static str,
    pub(crate) description: String,
}

impl OAuthError {
    /// X says so, too, where RFC 6749 has `invalid_grant`.
    pub(crate) fn invalid_request(description: impl Into<String>) -> Self {
        let description = description.into();
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_request", description }
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        Self::invalid_request(format!("Missing required parameter [{parameter}]."))
    }

    /// An authorization code that is unknown, used up, too old, or another app's.
    pub(crate) fn code() -> Self {
        Self::invalid_request("Value passed for the authorization code was invalid.")
    }

    /// The same for a refresh token.
    pub(crate) fn token() -> Self {
        Self::invalid_request("Value passed for the token was invalid.")
    }

    pub(crate) fn redirect_uri() -> Self {
        Self::invalid_request(
            "Value passed for the redirect uri did not match the uri of the authorization code.",
        )
    }

    pub(crate) fn verifier() -> Self {
        Self::invalid_request(
            "Value passed for the code verifier did not match the code challenge.",
        )
    }

    /// The same as RFC 6749 spells it.
    pub(crate) fn invalid_grant() -> Self {
        Self { error: "invalid_grant", ..Self::token() }
    }

    pub(crate) fn unsupported_grant_type() -> Self {
        let description = "The grant types are authorization_code and refresh_token.".to_owned();
        let status = StatusCode::BAD_REQUEST;
        Self { status, error: "unsupported_grant_type", description }
    }

    /// The app did not prove who it is.
    pub(crate) fn client() -> Self {
        let description = "Missing valid authorization header".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, error: "unauthorized_client", description }
    }
}
