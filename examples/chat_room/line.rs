//! One message as it stands now: edited, deleted, reacted to.

use std::collections::BTreeSet;

use sealpost::{Attachment, Content, MediaAttachment, ReplyPreview, UserId, VerifiedMessage};

pub(crate) struct Line {
    pub(crate) message: VerifiedMessage,
    pub(crate) text: String,
    pub(crate) quote: Option<String>,
    pub(crate) reactions: BTreeSet<(String, UserId)>,
    pub(crate) edited: bool,
    pub(crate) deleted: bool,
}

impl Line {
    /// `None` for what is no line of its own, such as a reaction.
    pub(crate) fn new(message: VerifiedMessage) -> Option<Self> {
        let Content::Text(text) = message.content() else { return None };
        let quote = text.reply().map(|reply| match reply {
            ReplyPreview::Verified(quote) => quote.excerpt().to_owned(),
            // Nothing proves what it says.
            ReplyPreview::Unverified(_) => "(a message that cannot be checked)".to_owned(),
        });
        let text = text.as_str().to_owned();
        let reactions = BTreeSet::new();
        Some(Self { message, text, quote, reactions, edited: false, deleted: false })
    }

    pub(crate) fn media(&self) -> Option<&MediaAttachment> {
        let Content::Text(text) = self.message.content() else { return None };
        text.attachments().iter().find_map(Attachment::media).filter(|_| !self.deleted)
    }
}
