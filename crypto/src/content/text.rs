//! A text with what hangs on it.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::reply::Quote;
use super::{Attachment, ContentError, ContentField, Entity, ReplyPreview, VerifiedMessage};

/// A text message: the text, its links and mentions, attachments, the message it replies to.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) reply: Option<ReplyPreview>,
}

impl Text {
    /// A text and nothing else; empty for attachments without one.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), entities: Vec::new(), attachments: Vec::new(), reply: None }
    }

    /// Marks a part of the text.
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

    /// Attaches something.
    #[must_use]
    pub fn with_attachment(mut self, attachment: impl Into<Attachment>) -> Self {
        self.attachments.push(attachment.into());
        self
    }

    /// Replies to a message, and quotes it: the signed original goes along as the proof.
    #[must_use]
    pub fn reply_to(mut self, original: &VerifiedMessage) -> Self {
        self.reply = Some(ReplyPreview::Verified(Box::new(Quote::of(original, None))));
        self
    }

    /// Replies to a message that was edited, and quotes the edit: both go along as the proof.
    ///
    /// # Errors
    /// [`ContentError::Malformed`] when [`VerifiedMessage::is_edit_of`] says that it is none.
    pub fn reply_to_edited(
        mut self,
        original: &VerifiedMessage,
        edit: &VerifiedMessage,
    ) -> Result<Self, ContentError> {
        if !edit.is_edit_of(original) {
            return Err(ContentError::Malformed(ContentField::TargetMessage));
        }
        self.reply = Some(ReplyPreview::Verified(Box::new(Quote::of(original, Some(edit)))));
        Ok(self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parts of the text that are more than text.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// What is attached.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }

    /// The message it replies to.
    #[must_use]
    pub const fn reply(&self) -> Option<&ReplyPreview> {
        self.reply.as_ref()
    }
}

/// Without the text.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("bytes", &self.text.len())
            .field("entities", &self.entities.len())
            .field("attachments", &self.attachments.len())
            .field("reply", &self.reply.is_some())
            .finish()
    }
}
