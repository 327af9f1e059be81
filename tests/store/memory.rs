//! Rows in memory.

use std::sync::Arc;

use sealpost::store::{MemoryStore, Store};

use crate::conformance::{Harness, run};

struct Memory;

impl Harness for Memory {
    async fn empty(&mut self) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new())
    }

    /// Nothing outlasts the program: another user of the same store.
    async fn reopen(&mut self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        store
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_a_store() {
    run(&mut Memory).await;
}
