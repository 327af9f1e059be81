//! `POST /2/chat/conversations/{id}/keys`.

use sealpost_crypto::{ConversationId, UserId};
use serde_json::json;

use crate::app::App;
use crate::call::Call;
use crate::contract::Contract;
use crate::fault::Fault;
use crate::problem::Problem;
use crate::reply::{Answer, insert};
use crate::validate::{Change, Query, conversation};

pub(super) fn add(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let id = conversation(&call.path.id, call.user)?;
    app.state().conversations.members_for(id, call.user)?;
    let request = Change::parse(&call.sent.json()?, call.contract)?;
    let mut state = app.state();
    let state = &mut *state;
    let sequence_id =
        state.conversations.add_keys(id, call.user, request, &state.directory, call.now)?;
    let mut data = json!({ "sequence_id": sequence_id.to_string() });
    if call.contract >= Contract::V2_167 {
        insert(&mut data, "conversation_id", named(id, call).path().to_string());
    }
    Ok(Answer::of(data).changed(true))
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
