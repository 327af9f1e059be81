//! The conversations of each user.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use sealpost_crypto::{ConversationId, SequenceId, UnixMillis, UserId};

use super::{Conversations, Log};
use crate::validate::GroupDetails;

/// Which conversations a user is in: groups, and those direct ones in which something happened.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    of: BTreeMap<UserId, BTreeSet<ConversationId>>,
}

impl Inbox {
    pub(super) fn add<'a>(
        &mut self,
        conversation: ConversationId,
        users: impl IntoIterator<Item = &'a UserId>,
    ) {
        for user in users {
            self.of.entry(*user).or_default().insert(conversation);
        }
    }

    pub(super) fn remove<'a>(
        &mut self,
        conversation: ConversationId,
        users: impl IntoIterator<Item = &'a UserId>,
    ) {
        for user in users {
            self.of.entry(*user).or_default().remove(&conversation);
        }
    }
}

/// Where a conversation stands in its user's list: the number of its newest event, 0 before the
/// first, and its id.
pub(crate) type Rank = (SequenceId, ConversationId);

/// What is known of a conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) id: ConversationId,
    /// The members and the details of a group. The latter are not known of groups that were hosted
    /// and not created.
    pub(crate) group: Option<(&'a BTreeSet<UserId>, Option<&'a GroupDetails>)>,
    pub(crate) created_at: Option<UnixMillis>,
    pub(crate) updated_at: Option<UnixMillis>,
}

impl Row<'_> {
    pub(crate) fn members(&self) -> Vec<UserId> {
        match (self.group, self.id.direct_users()) {
            (Some((members, _)), _) => members.iter().copied().collect(),
            (None, Some((one, other))) => BTreeSet::from([one, other]).into_iter().collect(),
            (None, None) => Vec::new(),
        }
    }

    pub(crate) fn details(&self) -> Option<&GroupDetails> {
        self.group.and_then(|(_, details)| details)
    }
}

impl Conversations {
    /// The conversations of a user after `after`, at most `max`: the one with the newest event
    /// first. With it comes the rank after which the next page begins, if there is one.
    pub(crate) fn inbox(
        &self,
        user: UserId,
        after: Option<Rank>,
        max: usize,
    ) -> (Vec<Row<'_>>, Option<Rank>) {
        let ids = self.inbox.of.get(&user).into_iter().flatten();
        let ranks = ids.map(|id| Reverse((self.newest(*id), *id)));
        let is_after = |rank: &Reverse<Rank>| after.is_none_or(|after| *rank > Reverse(after));
        let mut ranks: Vec<Reverse<Rank>> = ranks.filter(is_after).collect();
        ranks.sort_unstable();
        let next = ranks.get(max).and(ranks.get(max.saturating_sub(1))).map(|Reverse(rank)| *rank);
        let rows = ranks.into_iter().take(max).map(|Reverse((_, id))| self.row(id)).collect();
        (rows, next)
    }

    /// Whether there is a conversation in which the user has not taken part, and somebody else has.
    pub(crate) fn has_requests(&self, user: UserId) -> bool {
        let mut ids = self.inbox.of.get(&user).into_iter().flatten();
        ids.any(|id| self.log(*id).is_some_and(|log| !log.is_active(user)))
    }

    /// What is known of a conversation.
    pub(crate) fn row(&self, id: ConversationId) -> Row<'_> {
        let log = self.log(id);
        let members = self.groups.members(id);
        Row {
            id,
            group: members.map(|members| (members, self.groups.details(id))),
            created_at: log.and_then(Log::first).map(|event| event.place.created_at),
            updated_at: log.and_then(Log::last).map(|event| event.place.created_at),
        }
    }

    fn newest(&self, id: ConversationId) -> SequenceId {
        let last = self.log(id).and_then(Log::last);
        last.map_or(SequenceId::new(0), |event| event.place.sequence_id)
    }
}
