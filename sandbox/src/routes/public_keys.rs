//! `/2/users/{id}/public_keys` and `/2/users/public_keys`.

use std::collections::BTreeSet;

use sealpost_crypto::{PublicKeyVersion, UserId};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::directory::PublicKeys;
use crate::exchange::Call;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::state::State;
use crate::validate::{Query, Registration, user};

const FIELDS: &str = "public_key.fields";
/// `juicebox_config` is a field one may ask for, but the sandbox runs no Juicebox realms and has
/// none to give.
const KNOWN_FIELDS: [&str; 5] = [
    "identity_public_key_signature",
    "juicebox_config",
    "public_key",
    "public_key_version",
    "signing_public_key",
];

pub(super) fn register(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.uri, &[])?;
    let owner = user("id", call.id)?;
    if owner != call.user {
        let detail = format!("User {} cannot register keys for user {owner}.", call.user);
        return Err(Problem::not_authorized("user", call.id, detail));
    }
    let registration = Registration::parse(&call.json()?)?;
    let version = app.state().directory.register(owner, registration, call.now)?;
    Ok(Answer::of(json!({ "public_key_version": version.to_string() })))
}

pub(super) fn of_user(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    let query = Query::parse(call.uri, &[FIELDS])?;
    let fields = query.fields(FIELDS, &KNOWN_FIELDS)?;
    let owner = user("id", call.id)?;
    let state = app.state();
    let rows = served_keys(&state, owner, "id", call.fault)?
        .into_iter()
        .map(|(version, keys)| Value::Object(row(version, keys, fields.as_ref())))
        .collect();
    Ok(Answer::of(rows))
}

pub(super) fn of_users(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    let query = Query::parse(call.uri, &["ids", FIELDS])?;
    let fields = query.fields(FIELDS, &KNOWN_FIELDS)?;
    let owners = query.user_ids()?;
    let state = app.state();
    let mut answer = Answer::default();
    let mut rows = Vec::new();
    for owner in owners {
        match served_keys(&state, owner, "ids", call.fault) {
            Ok(found) => rows.extend(found.into_iter().map(|(version, keys)| {
                let mut row = row(version, keys, fields.as_ref());
                row.insert("user_id".to_owned(), owner.to_string().into());
                Value::Object(row)
            })),
            Err(problem) if problem.is_not_found() => answer.errors.push(problem),
            Err(problem) => return Err(problem),
        }
    }
    if !rows.is_empty() || answer.errors.is_empty() {
        answer.data = Some(rows.into());
    }
    Ok(answer)
}

/// The keys to serve for a user: the user's own, unless a fault mixes users up.
fn served_keys<'a>(
    state: &'a State,
    owner: UserId,
    parameter: &'static str,
    fault: Option<Fault>,
) -> Result<Vec<(PublicKeyVersion, &'a PublicKeys)>, Problem> {
    if fault == Some(Fault::SwappedDirectoryRow) {
        let swapped = state.directory.newest_of_another(owner).ok_or_else(|| {
            let detail =
                format!("{} needs another user with public keys.", Fault::SwappedDirectoryRow);
            Problem::invalid("x-sandbox-fault", detail)
        })?;
        return Ok(vec![swapped]);
    }
    state
        .directory
        .keys(owner)
        .map(|keys| keys.iter().map(|(version, keys)| (*version, keys)).collect())
        .ok_or_else(|| Problem::not_found(parameter, "user", &owner.to_string()))
}

fn row(
    version: PublicKeyVersion,
    keys: &PublicKeys,
    fields: Option<&BTreeSet<String>>,
) -> Map<String, Value> {
    [
        ("public_key_version", version.to_string()),
        ("public_key", keys.public_key.clone()),
        ("signing_public_key", keys.signing_public_key.clone()),
        ("identity_public_key_signature", keys.identity_public_key_signature.clone()),
    ]
    .into_iter()
    .filter(|(name, _)| fields.is_none_or(|fields| fields.contains(*name)))
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect()
}
