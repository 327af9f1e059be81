//! The journal: a change that is under way, written down before its first byte leaves.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Roster;
use super::roster;
use super::saved::Content;
use crate::secret_json::{SecretText, from_json, secret_bytes, secret_text, to_json};
use crate::store::Place;
use crate::{
    ChangeKind, ConversationId, ConversationKey, GroupCreate, KeyFingerprint, KeyVersion, KeysOnly,
    MemberAdd, MessageId, PreparedKeyChange, SequenceId, Suite, UserId,
};

/// A prepared request of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeRequest {
    /// A new key.
    Keys(PreparedKeyChange<KeysOnly>),
    /// A group's creation.
    GroupCreate(PreparedKeyChange<GroupCreate>),
    /// New members of a group.
    MemberAdd(PreparedKeyChange<MemberAdd>),
}

macro_rules! of_any_kind {
    ($($(#[$doc:meta])* $name:ident -> $type:ty;)*) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub const fn $name(&self) -> $type {
                match self {
                    Self::Keys(change) => change.$name(),
                    Self::GroupCreate(change) => change.$name(),
                    Self::MemberAdd(change) => change.$name(),
                }
            }
        )*
    };
}

impl ChangeRequest {
    of_any_kind! {
        /// The conversation that was signed.
        conversation_id -> ConversationId;
        /// Who signed it.
        sender -> UserId;
        /// The id of the signed action.
        message_id -> MessageId;
        /// The version of the new key.
        key_version -> KeyVersion;
        /// The fingerprint of the new key.
        key_fingerprint -> KeyFingerprint;
        /// The suite it is sealed and signed in.
        suite -> Suite;
    }
}

impl From<PreparedKeyChange<KeysOnly>> for ChangeRequest {
    fn from(change: PreparedKeyChange<KeysOnly>) -> Self {
        Self::Keys(change)
    }
}

impl From<PreparedKeyChange<GroupCreate>> for ChangeRequest {
    fn from(change: PreparedKeyChange<GroupCreate>) -> Self {
        Self::GroupCreate(change)
    }
}

impl From<PreparedKeyChange<MemberAdd>> for ChangeRequest {
    fn from(change: PreparedKeyChange<MemberAdd>) -> Self {
        Self::MemberAdd(change)
    }
}

/// How far a change has come. There is no third state: a change that is settled is taken out of the
/// journal together with what it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeState {
    /// No byte of it has left.
    Prepared,
    /// A request has left, or may have: after a crash, look for it among the events first.
    Sent,
}

/// A change that is under way.
///
/// The new key is kept with it, so that taking up a change again needs nothing from the server.
#[derive(Debug)]
pub struct ChangeUnderWay {
    pub(super) request: ChangeRequest,
    pub(super) key: ConversationKey,
    pub(super) roster: Option<Roster>,
    pub(super) members: MemberChange,
    pub(super) after: Option<SequenceId>,
    pub(super) state: ChangeState,
}

/// Who comes and who goes with a change. Only this is applied when it is settled: what was learned
/// of the group in the meantime stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct MemberChange {
    pub(super) added: BTreeSet<UserId>,
    pub(super) removed: BTreeSet<UserId>,
}

impl MemberChange {
    pub(super) fn between(before: Option<&Roster>, after: Option<&Roster>) -> Self {
        let (Some(before), Some(after)) = (before, after) else { return Self::default() };
        Self {
            added: after.members.difference(&before.members).copied().collect(),
            removed: before.members.difference(&after.members).copied().collect(),
        }
    }

    /// The group as it is known now, after the change.
    pub(super) fn apply(self, now: &Roster, planned: Roster) -> Roster {
        let mut roster = now.clone();
        if !self.removed.is_empty() {
            // With whom the server may go on listing.
            roster.claim = roster.claim.or(planned.claim);
        }
        roster.members.extend(self.added);
        roster.remove(&self.removed.into_iter().collect::<Vec<_>>());
        roster.since = now.since.max(planned.since);
        roster
    }
}

impl ChangeUnderWay {
    /// The request: the same bytes on every try.
    #[must_use]
    pub const fn request(&self) -> &ChangeRequest {
        &self.request
    }

    /// The new key, not the conversation's yet.
    #[must_use]
    pub const fn key(&self) -> &ConversationKey {
        &self.key
    }

    /// Who will be in the group then; `None` if that stays as it is.
    #[must_use]
    pub const fn roster(&self) -> Option<&Roster> {
        self.roster.as_ref()
    }

    /// The newest event that was read when it was prepared: it is none of those up to this one.
    #[must_use]
    pub const fn after(&self) -> Option<SequenceId> {
        self.after
    }

    /// How far it has come.
    #[must_use]
    pub const fn state(&self) -> ChangeState {
        self.state
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json<'a, R> {
    kind: &'a str,
    state: &'a str,
    #[serde(borrow)]
    key: SecretText<'a>,
    roster: Option<roster::Json>,
    #[serde(default)]
    added: BTreeSet<UserId>,
    #[serde(default)]
    removed: BTreeSet<UserId>,
    #[serde(default)]
    after: Option<SequenceId>,
    request: R,
}

#[derive(Deserialize)]
struct KindJson<'a> {
    kind: &'a str,
}

impl ChangeUnderWay {
    fn write<K: ChangeKind>(
        &self,
        kind: &'static str,
        request: &PreparedKeyChange<K>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let state = match self.state {
            ChangeState::Prepared => "prepared",
            ChangeState::Sent => "sent",
        };
        let key = secret_text(self.key.expose_secret());
        let roster = self.roster.as_ref().map(Roster::to_json);
        let MemberChange { added, removed } = self.members.clone();
        to_json(&Json {
            kind,
            state,
            key: SecretText(&key),
            roster,
            added,
            removed,
            after: self.after,
            request,
        })
    }

    fn read<K: ChangeKind>(content: &[u8]) -> Option<Self>
    where
        ChangeRequest: From<PreparedKeyChange<K>>,
    {
        let json: Json<'_, PreparedKeyChange<K>> = from_json(content)?;
        let key = secret_bytes(&json.key)?;
        Some(Self {
            request: json.request.into(),
            key: ConversationKey::dangerous_from_bytes(key[..].try_into().ok()?),
            roster: match json.roster {
                None => None,
                Some(roster) => Some(Roster::from_json(roster)?),
            },
            members: MemberChange { added: json.added, removed: json.removed },
            after: json.after,
            state: match json.state {
                "prepared" => ChangeState::Prepared,
                "sent" => ChangeState::Sent,
                _ => return None,
            },
        })
    }
}

impl Content for ChangeUnderWay {
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>> {
        match &self.request {
            ChangeRequest::Keys(request) => self.write("keys", request),
            ChangeRequest::GroupCreate(request) => self.write("group_create", request),
            ChangeRequest::MemberAdd(request) => self.write("member_add", request),
        }
    }

    fn from_content(place: &Place, content: &[u8]) -> Option<Self> {
        let KindJson { kind } = from_json(content)?;
        let change = match kind {
            "keys" => Self::read::<KeysOnly>(content),
            "group_create" => Self::read::<GroupCreate>(content),
            "member_add" => Self::read::<MemberAdd>(content),
            _ => None,
        };
        change.filter(|change| change.belongs_to(place))
    }
}

impl ChangeUnderWay {
    fn belongs_to(&self, place: &Place) -> bool {
        place.account() == Some(self.request.sender())
            && place.conversation() == Some(self.request.conversation_id())
            && self.key.fingerprint() == self.request.key_fingerprint()
    }
}
