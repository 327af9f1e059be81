//! `action_signatures`: what was signed, and the signatures.

use super::fields::{Field, Object};
use crate::contract::Contract;
use crate::event::{Draft, EventKind, EventSignature};
use crate::operation::Operation;
use crate::problem::Problem;

const SIGNATURES: &str = "action_signatures";

/// One signed action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) message_id: String,
    /// The Thrift bytes of the event detail, as they were sent.
    pub(crate) detail: Vec<u8>,
    pub(crate) signature: EventSignature,
}

impl Action {
    /// The event it is to become.
    pub(crate) fn draft(&self, kind: EventKind) -> Draft<'_> {
        Draft {
            kind,
            message_id: &self.message_id,
            detail: &self.detail,
            signature: Some(&self.signature),
            conversation_token: None,
        }
    }
}

/// Whether an action may carry the text that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    /// That of a key change holds the conversation key.
    Secret,
    Allowed,
}

/// The path of one action's member, for checks against the state.
pub(crate) fn action_path(index: usize, member: &str) -> String {
    format!("{SIGNATURES}[{index}].{member}")
}

/// The one problem of a body without signatures: also what the fault of that name answers.
pub(crate) fn missing_action_signatures(operation: Operation) -> Problem {
    let detail = format!("{SIGNATURES} is required: {}.", expected(operation));
    Problem::invalid(SIGNATURES, detail)
}

const fn expected(operation: Operation) -> &'static str {
    match operation {
        Operation::DeleteChatMessages => "exactly one, of the deletion",
        Operation::AddConversationKeys => "exactly one, of the key change",
        _ => "exactly two, of the key change and then of the group change",
    }
}

/// The actions of a body, which must be `N`.
pub(super) fn list<'a, const N: usize>(
    body: &Object<'a>,
    operation: Operation,
) -> Result<[Field<'a>; N], Problem> {
    let field = body.optional(SIGNATURES).ok_or_else(|| missing_action_signatures(operation))?;
    field.list()?.try_into().map_err(|_| {
        Problem::invalid(SIGNATURES, format!("{SIGNATURES} must hold {}.", expected(operation)))
    })
}

/// Reads an action, and with `read` its detail, whose refusal completes the sentence `FIELD ...`.
pub(super) fn parse<T>(
    field: Field<'_>,
    contract: Contract,
    payload: Payload,
    read: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<(Action, T), Problem> {
    let action = field.object()?;
    match payload {
        Payload::Secret => action.absent(
            "signature_payload",
            "the payload of a key change holds the conversation key.",
        )?,
        Payload::Allowed => action.optional_text("signature_payload")?,
    }
    let message_id = action.required("message_id")?.text()?.not_empty()?.to_owned();
    let signature = action.required("message_event_signature")?.object()?;
    let encoded_detail = action.required("encoded_message_event_detail")?.text()?;
    let detail = encoded_detail.any_base64()?;
    let content = read(&detail).map_err(|why| encoded_detail.refuse_long(&why))?;
    let signature = parse_signature(&signature, contract)?;
    Ok((Action { message_id, detail, signature }, content))
}

/// Refuses two actions with one message id.
pub(super) fn check_distinct(one: &Action, other: &Action) -> Result<(), Problem> {
    if one.message_id == other.message_id {
        let path = action_path(1, "message_id");
        let detail = format!("{path} must differ from that of the key change.");
        return Err(Problem::invalid(path, detail).value(&other.message_id));
    }
    Ok(())
}

/// The patterns are those of 2.167. That the members are there is what the guide demands.
fn parse_signature(object: &Object<'_>, contract: Contract) -> Result<EventSignature, Problem> {
    let signature = object.required("signature")?.text()?;
    let public_key_version = object.required("public_key_version")?.text()?.decimal()?;
    object.optional_text("signing_public_key")?;
    if let Some(list) = object.optional("message_signing_key_info_list") {
        for info in list.list()? {
            let info = info.object()?;
            for name in ["member_id", "public_key_version", "signing_public_key"] {
                info.optional_text(name)?;
            }
        }
    }
    let signature_version = object.required("signature_version")?.text()?;
    match contract {
        Contract::V2_165 => {}
        Contract::V2_167 => {
            signature.any_base64()?;
            signature_version.digits()?;
        }
    }
    Ok(EventSignature {
        signature: signature.not_empty()?.to_owned(),
        public_key_version,
        signature_version: signature_version.not_empty()?.to_owned(),
    })
}
