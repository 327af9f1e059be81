//! What a session has noticed.

use crate::vault::MemberClaim;
use crate::{
    ConversationId, InboxError, KeyVersion, MemberDifference, MessageId, PublicKeyVersion, UserId,
};

/// Something that a session has noticed, in [`sync`](super::Session::sync) or while it did something
/// else.
///
/// Those that say *acknowledge* wait for somebody to decide; until then the session stays with what
/// it knew.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// A conversation has a new current key, which a member made.
    KeyAdopted {
        /// The conversation.
        conversation: ConversationId,
        /// Who made it; oneself, on another device or before a crash, too.
        by: UserId,
        /// Its version.
        version: KeyVersion,
    },
    /// A group that one is in is known now, with its members.
    Joined {
        /// The group.
        conversation: ConversationId,
        /// Who created it, or added one.
        by: UserId,
    },
    /// A member changed who is in a group, and signed it.
    MembersChanged {
        /// The group.
        conversation: ConversationId,
        /// Who did it.
        by: UserId,
        /// Who came.
        added: Vec<UserId>,
        /// Who is gone. They have the current key until somebody
        /// [rotates](super::Session::rotate) it.
        removed: Vec<UserId>,
    },
    /// A member changed a group's title, avatar, admins or settings, and signed it.
    DetailsChanged {
        /// The group.
        conversation: ConversationId,
        /// Who did it.
        by: UserId,
    },
    /// Somebody says that a group has other members than those known, and no signature proves it.
    /// *Acknowledge* with [`acknowledge_members`](super::Session::acknowledge_members), or stay with
    /// [`keep_members`](super::Session::keep_members).
    MembersDiffer {
        /// The group.
        conversation: ConversationId,
        /// Who says so, and what.
        claim: MemberClaim,
        /// How it differs.
        difference: MemberDifference,
    },
    /// A user has other keys than the pinned ones. Either they lost theirs, or somebody has put
    /// keys in their place. *Acknowledge* with
    /// [`acknowledge_keys`](super::Session::acknowledge_keys).
    KeysChanged {
        /// Whose.
        user: UserId,
        /// Whether the pinned keys were verified: then so was nothing of the new ones.
        was_verified: bool,
    },
    /// The directory gives out other keys for this account than its own: others will seal to those.
    /// Either another device has registered anew, or somebody has put keys in their place.
    OwnKeysReplaced {
        /// Their version.
        newest: PublicKeyVersion,
    },
    /// A user's account is gone, as the server says. They have the current key until somebody
    /// [rotates](super::Session::rotate) it.
    AccountDeleted {
        /// The conversation.
        conversation: ConversationId,
        /// Whose.
        user: UserId,
    },
    /// An event about keys or members does not count, because it is not authentic or not for this
    /// account. Nothing came of it.
    Refused {
        /// The conversation, if the event could be read that far.
        conversation: Option<ConversationId>,
        /// The sender's id of it, if the event could be read that far.
        message_id: Option<MessageId>,
        /// Why.
        reason: InboxError,
    },
}
