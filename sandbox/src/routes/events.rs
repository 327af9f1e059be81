//! `GET /2/chat/conversations/{id}/events`.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::call::Call;
use crate::clock::iso_8601;
use crate::contract::Contract;
use crate::event::Event;

use crate::problem::Problem;
use crate::reply::{Answer, insert};
use crate::validate::{Query, Selector, conversation};

pub(super) fn page(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    let names = ["max_results", "pagination_token", Selector::MessageEvent.name()];
    let query = Query::parse(call.sent.uri, &names)?;
    let fields = query.fields(Selector::MessageEvent, call.contract)?;
    let max = query.max_results()?;
    let id = conversation(&call.path.id, call.user)?;
    let state = app.state();
    state.conversations.members_for(id, call.user)?;
    let before =
        query.page_start("events of this conversation", |token| state.page_start(id, token))?;
    let page = state.conversations.log(id).map(|log| log.page(call.user, before, max));
    let page = page.unwrap_or_default();
    let rows: Vec<Value> =
        page.events.iter().map(|event| row(event, call.contract, fields.as_ref())).collect();
    let mut meta = json!({
        "result_count": rows.len(),
        "has_more": page.next.is_some(),
        "conversation_key_events":
            page.key_events.iter().map(|event| event.encoded.as_str()).collect::<Vec<_>>(),
    });
    if let Some(next) = page.next {
        insert(&mut meta, "next_token", state.page_token(id, next));
    }
    Ok(Answer::of(rows.into()).with("meta", meta))
}

fn row(event: &Event, contract: Contract, fields: Option<&BTreeSet<String>>) -> Value {
    let place = event.place;
    let number = place.sequence_id.to_string();
    let mut row = Map::new();
    let mut add = |field: &str, name: &str, value: Value| {
        if fields.is_none_or(|fields| fields.contains(field)) {
            row.insert(name.to_owned(), value);
        }
    };
    add("conversation_id", "conversation_id", place.conversation.path().to_string().into());
    add("sender_id", "sender_id", place.sender.to_string().into());
    add("encoded_event", "encoded_event", event.encoded.as_str().into());
    add("is_trusted", "is_trusted", true.into());
    if let Some(token) = &event.conversation_token {
        add("conversation_token", "conversation_token", token.as_str().into());
    }
    if let Some(signature) = &event.signature {
        let signature = json!({
            "signature": signature.signature,
            "public_key_version": signature.public_key_version.to_string(),
            "signature_version": signature.signature_version,
        });
        add("message_event_signature", "message_event_signature", signature);
    }
    let previous = place.previous.map(|previous| previous.to_string());
    match contract {
        Contract::V2_165 => {
            add("id", "sequence_id", number.as_str().into());
            add("created_at_msec", "created_at_msec", place.created_at.to_string().into());
            if let Some(previous) = previous {
                add("previous_id", "previous_sequence_id", previous.into());
            }
            // A required member, selected or not.
            row.insert("encoded_event".to_owned(), event.encoded.as_str().into());
        }
        Contract::V2_167 => {
            add("created_at", "created_at", iso_8601(place.created_at).into());
            if let Some(previous) = previous {
                add("previous_id", "previous_id", previous.into());
            }
        }
    }
    row.insert("id".to_owned(), number.into());
    Value::Object(row)
}
