//! What messages say: files made of words, and digests by which what was said is known again.

use sealpost::{Attachment, Content, MediaAttachment, UserId, VerifiedMessage};
use sha2::{Digest as _, Sha256};

use super::observed::Digest;

pub(super) const LONGEST_FILE: usize = 48 * 1024;

/// The file of a message, and the words that it was made of.
pub(super) fn file_in(message: &VerifiedMessage) -> Option<(String, MediaAttachment)> {
    let Content::Text(text) = message.content() else { return None };
    let file = text.attachments().iter().find_map(Attachment::media)?;
    Some((text.as_str().to_owned(), file.clone()))
}

pub(super) fn file_of(words: &str, length: usize) -> Vec<u8> {
    Sha256::digest(words).iter().copied().cycle().take(length).collect()
}

pub(super) fn number_of(message: &VerifiedMessage) -> String {
    message.sequence_id().map(|number| number.into_claim().to_string()).unwrap_or_default()
}

pub(super) fn digest_of_message(message: &VerifiedMessage) -> Digest {
    let sender = message.sender();
    match message.content() {
        Content::Text(text) => digest_of(sender, &["text", text.as_str()]),
        Content::Edit(edit) => {
            digest_of(sender, &["edit", &edit.target().to_string(), edit.text()])
        }
        Content::AddReaction(reaction) => {
            let target = reaction.target().to_string();
            digest_of(sender, &["react", &target, reaction.emoji().as_str()])
        }
        _ => 0,
    }
}

pub(super) fn digest_of(sender: UserId, words: &[&str]) -> Digest {
    let hash = Sha256::digest(format!("{sender} {words:?}"));
    hash.first_chunk().copied().map(Digest::from_be_bytes).unwrap_or_default()
}
