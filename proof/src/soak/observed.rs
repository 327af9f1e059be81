//! What the crowd's process tells the one that keeps the books, a line of JSON each.

use std::collections::BTreeSet;

use sealpost::{ConversationId, ConversationKey, KeyVersion, MessageId, SequenceId, UserId};
use serde::{Deserialize, Serialize};

/// What the crowd is told first.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cast {
    pub(super) base_url: String,
    pub(super) seed: u64,
    /// Where the stores are.
    pub(super) folder: std::path::PathBuf,
    pub(super) people: Vec<Person>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Person {
    pub(super) user: UserId,
    pub(super) token: String,
    /// By its name.
    pub(super) suite: String,
}

/// Tells what a message says, without the words.
pub(super) type Digest = u64;

/// A key by version and fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) version: KeyVersion,
    pub(super) fingerprint: String,
}

impl Key {
    pub(super) fn new(version: KeyVersion, key: &ConversationKey) -> Self {
        Self { version, fingerprint: key.fingerprint().to_string() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Observed {
    /// Everybody is registered, and all conversations are there.
    Ready {
        conversations: usize,
    },
    /// A call is about to be made that sends this; nobody else ever sends the same.
    Intends {
        user: UserId,
        at: ConversationId,
        digest: Digest,
    },
    /// The call says that it is sent.
    Sent {
        at: ConversationId,
        digest: Digest,
        message: MessageId,
    },
    /// The call says that it is in the journal.
    Unsettled {
        at: ConversationId,
        digest: Digest,
        message: MessageId,
    },
    /// The call says that it is not sent, and will not be.
    NotSent {
        digest: Digest,
        /// The error.
        code: String,
    },
    /// What was in the journal is refused for good.
    Refused {
        at: ConversationId,
        message: MessageId,
    },
    /// A message was handed out.
    Received {
        user: UserId,
        at: ConversationId,
        message: MessageId,
        digest: Digest,
        is_new: bool,
    },
    /// An event was handed out with a reason why it does not count.
    Unreadable {
        user: UserId,
        at: ConversationId,
        number: Option<SequenceId>,
        code: String,
    },
    /// A session passed over an event about keys or members, and said why.
    Passed {
        user: UserId,
        at: ConversationId,
        message: MessageId,
        code: String,
    },
    /// Somebody is about to delete a message of theirs for all.
    Deletes {
        at: ConversationId,
        message: MessageId,
        number: SequenceId,
    },
    /// The newest key of a conversation, as somebody knows it now.
    Floor {
        user: UserId,
        at: ConversationId,
        key: Key,
    },
    /// A key change is done.
    Changed {
        how: Change,
    },
    /// A file was downloaded, and is what it should be, or is not.
    Downloaded {
        is_right: bool,
    },
    /// A session was dropped, in the middle of a call or between two, and opened anew.
    Restarted {
        in_a_call: bool,
    },
    /// A call failed, or a session noticed something that it should not have.
    Failed {
        what: String,
        code: String,
    },
    Memory {
        seconds: f64,
        heap_kib: u64,
        sqlite_kib: u64,
        rss_kib: u64,
    },
    /// In the end: what somebody knows of a conversation.
    Knows {
        user: UserId,
        at: ConversationId,
        keys: Vec<Key>,
        members: BTreeSet<UserId>,
    },
    /// In the end: what somebody's journal still has.
    Left {
        user: UserId,
        changes: usize,
        messages: usize,
    },
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Change {
    Rotation,
    Addition,
    Removal,
}
