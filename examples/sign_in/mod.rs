//! The app that signs users in, from the environment.

use std::env;

use sealpost::transport::OAuth2App;

use crate::support::Outcome;

/// The app in `X_CLIENT_ID`, and where it can keep a secret, `X_CLIENT_SECRET`; X's, or one of the
/// server in `SEALPOST_BASE_URL`.
pub(crate) fn app() -> Outcome<OAuth2App> {
    let client_id = env::var("X_CLIENT_ID").map_err(|_| "set X_CLIENT_ID; try --help")?;
    let mut builder = match env::var("X_CLIENT_SECRET") {
        Ok(secret) => OAuth2App::confidential(&client_id, secret.into()),
        Err(_) => OAuth2App::public(&client_id),
    };
    if let Ok(url) = env::var("SEALPOST_BASE_URL") {
        builder = builder.base_url(&url);
    }
    Ok(builder.build()?)
}
