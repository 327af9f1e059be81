//! OAuth 2.0 Authorization Code with PKCE (RFC 6749, RFC 7636) as X speaks it.

mod app;
mod authorization;
mod callback;
mod error;
mod file_store;
mod http_message;
mod memory_store;
mod pkce;
mod scope;
mod session;
mod store;
mod token_json;
mod token_pair;
mod token_request;

pub use app::{OAuth2App, OAuth2AppBuilder, OAuth2AppError, OAuth2Url};
pub use authorization::{Authorization, AuthorizationCode, RedirectUri};
pub use callback::LoopbackListener;
pub use error::{CallbackError, MissingScopes, OAuth2Error};
pub use file_store::FileTokenStore;
pub use memory_store::MemoryTokenStore;
pub use pkce::{CodeChallenge, CodeVerifier};
pub(crate) use scope::write_scopes;
pub use scope::{OtherScope, Scope, ScopeError};
pub use session::OAuth2Session;
pub use store::{StoreError, StoreFuture, TokenStore};
pub use token_json::TokenJsonError;
pub use token_pair::TokenPair;
