//! `/i/oauth2/authorize`: asking a user (RFC 6749 section 4.1.1), and the answer.

use axum::http::StatusCode;
use axum::response::Response;
use sealpost_crypto::UserId;

use super::exchange::Asked;
use super::form::Form;
use super::grants::Consent;
use super::pkce::Challenge;
use super::scope::{Scope, Scopes};
use super::{page, reply};
use crate::app::App;

/// As X documents it.
const MAX_STATE_CHARS: usize = 500;
const PARAMETERS: [&str; 7] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/// What an app asks for, once it is in order.
struct Request {
    client_id: String,
    redirect_uri: String,
    scopes: Scopes,
    state: String,
    challenge: Challenge,
}

/// What is wrong with a request.
enum Flaw {
    /// The browser may not be sent back, so its user has to be told.
    Untrusted(String),
    /// The app is told.
    Told { redirect_uri: String, state: String, error: &'static str, description: String },
}

/// The page that asks.
pub(super) fn show(app: &App, asked: &Asked<'_>) -> Response {
    match Request::read(app, asked.query()) {
        Ok(request) => {
            let users = app.state().directory.users();
            let scopes: Vec<Scope> = request.scopes.into_iter().collect();
            let question =
                page::Question { app: &request.client_id, scopes: &scopes, users: &users };
            reply::page(StatusCode::OK, page::consent(&question))
        }
        Err(flaw) => flaw.response(),
    }
}

/// The user's answer: `decision` is `allow` or `deny`, `user_id` says who it is, each `withhold`
/// names a scope that is not granted.
pub(super) fn decide(app: &App, asked: &Asked<'_>) -> Response {
    let request = match Request::read(app, asked.query()) {
        Ok(request) => request,
        Err(flaw) => return flaw.response(),
    };
    match Decision::read(&Form::parse(asked.body)) {
        Ok(Decision::Deny) => reply::redirect(
            &request.redirect_uri,
            &[("error", "access_denied"), ("state", &request.state)],
        ),
        Ok(Decision::Allow { user, withheld }) => {
            let Request { client_id, redirect_uri, scopes, state, challenge } = request;
            let scopes = scopes.difference(&withheld).copied().collect();
            let consent =
                Consent { client_id, redirect_uri: redirect_uri.clone(), challenge, user, scopes };
            let mut sandbox = app.state();
            sandbox.directory.mention(user);
            let code = sandbox.oauth.grants.code(consent, asked.now);
            reply::redirect(&redirect_uri, &[("state", &state), ("code", &code)])
        }
        Err(reason) => reply::page(StatusCode::BAD_REQUEST, page::refusal(reason)),
    }
}

/// What a user answers, here and in OAuth 1.0a.
pub(super) enum Decision {
    Allow { user: UserId, withheld: Scopes },
    Deny,
}

impl Decision {
    pub(super) fn read(form: &Form) -> Result<Self, &'static str> {
        match form.get("decision") {
            Some("deny") => return Ok(Self::Deny),
            Some("allow") => {}
            _ => return Err("decision must be allow or deny."),
        }
        let user = form.get("user_id").and_then(|text| text.parse().ok());
        let user = user.ok_or("user_id must be the id of a user: 1 to 19 digits.")?;
        let withheld = form.all("withhold").map(str::parse).collect::<Result<_, _>>();
        let withheld = withheld.map_err(|_| "withhold must name a scope.")?;
        Ok(Self::Allow { user, withheld })
    }
}

impl Request {
    fn read(app: &App, query: &str) -> Result<Self, Flaw> {
        let form = Form::parse(query.as_bytes());
        let untrusted = |reason: &str| Flaw::Untrusted(reason.to_owned());
        if let Some(name) = form.repeated(&PARAMETERS) {
            return Err(Flaw::Untrusted(format!("{name} is given more than once.")));
        }
        let client_id = form.get("client_id").unwrap_or_default().to_owned();
        let redirect_uri = form.get("redirect_uri").unwrap_or_default().to_owned();
        let state = app.state();
        let registered = state.oauth.apps.by_client_id(&client_id);
        let registered = registered.ok_or_else(|| untrusted("client_id is not that of an app."))?;
        if !registered.has_redirect_uri(&redirect_uri) {
            return Err(untrusted("redirect_uri is not one of those in the app's settings."));
        }
        let state = form.get("state").unwrap_or_default();
        let told = |error, description: &str| Flaw::Told {
            redirect_uri: redirect_uri.clone(),
            state: state.to_owned(),
            error,
            description: description.to_owned(),
        };
        let invalid = |description: &str| told("invalid_request", description);
        if state.chars().count() > MAX_STATE_CHARS {
            return Err(Flaw::Untrusted("state has more than 500 characters.".to_owned()));
        }
        if state.is_empty() {
            return Err(invalid("state is required."));
        }
        match form.get("response_type") {
            Some("code") => {}
            None => return Err(invalid("response_type is required.")),
            Some(_) => {
                return Err(told("unsupported_response_type", "response_type must be code."));
            }
        }
        let method = form.get("code_challenge_method").unwrap_or_default();
        let challenge = form.get("code_challenge").unwrap_or_default();
        let challenge = Challenge::parse(method, challenge).ok_or_else(|| {
            invalid("code_challenge and code_challenge_method (S256 or plain) are required.")
        })?;
        let scopes = form.get("scope").unwrap_or_default().split(' ').map(str::parse);
        let scopes = scopes.collect::<Result<_, _>>();
        let scopes = scopes.map_err(|_| {
            told("invalid_scope", "scope must hold names of scopes, separated by blanks.")
        })?;
        let state = state.to_owned();
        Ok(Self { client_id, redirect_uri, scopes, state, challenge })
    }
}

impl Flaw {
    fn response(self) -> Response {
        match self {
            Self::Untrusted(reason) => reply::page(StatusCode::BAD_REQUEST, page::refusal(&reason)),
            Self::Told { redirect_uri, state, error, description } => {
                let mut parameters =
                    vec![("error", error), ("error_description", description.as_str())];
                if !state.is_empty() {
                    parameters.push(("state", &state));
                }
                reply::redirect(&redirect_uri, &parameters)
            }
        }
    }
}
