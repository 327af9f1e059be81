//! What the server says about a conversation.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use sealpost_crypto::{Conversation, ConversationId, UnixMillis, UserId};
use serde_json::Value;

use super::claim::{claim, flag, list, moment, span};
use super::{Fault, id, object, take};

/// A conversation, as the server describes it.
///
/// Everything but the id one asked for is the server's word: nobody signed it. It is for display
/// and for sorting, and is left out where it cannot be read. Who may have the key of a conversation
/// is decided by [`Conversation`], never by this.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConversationInfo {
    /// The conversation.
    pub id: ConversationId,
    /// Whether it is a direct one or a group. The id says the same, and counts.
    pub kind: Option<ConversationKind>,
    /// When it began.
    pub created_at: Option<UnixMillis>,
    /// When it changed last.
    pub updated_at: Option<UnixMillis>,
    /// The name of a group: plain text, or base64 of text that was encrypted under the
    /// conversation's key.
    pub group_name: Option<ClaimedText>,
    /// Where a group's avatar is, in either form.
    pub group_avatar_url: Option<ClaimedText>,
    /// Whether the caller has muted it.
    pub is_muted: Option<bool>,
    /// After how long messages disappear.
    pub message_ttl: Option<Duration>,
    /// Whether apps are asked to prevent screenshots.
    pub screen_capture_blocking: Option<bool>,
    /// Whether apps are asked to report screenshots.
    pub screen_capture_detection: Option<bool>,
    /// The members of a group.
    pub members: Option<ClaimedUsers>,
    /// The admins of a group.
    pub admins: Option<ClaimedUsers>,
    /// The users of a conversation.
    pub participants: Option<ClaimedUsers>,
}

/// The kind of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConversationKind {
    /// Of two users.
    Direct,
    /// Of any number.
    Group,
    /// A word this crate does not know.
    Other(String),
}

/// A text that nobody signed. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimedText(String);

impl ClaimedText {
    /// The text, as it came.
    ///
    /// # Security
    /// The server, or whoever it listens to, wrote this. Show it as such.
    #[must_use]
    pub fn unverified(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClaimedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimedText({} bytes)", self.0.len())
    }
}

/// Users whom the server names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedUsers(Vec<UserId>);

impl ClaimedUsers {
    /// The users, in the server's order.
    ///
    /// # Security
    /// Sealing a key to whoever the server names hands it the key. [`compare`](Self::compare) says
    /// what a human has to look at.
    #[must_use]
    pub fn unverified(&self) -> &[UserId] {
        &self.0
    }

    /// How the server's list differs from the members one knows of; `None` if it does not.
    #[must_use]
    pub fn compare(&self, known: &Conversation) -> Option<MemberDifference> {
        MemberDifference::between(&self.0.iter().copied().collect(), &known.members().collect())
    }
}

/// Two lists of members that differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberDifference {
    /// Whom only the server names.
    pub only_claimed: Vec<UserId>,
    /// Whom only oneself knows of.
    pub only_known: Vec<UserId>,
}

impl MemberDifference {
    /// How a claimed list differs from the members one knows of; `None` if it does not.
    #[must_use]
    pub fn between(claimed: &BTreeSet<UserId>, known: &BTreeSet<UserId>) -> Option<Self> {
        let difference = Self {
            only_claimed: claimed.difference(known).copied().collect(),
            only_known: known.difference(claimed).copied().collect(),
        };
        (claimed != known).then_some(difference)
    }
}

/// A user, as the server describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserInfo {
    /// The user.
    pub id: UserId,
    /// The name shown to people.
    pub name: Option<ClaimedText>,
    /// The name behind the `@`.
    pub username: Option<ClaimedText>,
}

impl ConversationInfo {
    /// Reads a row; one without an id is that of `asked`. The spellings are those of 2.167, then
    /// of 2.165.
    pub(super) fn read(
        row: Value,
        place: (&'static str, &'static str),
        asked: Option<ConversationId>,
    ) -> Result<Self, Fault> {
        let (row_field, id_field) = place;
        let mut members = object(row, row_field)?;
        let id = match (take(&mut members, &["id"]), asked) {
            (None, Some(asked)) => asked,
            (value, _) => id(&value.unwrap_or_default(), id_field)?,
        };
        let members = &mut members;
        Ok(Self {
            id,
            kind: text(members, "type").map(ConversationKind::from),
            created_at: moment(members, &["created_at", "created_at_msec"]),
            updated_at: moment(members, &["updated_at", "updated_at_msec"]),
            group_name: text(members, "group_name").map(ClaimedText),
            group_avatar_url: text(members, "group_avatar_url").map(ClaimedText),
            is_muted: flag(members, "is_muted"),
            message_ttl: span(members, &["message_ttl_ms", "message_ttl_msec"]),
            screen_capture_blocking: flag(members, "screen_capture_blocking_enabled"),
            screen_capture_detection: flag(members, "screen_capture_detection_enabled"),
            members: list(members, "member_ids").map(ClaimedUsers),
            admins: list(members, "admin_ids").map(ClaimedUsers),
            participants: list(members, "participant_ids").map(ClaimedUsers),
        })
    }
}

impl UserInfo {
    /// The users that came with an answer; one without a readable id is left out.
    pub(super) fn list(includes: Option<Value>) -> Vec<Self> {
        let Some(Value::Object(mut includes)) = includes else {
            return Vec::new();
        };
        let Some(Value::Array(users)) = take(&mut includes, &["users"]) else {
            return Vec::new();
        };
        users.into_iter().filter_map(Self::read).collect()
    }

    fn read(user: Value) -> Option<Self> {
        let mut members = object(user, "includes.users[]").ok()?;
        Some(Self {
            id: claim(&mut members, &["id"])?,
            name: text(&mut members, "name").map(ClaimedText),
            username: text(&mut members, "username").map(ClaimedText),
        })
    }
}

impl From<String> for ConversationKind {
    fn from(word: String) -> Self {
        match &*word {
            "direct" => Self::Direct,
            "group" => Self::Group,
            _ => Self::Other(word),
        }
    }
}

fn text(members: &mut serde_json::Map<String, Value>, name: &str) -> Option<String> {
    match take(members, &[name])? {
        Value::String(text) => Some(text),
        _ => None,
    }
}
