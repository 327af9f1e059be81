//! `POST /2/chat/conversations/{id}/keys`.

use sealpost_crypto::{ConversationId, UserId};
use serde_json::json;

use crate::app::App;
use crate::exchange::Call;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::validate::{Change, Query, conversation};

pub(super) fn add(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.uri, &[])?;
    let id = conversation(call.id, call.user)?;
    app.state().conversations.members_for(id, call.user)?;
    let request = Change::parse(&call.json()?)?;
    let mut state = app.state();
    let state = &mut *state;
    let sequence_id =
        state.conversations.add_keys(id, call.user, request, &state.directory, call.now)?;
    Ok(Answer::of(json!({
        "conversation_id": named(id, call).path().to_string(),
        "sequence_id": sequence_id.to_string(),
    })))
}

/// The conversation that the answer names: the true one, unless a fault mixes them up.
pub(super) fn named(conversation: ConversationId, call: &Call<'_>) -> ConversationId {
    if call.fault == Some(Fault::OtherConversation) {
        other_than(conversation, call.user)
    } else {
        conversation
    }
}

/// A conversation of the same user with somebody else.
fn other_than(conversation: ConversationId, user: UserId) -> ConversationId {
    let neighbours = (1..).filter_map(|number| UserId::new(number).ok());
    neighbours
        .map(|other| ConversationId::direct(user, other))
        .find(|other| *other != conversation)
        .unwrap_or(conversation)
}
