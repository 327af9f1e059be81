#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod api;
mod argument;
mod auth;
mod base_url;
mod body;
mod builder;
mod client;
mod context;
mod error;
mod error_body;
mod excerpt;
mod exchange;
mod incoming;
mod json;
mod network;
mod operation;
mod problem;
mod rate_limit;
mod rejection;
mod retry;
mod tls;

pub use api::conversation_info::{
    ClaimedText, ClaimedUsers, ConversationInfo, ConversationKind, MemberDifference, UserInfo,
};
pub use api::conversations::{ConversationDetails, ConversationsPage, ConversationsQuery};
pub use api::directory::{PublicKeysByUser, UserKeys};
pub use api::events::{EventRow, EventsPage, EventsQuery};
pub use api::groups::{GroupCreated, MembersAdded};
pub use api::keys::Accepted;
pub use api::listing::PublicKeyListing;
pub use api::media::calls::{
    MediaDetails, SegmentAppended, SegmentForm, UploadSession, UploadSessionId,
    UploadSessionIdError,
};
pub use api::media::download::MediaDownload;
pub use api::media::error::{DownloadError, UploadError};
pub use api::media::size::{SegmentIndex, SegmentSize, TotalBytes};
pub use api::media::upload::{MediaUpload, UploadOptions, UploadedMedia};
pub use api::messages::MessageSent;
pub use api::pages::{PageLimit, PaginationToken, PagingError};
pub use api::public_keys::{JuiceboxConfig, Registered};
pub use api::unreadable::UnreadableRow;
pub use argument::InvalidArgument;
pub use auth::oauth1_flow::{OAuth1App, OAuth1RequestToken, OAuth1Verifier};
pub use auth::oauth2::{
    Authorization, AuthorizationCode, CallbackError, CodeChallenge, CodeVerifier, FileTokenStore,
    LoopbackListener, MemoryTokenStore, MissingScopes, OAuth2App, OAuth2AppBuilder, OAuth2AppError,
    OAuth2Error, OAuth2Session, OAuth2Url, OtherScope, RedirectUri, Scope, ScopeError, StoreError,
    StoreFuture, TokenPair, TokenStore,
};
pub use auth::{Credentials, CredentialsError, OAuth1Credentials};
pub use base_url::BaseUrlError;
pub use builder::{BuildError, ClientBuilder, TlsSetupError};
pub use client::Client;
pub use context::{Operation, RequestContext, RequestId, ResponseInfo};
pub use error::{Error, Malformation, RandomnessError, TimeoutPhase};
pub use error_body::{ErrorBody, LegacyError, OAuthError, RawBody, ReportedError};
pub use json::JsonError;
pub use network::NetworkError;
pub use problem::{
    ConnectionIssue, DisconnectType, ForbiddenReason, InvalidParameters, Problem, ProblemKind,
    ResourceType, Section, UsagePeriod, UsageScope,
};
pub use rate_limit::RateLimit;
pub use rejection::{Rejection, Unconfirmed};

pub use retry::{Delivered, Delivery, DeliveryError, Progress, RetryPolicy, Verdict};

/// An HTTP status code (the type of the `http` crate).
pub use reqwest::StatusCode;
/// Text that is wiped on drop and does not show in `Debug` (the type of the `secrecy` crate).
pub use secrecy::SecretString;
