//! One thing at a time in each conversation, within this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use crate::ConversationId;

type Turn = tokio::sync::Mutex<()>;

/// Locks that are gone are swept out when there are this many.
const SWEEP: usize = 1024;

/// Who is at which conversation. Between processes the store's leases do this.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<ConversationId, Weak<Turn>>>);

impl Turns {
    pub(super) async fn take(&self, id: ConversationId) -> OwnedMutexGuard<()> {
        let turn = self.of(id);
        turn.lock_owned().await
    }

    fn of(&self, id: ConversationId) -> Arc<Turn> {
        // No code that could panic runs under the lock.
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&id).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() >= SWEEP {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::default();
        turns.insert(id, Arc::downgrade(&turn));
        turn
    }
}
