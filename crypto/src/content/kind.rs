//! What a message says.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::reply::{EventTexts, ReplyPreview};
use super::{Attachment, ContentError, ContentField, Edit, EncryptError, Entity, Reaction, Text};
use crate::KeyVersion;
use crate::wire::{self, MessageEntryContents, MessageEntryHolder, ReplyingToPreview, WireError};

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// A text with what hangs on it.
    Text(Text),
    /// A reaction.
    AddReaction(Reaction),
    /// A reaction taken back.
    RemoveReaction(Reaction),
    /// A new text for an older message.
    Edit(Edit),
    /// A kind that this version does not know, by its number: calls, pins, drafts. It can be read
    /// over and not written.
    Other(i16),
}

impl From<Text> for Content {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<Edit> for Content {
    fn from(edit: Edit) -> Self {
        Self::Edit(edit)
    }
}

impl Content {
    /// The text of a message and its entities; none for one that has no text.
    pub(super) fn text(&self) -> (&str, &[Entity]) {
        match self {
            Self::Text(text) => (text.as_str(), text.entities()),
            Self::Edit(edit) => (edit.text(), edit.entities()),
            _ => ("", &[]),
        }
    }

    /// What is attached, in kinds that can be written.
    pub(super) fn media(&self) -> &[Attachment] {
        match self {
            Self::Text(text)
                if text.attachments().iter().all(|attachment| attachment.media().is_some()) =>
            {
                text.attachments()
            }
            _ => &[],
        }
    }

    /// The plaintext of a message.
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, EncryptError> {
        Ok(Zeroizing::new(match self {
            Self::Text(text) => text.encode()?,
            Self::AddReaction(reaction) => {
                let target = reaction.target.to_string();
                encode(MessageEntryContents::ReactionAdd(reaction.to_wire(&target)))?
            }
            Self::RemoveReaction(reaction) => {
                let target = reaction.target.to_string();
                encode(MessageEntryContents::ReactionRemove(reaction.to_wire(&target)))?
            }
            Self::Edit(edit) => encode(MessageEntryContents::Edit(wire::MessageEdit {
                message_sequence_id: Some(&edit.target.to_string()),
                updated_text: Some(&edit.text),
                entities: Entity::to_wire(&edit.entities),
            }))?,
            Self::Other(id) => encode(MessageEntryContents::Other(*id))?,
        }))
    }

    /// The content in a plaintext. What it says of another message goes through `reply`.
    pub(super) fn decode(
        plaintext: &[u8],
        key_version: KeyVersion,
        reply: impl FnOnce(&ReplyingToPreview<'_>) -> ReplyPreview,
    ) -> Result<Self, ContentError> {
        let holder = MessageEntryHolder::decode(plaintext)?;
        match holder.contents.ok_or(ContentError::Missing(ContentField::Contents))? {
            MessageEntryContents::Message(message) => {
                let text = message.message_text.unwrap_or_default();
                let attachments = message.attachments.unwrap_or_default();
                let attachments =
                    attachments.iter().map(|wire| Attachment::from_wire(wire, key_version));
                Ok(Self::Text(Text {
                    text: text.into(),
                    entities: Entity::from_wire(message.entities.as_deref(), text),
                    attachments: attachments.collect::<Result<_, _>>()?,
                    reply: message.replying_to_preview.as_ref().map(reply),
                }))
            }
            MessageEntryContents::ReactionAdd(wire) => {
                Reaction::from_wire(&wire).map(Self::AddReaction)
            }
            MessageEntryContents::ReactionRemove(wire) => {
                Reaction::from_wire(&wire).map(Self::RemoveReaction)
            }
            MessageEntryContents::Edit(wire) => Edit::from_wire(&wire).map(Self::Edit),
            MessageEntryContents::Other(id) => Ok(Self::Other(id)),
        }
    }
}

impl Text {
    fn encode(&self) -> Result<Vec<u8>, EncryptError> {
        let quote = match &self.reply {
            None => None,
            Some(ReplyPreview::Verified(quote)) => Some(quote),
            Some(ReplyPreview::Unverified(_)) => return Err(EncryptError::UnverifiedQuote),
        };
        let texts = quote.map(|quote| {
            (EventTexts::of(&quote.original), quote.edit.as_ref().map(EventTexts::of))
        });
        let preview = quote
            .zip(texts.as_ref())
            .map(|(quote, (original, edit))| quote.to_wire(original, edit.as_ref()));
        Ok(encode(MessageEntryContents::Message(wire::MessageContents {
            message_text: Some(&self.text),
            entities: Entity::to_wire(&self.entities),
            attachments: Attachment::list_to_wire(&self.attachments),
            replying_to_preview: preview,
        }))?)
    }
}

fn encode(contents: MessageEntryContents<'_>) -> Result<Vec<u8>, WireError> {
    MessageEntryHolder { contents: Some(contents) }.encode()
}
