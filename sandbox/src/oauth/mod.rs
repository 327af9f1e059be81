//! Signing in: an authorization server as X runs one, for OAuth 2.0 with PKCE and for OAuth 1.0a.

mod apps;
mod authorize;
mod caller;
mod error;
mod exchange;
mod fault;
mod form;
mod grants;
mod mint;
mod oauth1;
mod page;
mod pkce;
mod reply;
mod scope;
mod settings;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::routing::{get, post};

use crate::app::App;
use crate::seed::Seed;
use apps::Apps;
pub use apps::SandboxApp;
pub(crate) use caller::authenticate;
use exchange::Asked;
pub(crate) use exchange::inject;
use fault::OAuthFaults;
pub use fault::{OAuthFault, OAuthFaultError};
use grants::Grants;
use oauth1::SignedTokens;
pub use scope::{Scope, ScopeError};
pub(crate) use scope::{Scopes, joined};
pub use settings::{AppKind, AppSettings, AppSettingsError, RedirectUri};

/// What the authorization server remembers.
#[derive(Debug)]
pub(crate) struct OAuth {
    pub(crate) apps: Apps,
    pub(crate) faults: OAuthFaults,
    grants: Grants,
    signed: SignedTokens,
}

impl OAuth {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self {
            apps: Apps::new(seed),
            faults: OAuthFaults::new(),
            grants: Grants::new(seed),
            signed: SignedTokens::new(seed),
        }
    }
}

type Handle = fn(&App, &Asked<'_>) -> axum::response::Response;

/// Every route of the authorization server.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let on = |handle: Handle| {
        let app = Arc::clone(app);
        move |request: Request| exchange::answer(Arc::clone(&app), request, handle)
    };
    let issuer = Arc::clone(app);
    Router::new()
        .route("/i/oauth2/authorize", get(on(authorize::show)).post(on(authorize::decide)))
        .route(
            "/2/oauth2/token",
            post(move |request: Request| exchange::tokens(Arc::clone(&issuer), request)),
        )
        .route("/2/oauth2/revoke", post(on(token::revoke)))
        .route("/oauth/request_token", post(on(oauth1::flow::request_token)))
        .route("/oauth/authorize", get(on(oauth1::flow::show)).post(on(oauth1::flow::decide)))
        .route("/oauth/access_token", post(on(oauth1::flow::access_token)))
}
