//! Conversations: their id in its three spellings, and who may be in them.

use alloc::collections::BTreeSet;
use core::fmt;
use core::str::FromStr;

use super::decimal;
use super::user::{MAX_ID, MAX_ID_DIGITS};
use super::{IdError, IdKind, IdProblem, UserId};
use crate::MAX_RECIPIENTS;
use crate::text::serde_as_text;

/// The id of a conversation, in canonical form.
///
/// X spells the id of a direct conversation in three ways: `A:B` inside signed events, `A-B` in
/// URL paths and listings, and the bare id of the other user when a conversation is started. This
/// type holds the users themselves, the smaller number first, so that all spellings are equal.
/// `Display` writes the canonical form that is signed: `A:B`, or `gN` for a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(Repr);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Direct { low: UserId, high: UserId },
    Group(u64),
}

impl ConversationId {
    /// The direct conversation of two users, in either order. One user alone (notes to oneself)
    /// is allowed, as on X.
    #[must_use]
    pub fn direct(one: UserId, other: UserId) -> Self {
        Self(Repr::Direct { low: one.min(other), high: one.max(other) })
    }

    /// The group with this number, as minted by the server.
    ///
    /// # Errors
    /// [`IdProblem::OutOfRange`] for more than 19 digits.
    pub const fn group(number: u64) -> Result<Self, IdError> {
        if number > MAX_ID {
            return Err(IdError::new(IdKind::ConversationId, IdProblem::OutOfRange));
        }
        Ok(Self(Repr::Group(number)))
    }

    /// Reads any spelling, the bare id of the other user included, as seen by `me`.
    ///
    /// # Errors
    /// [`IdError`] when the text is none of `A:B`, `A-B`, `gN`, `A`.
    pub fn resolve(text: &str, me: UserId) -> Result<Self, IdError> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return parse_user(text).map(|other| Self::direct(me, other));
        }
        text.parse()
    }

    /// The spelling for URL paths: `A-B` or `gN`.
    #[must_use]
    pub const fn path(self) -> ConversationPath {
        ConversationPath(PathRepr::Full(self))
    }

    /// The spelling that starts a conversation: the other user's bare id, or `gN`.
    pub(crate) fn path_from(self, me: UserId) -> ConversationPath {
        match self.0 {
            Repr::Direct { low, high } => {
                ConversationPath(PathRepr::Recipient(if low == me { high } else { low }))
            }
            Repr::Group(_) => self.path(),
        }
    }

    /// Whether this is a group.
    #[must_use]
    pub const fn is_group(self) -> bool {
        matches!(self.0, Repr::Group(_))
    }

    /// The two users of a direct conversation, the smaller id first; `None` for a group.
    #[must_use]
    pub const fn direct_users(self) -> Option<(UserId, UserId)> {
        match self.0 {
            Repr::Direct { low, high } => Some((low, high)),
            Repr::Group(_) => None,
        }
    }

    fn write(self, f: &mut fmt::Formatter<'_>, separator: char) -> fmt::Result {
        match self.0 {
            Repr::Direct { low, high } => write!(f, "{low}{separator}{high}"),
            Repr::Group(number) => write!(f, "g{number}"),
        }
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, ':')
    }
}

impl fmt::Debug for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConversationId({self})")
    }
}

/// Reads `A:B`, `A-B` (in either order) and `gN`. A bare recipient id needs
/// [`ConversationId::resolve`], which knows who is asking.
impl FromStr for ConversationId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::new(IdKind::ConversationId, IdProblem::Empty));
        }
        if let Some(number) = text.strip_prefix('g') {
            return decimal::parse(number, IdKind::ConversationId, MAX_ID_DIGITS)
                .map(|number| Self(Repr::Group(number)));
        }
        let (one, other) = text
            .split_once([':', '-'])
            .ok_or(IdError::new(IdKind::ConversationId, IdProblem::NotAConversation))?;
        Ok(Self::direct(parse_user(one)?, parse_user(other)?))
    }
}

serde_as_text!(ConversationId, "a conversation id: `A:B`, `A-B` or `gN`");

fn parse_user(text: &str) -> Result<UserId, IdError> {
    decimal::parse(text, IdKind::ConversationId, MAX_ID_DIGITS).and_then(UserId::new)
}

/// A conversation as a URL path segment: only digits, `-` and `g`, so it needs no escaping.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConversationPath(PathRepr);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum PathRepr {
    Full(ConversationId),
    Recipient(UserId),
}

impl fmt::Display for ConversationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            PathRepr::Full(id) => id.write(f, '-'),
            PathRepr::Recipient(user) => user.fmt(f),
        }
    }
}

impl fmt::Debug for ConversationPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConversationPath({self})")
    }
}

/// A conversation and the users who may be in it.
///
/// # Security
/// Keep the member set yourself, from your own actions and from verified group events. The
/// server's list is a claim: sealing to whoever it names would hand it the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    id: ConversationId,
    members: BTreeSet<UserId>,
}

/// Why a member list does not make a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConversationError {
    /// The id of a direct conversation was given for a group.
    #[error("{id} is a direct conversation, not a group")]
    NotAGroup {
        /// The id that was given.
        id: ConversationId,
    },
    /// A group of nobody.
    #[error("group {id} has no members")]
    NoMembers {
        /// The group.
        id: ConversationId,
    },
    /// One user twice.
    #[error("user {user} is listed twice")]
    DuplicateMember {
        /// The user who is listed twice.
        user: UserId,
    },
    /// More members than a key change can carry.
    #[error("a conversation has at most {limit} members")]
    TooManyMembers {
        /// The most members there may be.
        limit: usize,
    },
}

impl ConversationError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAGroup { .. } => "conversation.not_a_group",
            Self::NoMembers { .. } => "conversation.no_members",
            Self::DuplicateMember { .. } => "conversation.duplicate_member",
            Self::TooManyMembers { .. } => "conversation.too_many_members",
        }
    }
}

impl Conversation {
    /// The direct conversation of two users.
    #[must_use]
    pub fn direct(one: UserId, other: UserId) -> Self {
        Self { id: ConversationId::direct(one, other), members: BTreeSet::from([one, other]) }
    }

    /// A group and its members, oneself included.
    ///
    /// # Errors
    /// [`ConversationError`] when the id is not a group's, or the list is empty, names a user
    /// twice or is longer than [`MAX_RECIPIENTS`].
    pub fn group(
        id: ConversationId,
        members: impl IntoIterator<Item = UserId>,
    ) -> Result<Self, ConversationError> {
        if !id.is_group() {
            return Err(ConversationError::NotAGroup { id });
        }
        let mut set = BTreeSet::new();
        for user in members {
            if !set.insert(user) {
                return Err(ConversationError::DuplicateMember { user });
            }
            if set.len() > MAX_RECIPIENTS {
                return Err(ConversationError::TooManyMembers { limit: MAX_RECIPIENTS });
            }
        }
        if set.is_empty() {
            return Err(ConversationError::NoMembers { id });
        }
        Ok(Self { id, members: set })
    }

    /// The group without these members, after a removal that verified. Rotate its key next: they
    /// have the old one.
    ///
    /// # Errors
    /// [`ConversationError`] when it is no group, or nobody remains.
    pub fn without(&self, removed: &[UserId]) -> Result<Self, ConversationError> {
        Self::group(self.id, self.members().filter(|user| !removed.contains(user)))
    }

    /// The conversation's id.
    #[must_use]
    pub const fn id(&self) -> ConversationId {
        self.id
    }

    /// The members, smallest id first.
    #[must_use]
    pub fn members(&self) -> impl ExactSizeIterator<Item = UserId> + '_ {
        self.members.iter().copied()
    }

    /// Whether `user` is a member.
    #[must_use]
    pub fn contains(&self, user: UserId) -> bool {
        self.members.contains(&user)
    }
}
