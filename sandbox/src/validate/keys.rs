//! The body of `POST /2/chat/conversations/{id}/keys`.

use std::collections::BTreeSet;

use sealpost_crypto::{KeyVersion, MAX_RECIPIENTS, PublicKeyVersion, UserId};

use super::detail;
use super::fields::{Field, Object};
use crate::json::Json;
use crate::problem::Problem;

pub(crate) const VERSION: &str = "conversation_key_version";
pub(crate) const ENTRIES: &str = "conversation_participant_keys";
pub(crate) const SIGNER_KEY_VERSION: &str =
    "action_signatures[0].message_event_signature.public_key_version";
const SIGNATURES: &str = "action_signatures";

/// A key change, complete and consistent in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeysRequest {
    pub(crate) version: KeyVersion,
    /// One per user, in the order of the body.
    pub(crate) entries: Vec<Entry>,
    pub(crate) action: Action,
}

/// One participant's copy of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) user: UserId,
    pub(crate) public_key_version: PublicKeyVersion,
    pub(crate) sealed_key: String,
}

/// The one action signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) message_id: String,
    /// The Thrift bytes of the event detail, as they were sent.
    pub(crate) detail: Vec<u8>,
    pub(crate) signature: String,
    pub(crate) public_key_version: PublicKeyVersion,
    pub(crate) signature_version: String,
}

impl KeysRequest {
    pub(crate) fn parse(body: &Json) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        let version = body.required(VERSION)?.text()?.decimal()?;
        let entries = parse_entries(body.required(ENTRIES)?)?;
        if let Some(rotation) = body.optional("base64_encoded_key_rotation") {
            rotation.text()?.base64()?;
        }
        let action = parse_action(&body, version, &entries)?;
        Ok(Self { version, entries, action })
    }
}

fn parse_entries(field: Field<'_>) -> Result<Vec<Entry>, Problem> {
    let fields = field.list()?;
    if fields.is_empty() || fields.len() > MAX_RECIPIENTS {
        let detail = format!("{ENTRIES} must hold 1 to {MAX_RECIPIENTS} entries.");
        return Err(Problem::invalid(ENTRIES, detail).value(&fields.len().to_string()));
    }
    let mut users = BTreeSet::new();
    fields
        .into_iter()
        .map(|field| {
            let entry = field.object()?;
            let user_id = entry.required("user_id")?.text()?;
            let user = user_id.decimal()?;
            if !users.insert(user) {
                return Err(user_id.refuse("names a user who already has an entry"));
            }
            let sealed_key = entry.required("encrypted_conversation_key")?.text()?;
            sealed_key.base64()?;
            Ok(Entry {
                user,
                public_key_version: entry.required("public_key_version")?.text()?.decimal()?,
                sealed_key: sealed_key.as_str().to_owned(),
            })
        })
        .collect()
}

/// The one problem of a body without signatures: also what the fault of that name answers.
pub(crate) fn missing_action_signatures() -> Problem {
    Problem::invalid(SIGNATURES, "action_signatures is required: exactly one for a key change.")
}

fn parse_action(
    body: &Object<'_>,
    version: KeyVersion,
    entries: &[Entry],
) -> Result<Action, Problem> {
    let mut fields =
        body.optional(SIGNATURES).ok_or_else(missing_action_signatures)?.list()?.into_iter();
    let (Some(action), None) = (fields.next(), fields.next()) else {
        let detail = "action_signatures must hold exactly one signature for a key change.";
        return Err(Problem::invalid(SIGNATURES, detail));
    };
    let action = action.object()?;
    action
        .absent("signature_payload", "the payload of a key change holds the conversation key.")?;
    let message_id = action.required("message_id")?.text()?.not_empty()?.to_owned();
    let signature = action.required("message_event_signature")?.object()?;
    let encoded_detail = action.required("encoded_message_event_detail")?.text()?;
    let detail = encoded_detail.any_base64()?;
    detail::check(&detail, version, entries).map_err(|why| encoded_detail.refuse_long(&why))?;
    parse_signature(&signature, message_id, detail)
}

fn parse_signature(
    object: &Object<'_>,
    message_id: String,
    detail: Vec<u8>,
) -> Result<Action, Problem> {
    let signature = object.required("signature")?.text()?;
    signature.any_base64()?;
    let key_version = object.required("public_key_version")?.text()?;
    let public_key_version = key_version.decimal()?;
    object.optional_text("signing_public_key")?;
    if let Some(list) = object.optional("message_signing_key_info_list") {
        for info in list.list()? {
            let info = info.object()?;
            for name in ["member_id", "public_key_version", "signing_public_key"] {
                info.optional_text(name)?;
            }
        }
    }
    Ok(Action {
        message_id,
        detail,
        signature: signature.as_str().to_owned(),
        public_key_version,
        signature_version: object.required("signature_version")?.text()?.digits()?.to_owned(),
    })
}

/// The path of one entry's member, for checks against the state.
pub(crate) fn entry_path(index: usize, member: &str) -> String {
    format!("{ENTRIES}[{index}].{member}")
}
