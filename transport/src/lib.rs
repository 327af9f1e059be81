#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod api;
mod argument;
mod auth;
mod base_url;
mod builder;
mod client;
mod context;
mod error;
mod error_body;
mod excerpt;
mod exchange;
mod json;
mod network;
mod problem;
mod rate_limit;
mod rejection;
mod retry;
mod tls;

pub use api::events::{EventRow, EventsPage, EventsQuery, PaginationToken};
pub use api::groups::{GroupCreated, MembersAdded};
pub use api::keys::Accepted;
pub use api::listing::{PublicKeyListing, UnreadableRow};
pub use api::public_keys::{JuiceboxConfig, Registered};
pub use argument::InvalidArgument;
pub use auth::oauth1_flow::{OAuth1App, OAuth1RequestToken, OAuth1Verifier};
pub use auth::oauth2::{
    Authorization, AuthorizationCode, CallbackError, CodeChallenge, CodeVerifier, FileTokenStore,
    LoopbackListener, MemoryTokenStore, MissingScopes, OAuth2App, OAuth2AppBuilder, OAuth2AppError,
    OAuth2Error, OAuth2Session, OAuth2Url, OtherScope, RedirectUri, Scope, ScopeError, StoreError,
    StoreFuture, TokenJsonError, TokenPair, TokenStore,
};
pub use auth::{Credentials, CredentialsError, OAuth1Credentials};
pub use base_url::BaseUrlError;
pub use builder::{BuildError, ClientBuilder, TlsSetupError};
pub use client::Client;
pub use context::{Operation, RequestContext, RequestId};
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
/// Reading a [`SecretString`], for whoever keeps one (the trait of the `secrecy` crate).
pub use secrecy::ExposeSecret;
/// Text that is wiped on drop and does not show in `Debug` (the type of the `secrecy` crate).
pub use secrecy::SecretString;
