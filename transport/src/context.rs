//! What a request was and what came back: the part every error has in common.

use std::fmt;

use reqwest::{Method, Response, StatusCode};
use url::Url;

use crate::excerpt::Excerpt;
use crate::rate_limit::RateLimit;

/// The calls this crate makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// [`Client::add_conversation_keys`](crate::Client::add_conversation_keys).
    AddConversationKeys,
    /// [`Client::initialize_group`](crate::Client::initialize_group).
    InitializeGroup,
    /// [`Client::create_group`](crate::Client::create_group).
    CreateGroup,
    /// [`Client::add_group_members`](crate::Client::add_group_members).
    AddGroupMembers,
    /// [`Client::add_user_public_key`](crate::Client::add_user_public_key).
    AddUserPublicKey,
    /// [`Client::user_public_keys`](crate::Client::user_public_keys).
    UserPublicKeys,
    /// [`Client::users_public_keys`](crate::Client::users_public_keys).
    UsersPublicKeys,
    /// [`Client::conversation_events`](crate::Client::conversation_events).
    ConversationEvents,
    /// [`OAuth2App::exchange`](crate::OAuth2App::exchange).
    ExchangeCode,
    /// [`OAuth2App::refresh`](crate::OAuth2App::refresh).
    RefreshToken,
    /// [`OAuth2App::revoke`](crate::OAuth2App::revoke).
    RevokeToken,
    /// [`OAuth1App::request_token`](crate::OAuth1App::request_token).
    RequestToken,
    /// [`OAuth1App::access_token`](crate::OAuth1App::access_token).
    AccessToken,
}

impl Operation {
    /// Whether the call changes something on the server.
    #[must_use]
    pub const fn is_write(self) -> bool {
        match self {
            Self::AddConversationKeys
            | Self::InitializeGroup
            | Self::CreateGroup
            | Self::AddGroupMembers
            | Self::AddUserPublicKey
            | Self::ExchangeCode
            | Self::RefreshToken
            | Self::RevokeToken
            | Self::RequestToken
            | Self::AccessToken => true,
            Self::UserPublicKeys | Self::UsersPublicKeys | Self::ConversationEvents => false,
        }
    }

    pub(crate) const fn method(self) -> Method {
        if self.is_write() { Method::POST } else { Method::GET }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddConversationKeys => "add conversation keys",
            Self::InitializeGroup => "initialize group",
            Self::CreateGroup => "create group",
            Self::AddGroupMembers => "add group members",
            Self::AddUserPublicKey => "add user public key",
            Self::UserPublicKeys => "public keys of a user",
            Self::UsersPublicKeys => "public keys of users",
            Self::ConversationEvents => "conversation events",
            Self::ExchangeCode => "exchange authorization code",
            Self::RefreshToken => "refresh access token",
            Self::RevokeToken => "revoke token",
            Self::RequestToken => "get request token",
            Self::AccessToken => "get access token",
        })
    }
}

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
