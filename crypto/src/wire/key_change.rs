//! `ConversationKeyChangeEvent`: a new conversation key, sealed to each participant.

use alloc::vec::Vec;

use super::reader::Reader;
use super::writer::Writer;
use super::{WireError, ratchet_tree};

/// A new version of a conversation's key and everybody's sealed copies of it.
///
/// Field 4, `ratchet_tree_change`, must be well-formed and has no effect, as in X's own SDK: no
/// signature covers it, and what X means by it is not public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct ConversationKeyChangeEvent<'a> {
    /// 1: the version, decimal.
    pub conversation_key_version: Option<&'a str>,
    /// 2: one entry per participant.
    pub conversation_participant_keys: Vec<ConversationParticipantKey<'a>>,
    /// 5: X's SDK writes `false`, also for rotations.
    pub for_key_rotation: Option<bool>,
}

/// One participant's sealed copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct ConversationParticipantKey<'a> {
    /// 1: the participant.
    pub user_id: Option<&'a str>,
    /// 2: the sealed key, padded base64 text.
    pub encrypted_conversation_key: Option<&'a str>,
    /// 3: the version of the public key it is sealed to.
    pub public_key_version: Option<&'a str>,
}

impl<'a> ConversationKeyChangeEvent<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut event = Self::default();
        let mut keys = None;
        let mut ratchet_tree = None;
        reader.fields(|reader, field| match field.id {
            1 => {
                reader.text(field, "conversation_key_version", &mut event.conversation_key_version)
            }
            2 => reader.structures(
                field,
                "conversation_participant_keys",
                &mut keys,
                ConversationParticipantKey::read,
            ),
            4 => reader.structure(
                field,
                "ratchet_tree_change",
                &mut ratchet_tree,
                ratchet_tree::check,
            ),
            5 => reader.boolean(field, "for_key_rotation", &mut event.for_key_rotation),
            _ => reader.skip(field),
        })?;
        event.conversation_participant_keys = keys.unwrap_or_default();
        Ok(event)
    }

    pub(super) fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.conversation_key_version)?;
        writer.structures(2, &self.conversation_participant_keys, |writer, entry| {
            writer.text(1, entry.user_id)?;
            writer.text(2, entry.encrypted_conversation_key)?;
            writer.text(3, entry.public_key_version)
        })?;
        writer.boolean(5, self.for_key_rotation);
        Ok(())
    }
}

impl<'a> ConversationParticipantKey<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut entry = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "user_id", &mut entry.user_id),
            2 => reader.text(
                field,
                "encrypted_conversation_key",
                &mut entry.encrypted_conversation_key,
            ),
            3 => reader.text(field, "public_key_version", &mut entry.public_key_version),
            _ => reader.skip(field),
        })?;
        Ok(entry)
    }
}
