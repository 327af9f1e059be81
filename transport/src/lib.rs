#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(not(any(feature = "tls-aws-lc", feature = "tls-ring")))]
compile_error!(
    "sealpost-transport needs a TLS library: enable the feature `tls-aws-lc` (the default, with \
     post-quantum key exchange) or `tls-ring` (a smaller build)"
);

mod api;
mod argument;
mod auth;
mod base_url;
pub mod blocking;
mod body;
mod builder;
mod client;
mod context;
mod error;
mod error_body;
mod excerpt;
mod exchange;
#[cfg(feature = "hazmat")]
pub mod hazmat;
mod http_client;
mod incoming;
mod json;
mod network;
mod operation;
mod problem;
mod progress;
mod proxy;
mod rate_limit;
mod rejection;
mod retry;
mod tls;
mod trace;

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
pub use auth::oauth1_flow::{OAuth1App, OAuth1AppBuilder, OAuth1RequestToken, OAuth1Verifier};
pub use auth::oauth2::{
    Authorization, AuthorizationCode, CallbackError, CodeChallenge, CodeVerifier, FileTokenStore,
    LoopbackListener, MemoryTokenStore, MissingScopes, OAuth2App, OAuth2AppBuilder, OAuth2AppError,
    OAuth2Error, OAuth2Session, OAuth2Url, OtherScope, RedirectUri, Scope, ScopeError, StoreError,
    StoreFuture, TokenJsonError, TokenPair, TokenStore,
};
pub use auth::{Credentials, CredentialsError, OAuth1Credentials};
pub use base_url::BaseUrlError;
pub use builder::{BuildError, ClientBuilder};
pub use client::Client;
pub use context::{Operation, RequestContext, RequestId, ResponseInfo};
pub use error::{Error, Malformation, RandomnessError, TimeoutPhase};
pub use error_body::{ErrorBody, LegacyError, OAuthError, RawBody, ReportedError};
pub use http_client::{HttpClient, HttpOptions, TlsSetupError};
pub use json::JsonError;
pub use network::NetworkError;
pub use problem::{
    ConnectionIssue, DisconnectType, ForbiddenReason, InvalidParameters, Problem, ProblemKind,
    ResourceType, Section, UsagePeriod, UsageScope,
};
pub use progress::Progress;
pub use proxy::{Proxy, ProxyError};
pub use rate_limit::RateLimit;
pub use rejection::{Rejection, Unconfirmed};
pub use retry::{
    Deliverable, Delivered, Delivery, DeliveryError, DeliveryPermit, DeliveryPermitError,
    RetryPolicy, Verdict,
};
pub use tls::{RootCertificate, RootCertificateError};

/// An HTTP status code (the type of the `http` crate).
pub use reqwest::StatusCode;
/// Reading a [`SecretString`], for whoever keeps one (the trait of the `secrecy` crate).
pub use secrecy::ExposeSecret;
/// Text that is wiped on drop and does not show in `Debug` (the type of the `secrecy` crate).
pub use secrecy::SecretString;
