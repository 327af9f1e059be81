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

use std::collections::BTreeMap;

use chacha20::{R20, hchacha};
use inspector::{Marker, assert_wiped, watched};
use sealpost_crypto::*;

#[global_allocator]
static ALLOCATOR: inspector::Inspector = inspector::Inspector;

#[test]
fn no_freed_block_holds_a_secret() {
    assert!(sealpost_crypto::hazmat::Backend::ALL.len() > 1);
    everything::assert_nothing_is_left();
}

/// Nobody draws it: it is derived of the conversation key and a file's first bytes.
#[test]
fn no_freed_block_holds_the_key_of_a_file() {
    let key = [0x5a; 32];
    let version = KeyVersion::new(1);
    let ring = Keyring::dangerous_restore(
        ConversationId::direct(common::user(1), common::user(2)),
        Suite::XChat,
        Some((version, ConversationKey::dangerous_from_bytes(&key).fingerprint())),
        BTreeMap::from([(version, ConversationKey::dangerous_from_bytes(&key))]),
        BTreeMap::new(),
    );
    let ring = ring.unwrap();
    let (file, blocks) = watched(|| {
        let mut file = vec![];
        let rng = &mut common::SeededRng::new(1);
        let mut encryptor = MediaEncryptor::with_rng(&ring, rng).unwrap();
        // Not to its end, which makes another key of it.
        encryptor.push(&[7; 5000], &mut file);
        file
    });
    let header: &[u8; 16] = file.first_chunk().unwrap();
    let stream_key = hchacha::<R20>(&key.into(), &(*header).into());
    assert_wiped(&[Marker::new("the key of the file", &stream_key)], &blocks);
}
