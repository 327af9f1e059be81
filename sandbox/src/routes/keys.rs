//! `POST /2/chat/conversations/{id}/keys`.

use sealpost_crypto::{ConversationId, UserId};
use serde_json::json;

use crate::app::App;
use crate::exchange::Call;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::validate::{KeysRequest, Query, conversation};

pub(super) fn add(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.uri, &[])?;
    let id = conversation(call.id, call.user)?;
    app.state().conversations.members_for(id, call.user)?;
    let request = KeysRequest::parse(&call.json()?)?;
    let mut state = app.state();
    let state = &mut *state;
    let sequence_id =
        state.conversations.add_keys(id, call.user, request, &state.directory, call.now)?;
    let named =
        if call.fault == Some(Fault::OtherConversation) { other_than(id, call.user) } else { id };
    Ok(Answer::of(json!({
        "conversation_id": named.path().to_string(),
        "sequence_id": sequence_id.to_string(),
    })))
}

/// A conversation of the same user with somebody else.
fn other_than(conversation: ConversationId, user: UserId) -> ConversationId {
    let neighbours = (1..).filter_map(|number| UserId::new(number).ok());
    neighbours
        .map(|other| ConversationId::direct(user, other))
        .find(|other| *other != conversation)
        .unwrap_or(conversation)
}
