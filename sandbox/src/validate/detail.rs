//! The event detail of a key change against the body that carries it.

use std::collections::BTreeMap;

use sealpost_crypto::KeyVersion;
use sealpost_crypto::wire::{
    ConversationKeyChangeEvent, ConversationParticipantKey, MessageEventDetail,
};

use super::keys::Entry;

/// Refuses a detail that is not a key change, or one of another version or other entries. The
/// reason completes the sentence `FIELD ...`.
pub(crate) fn check(detail: &[u8], version: KeyVersion, entries: &[Entry]) -> Result<(), String> {
    let decoded = MessageEventDetail::decode(detail)
        .map_err(|error| format!("must be a Thrift MessageEventDetail: {error}"))?;
    let MessageEventDetail::ConversationKeyChange(change) = decoded else {
        return Err("must be a ConversationKeyChangeEvent".to_owned());
    };
    check_change(&change, version, entries)
}

fn check_change(
    change: &ConversationKeyChangeEvent<'_>,
    version: KeyVersion,
    entries: &[Entry],
) -> Result<(), String> {
    if change.conversation_key_version != Some(version.to_string().as_str()) {
        return Err(format!("must have the body's conversation_key_version, {version}"));
    }
    let signed = &change.conversation_participant_keys;
    if signed.len() != entries.len() {
        return Err(format!(
            "must have the body's {} participant keys, not {}",
            entries.len(),
            signed.len()
        ));
    }
    let by_user: BTreeMap<Option<&str>, &ConversationParticipantKey<'_>> =
        signed.iter().map(|key| (key.user_id, key)).collect();
    for entry in entries {
        let user = entry.user.to_string();
        let same = by_user.get(&Some(user.as_str())).is_some_and(|key| {
            key.encrypted_conversation_key == Some(entry.sealed_key.as_str())
                && key.public_key_version == Some(entry.public_key_version.to_string().as_str())
        });
        if !same {
            return Err(format!("must have the body's participant key for user {user}"));
        }
    }
    Ok(())
}
