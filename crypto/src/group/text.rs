//! A group's title and avatar, as they are signed.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use crate::sign::ShortText;

/// Which text of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupText {
    /// A [`GroupTitle`].
    Title,
    /// An [`AvatarUrl`].
    AvatarUrl,
    /// The link of an invite.
    InviteUrl,
    /// Whose invite it is.
    AffiliateId,
}

impl fmt::Display for GroupText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Title => "group title",
            Self::AvatarUrl => "group avatar URL",
            Self::InviteUrl => "group invite URL",
            Self::AffiliateId => "invite's affiliate id",
        })
    }
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextProblem {
    /// Nothing there: leave it out instead.
    Empty,
    /// More than 4,096 bytes.
    TooLong,
    /// A control character.
    ControlCharacter,
    /// An avatar URL of nothing but digits: X's payloads could take it for a number.
    OnlyDigits,
}

impl fmt::Display for TextProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::TooLong => "is longer than 4,096 bytes",
            Self::ControlCharacter => "has a control character",
            Self::OnlyDigits => "has nothing but digits",
        })
    }
}

/// A text cannot be a group's title or avatar URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} {problem}")]
pub struct GroupTextError {
    text: GroupText,
    problem: TextProblem,
}

impl GroupTextError {
    /// Which text.
    #[must_use]
    pub const fn text(&self) -> GroupText {
        self.text
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn problem(&self) -> TextProblem {
        self.problem
    }

    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self.problem {
            TextProblem::Empty => "group_text.empty",
            TextProblem::TooLong => "group_text.too_long",
            TextProblem::ControlCharacter => "group_text.control_character",
            TextProblem::OnlyDigits => "group_text.only_digits",
        }
    }
}

const MAX_BYTES: usize = 4096;

macro_rules! group_text {
    ($(#[$doc:meta])* $type:ident, $text:expr) => {
        $(#[$doc])*
        ///
        /// 1 to 4,096 bytes of UTF-8 without control characters. In the XChat suite a comma, and
        /// the text `null`, cannot be signed.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $type(String);

        impl $type {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = GroupTextError;

            fn from_str(text: &str) -> Result<Self, GroupTextError> {
                let problem = if text.is_empty() {
                    TextProblem::Empty
                } else if text.len() > MAX_BYTES {
                    TextProblem::TooLong
                } else if text.chars().any(char::is_control) {
                    TextProblem::ControlCharacter
                } else if matches!($text, GroupText::AvatarUrl)
                    && text.bytes().all(|byte| byte.is_ascii_digit())
                {
                    TextProblem::OnlyDigits
                } else {
                    return Ok(Self(text.into()));
                };
                Err(GroupTextError { text: $text, problem })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ShortText for $type {}
    };
}

group_text!(
    /// The title of a group.
    GroupTitle,
    GroupText::Title
);
group_text!(
    /// Where a group's avatar is.
    AvatarUrl,
    GroupText::AvatarUrl
);
group_text!(
    /// The link of an invite to a group.
    InviteUrl,
    GroupText::InviteUrl
);
group_text!(
    /// Whose invite it is, as X names them.
    AffiliateId,
    GroupText::AffiliateId
);
