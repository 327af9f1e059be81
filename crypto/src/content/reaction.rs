//! Reactions and edits: small contents about an older message.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{AttachmentId, ContentError, ContentField, Emoji, Entity};
use crate::wire;
use crate::{IdError, SequenceId};

/// A reaction to a message; whoever made it may take it back.
///
/// # Security
/// The message is named by the server's number, which nobody signs: a server may show another
/// message under it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reaction {
    pub(super) target: SequenceId,
    pub(super) emoji: Emoji,
    pub(super) attachment_id: Option<AttachmentId>,
}

impl Reaction {
    /// A reaction to the message with this number.
    #[must_use]
    pub const fn new(target: SequenceId, emoji: Emoji) -> Self {
        Self { target, emoji, attachment_id: None }
    }

    /// To one of its attachments only.
    #[must_use]
    pub fn to_attachment(mut self, id: AttachmentId) -> Self {
        self.attachment_id = Some(id);
        self
    }

    /// The server's number of the message.
    #[must_use]
    pub const fn target(&self) -> SequenceId {
        self.target
    }

    /// The emoji.
    #[must_use]
    pub const fn emoji(&self) -> &Emoji {
        &self.emoji
    }

    /// The attachment it is about, if it is not the whole message.
    #[must_use]
    pub const fn attachment_id(&self) -> Option<&AttachmentId> {
        self.attachment_id.as_ref()
    }

    pub(super) fn from_wire(reaction: &wire::MessageReaction<'_>) -> Result<Self, ContentError> {
        let emoji = reaction.emoji.ok_or(ContentError::Missing(ContentField::Emoji))?;
        Ok(Self {
            target: target(reaction.message_sequence_id)?,
            emoji: emoji.parse()?,
            attachment_id: reaction.message_attachment_id.map(str::parse).transpose()?,
        })
    }

    pub(super) fn to_wire<'a>(&'a self, target: &'a str) -> wire::MessageReaction<'a> {
        wire::MessageReaction {
            message_sequence_id: Some(target),
            emoji: Some(self.emoji.as_str()),
            message_attachment_id: self.attachment_id.as_ref().map(AttachmentId::as_str),
        }
    }
}

/// A new text for one's own older message.
///
/// # Security
/// As with a [`Reaction`]. Before showing the new text in place of the old one ask
/// [`VerifiedMessage::is_edit_of`](crate::VerifiedMessage::is_edit_of): anybody can edit anything
/// as far as the signature goes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    pub(super) target: SequenceId,
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
}

impl Edit {
    /// A new text for the message with this number.
    #[must_use]
    pub fn new(target: SequenceId, text: impl Into<String>) -> Self {
        Self { target, text: text.into(), entities: Vec::new() }
    }

    /// Marks a part of the new text.
    ///
    /// # Errors
    /// [`ContentError::Malformed`] for a part that does not lie within the text.
    pub fn with_entity(mut self, entity: Entity) -> Result<Self, ContentError> {
        if !entity.fits(&self.text) {
            return Err(ContentError::Malformed(ContentField::Entity));
        }
        self.entities.push(entity);
        Ok(self)
    }

    /// The server's number of the message.
    #[must_use]
    pub const fn target(&self) -> SequenceId {
        self.target
    }

    /// The new text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parts of the new text that are more than text.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    pub(super) fn from_wire(edit: &wire::MessageEdit<'_>) -> Result<Self, ContentError> {
        let text = edit.updated_text.ok_or(ContentError::Missing(ContentField::UpdatedText))?;
        Ok(Self {
            target: target(edit.message_sequence_id)?,
            text: text.into(),
            entities: Entity::from_wire(edit.entities.as_deref(), text),
        })
    }
}

/// Without the text.
impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edit({}, {} bytes)", self.target, self.text.len())
    }
}

fn target(text: Option<&str>) -> Result<SequenceId, ContentError> {
    let field = ContentField::TargetMessage;
    let text = text.ok_or(ContentError::Missing(field))?;
    text.parse().map_err(|_: IdError| ContentError::Malformed(field))
}
