//! Why a signed request is refused.

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::reply;
use crate::problem::Problem;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The header, or the request around it, is not as RFC 5849 has it.
    Malformed(&'static str),
    /// The timestamp is not of these minutes.
    Timestamp,
    /// The request came before.
    Replayed,
    /// No app has this consumer key.
    Consumer,
    /// The token is none, or none of this app's.
    Token,
    /// The signature is another than that of this base string.
    Signature { base: String },
    /// The verifier is not the one the user was given.
    Verifier,
    /// The callback is not in the app's settings.
    Callback,
}

impl Refusal {
    /// X's number and words.
    const fn legacy(&self) -> (u32, &'static str) {
        match self {
            Self::Malformed(_) => (215, "Bad Authentication data."),
            Self::Timestamp => (135, "Timestamp out of bounds."),
            Self::Token | Self::Verifier => (89, "Invalid or expired token."),
            Self::Replayed | Self::Consumer | Self::Signature { .. } => {
                (32, "Could not authenticate you.")
            }
            Self::Callback => (
                415,
                "Callback URL not approved for this client application. Approved callback URLs \
                 can be adjusted in your application settings",
            ),
        }
    }

    /// What X does not tell: which of the rules it was. A base string holds no secret.
    fn detail(&self) -> String {
        match self {
            Self::Malformed(what) => (*what).to_owned(),
            Self::Timestamp => {
                "oauth_timestamp is more than 5 minutes off this machine's clock.".to_owned()
            }
            Self::Replayed => {
                "oauth_nonce was used before with this timestamp, app and token.".to_owned()
            }
            Self::Consumer => "oauth_consumer_key is not that of an app.".to_owned(),
            Self::Token => "oauth_token is not a token of this app's.".to_owned(),
            Self::Signature { base } => {
                format!("oauth_signature is not that of this request, whose base string is {base}")
            }
            Self::Verifier => "oauth_verifier is not the one the user was given.".to_owned(),
            Self::Callback => "oauth_callback is not in the app's settings.".to_owned(),
        }
    }
}

/// To the API.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::unauthorized(refusal.detail())
    }
}

/// To a step of the sign-in: in the shape X had before problem documents.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (code, message) = self.legacy();
        let error = json!({ "code": code, "message": message, "detail": self.detail() });
        let status = match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Callback => StatusCode::FORBIDDEN,
            _ => StatusCode::UNAUTHORIZED,
        };
        let mut response = reply::json(status, &json!({ "errors": [error] }));
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("OAuth realm=\"sealpost-sandbox\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
