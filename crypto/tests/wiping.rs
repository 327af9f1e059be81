//! Secrets are gone from a block of memory before it is freed: an allocator keeps each one.
//!
//! A test of its own, because the allocator is the whole process's. Here AWS-LC computes, and lanes
//! seal; `tests/pure` runs the same with pure Rust alone.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // a test

mod common;
#[path = "common/everything.rs"]
mod everything;
#[path = "common/inspector.rs"]
mod inspector;
#[path = "common/content.rs"]
mod room;

#[global_allocator]
static ALLOCATOR: inspector::Inspector = inspector::Inspector;

#[test]
fn no_freed_block_holds_a_secret() {
    assert!(sealpost_crypto::hazmat::Backend::ALL.len() > 1);
    everything::assert_nothing_is_left();
}
