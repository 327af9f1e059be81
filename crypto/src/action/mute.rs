//! The conversations of a mute or unmute.

use alloc::boxed::Box;
use alloc::string::ToString as _;
use alloc::vec::Vec;
use core::fmt;

use crate::ConversationId;
use crate::sign::ShortText;

/// Conversations that were muted or unmuted, as their sender spells them. X does not say which
/// spelling that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutedConversations(pub(super) Vec<IdText>);

impl MutedConversations {
    /// These conversations, in canonical form.
    #[must_use]
    pub fn new(conversations: impl IntoIterator<Item = ConversationId>) -> Self {
        Self(conversations.into_iter().map(|id| IdText(id.to_string().into())).collect())
    }

    /// Each id, as it was spelled.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(IdText::as_str)
    }
}

/// An id in a spelling that nobody knows: short, without comma or control character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IdText(Box<str>);

impl IdText {
    /// Twice as long as any id of X.
    const MAX_LENGTH: usize = 80;

    pub(super) fn new(text: &str) -> Option<Self> {
        let is_id = (1..=Self::MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',');
        is_id.then(|| Self(text.into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ShortText for IdText {}
