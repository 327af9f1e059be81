//! The walk of `crypto/tests/wiping.rs`, with pure Rust alone.

#[path = "../../../crypto/tests/common/mod.rs"]
mod common;
#[path = "../../../crypto/tests/common/everything.rs"]
mod everything;
#[path = "../../../crypto/tests/common/inspector.rs"]
mod inspector;
#[path = "../../../crypto/tests/common/content.rs"]
mod room;

use sealpost_crypto::hazmat::Backend;

#[global_allocator]
static ALLOCATOR: inspector::Inspector = inspector::Inspector;

#[test]
fn no_freed_block_holds_a_secret() {
    assert_eq!(Backend::ALL, [Backend::Pure], "pure Rust is not alone");
    everything::assert_nothing_is_left();
}
