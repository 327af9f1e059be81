//! `/2/chat/media`: encrypted media, uploaded in segments.

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::call::{Call, Sent};
use crate::contract::Contract;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::validate::{
    CONVERSATION, Finalization, FormPart, HASH_KEY, Initialization, Query, Segment, conversation,
    hash_key, session,
};

const FORM: &str = "multipart/form-data";
/// The form of an append has four parts; more than this is no form of anybody's.
const MAX_PARTS: usize = 16;

pub(super) fn initialize(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let request = Initialization::parse(&call.sent.json()?, call.user, call.contract)?;
    let id = request.conversation;
    let mut state = app.state();
    state.conversations.members_for(id, call.user).map_err(Problem::in_body)?;
    let begun = state.media.begin(call.user, id, request.total_bytes, call.now);
    Ok(Answer::of(json!({
        "session_id": begun.session_id,
        HASH_KEY: begun.hash_key,
        CONVERSATION: id.to_string(),
    }))
    .changed(true))
}

pub(super) async fn append(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let segment = if call.sent.is_declared(FORM) {
        Segment::parse_form(form(&call.sent).await?, call.user, call.contract)?
    } else if call.sent.is_declared("application/json") {
        Segment::parse(&call.sent.json()?, call.user, call.contract)?
    } else {
        return Err(Problem::unsupported_media_type("application/json or multipart/form-data"));
    };
    let mut state = app.state();
    state.conversations.members_for(segment.conversation, call.user).map_err(Problem::in_body)?;
    let (expires_at, new) = state.media.append(call.user, &call.path.id, segment, call.now)?;
    let answer = Answer::of(json!({ "expires_at": expires_at.as_u64() / 1_000 })).changed(new);
    Ok(match call.contract {
        Contract::V2_165 => answer.with("meta", Value::Object(Map::new())), // a required member
        Contract::V2_167 => answer,
    })
}

pub(super) fn finalize(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let id = session(&call.path.id, call.contract)?;
    let request = Finalization::parse(&call.sent.json()?, call.user, call.contract)?;
    let new = app.state().media.finish(call.user, id, &request, call.now)?;
    Ok(Answer::of(json!({ "success": true })).changed(new))
}

pub(super) fn download(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    Query::parse(call.sent.uri, &[])?;
    let id = conversation(&call.path.id, call.user)?;
    let key = hash_key(&call.path.media_hash_key)?;
    let state = app.state();
    state.conversations.members_for(id, call.user)?;
    let octets = state.media.download(id, key);
    octets.map(Answer::octets).ok_or_else(|| Problem::not_found(HASH_KEY, "media", key))
}

/// The parts of a form, in their order.
async fn form(sent: &Sent<'_>) -> Result<Vec<FormPart>, Problem> {
    let unreadable =
        |_| Problem::invalid_body("The body is not the form that it is declared to be.");
    let mut request = Request::builder()
        .header(CONTENT_TYPE, sent.content_type().unwrap_or_default())
        .body(Body::from(sent.body.clone()))
        .map_err(|_| Problem::unsupported_media_type(FORM))?;
    // The body is here in whole: its length was limited when it was read.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| Problem::invalid_body("The form has no boundary."))?;
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().map(str::to_owned);
        let name = name.ok_or_else(|| Problem::invalid_body("A part of the form has no name."))?;
        let octets: Bytes = field.bytes().await.map_err(unreadable)?;
        parts.push(FormPart { name, octets });
        if parts.len() > MAX_PARTS {
            return Err(Problem::invalid_body("The form has too many parts."));
        }
    }
    Ok(parts)
}
