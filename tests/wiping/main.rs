//! Secrets are gone from a block of memory before it is freed: what goes into vaults and comes out of
//! them, and what sessions do. An allocator keeps each block, and is the whole process's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

#[path = "../store/folder.rs"]
#[allow(dead_code)] // used in part
mod folder;
#[path = "../../crypto/tests/common/inspector.rs"]
mod inspector;
mod session;
#[path = "../session/stage.rs"]
#[allow(dead_code)] // used in part
mod stage;
mod vault;

#[global_allocator]
static ALLOCATOR: inspector::Inspector = inspector::Inspector;

/// On a runtime of its own, which is dropped with all that its tasks hold.
fn block_on(work: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(work);
}
