//! `/2/users/{id}/public_keys` and `/2/users/public_keys`.

use std::collections::BTreeSet;

use sealpost_crypto::{PublicKeyVersion, UserId};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::call::Call;
use crate::contract::Contract;
use crate::directory::PublicKeys;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::state::State;
use crate::validate::{Query, Registration, Selector, user};

pub(super) fn register(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let owner = user("id", &call.path.id)?;
    if owner != call.user {
        let detail = format!("User {} cannot register keys for user {owner}.", call.user);
        return Err(Problem::not_authorized("id", "user", &call.path.id, detail));
    }
    let registration = Registration::parse(&call.sent.json()?)?;
    let keys = registration.keys.clone();
    let version = app.state().directory.register(owner, registration, call.now)?;
    let data = match call.contract {
        Contract::V2_165 => Value::Object(row(version, &keys, call.contract, None)),
        Contract::V2_167 => json!({ "public_key_version": version.to_string() }),
    };
    Ok(Answer::of(data).changed(true))
}

pub(super) fn of_user(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    let query = Query::parse(call.sent.uri, &[Selector::PublicKey.name()])?;
    let fields = query.fields(Selector::PublicKey, call.contract)?;
    let owner = user("id", &call.path.id)?;
    let state = app.state();
    let rows: Vec<Value> = served_keys(&state, owner, "id", call.fault)?
        .into_iter()
        .map(|(version, keys)| Value::Object(row(version, keys, call.contract, fields.as_ref())))
        .collect();
    Ok(match call.contract {
        // Its lists are never empty.
        Contract::V2_165 if rows.is_empty() => Answer::object(Map::new()),
        _ => Answer::of(rows.into()),
    })
}

pub(super) fn of_users(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    let query = Query::parse(call.sent.uri, &["ids", Selector::PublicKey.name()])?;
    let fields = query.fields(Selector::PublicKey, call.contract)?;
    let owners = query.user_ids()?;
    let state = app.state();
    let mut unknown = Vec::new();
    let mut rows = Vec::new();
    for owner in owners {
        match served_keys(&state, owner, "ids", call.fault) {
            Ok(found) => rows.extend(found.into_iter().map(|(version, keys)| {
                let mut row = row(version, keys, call.contract, fields.as_ref());
                row.insert("user_id".to_owned(), owner.to_string().into());
                (owner, Value::Object(row))
            })),
            Err(problem) if problem.is_not_found() => unknown.push(problem),
            Err(problem) => return Err(problem),
        }
    }
    let mut answer = Answer::object(Map::new());
    if !rows.is_empty() || unknown.is_empty() {
        answer = answer.with("data", listing(rows, call.contract));
    }
    unknown.into_iter().for_each(|problem| answer.add_error(problem));
    Ok(answer)
}

/// A list in 2.167. In 2.165 the description says an object: here from a user's id to the list of
/// that user's rows.
fn listing(rows: Vec<(UserId, Value)>, contract: Contract) -> Value {
    if contract == Contract::V2_167 {
        return rows.into_iter().map(|(_, row)| row).collect();
    }
    let mut by_user = Map::new();
    for (user, row) in rows {
        let rows = by_user.entry(user.to_string()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(rows) = rows {
            rows.push(row);
        }
    }
    Value::Object(by_user)
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

/// `juicebox_config` is a field one may ask for, but the sandbox runs no Juicebox realms and has
/// none to give.
fn row(
    version: PublicKeyVersion,
    keys: &PublicKeys,
    contract: Contract,
    fields: Option<&BTreeSet<String>>,
) -> Map<String, Value> {
    let version_name = match contract {
        Contract::V2_165 => "version",
        Contract::V2_167 => "public_key_version",
    };
    [
        (version_name, version.to_string()),
        ("public_key", keys.public_key.clone()),
        ("signing_public_key", keys.signing_public_key.clone()),
        ("identity_public_key_signature", keys.identity_public_key_signature.clone()),
    ]
    .into_iter()
    .filter(|(name, _)| fields.is_none_or(|fields| fields.contains(*name)))
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect()
}
