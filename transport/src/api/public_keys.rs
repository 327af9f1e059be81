//! The directory of public keys.

use std::collections::BTreeSet;
use std::fmt;

use bytes::Bytes;
use sealpost_crypto::{PublicKeyRecord, PublicKeyVersion, RegistrationRequest, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::{Fault, array, id, object, take};
use crate::argument::InvalidArgument;
use crate::client::Client;
use crate::context::{Operation, RequestId};
use crate::error::{Error, Malformation};
use crate::exchange::{Call, Reply};

/// What makes a record verifiable. Not `juicebox_config`: it holds other users' tokens.
const FIELDS: (&str, &str) = (
    "public_key.fields",
    "public_key_version,public_key,signing_public_key,identity_public_key_signature",
);
/// The most users one request may name.
const MAX_USERS: usize = 100;

/// A registration the server accepted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Registered {
    /// The version the server gave to the keys.
    pub public_key_version: PublicKeyVersion,
    /// What the key backup service needs to know, when the server sent it.
    pub juicebox_config: Option<JuiceboxConfig>,
    /// The server's id for the request.
    pub request_id: Option<RequestId>,
}

/// The configuration of the key backup service (Juicebox), as JSON. It holds bearer tokens for
/// the service's realms, so it is a secret: `Debug` does not show it and it is wiped on drop.
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
                json_body: Some(Bytes::copy_from_slice(registration.body())),
            })
            .await?;
        let data = reply.take("data");
        let (version, juicebox_config) =
            registered(data).map_err(|(field, reason)| reply.malformed(field, reason))?;
        match version {
            Some(public_key_version) if !reply.has_errors() => Ok(Registered {
                public_key_version,
                juicebox_config,
                request_id: reply.request_id(),
            }),
            Some(_) => Err(reply.unconfirmed(None)),
            None => Err(reply.unconfirmed(Some("data.public_key_version"))),
        }
    }

    /// All registered keys of one user, one record per version:
    /// `GET /2/users/{id}/public_keys`. Empty for a user who never registered.
    ///
    /// The records are claims: only [`PublicKeyRecord::verify`] makes a participant of one. A
    /// record that does not say whose it is gets `user_id` as its claim.
    ///
    /// # Errors
    /// As [`Error`] describes.
    pub async fn user_public_keys(&self, user_id: &UserId) -> Result<Vec<PublicKeyRecord>, Error> {
        let user = user_id.to_string();
        let reply = self
            .exchange(Call {
                operation: Operation::UserPublicKeys,
                path: &["2", "users", &user, "public_keys"],
                query: &[(FIELDS.0, FIELDS.1.to_owned())],
                json_body: None,
            })
            .await?;
        let records = records(reply)?;
        Ok(records.into_iter().map(|record| record.with_user_id(*user_id)).collect())
    }

    /// All registered keys of 1 to 100 different users: `GET /2/users/public_keys`.
    ///
    /// The records are claims: only [`PublicKeyRecord::verify`] makes a participant of one. Users
    /// whom the server does not know, or will not show, have no record here; their order is the
    /// server's.
    ///
    /// # Errors
    /// [`InvalidArgument::UserCount`] and [`InvalidArgument::DuplicateUser`] before anything is
    /// sent; otherwise as [`Error`] describes. Some apps get [`Error::Forbidden`] here while
    /// [`user_public_keys`](Self::user_public_keys) works.
    pub async fn users_public_keys(
        &self,
        user_ids: &[UserId],
    ) -> Result<Vec<PublicKeyRecord>, Error> {
        let ids = comma_list(user_ids)?;
        let reply = self
            .exchange(Call {
                operation: Operation::UsersPublicKeys,
                path: &["2", "users", "public_keys"],
                query: &[("ids", ids), (FIELDS.0, FIELDS.1.to_owned())],
                json_body: None,
            })
            .await?;
        records(reply)
    }
}

fn comma_list(user_ids: &[UserId]) -> Result<String, InvalidArgument> {
    if !(1..=MAX_USERS).contains(&user_ids.len()) {
        return Err(InvalidArgument::UserCount { given: user_ids.len() });
    }
    let mut seen = BTreeSet::new();
    if let Some(user_id) = user_ids.iter().find(|user_id| !seen.insert(**user_id)) {
        return Err(InvalidArgument::DuplicateUser { user_id: *user_id });
    }
    Ok(user_ids.iter().map(UserId::to_string).collect::<Vec<_>>().join(","))
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

/// No data and no errors is an empty list; no data and errors is a failure.
fn records(mut reply: Reply) -> Result<Vec<PublicKeyRecord>, Error> {
    match reply.take("data") {
        Some(data) => rows(data).map_err(|(field, reason)| reply.malformed(field, reason)),
        None if reply.has_errors() => Err(reply.unconfirmed(Some("data"))),
        None => Ok(Vec::new()),
    }
}

/// `data` is an array of rows (2.167), an object from user id to a row or rows, or one row (both
/// readings of 2.165).
fn rows(data: Value) -> Result<Vec<PublicKeyRecord>, Fault> {
    let members = match data {
        Value::Object(members) => members,
        data => return array(data, "data")?.into_iter().map(row).collect(),
    };
    if members.contains_key("public_key") {
        return Ok(vec![row(Value::Object(members))?]);
    }
    let by_user = by_user(&members).ok_or(("data", Malformation::InvalidValue))?;
    let mut records = Vec::new();
    for (user_id, rows) in by_user {
        let rows = match rows {
            Value::Array(rows) => rows.as_slice(),
            row => std::slice::from_ref(row),
        };
        for value in rows {
            records.push(row(value.clone())?.with_user_id(user_id));
        }
    }
    Ok(records)
}

/// The members of an object whose every name is a user id.
fn by_user(members: &Map<String, Value>) -> Option<Vec<(UserId, &Value)>> {
    members.iter().map(|(name, value)| Some((name.parse().ok()?, value))).collect()
}

fn row(value: Value) -> Result<PublicKeyRecord, Fault> {
    serde_json::from_value(value).map_err(|_| ("data[]", Malformation::InvalidValue))
}
