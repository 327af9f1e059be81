//! The bodies of `POST .../messages`, `.../messages/delete` and `.../read`.

use std::collections::BTreeSet;

use sealpost_crypto::encoding::decode_base64;
use sealpost_crypto::wire::{MessageCreateEvent, MessageEventDetail, MessageEventSignature};
use sealpost_crypto::{KeyVersion, SequenceId};

use super::action::{self, Action, Payload};
use super::fields::{Field, Object, Text};
use super::ids;
use crate::contract::Contract;
use crate::event::{Draft, EventKind, EventSignature};
use crate::json::Json;
use crate::operation::Operation;
use crate::problem::Problem;

pub(crate) const MESSAGE_EVENT: &str = "encoded_message_create_event";
pub(crate) const MESSAGE_SIGNATURE: &str = "encoded_message_event_signature";
pub(crate) const SEEN_UNTIL: &str = "seen_until_sequence_id";
const MEDIA_KEYS: &str = "media_hash_keys";
const SEQUENCE_IDS: &str = "sequence_ids";

/// A message, complete and consistent in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) key_version: KeyVersion,
    pub(crate) signature: Option<EventSignature>,
    message_id: String,
    conversation_token: Option<String>,
    /// The Thrift bytes of the `MessageEventDetail` that holds what was sent.
    detail: Vec<u8>,
}

impl Message {
    pub(crate) fn parse(body: &Json) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        let message_id = body.required("message_id")?.text()?.not_empty()?.to_owned();
        let encoded = body.required(MESSAGE_EVENT)?.text()?;
        let create_event = encoded.base64()?;
        let key_version = read_message(&create_event).map_err(|why| encoded.refuse_long(&why))?;
        let signature = match body.optional(MESSAGE_SIGNATURE) {
            None => None,
            Some(field) => Some(parse_signature(&field.text()?)?),
        };
        let token = body.optional("conversation_token").map(Field::text).transpose()?;
        Ok(Self {
            key_version,
            signature,
            message_id,
            conversation_token: token.map(|token| token.as_str().to_owned()),
            detail: detail_of(&create_event),
        })
    }

    /// The event it is to become.
    pub(crate) fn draft(&self) -> Draft<'_> {
        Draft {
            kind: EventKind::Message,
            message_id: &self.message_id,
            detail: &self.detail,
            signature: self.signature.as_ref(),
            conversation_token: self.conversation_token.as_deref(),
        }
    }
}

/// The version of the key it is encrypted under. A refusal completes the sentence `FIELD ...`.
fn read_message(create_event: &[u8]) -> Result<KeyVersion, String> {
    let event = MessageCreateEvent::decode(create_event)
        .map_err(|error| format!("must be a Thrift MessageCreateEvent: {error}"))?;
    if event.contents.is_none_or(<[u8]>::is_empty) {
        return Err("must have contents".to_owned());
    }
    let version = event.conversation_key_version.and_then(|version| version.parse().ok());
    version.ok_or_else(|| "must have a conversation_key_version, a decimal number".to_owned())
}

/// Member 1 of the union is the message.
fn detail_of(create_event: &[u8]) -> Vec<u8> {
    [b"\x0c\x00\x01", create_event, b"\x00"].concat()
}

/// A Thrift `MessageEventSignature` in base64.
fn parse_signature(encoded: &Text<'_>) -> Result<EventSignature, Problem> {
    let bytes = encoded.base64()?;
    let refuse = |why: &str| encoded.refuse_long(why);
    let decoded = MessageEventSignature::decode(&bytes)
        .map_err(|error| refuse(&format!("must be a Thrift MessageEventSignature: {error}")))?;
    let is_base64 = |text: &&str| decode_base64(text).is_ok_and(|bytes| !bytes.is_empty());
    let version = decoded.public_key_version.and_then(|version| version.parse().ok());
    Ok(EventSignature {
        signature: decoded
            .signature
            .filter(is_base64)
            .ok_or_else(|| refuse("must have a signature in base64"))?
            .to_owned(),
        public_key_version: version
            .ok_or_else(|| refuse("must have a public_key_version, a decimal number"))?,
        signature_version: decoded
            .signature_version
            .filter(|version| !version.is_empty())
            .ok_or_else(|| refuse("must have a signature_version"))?
            .to_owned(),
    })
}

/// A deletion, complete and consistent in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deletion {
    pub(crate) sequence_ids: Vec<SequenceId>,
    /// For everybody, and not for the caller alone.
    pub(crate) for_all: bool,
    pub(crate) media_hash_keys: Vec<String>,
    pub(crate) action: Action,
}

impl Deletion {
    pub(crate) fn parse(body: &Json, contract: Contract) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        let sequence_ids = parse_sequence_ids(body.required(SEQUENCE_IDS)?)?;
        let for_all = parse_scope(&body)?;
        let media_hash_keys = match body.optional(MEDIA_KEYS) {
            None => Vec::new(),
            Some(field) => field.list()?.into_iter().map(hash_key).collect::<Result<_, _>>()?,
        };
        let [action] = action::list(&body, Operation::DeleteChatMessages)?;
        let check = |detail: &[u8]| check_detail(detail, &sequence_ids, for_all);
        let (action, ()) = action::parse(action, contract, Payload::Allowed, check)?;
        Ok(Self { sequence_ids, for_all, media_hash_keys, action })
    }

    /// The event it is to become.
    pub(crate) fn draft(&self) -> Draft<'_> {
        self.action.draft(EventKind::Deletion { for_all: self.for_all })
    }
}

/// The paths of the items, for checks against the state.
pub(crate) fn sequence_path(index: usize) -> String {
    format!("{SEQUENCE_IDS}[{index}]")
}

pub(crate) fn media_key_path(index: usize) -> String {
    format!("{MEDIA_KEYS}[{index}]")
}

fn parse_sequence_ids(field: Field<'_>) -> Result<Vec<SequenceId>, Problem> {
    let empty = field.refuse("must not be empty");
    let mut seen = BTreeSet::new();
    let id = |item: Field<'_>| {
        let text = item.text()?;
        let id: SequenceId = text.decimal()?;
        if seen.insert(id) { Ok(id) } else { Err(text.refuse("names an event twice")) }
    };
    let ids: Vec<SequenceId> = field.list()?.into_iter().map(id).collect::<Result<_, _>>()?;
    if ids.is_empty() { Err(empty) } else { Ok(ids) }
}

fn parse_scope(body: &Object<'_>) -> Result<bool, Problem> {
    let scope = body.required("delete_message_action")?.text()?;
    match scope.as_str() {
        "delete_for_all" => Ok(true),
        "delete_for_self" => Ok(false),
        _ => Err(scope.refuse("must be delete_for_all or delete_for_self")),
    }
}

fn hash_key(field: Field<'_>) -> Result<String, Problem> {
    let text = field.text()?;
    if ids::is_hash_key(text.as_str()) {
        Ok(text.as_str().to_owned())
    } else {
        Err(text.refuse("must match ^[a-zA-Z0-9]{1,50}$"))
    }
}

/// Refuses a detail that is not this very deletion.
fn check_detail(detail: &[u8], ids: &[SequenceId], for_all: bool) -> Result<(), String> {
    let Ok(MessageEventDetail::MessageDelete(deletion)) = MessageEventDetail::decode(detail) else {
        return Err("must be a Thrift MessageDeleteEvent".to_owned());
    };
    let expected: Vec<String> = ids.iter().map(ToString::to_string).collect();
    if deletion.sequence_ids != expected {
        return Err("must have the body's sequence_ids, in their order".to_owned());
    }
    if deletion.delete_message_action != Some(if for_all { 2 } else { 1 }) {
        return Err("must have the body's delete_message_action".to_owned());
    }
    Ok(())
}

/// The body of `.../read`.
pub(crate) fn seen_until(body: &Json) -> Result<SequenceId, Problem> {
    Field::body(body).object()?.required(SEEN_UNTIL)?.text()?.decimal()
}
