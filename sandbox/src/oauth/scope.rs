//! Scopes: what an access token may be used for.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::operation::Operation;

/// One permission that a user grants to an app, of those that X documents. `Display` and `FromStr`
/// use its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(&'static str);

pub(crate) type Scopes = BTreeSet<Scope>;

const READ: &[Scope] = &[Scope::DM_READ, Scope::TWEET_READ, Scope::USERS_READ];
const WRITE: &[Scope] = &[Scope::DM_WRITE, Scope::TWEET_READ, Scope::USERS_READ];

impl Scope {
    /// `dm.read`: read direct messages and chat.
    pub const DM_READ: Self = Self("dm.read");
    /// `dm.write`: send them, and change keys.
    pub const DM_WRITE: Self = Self("dm.write");
    /// `media.write`: upload attachments.
    pub const MEDIA_WRITE: Self = Self("media.write");
    /// `offline.access`: get a refresh token.
    pub const OFFLINE_ACCESS: Self = Self("offline.access");
    /// `tweet.read`.
    pub const TWEET_READ: Self = Self("tweet.read");
    /// `users.read`.
    pub const USERS_READ: Self = Self("users.read");

    /// Every scope of X's. The Chat API asks for those with a name of their own.
    pub const ALL: [Self; 22] = [
        Self("block.read"),
        Self("block.write"),
        Self("bookmark.read"),
        Self("bookmark.write"),
        Self::DM_READ,
        Self::DM_WRITE,
        Self("follows.read"),
        Self("follows.write"),
        Self("like.read"),
        Self("like.write"),
        Self("list.read"),
        Self("list.write"),
        Self::MEDIA_WRITE,
        Self("mute.read"),
        Self("mute.write"),
        Self::OFFLINE_ACCESS,
        Self("space.read"),
        Self("tweet.moderate.write"),
        Self::TWEET_READ,
        Self("tweet.write"),
        Self("users.email"),
        Self::USERS_READ,
    ];

    /// The scope's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl Operation {
    /// The scopes an OAuth 2.0 access token needs for this operation, as X's OpenAPI description
    /// 2.167 has them.
    #[must_use]
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::GetChatConversations => &[Scope::DM_READ, Scope::USERS_READ],
            Self::GetChatConversation
            | Self::GetChatConversationEvents
            | Self::GetUsersPublicKey
            | Self::GetUsersPublicKeys => READ,
            Self::AddConversationKeys
            | Self::CreateChatConversation
            | Self::AddChatGroupMembers
            | Self::SendChatMessage
            | Self::DeleteChatMessages
            | Self::MarkChatConversationRead
            | Self::SendChatTypingIndicator
            | Self::AddUserPublicKey => WRITE,
            Self::InitializeChatGroup => &[Scope::DM_WRITE],
            // Downloads, too, as published.
            Self::ChatMediaUploadInitialize
            | Self::ChatMediaUploadAppend
            | Self::ChatMediaUploadFinalize
            | Self::ChatMediaDownload => &[Scope::MEDIA_WRITE],
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A text is not the name of a scope of X's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a scope of X's, see `Scope::ALL`")]
#[non_exhaustive]
pub struct ScopeError;

impl ScopeError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "sandbox.unknown_scope"
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::ALL.into_iter().find(|scope| scope.0 == text).ok_or(ScopeError)
    }
}

/// Names separated by one character: blanks in a `scope`, commas in a sentence.
pub(crate) fn joined<'a>(scopes: impl IntoIterator<Item = &'a Scope>, separator: &str) -> String {
    scopes.into_iter().map(|scope| scope.0).collect::<Vec<_>>().join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert_eq!(Scopes::from(Scope::ALL).len(), 22);
        for text in ["", "DM.READ", "dm.read ", "dm"] {
            assert_eq!(text.parse::<Scope>(), Err(ScopeError), "{text}");
        }
    }
}
