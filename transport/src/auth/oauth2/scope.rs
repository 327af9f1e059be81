//! What a sign-in allows.

use std::fmt;
use std::str::FromStr;

use crate::excerpt::Excerpt;

/// One permission that a user grants to an app (RFC 6749 section 3.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// `dm.read`: reading direct messages and chat.
    DmRead,
    /// `dm.write`: sending them, and changing keys.
    DmWrite,
    /// `tweet.read`: almost every call of the Chat API asks for it.
    TweetRead,
    /// `users.read`: almost every call of the Chat API asks for it.
    UsersRead,
    /// `media.write`: uploading attachments.
    MediaWrite,
    /// `offline.access`: a refresh token, without which the sign-in ends after two hours.
    OfflineAccess,
    /// Any other.
    Other(OtherScope),
}

/// A scope that this crate has no name for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherScope(String);

/// A text is no scope: it is empty, or has a character that is not visible ASCII, or `"` or `\`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a scope is one word of visible ASCII without quotes and backslashes")]
pub struct ScopeError;

impl ScopeError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "transport.oauth2.scope"
    }
}

impl Scope {
    /// What chat without attachments takes, for longer than two hours.
    pub const CHAT: [Self; 5] =
        [Self::DmRead, Self::DmWrite, Self::TweetRead, Self::UsersRead, Self::OfflineAccess];

    const NAMED: [Self; 6] = [
        Self::DmRead,
        Self::DmWrite,
        Self::TweetRead,
        Self::UsersRead,
        Self::MediaWrite,
        Self::OfflineAccess,
    ];

    /// Its spelling on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::DmRead => "dm.read",
            Self::DmWrite => "dm.write",
            Self::TweetRead => "tweet.read",
            Self::UsersRead => "users.read",
            Self::MediaWrite => "media.write",
            Self::OfflineAccess => "offline.access",
            Self::Other(OtherScope(text)) => text,
        }
    }
}

/// Their names, one after the other.
pub(crate) fn write_scopes(f: &mut fmt::Formatter<'_>, scopes: &[Scope]) -> fmt::Result {
    for (index, scope) in scopes.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(f, "{separator}{}", Excerpt(scope.as_str()))?;
    }
    Ok(())
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if let Some(named) = Self::NAMED.into_iter().find(|scope| scope.as_str() == text) {
            return Ok(named);
        }
        let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if text.is_empty() || !text.bytes().all(allowed) {
            return Err(ScopeError);
        }
        Ok(Self::Other(OtherScope(text.to_owned())))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_read_as_it_is_written() {
        let mut named = 0;
        for text in
            ["dm.read", "dm.write", "tweet.read", "users.read", "media.write", "offline.access"]
        {
            let scope: Scope = text.parse().unwrap();
            assert!(!matches!(scope, Scope::Other(_)), "{text}");
            assert_eq!(scope.to_string(), text);
            named += 1;
        }
        assert_eq!(named, Scope::NAMED.len());
        for text in ["like.read", "DM.READ", "!"] {
            let scope: Scope = text.parse().unwrap();
            assert!(matches!(scope, Scope::Other(_)), "{text}");
            assert_eq!(scope.as_str(), text);
        }
        for text in ["", " ", "a b", "a\n", "\"", "a\\b", "ä", "\u{7f}"] {
            assert_eq!(text.parse::<Scope>(), Err(ScopeError), "{text}");
        }
    }
}
