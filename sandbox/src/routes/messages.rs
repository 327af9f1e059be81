//! `/2/chat/conversations/{id}/messages`, `.../messages/delete`, `.../read` and `.../typing`.

use serde_json::json;

use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::validate::{Deletion, Message, Query, conversation, media_key_path, seen_until};

pub(super) fn send(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let id = conversation(&call.path.id, call.user)?;
    app.state().conversations.members_for(id, call.user)?;
    let message = Message::parse(&call.sent.json()?)?;
    let mut state = app.state();
    let state = &mut *state;
    let (encoded, new) =
        state.conversations.send(id, call.user, &message, &state.directory, call.now)?;
    Ok(Answer::of(json!({ "encoded_message_event": encoded })).created().changed(new))
}

pub(super) fn delete(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let id = conversation(&call.path.id, call.user)?;
    app.state().conversations.members_for(id, call.user)?;
    let deletion = Deletion::parse(&call.sent.json()?, call.contract)?;
    let mut state = app.state();
    let state = &mut *state;
    let answer = Answer::of(json!({ "deleted": true }));
    if state.conversations.is_deleted(id, call.user, &deletion)? {
        return Ok(answer);
    }
    let keys = &deletion.media_hash_keys;
    for (index, key) in keys.iter().enumerate() {
        let path = media_key_path(index);
        match state.media.owner(id, key) {
            None => return Err(Problem::not_found(path, "media", key)),
            Some(owner) if owner != call.user && deletion.for_all => {
                let detail = format!("User {} cannot delete the media of another user.", call.user);
                return Err(Problem::not_authorized(path, "media", key, detail));
            }
            Some(_) => {}
        }
    }
    state.conversations.delete(id, call.user, &deletion, &state.directory, call.now)?;
    if deletion.for_all {
        keys.iter().for_each(|key| state.media.delete(id, key));
    }
    Ok(answer.changed(true))
}

pub(super) fn mark_read(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let id = conversation(&call.path.id, call.user)?;
    app.state().conversations.members_for(id, call.user)?;
    let until = seen_until(&call.sent.json()?)?;
    let new = app.state().conversations.mark_read(id, call.user, until)?;
    Ok(Answer::of(json!({ "success": true })).changed(new))
}

/// Others see it while they look, and nothing is left of it.
pub(super) fn type_on(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let id = conversation(&call.path.id, call.user)?;
    app.state().conversations.members_for(id, call.user)?;
    call.sent.no_body()?;
    Ok(Answer::of(json!({ "success": true })))
}
