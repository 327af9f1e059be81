//! `GET /2/chat/conversations/{id}/events`.

use sealpost_crypto::ConversationId;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::clock::iso_8601;
use crate::event::Event;
use crate::exchange::Call;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::validate::{Query, conversation};

const FIELDS: &str = "chat_message_event.fields";
/// `conversation_token` is a field one may ask for, but key changes carry none.
const KNOWN_FIELDS: [&str; 9] = [
    "conversation_id",
    "conversation_token",
    "created_at",
    "encoded_event",
    "id",
    "is_trusted",
    "message_event_signature",
    "previous_id",
    "sender_id",
];

pub(super) fn page(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    let query = Query::parse(call.uri, &["max_results", "pagination_token", FIELDS])?;
    let fields = query.fields(FIELDS, &KNOWN_FIELDS)?;
    let max = query.max_results()?;
    let id = conversation(call.id, call.user)?;
    let state = app.state();
    state.conversations.members_for(id, call.user)?;
    let before = query
        .get("pagination_token")
        .map(|token| {
            state.page_start(id, token).ok_or_else(|| {
                let detail = "pagination_token is not a next_token of this conversation.";
                Problem::invalid("pagination_token", detail).value(token)
            })
        })
        .transpose()?;
    let page = state.conversations.page(id, before, max);
    let wanted =
        |name: &str| name == "id" || fields.as_ref().is_none_or(|fields| fields.contains(name));
    let rows: Vec<Value> = page.events.iter().map(|event| row(id, event, &wanted)).collect();
    let mut meta = json!({
        "result_count": rows.len(),
        "has_more": page.next.is_some(),
        "conversation_key_events":
            page.key_events.iter().map(|event| event.encoded.as_str()).collect::<Vec<_>>(),
    });
    if let (Some(next), Value::Object(meta)) = (page.next, &mut meta) {
        meta.insert("next_token".to_owned(), state.page_token(id, next).into());
    }
    Ok(Answer { meta: Some(meta), ..Answer::of(rows.into()) })
}

fn row(conversation: ConversationId, event: &Event, wanted: &impl Fn(&str) -> bool) -> Value {
    let mut row = Map::new();
    let mut add = |name: &str, value: Value| {
        if wanted(name) {
            row.insert(name.to_owned(), value);
        }
    };
    add("id", event.sequence_id.to_string().into());
    add("conversation_id", conversation.path().to_string().into());
    add("sender_id", event.sender.to_string().into());
    add("created_at", iso_8601(event.created_at).into());
    add("encoded_event", event.encoded.as_str().into());
    add("is_trusted", true.into());
    add(
        "message_event_signature",
        json!({
            "signature": event.signature.signature,
            "public_key_version": event.signature.public_key_version,
            "signature_version": event.signature.signature_version,
        }),
    );
    if let Some(previous) = event.previous {
        add("previous_id", previous.to_string().into());
    }
    Value::Object(row)
}
