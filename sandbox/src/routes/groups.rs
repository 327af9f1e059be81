//! `/2/chat/conversations/group` and `/2/chat/conversations/{id}/members`.

use serde_json::{Map, Value, json};

use super::keys::named;
use crate::app::App;
use crate::call::Call;
use crate::contract::Contract;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::validate::{GroupCreation, MemberAddition, Query, conversation};

pub(super) fn initialize(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    call.sent.no_body()?;
    let group = app.state().mint_group(call.user);
    let group = group.ok_or_else(|| Problem::internal_error("There are no group ids left."))?;
    Ok(Answer::of(json!({ "conversation_id": group.to_string() })).changed(true))
}

pub(super) fn create(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let creation = GroupCreation::parse(&call.sent.json()?, call.contract)?;
    let group = creation.group;
    let mut state = app.state();
    let state = &mut *state;
    let sequence_id =
        state.conversations.create_group(call.user, creation, &state.directory, call.now)?;
    let data = json!({
        "conversation_id": named(group, call).path().to_string(),
        "conversation_key_change_sequence_id": sequence_id.to_string(),
    });
    Ok(Answer::of(data).created().changed(true))
}

pub(super) fn add_members(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let group = conversation(&call.path.id, call.user)?;
    if !group.is_group() {
        let detail = "id must be the id of a group: only groups take new members.";
        return Err(Problem::invalid("id", detail).value(&call.path.id));
    }
    app.state().conversations.members_for(group, call.user)?;
    let addition = MemberAddition::parse(&call.sent.json()?, call.contract)?;
    let mut state = app.state();
    let state = &mut *state;
    let (sequence_id, members) =
        state.conversations.add_members(group, call.user, addition, &state.directory, call.now)?;
    let members: Value = members.iter().map(ToString::to_string).collect();
    let data = [
        ("conversation_key_change_sequence_id".to_owned(), sequence_id.to_string().into()),
        ("current_member_ids".to_owned(), members),
    ];
    let data = Map::from_iter(data);
    let answer = match call.contract {
        Contract::V2_165 => Answer::object(data),
        Contract::V2_167 => Answer::of(Value::Object(data)),
    };
    Ok(answer.changed(true))
}
