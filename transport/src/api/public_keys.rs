//! The directory of public keys.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use sealpost_crypto::{PublicKeyVersion, RegistrationRequest, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::listing::{self, PublicKeyListing};
use super::{Fault, id, object, take};
use crate::argument::InvalidArgument;
use crate::body::Body;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::Error;
use crate::exchange::Call;

/// What makes a record verifiable. Not `juicebox_config`: it holds other users' tokens.
const FIELDS: (&str, &str) = (
    "public_key.fields",
    "public_key_version,public_key,signing_public_key,identity_public_key_signature",
);
/// The most users one request may name.
pub(super) const MAX_USERS: usize = 100;

/// A registration the server accepted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Registered {
    /// The version the server gave to the keys.
    pub public_key_version: PublicKeyVersion,
    /// What the key backup service needs to know, when the server sent it.
    pub juicebox_config: Option<JuiceboxConfig>,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

/// The configuration of the key backup service (Juicebox), as JSON. It holds bearer tokens for
/// the service's realms, so it is a secret: `Debug` does not show it, and this text is wiped on
/// drop. The answer it came in is not.
pub struct JuiceboxConfig(SecretString);

impl JuiceboxConfig {
    /// The JSON text.
    ///
    /// # Security
    /// It holds bearer tokens: do not log it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for JuiceboxConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JuiceboxConfig(..)")
    }
}

impl Client {
    /// Registers the caller's public keys: `POST /2/users/{id}/public_keys`.
    ///
    /// Save the identity's private keys first: a registration whose private keys are lost cannot
    /// be taken back.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or
    /// gives no key version; otherwise as [`Error`] describes. Where
    /// [`may_have_been_applied`](Error::may_have_been_applied) holds, look at
    /// [`user_public_keys`](Self::user_public_keys) before sending again.
    pub async fn add_user_public_key(
        &self,
        user_id: &UserId,
        registration: &RegistrationRequest,
    ) -> Result<Registered, Error> {
        let user = user_id.to_string();
        let mut reply = self
            .exchange(Call {
                operation: Operation::AddUserPublicKey,
                path: &["2", "users", &user, "public_keys"],
                query: &[],
                body: Body::Json(Bytes::copy_from_slice(registration.body())),
            })
            .await?;
        let data = reply.take("data");
        let (version, juicebox_config) =
            registered(data).map_err(|(field, reason)| reply.malformed(field, reason))?;
        match version {
            Some(public_key_version) if !reply.has_errors() => {
                Ok(Registered { public_key_version, juicebox_config, response: reply.response() })
            }
            Some(_) => Err(reply.unconfirmed(None)),
            None => Err(reply.unconfirmed(Some("data.public_key_version"))),
        }
    }

    /// All registered keys of one user, one record per version:
    /// `GET /2/users/{id}/public_keys`. Empty for a user who never registered.
    ///
    /// A record that does not say whose it is gets `user_id` as its claim.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the answer has errors and no records; otherwise as
    /// [`Error`] describes.
    pub async fn user_public_keys(&self, user_id: &UserId) -> Result<PublicKeyListing, Error> {
        let user = user_id.to_string();
        let reply = self
            .exchange(Call {
                operation: Operation::UserPublicKeys,
                path: &["2", "users", &user, "public_keys"],
                query: &[(FIELDS.0, FIELDS.1.to_owned())],
                body: Body::None,
            })
            .await?;
        listing::read(reply, Some(*user_id))
    }

    /// All registered keys of 1 to 100 different users: `GET /2/users/public_keys`.
    ///
    /// Users whom the server does not know, or will not show, have no record here.
    ///
    /// # Errors
    /// [`InvalidArgument::UserCount`] and [`InvalidArgument::DuplicateUser`] before anything is
    /// sent; [`Error::AcceptedWithErrors`] when the answer has errors and no records; otherwise as
    /// [`Error`] describes. Some apps get [`Error::Forbidden`] here while
    /// [`user_public_keys`](Self::user_public_keys) works:
    /// [`look_up_public_keys`](Self::look_up_public_keys) takes whichever does.
    pub async fn users_public_keys(&self, user_ids: &[UserId]) -> Result<PublicKeyListing, Error> {
        check_users(user_ids, MAX_USERS)?;
        let ids = user_ids.iter().map(UserId::to_string).collect::<Vec<_>>().join(",");
        let reply = self
            .exchange(Call {
                operation: Operation::UsersPublicKeys,
                path: &["2", "users", "public_keys"],
                query: &[("ids", ids), (FIELDS.0, FIELDS.1.to_owned())],
                body: Body::None,
            })
            .await?;
        listing::read(reply, None)
    }
}

/// There must be users, at most `limit`, each once.
pub(super) fn check_users(user_ids: &[UserId], limit: usize) -> Result<(), InvalidArgument> {
    let given = user_ids.len();
    if given == 0 || given > limit {
        return Err(InvalidArgument::UserCount { given, limit });
    }
    let mut seen = BTreeSet::new();
    match user_ids.iter().find(|user_id| !seen.insert(**user_id)) {
        Some(user_id) => Err(InvalidArgument::DuplicateUser { user_id: *user_id }),
        None => Ok(()),
    }
}

fn registered(
    data: Option<Value>,
) -> Result<(Option<PublicKeyVersion>, Option<JuiceboxConfig>), Fault> {
    let Some(data) = data else {
        return Ok((None, None));
    };
    let mut data = object(data, "data")?;
    let version = take(&mut data, &["public_key_version", "version"])
        .map(|value| id(&value, "data.public_key_version"))
        .transpose()?;
    let juicebox_config = take(&mut data, &["juicebox_config"])
        .map(|config| JuiceboxConfig(SecretString::from(config.to_string())));
    Ok((version, juicebox_config))
}
