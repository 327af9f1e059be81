//! `/2/oauth2/token` and `/2/oauth2/revoke` (RFC 6749 sections 4.1.3 and 6, RFC 7009).

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error::OAuthError;
use super::exchange::Asked;
use super::form::Form;
use super::grants::{ACCESS_SECONDS, Issued};
use super::reply;
use super::scope::joined;
use crate::app::App;

const PARAMETERS: [&str; 8] = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "client_id",
    "client_secret",
    "token",
];

/// Gives tokens for a code or for a refresh token.
pub(super) fn issue(app: &App, asked: &Asked<'_>) -> Result<Value, OAuthError> {
    let form = form(asked)?;
    let client_id = client(app, asked.headers(), &form)?;
    let required = |name| form.get(name).ok_or_else(|| OAuthError::missing(name));
    let mut state = app.state();
    let grants = &mut state.oauth.grants;
    let Issued { access_token, refresh_token, scopes } = match required("grant_type")? {
        "authorization_code" => grants.redeem(
            &client_id,
            required("code")?,
            required("redirect_uri")?,
            required("code_verifier")?,
            asked.now,
        ),
        "refresh_token" => grants.refresh(&client_id, required("refresh_token")?, asked.now),
        _ => Err(OAuthError::unsupported_grant_type()),
    }?;
    let mut answer = json!({
        "token_type": "bearer",
        "expires_in": ACCESS_SECONDS,
        "access_token": access_token,
        "scope": joined(&scopes, " "),
    });
    if let (Some(token), Value::Object(answer)) = (refresh_token, &mut answer) {
        answer.insert("refresh_token".to_owned(), token.into());
    }
    Ok(answer)
}

/// Makes a token invalid. One that is none is as good as revoked.
pub(super) fn revoke(app: &App, asked: &Asked<'_>) -> Response {
    let revoked = form(asked).and_then(|form| {
        let client_id = client(app, asked.headers(), &form)?;
        let token = form.get("token").ok_or_else(|| OAuthError::missing("token"))?;
        app.state().oauth.grants.revoke(&client_id, token);
        Ok(())
    });
    match revoked {
        Ok(()) => reply::json(StatusCode::OK, &json!({ "revoked": true })),
        Err(error) => error.into_response(),
    }
}

fn form(asked: &Asked<'_>) -> Result<Form, OAuthError> {
    let form = Form::of_body(asked.headers(), asked.body).ok_or_else(|| {
        OAuthError::invalid_request("The body must be sent as application/x-www-form-urlencoded.")
    })?;
    match form.repeated(&PARAMETERS) {
        None => Ok(form),
        Some(name) => Err(OAuthError::invalid_request(format!("{name} is given more than once."))),
    }
}

/// Which app it is: a public one says so, a confidential one proves it with HTTP Basic.
fn client(app: &App, headers: &HeaderMap, form: &Form) -> Result<String, OAuthError> {
    let state = app.state();
    let known =
        |client_id: &str| state.oauth.apps.by_client_id(client_id).ok_or_else(OAuthError::client);
    let named = form.get("client_id");
    if !headers.contains_key(AUTHORIZATION) {
        let named = named.ok_or_else(|| OAuthError::missing("client_id"))?;
        return match known(named)?.known_as.client_secret() {
            None => Ok(named.to_owned()),
            Some(_) => Err(OAuthError::client()),
        };
    }
    let (client_id, secret) = basic(headers).ok_or_else(OAuthError::client)?;
    let is_its_own = known(&client_id)?.known_as.client_secret() == Some(&secret);
    let is_meant = named.is_none_or(|named| named == client_id);
    if is_its_own && is_meant { Ok(client_id) } else { Err(OAuthError::client()) }
}

/// RFC 7617.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let mut credentials = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (credentials.next(), credentials.next()) else {
        return None;
    };
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    let basic = scheme.eq_ignore_ascii_case("basic");
    basic.then(|| (client_id.to_owned(), secret.to_owned()))
}
