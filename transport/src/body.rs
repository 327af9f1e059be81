//! What a request carries, so that it can be sent more than once.

use bytes::Bytes;
use reqwest::RequestBuilder;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};

use crate::http_client::sent_once;

/// The body of a request.
pub(crate) enum Body {
    /// None: a read, or a write without arguments.
    None,
    /// Finished JSON.
    Json(Bytes),
}

impl Body {
    /// Its length in bytes, for the time it takes to be sent.
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Json(json) => json.len(),
        }
    }

    /// Adds it to a request, with the headers it needs.
    pub(crate) fn attach(&self, request: RequestBuilder, is_write: bool) -> RequestBuilder {
        match self {
            // RFC 9110 section 8.6: without it some servers answer 411.
            Self::None if is_write => request.header(CONTENT_LENGTH, 0),
            Self::None => request,
            Self::Json(json) => {
                request.header(CONTENT_TYPE, "application/json").body(sent_once(json.clone()))
            }
        }
    }
}
