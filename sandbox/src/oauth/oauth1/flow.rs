//! The three steps of a sign-in (RFC 5849 section 2).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::super::authorize::Decision;
use super::super::exchange::Asked;
use super::super::form::Form;
use super::super::{page, reply};
use super::refusal::Refusal;
use super::tokens::Pair;
use super::verify::{With, now, verify};
use crate::app::App;

/// What an app sends as the callback when it has none.
const OUT_OF_BAND: &str = "oob";
const DONE: &str = "oauth_token is not that of a sign-in that waits for an answer.";

/// Gives an app a request token.
pub(in crate::oauth) fn request_token(app: &App, asked: &Asked<'_>) -> Response {
    let mut state = app.state();
    let oauth = &mut state.oauth;
    let verified = match verify(oauth, asked.signed(), With::AppAlone, now()) {
        Ok(verified) => verified,
        Err(refusal) => return refusal.into_response(),
    };
    let callback = match verified.parameter("oauth_callback") {
        None => return Refusal::Malformed("oauth_callback is missing.").into_response(),
        Some(OUT_OF_BAND) => None,
        Some(callback) => Some(callback),
    };
    let app = oauth.apps.by_consumer_key(&verified.consumer_key);
    let is_its_own = |uri| app.is_some_and(|app| app.has_redirect_uri(uri));
    if callback.is_some_and(|callback| !is_its_own(callback)) {
        return Refusal::Callback.into_response();
    }
    let callback = callback.map(str::to_owned);
    let Pair { token, secret } = oauth.signed.request(&verified.consumer_key, callback);
    reply::form(&[
        ("oauth_token", &token),
        ("oauth_token_secret", &secret),
        ("oauth_callback_confirmed", "true"),
    ])
}

/// The page that asks.
pub(in crate::oauth) fn show(app: &App, asked: &Asked<'_>) -> Response {
    let state = app.state();
    let token = requested(asked);
    let Some(consumer_key) = state.oauth.signed.undecided(&token) else {
        return reply::page(StatusCode::BAD_REQUEST, page::refusal(DONE));
    };
    let users = state.directory.users();
    let question = page::Question { app: consumer_key, scopes: &[], users: &users };
    reply::page(StatusCode::OK, page::consent(&question))
}

/// The user's answer: `decision` and `user_id`, as in OAuth 2.0.
pub(in crate::oauth) fn decide(app: &App, asked: &Asked<'_>) -> Response {
    let decision = match Decision::read(&Form::parse(asked.body)) {
        Ok(decision) => decision,
        Err(reason) => return reply::page(StatusCode::BAD_REQUEST, page::refusal(reason)),
    };
    let token = requested(asked);
    let mut state = app.state();
    let answered = match decision {
        Decision::Allow { user, .. } => {
            let allowed = state.oauth.signed.allow(&token, user);
            allowed.map(|(verifier, callback)| {
                state.directory.mention(user);
                match callback {
                    Some(callback) => reply::redirect(
                        &callback,
                        &[("oauth_token", &token), ("oauth_verifier", &verifier)],
                    ),
                    None => reply::page(StatusCode::OK, page::verifier(&verifier)),
                }
            })
        }
        Decision::Deny => state.oauth.signed.deny(&token).map(|callback| match callback {
            Some(callback) => reply::redirect(&callback, &[("denied", &token)]),
            None => reply::page(StatusCode::OK, page::refusal("The access is not allowed.")),
        }),
    };
    answered.unwrap_or_else(|| reply::page(StatusCode::BAD_REQUEST, page::refusal(DONE)))
}

/// Gives an app an access token for a request token and its verifier.
pub(in crate::oauth) fn access_token(app: &App, asked: &Asked<'_>) -> Response {
    let mut state = app.state();
    let oauth = &mut state.oauth;
    let traded = verify(oauth, asked.signed(), With::RequestToken, now()).and_then(|verified| {
        let verifier = verified.parameter("oauth_verifier").unwrap_or_default();
        oauth.signed.trade(&verified.token, verifier)
    });
    match traded {
        Ok((Pair { token, secret }, user)) => reply::form(&[
            ("oauth_token", &token),
            ("oauth_token_secret", &secret),
            ("user_id", &user.to_string()),
            ("screen_name", &format!("user{user}")),
        ]),
        Err(refusal) => refusal.into_response(),
    }
}

fn requested(asked: &Asked<'_>) -> String {
    Form::parse(asked.query().as_bytes()).get("oauth_token").unwrap_or_default().to_owned()
}
