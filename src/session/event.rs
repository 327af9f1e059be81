//! What a session has noticed.

use std::borrow::Cow;
use std::fmt;

use crate::vault::{MemberClaim, RefusedMessage};
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
    /// A change of this session's that was under way is settled: its key is the current one.
    ChangeSettled {
        /// The conversation.
        conversation: ConversationId,
        /// The version of its key.
        version: KeyVersion,
    },
    /// A change of this session's that was under way came to nothing: ask for it again if it is
    /// still wanted.
    ChangeDropped {
        /// The conversation.
        conversation: ConversationId,
        /// The change.
        message_id: MessageId,
        /// The stable name of what was in its way.
        reason: &'static str,
    },
    /// A conversation could not be read; the others were. One that this account was removed from
    /// ends like this.
    NotSynced {
        /// The conversation.
        conversation: ConversationId,
        /// The stable name of the error.
        reason: &'static str,
    },
    /// A user whom the policy wants verified made a key: it waits until somebody has
    /// [verified](super::Session::verify) them.
    Unverified {
        /// Who.
        user: UserId,
    },
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
    /// A message that was sent again after a crash or a lost answer was not taken, and is in the
    /// journal no more. Told until there is a call after the one that told it: again after a crash
    /// in between, and to each of several workers.
    MessageRefused {
        /// The conversation.
        conversation: ConversationId,
        /// The message.
        message_id: MessageId,
        /// The stable name of the error.
        reason: Cow<'static, str>,
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

impl From<RefusedMessage> for SessionEvent {
    fn from(refused: RefusedMessage) -> Self {
        let RefusedMessage { conversation, message_id, reason } = refused;
        Self::MessageRefused { conversation, message_id, reason }
    }
}

/// One sentence for a log or a screen.
impl fmt::Display for SessionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangeSettled { conversation, version } => {
                write!(f, "what was under way in {conversation} is done: key version {version}")
            }
            Self::ChangeDropped { conversation, reason, .. } => {
                write!(f, "what was under way in {conversation} came to nothing: {reason}")
            }
            Self::NotSynced { conversation, reason } => {
                write!(f, "{conversation} could not be read: {reason}")
            }
            Self::Unverified { user } => {
                write!(f, "a key that user {user} made waits until their safety number is compared")
            }
            Self::KeyAdopted { conversation, by, version } => {
                write!(f, "{conversation} has a new key, version {version}, made by user {by}")
            }
            Self::Joined { conversation, by } => {
                write!(f, "{conversation} is known now: user {by} put this account into it")
            }
            Self::MembersChanged { conversation, by, added, removed } => {
                write!(f, "user {by} changed the members of {conversation}")?;
                write!(f, ": {} added, {} removed", added.len(), removed.len())
            }
            Self::DetailsChanged { conversation, by } => {
                write!(f, "user {by} changed the title or settings of {conversation}")
            }
            Self::MembersDiffer { conversation, difference, .. } => {
                let (more, fewer) = (difference.only_claimed.len(), difference.only_known.len());
                write!(f, "{conversation} is said to have {more} members more and {fewer} fewer")?;
                f.write_str(" than those known: acknowledge them, or keep those known")
            }
            Self::KeysChanged { user, was_verified } => {
                let verified = if *was_verified { "verified " } else { "" };
                write!(f, "user {user} has other keys than the {verified}ones known: acknowledge")
            }
            Self::OwnKeysReplaced { newest } => {
                write!(f, "others have keys of this account that are not here, version {newest}")
            }
            Self::MessageRefused { conversation, message_id, reason } => {
                write!(f, "message {message_id} of {conversation} was not taken: {reason}")
            }
            Self::AccountDeleted { conversation, user } => {
                write!(f, "the account of user {user} in {conversation} is gone, says the server")
            }
            Self::Refused { reason, .. } => write!(f, "an event was refused: {reason}"),
        }
    }
}
