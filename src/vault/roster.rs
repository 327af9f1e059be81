//! Who is in a conversation, as we know it: from our own actions and from verified events.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::saved::Content;
use crate::secret_json::{from_json, to_json};
use crate::store::Place;
use crate::{
    AvatarUrl, Conversation, ConversationError, ConversationId, GroupCreate, GroupTitle, UserId,
};

/// Who is in a group, and what adding members signs anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Roster {
    /// The members, oneself included.
    pub members: BTreeSet<UserId>,
    /// Those of them who are admins.
    pub admins: BTreeSet<UserId>,
    /// The title.
    pub title: Option<GroupTitle>,
    /// Where the avatar is.
    pub avatar_url: Option<AvatarUrl>,
    /// How long messages live.
    pub message_ttl: Option<Duration>,
    /// Whether screen captures are blocked, where that was ever set.
    pub screen_capture_blocking: Option<bool>,
}

impl Roster {
    /// These members, and nothing else known.
    #[must_use]
    pub fn new(members: impl IntoIterator<Item = UserId>) -> Self {
        Self { members: members.into_iter().collect(), ..Self::default() }
    }

    /// The conversation with these members. A direct one has its two users and no others.
    ///
    /// # Errors
    /// [`ConversationError`] when there are none, too many, or other members than a direct
    /// conversation has.
    pub fn conversation(&self, id: ConversationId) -> Result<Conversation, ConversationError> {
        match id.direct_users() {
            Some((one, other)) if self.members == BTreeSet::from([one, other]) => {
                Ok(Conversation::direct(one, other))
            }
            _ => Conversation::group(id, self.members.iter().copied()),
        }
    }

    /// The group's details, as [`MemberAdd`](crate::MemberAdd) wants them.
    #[must_use]
    pub fn group_details(&self) -> GroupCreate {
        let mut details = GroupCreate::new(self.admins.iter().copied());
        if let Some(title) = &self.title {
            details = details.title(title.clone());
        }
        if let Some(url) = &self.avatar_url {
            details = details.avatar_url(url.clone());
        }
        if let Some(ttl) = self.message_ttl {
            details = details.message_ttl(ttl);
        }
        details
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Json {
    members: BTreeSet<UserId>,
    admins: BTreeSet<UserId>,
    title: Option<String>,
    avatar_url: Option<String>,
    message_ttl_msec: Option<u64>,
    screen_capture_blocking: Option<bool>,
}

impl Roster {
    pub(super) fn to_json(&self) -> Json {
        Json {
            members: self.members.clone(),
            admins: self.admins.clone(),
            title: self.title.as_ref().map(|title| title.as_str().to_owned()),
            avatar_url: self.avatar_url.as_ref().map(|url| url.as_str().to_owned()),
            // X counts whole milliseconds in 63 bits.
            message_ttl_msec: self
                .message_ttl
                .map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
            screen_capture_blocking: self.screen_capture_blocking,
        }
    }

    pub(super) fn from_json(json: Json) -> Option<Self> {
        Some(Self {
            members: json.members,
            admins: json.admins,
            title: json.title.map(|title| title.parse()).transpose().ok()?,
            avatar_url: json.avatar_url.map(|url| url.parse()).transpose().ok()?,
            message_ttl: json.message_ttl_msec.map(Duration::from_millis),
            screen_capture_blocking: json.screen_capture_blocking,
        })
    }
}

impl Content for Roster {
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>> {
        to_json(&self.to_json())
    }

    fn from_content(_: &Place, content: &[u8]) -> Option<Self> {
        Self::from_json(from_json(content)?)
    }
}
