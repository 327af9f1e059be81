//! One request, as the operations see it.

use axum::RequestPartsExt;
use axum::extract::RawPathParams;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use bytes::Bytes;
use sealpost_crypto::{UnixMillis, UserId};

use crate::contract::Contract;
use crate::fault::Fault;
use crate::json::Json;
use crate::problem::Problem;

/// What was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent<'a> {
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
}

impl Sent<'_> {
    /// The body, which must be declared as JSON and be JSON.
    pub(crate) fn json(&self) -> Result<Json, Problem> {
        if self.is_declared("application/json") {
            Json::parse(self.body)
        } else {
            Err(Problem::unsupported_media_type("application/json"))
        }
    }

    /// Refuses a body.
    pub(crate) fn no_body(&self) -> Result<(), Problem> {
        if self.body.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid_body("This operation takes no body."))
        }
    }

    /// The declared content type, parameters included.
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())
    }

    /// Whether the body is declared to be of this type.
    pub(crate) fn is_declared(&self, expected: &str) -> bool {
        let essence = self.content_type().and_then(|kind| kind.split(';').next()).map(str::trim);
        essence.is_some_and(|essence| essence.eq_ignore_ascii_case(expected))
    }
}

/// An authenticated request for an operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) contract: Contract,
    pub(crate) user: UserId,
    pub(crate) now: UnixMillis,
    pub(crate) fault: Option<Fault>,
    pub(crate) path: &'a PathParameters,
    pub(crate) sent: Sent<'a>,
}

/// The parameters in the path, decoded. Those that the path does not have are empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct PathParameters {
    pub(crate) id: String,
    pub(crate) media_hash_key: String,
}

impl PathParameters {
    pub(crate) async fn read(parts: &mut Parts) -> Result<Self, Problem> {
        let not_utf8 = |_| Problem::invalid("id", "The path is not UTF-8.");
        let raw = parts.extract::<RawPathParams>().await.map_err(not_utf8)?;
        let mut parameters = Self::default();
        for (name, value) in &raw {
            match name {
                "id" => parameters.id = value.to_owned(),
                _ => parameters.media_hash_key = value.to_owned(),
            }
        }
        Ok(parameters)
    }
}
