//! The body of `POST /2/chat/conversations/{id}/keys`, and the keys in the bodies for groups.

use std::collections::BTreeSet;

use sealpost_crypto::{KeyVersion, MAX_RECIPIENTS, PublicKeyVersion, UserId};

use super::action::{self, Action, Payload};
use super::detail;
use super::fields::{Field, Object};
use crate::contract::Contract;
use crate::json::Json;
use crate::operation::Operation;
use crate::problem::Problem;

pub(crate) const VERSION: &str = "conversation_key_version";
pub(crate) const ENTRIES: &str = "conversation_participant_keys";

/// A key change, complete and consistent in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) keys: Keys,
    pub(crate) key_change: Action,
    pub(crate) group_change: Option<Action>,
}

/// A new key, sealed to everybody who gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) version: KeyVersion,
    /// One per user, in the order of the body.
    pub(crate) entries: Vec<Entry>,
}

/// One participant's copy of the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) user: UserId,
    pub(crate) public_key_version: PublicKeyVersion,
    pub(crate) sealed_key: String,
}

impl Change {
    /// The whole body of the keys endpoint.
    pub(crate) fn parse(body: &Json, contract: Contract) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        let keys = Keys::parse(&body)?;
        let [key_change] = action::list(&body, Operation::AddConversationKeys)?;
        let key_change = keys.parse_action(key_change, contract)?;
        Ok(Self { keys, key_change, group_change: None })
    }

    /// The key change, then the group change if there is one.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &Action> {
        std::iter::once(&self.key_change).chain(&self.group_change)
    }
}

impl Keys {
    pub(super) fn parse(body: &Object<'_>) -> Result<Self, Problem> {
        let version = body.required(VERSION)?.text()?.decimal()?;
        let entries = parse_entries(body.required(ENTRIES)?)?;
        if let Some(rotation) = body.optional("base64_encoded_key_rotation") {
            rotation.text()?.base64()?;
        }
        Ok(Self { version, entries })
    }

    /// The action that signs these keys.
    pub(super) fn parse_action(
        &self,
        field: Field<'_>,
        contract: Contract,
    ) -> Result<Action, Problem> {
        let check = |detail: &[u8]| detail::check(detail, self.version, &self.entries);
        action::parse(field, contract, Payload::Secret, check).map(|(action, ())| action)
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

/// The path of one entry's member, for checks against the state.
pub(crate) fn entry_path(index: usize, member: &str) -> String {
    format!("{ENTRIES}[{index}].{member}")
}
