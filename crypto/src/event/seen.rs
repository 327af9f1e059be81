//! What was read already: a server can deliver an event again, and a sender can use an id twice.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use core::fmt;

use sha2::{Digest as _, Sha256};

use crate::action::ActionPayload;
use crate::context::ActionContext;
use crate::sign::Transcript;
use crate::{MessageId, UserId};

/// Whether an action was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Novelty {
    /// It is new.
    New,
    /// The very same was read before: delivered twice, or replayed.
    Repeated,
    /// Its id names another action already. Whoever came second reused it.
    IdReused {
        /// Who used the id first.
        by: UserId,
    },
}

/// A short name of what was signed under a message id: sender and 16 bytes of a hash. The
/// signature takes no part: one action may have several that verify.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActionMark {
    sender: UserId,
    digest: [u8; 16],
}

impl ActionMark {
    /// Length in bytes, for storing it.
    pub const LENGTH: usize = 24;

    /// The mark as bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let (sender, digest) = bytes.split_at_mut(8);
        sender.copy_from_slice(&self.sender.as_u64().to_be_bytes());
        digest.copy_from_slice(&self.digest);
        bytes
    }

    /// The mark of stored bytes; `None` when they name no user.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let (sender, digest) = bytes.split_first_chunk()?;
        let sender = UserId::new(u64::from_be_bytes(*sender)).ok()?;
        Some(Self { sender, digest: digest.try_into().ok()? })
    }

    pub(crate) fn of_action(context: &ActionContext, payload: &ActionPayload<'_>) -> Self {
        Self::new(context.sender, &payload.transcript(context))
    }

    pub(crate) fn new(sender: UserId, signed: &Transcript) -> Self {
        let hash: [u8; 32] = Sha256::digest(signed.as_bytes()).into();
        let digest = hash.first_chunk();
        Self { sender, digest: digest.copied().unwrap_or_default() }
    }
}

impl fmt::Debug for ActionMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActionMark({}, ..)", self.sender)
    }
}

/// The actions of one conversation that were read already.
///
/// It grows by one entry for each; store the entries with the messages they are of, and give back
/// those you care about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenActions(BTreeMap<MessageId, ActionMark>);

impl SeenActions {
    /// Nothing read so far.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Takes note of an action, and says whether it is a new one. The first use of an id stays.
    pub fn note(&mut self, id: MessageId, mark: ActionMark) -> Novelty {
        match self.0.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(mark);
                Novelty::New
            }
            Entry::Occupied(first) if *first.get() == mark => Novelty::Repeated,
            Entry::Occupied(first) => Novelty::IdReused { by: first.get().sender },
        }
    }

    /// Each action, for storing.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (MessageId, ActionMark)> + '_ {
        self.0.iter().map(|(id, mark)| (*id, *mark))
    }
}

/// From what was stored.
impl FromIterator<(MessageId, ActionMark)> for SeenActions {
    fn from_iter<I: IntoIterator<Item = (MessageId, ActionMark)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}
