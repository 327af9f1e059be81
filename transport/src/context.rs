//! What a request was and what came back: the part every error has in common.

use std::fmt;

use reqwest::{Response, StatusCode};
use url::Url;

use crate::excerpt::Excerpt;
use crate::rate_limit::RateLimit;

pub use crate::operation::Operation;

/// The id X gives to a request (header `x-transaction-id`); its support asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(String);

impl RequestId {
    /// A longer or stranger header is not an id.
    const MAX_LENGTH: usize = 128;

    fn from_header(text: &str) -> Option<Self> {
        let text = text.trim();
        let plausible = (1..=Self::MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        plausible.then(|| Self(text.to_owned()))
    }

    /// The id's text: 1 to 128 visible ASCII characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A request and, as far as there was one, its answer. Holds no header, query or body of the
/// request, so it may be logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestContext {
    operation: Operation,
    url: String,
    status: Option<StatusCode>,
    response: ResponseInfo,
}

/// What came with an answer, beside its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseInfo {
    /// The server's id for the request.
    pub request_id: Option<RequestId>,
    /// The caller's rate limit for this call.
    pub rate_limit: RateLimit,
}

impl RequestContext {
    pub(crate) fn new(operation: Operation, url: &Url) -> Self {
        let mut bare = url.clone();
        bare.set_query(None);
        Self { operation, url: bare.into(), status: None, response: ResponseInfo::default() }
    }

    /// Notes what the head of the answer says; `redact` goes over the server's text.
    pub(crate) fn answered(&mut self, response: &Response, redact: impl Fn(String) -> String) {
        self.status = Some(response.status());
        let headers = response.headers();
        self.response = ResponseInfo {
            request_id: headers
                .get("x-transaction-id")
                .and_then(|value| RequestId::from_header(&redact(value.to_str().ok()?.to_owned()))),
            rate_limit: RateLimit::from_headers(headers),
        };
    }

    /// The call.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// The URL without its query.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The answer's HTTP status, if one arrived.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The server's id for the request, if an answer with one arrived.
    #[must_use]
    pub const fn request_id(&self) -> Option<&RequestId> {
        self.response.request_id.as_ref()
    }

    /// The rate limit the answer told; empty if none arrived.
    #[must_use]
    pub const fn rate_limit(&self) -> &RateLimit {
        &self.response.rate_limit
    }

    pub(crate) fn response(&self) -> ResponseInfo {
        self.response.clone()
    }
}

impl fmt::Display for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation.method(), Excerpt(&self.url))?;
        if let Some(status) = self.status {
            write!(f, ", status {}", status.as_u16())?;
        }
        if let Some(request_id) = &self.response.request_id {
            write!(f, ", request {request_id}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_never_gets_in() {
        let url = Url::parse("https://api.x.com/2/users/public_keys?ids=1,2&x=secret").unwrap();
        let context = RequestContext::new(Operation::UsersPublicKeys, &url);
        assert_eq!(context.url(), "https://api.x.com/2/users/public_keys");
        assert_eq!(context.to_string(), "GET https://api.x.com/2/users/public_keys");
        assert!(!format!("{context:?}").contains("secret"));
    }

    #[test]
    fn only_a_plausible_request_id_is_kept() {
        assert_eq!(RequestId::from_header(" 0123abcd ").unwrap().as_str(), "0123abcd");
        assert!(RequestId::from_header(&"a".repeat(128)).is_some());
        for text in ["", "   ", "a b", "a\tb", &"a".repeat(129)] {
            assert_eq!(RequestId::from_header(text), None, "{text}");
        }
    }
}
