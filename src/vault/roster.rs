//! Who is in a conversation, as we know it: from our own actions and from verified events.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::saved::Content;
use crate::secret_json::{from_json, to_json};
use crate::store::Place;
use crate::{
    AvatarUrl, Conversation, ConversationError, ConversationId, GroupCreate, GroupTitle,
    KeyVersion, MAX_RECIPIENTS, MemberDifference, MessageId, UserId,
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
    /// The key version that the newest change of the members came with: an older addition that
    /// somebody shows again does not count.
    pub since: Option<KeyVersion>,
    /// Another list of members that somebody claims.
    pub claim: Option<MemberClaim>,
    /// Admins of whom a signature says so: they decide who is removed. X's signature of a group's
    /// creation does not cover its admins.
    pub signed_admins: BTreeSet<UserId>,
    /// Who made the newest keys: new members count only with a key that the same member made.
    pub key_makers: BTreeMap<KeyVersion, UserId>,
    /// The signed actions that were carried out, the newest last: each counts once, however often
    /// somebody shows it.
    pub applied: Vec<MessageId>,
    /// Whom an action has removed since the newest key was made: it was sealed to them, and does not
    /// say that they are members.
    pub removed: BTreeSet<UserId>,
}

/// How many key makers are remembered.
const KEY_MAKERS: usize = 16;
/// How many actions are remembered.
const APPLIED: usize = 1000;

/// A list of members that no signature proves.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberClaim {
    /// Who is in the group, as claimed.
    pub members: BTreeSet<UserId>,
    /// Who says so.
    pub source: ClaimSource,
    /// Whether it was turned down: the same list is not asked about again.
    pub is_dismissed: bool,
}

/// Who claims that a group has other members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimSource {
    /// The server, which lists them.
    Server,
    /// A member, who has sealed the current key to them. The key is proven to be the member's; to
    /// whom it was sealed is not.
    KeyChange {
        /// The member.
        by: UserId,
    },
}

impl MemberClaim {
    /// A list that has just been seen.
    #[must_use]
    pub fn new(members: impl IntoIterator<Item = UserId>, source: ClaimSource) -> Self {
        Self { members: members.into_iter().collect(), source, is_dismissed: false }
    }

    /// Whether it could be a group of `me` at all.
    #[must_use]
    pub fn is_usable(&self, me: UserId) -> bool {
        self.members.contains(&me) && self.members.len() <= MAX_RECIPIENTS
    }

    /// Whether another claim takes its place: what the server says never does for what a member
    /// has done.
    #[must_use]
    pub fn yields_to(&self, other: &Self) -> bool {
        self.source == ClaimSource::Server || other.source != ClaimSource::Server
    }
}

impl Roster {
    /// These members, and nothing else known.
    #[must_use]
    pub fn new(members: impl IntoIterator<Item = UserId>) -> Self {
        Self { members: members.into_iter().collect(), ..Self::default() }
    }

    /// Whether somebody decides about other members. A roster of an older program knows of no
    /// signatures.
    #[must_use]
    pub fn decides(&self, user: UserId) -> bool {
        let admins = if self.signed_admins.is_empty() { &self.admins } else { &self.signed_admins };
        admins.contains(&user)
    }

    /// What a member's key says of the members, as long as nobody has decided about it.
    pub(crate) fn waiting_claim(&self) -> Option<&MemberClaim> {
        let waits = |claim: &&MemberClaim| {
            !claim.is_dismissed && matches!(claim.source, ClaimSource::KeyChange { .. })
        };
        self.claim.as_ref().filter(waits)
    }

    /// Takes members out, as members and as admins.
    pub fn remove(&mut self, users: &[UserId]) {
        for user in users {
            self.members.remove(user);
            self.admins.remove(user);
            self.signed_admins.remove(user);
        }
    }

    /// Remembers who made a new key.
    pub fn note_key_maker(&mut self, version: KeyVersion, by: UserId) {
        self.removed.clear();
        self.key_makers.insert(version, by);
        while self.key_makers.len() > KEY_MAKERS {
            self.key_makers.pop_first();
        }
    }

    /// Remembers that an action was carried out; false if it was before.
    pub fn note_applied(&mut self, action: MessageId) -> bool {
        if self.applied.contains(&action) {
            return false;
        }
        if self.applied.len() >= APPLIED {
            self.applied.remove(0);
        }
        self.applied.push(action);
        true
    }

    /// How a claimed list differs from the members; `None` if it does not.
    #[must_use]
    pub fn difference(&self, claim: &MemberClaim) -> Option<MemberDifference> {
        MemberDifference::between(&claim.members, &self.members)
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
    #[serde(default)]
    since: Option<KeyVersion>,
    #[serde(default)]
    claim: Option<ClaimJson>,
    #[serde(default)]
    signed_admins: BTreeSet<UserId>,
    #[serde(default)]
    key_makers: BTreeMap<KeyVersion, UserId>,
    #[serde(default)]
    applied: Vec<MessageId>,
    #[serde(default)]
    removed: BTreeSet<UserId>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimJson {
    members: BTreeSet<UserId>,
    /// The member; `None` for the server.
    by: Option<UserId>,
    dismissed: bool,
}

impl From<&MemberClaim> for ClaimJson {
    fn from(claim: &MemberClaim) -> Self {
        let by = match claim.source {
            ClaimSource::Server => None,
            ClaimSource::KeyChange { by } => Some(by),
        };
        Self { members: claim.members.clone(), by, dismissed: claim.is_dismissed }
    }
}

impl From<ClaimJson> for MemberClaim {
    fn from(json: ClaimJson) -> Self {
        let source = json.by.map_or(ClaimSource::Server, |by| ClaimSource::KeyChange { by });
        Self { members: json.members, source, is_dismissed: json.dismissed }
    }
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
            since: self.since,
            claim: self.claim.as_ref().map(ClaimJson::from),
            signed_admins: self.signed_admins.clone(),
            key_makers: self.key_makers.clone(),
            applied: self.applied.clone(),
            removed: self.removed.clone(),
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
            since: json.since,
            claim: json.claim.map(MemberClaim::from),
            signed_admins: json.signed_admins,
            key_makers: json.key_makers,
            applied: json.applied,
            removed: json.removed,
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
