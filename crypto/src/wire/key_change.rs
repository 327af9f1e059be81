//! `ConversationKeyChangeEvent`: a new conversation key, sealed to each participant.

use alloc::vec::Vec;

use super::reader::Reader;
use super::writer::Writer;
use super::{MessageEventDetail, WireError, ratchet_tree};

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
        writer
            .structures(2, &self.conversation_participant_keys, |writer, key| key.write(writer))?;
        writer.boolean(5, self.for_key_rotation);
        Ok(())
    }
}

/// Takes the entries of a key change one by one, so that a sender needs no list of them.
pub(crate) struct EntryWriter<'w>(&'w mut Writer);

impl EntryWriter<'_> {
    pub(crate) fn write(&mut self, key: &ConversationParticipantKey<'_>) -> Result<(), WireError> {
        self.0.fields(|writer| key.write(writer))
    }
}

impl MessageEventDetail<'_> {
    /// The detail of a new key for `count` participants, as [`encode`](Self::encode) writes it.
    /// The entries come one by one; in all they hold about `text` bytes.
    pub(crate) fn encode_key_change(
        version: &str,
        count: usize,
        text: usize,
        entries: impl FnOnce(&mut EntryWriter<'_>) -> Result<(), WireError>,
    ) -> Result<Vec<u8>, WireError> {
        /// Three heads of a field and its length, and the end of the struct.
        const ENTRY: usize = 3 * 7 + 1;
        Writer::write_all_of(text + count * ENTRY + 64, |writer| {
            writer.structure(Self::KEY_CHANGE, Some(&()), |writer, ()| {
                writer.text(1, Some(version))?;
                writer.structures_head(2, count)?;
                entries(&mut EntryWriter(writer))?;
                // As X's own SDK, also for rotations.
                writer.boolean(5, Some(false));
                Ok(())
            })
        })
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

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.user_id)?;
        writer.text(2, self.encrypted_conversation_key)?;
        writer.text(3, self.public_key_version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_come_one_by_one_give_the_same_bytes() {
        let key = |number| ConversationParticipantKey {
            user_id: Some("1215441834412953600"),
            encrypted_conversation_key: Some(number),
            public_key_version: Some("7"),
        };
        for keys in [&[][..], &[key("AA==")], &[key("AA=="), key("AQ=="), key("")]] {
            let expected = MessageEventDetail::ConversationKeyChange(ConversationKeyChangeEvent {
                conversation_key_version: Some("1795333344318"),
                conversation_participant_keys: keys.to_vec(),
                for_key_rotation: Some(false),
            });
            let found =
                MessageEventDetail::encode_key_change("1795333344318", keys.len(), 0, |entries| {
                    keys.iter().try_for_each(|key| entries.write(key))
                });
            assert_eq!(found, expected.encode());
        }
    }
}
