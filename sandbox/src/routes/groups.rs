//! `/2/chat/conversations/group` and `/2/chat/conversations/{id}/members`.

use axum::http::StatusCode;
use serde_json::json;

use super::keys::named;
use crate::app::App;
use crate::exchange::Call;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::validate::{GroupCreation, MemberAddition, Query, conversation};

pub(super) fn initialize(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.uri, &[])?;
    call.no_body()?;
    let group = app.state().mint_group(call.user);
    let group = group.ok_or_else(|| Problem::internal_error("There are no group ids left."))?;
    Ok(Answer::of(json!({ "conversation_id": group.to_string() })))
}

pub(super) fn create(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.uri, &[])?;
    let creation = GroupCreation::parse(&call.json()?)?;
    let group = creation.group;
    let mut state = app.state();
    let state = &mut *state;
    let sequence_id =
        state.conversations.create_group(call.user, creation, &state.directory, call.now)?;
    let data = json!({
        "conversation_id": named(group, call).path().to_string(),
        "conversation_key_change_sequence_id": sequence_id.to_string(),
    });
    Ok(Answer { status: StatusCode::CREATED, ..Answer::of(data) })
}

pub(super) fn add_members(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.uri, &[])?;
    let group = conversation(call.id, call.user)?;
    if !group.is_group() {
        let detail = "id must be the id of a group: only groups take new members.";
        return Err(Problem::invalid("id", detail).value(call.id));
    }
    app.state().conversations.members_for(group, call.user)?;
    let addition = MemberAddition::parse(&call.json()?)?;
    let mut state = app.state();
    let state = &mut *state;
    let (sequence_id, members) =
        state.conversations.add_members(group, call.user, addition, &state.directory, call.now)?;
    let members: Vec<String> = members.iter().map(ToString::to_string).collect();
    Ok(Answer::of(json!({
        "conversation_key_change_sequence_id": sequence_id.to_string(),
        "current_member_ids": members,
    })))
}
