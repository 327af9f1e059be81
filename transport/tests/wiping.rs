//! The secrets of OAuth 1.0a are gone from a block of memory before it is freed: an allocator looks
//! into each one.
//!
//! A test of its own, because the allocator is the whole process's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sealpost_transport::{Client, Credentials, OAuth1Credentials};
use support::*;

const SECRETS: [&str; 2] = ["planted-consumer-secret-87", "planted-token-secret-41"];
static WATCHING: AtomicBool = AtomicBool::new(false);
static FREED: AtomicUsize = AtomicUsize::new(0);
static FOUND: AtomicUsize = AtomicUsize::new(0);

struct Inspector;

// SAFETY: every call is passed on to the system's allocator unchanged; `dealloc` only reads the
// block before, which is live and `layout.size()` bytes long by the caller's contract.
unsafe impl GlobalAlloc for Inspector {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that all of a block is initialised when it is read below.
        // SAFETY: the caller's contract is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WATCHING.load(Ordering::Relaxed) {
            FREED.fetch_add(1, Ordering::Relaxed);
            // SAFETY: the block is live, initialised and `layout.size()` bytes long.
            let bytes = unsafe { slice::from_raw_parts(block, layout.size()) };
            for secret in SECRETS {
                // Half of a secret left behind would be a leak, too.
                let half = &secret.as_bytes()[secret.len() / 2..];
                if bytes.windows(half.len()).any(|window| window == half) {
                    FOUND.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        // SAFETY: the caller's contract is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Inspector = Inspector;

#[tokio::test]
async fn no_freed_block_holds_a_secret_that_signs() {
    let server = Server::start(json(200, "{}")).await;
    WATCHING.store(true, Ordering::Relaxed);
    {
        let credentials = OAuth1Credentials {
            consumer_key: "consumer-key".into(),
            consumer_secret: SECRETS[0].into(),
            token: "access-token".into(),
            token_secret: SECRETS[1].into(),
        };
        let builder = Client::builder().base_url(&server.url());
        let client = builder.credentials(Credentials::oauth1(credentials)).build().unwrap();
        client.users_public_keys(&[user(ALICE), user(BOB)]).await.unwrap();
        client.add_conversation_keys(&prepared()).await.unwrap_err();
    }
    assert_eq!(FOUND.load(Ordering::Relaxed), 0);
    assert!(FREED.load(Ordering::Relaxed) > 100, "the allocator was not in use");

    // And the detector detects.
    drop(SECRETS[0].to_owned());
    assert_eq!(FOUND.load(Ordering::Relaxed), 1);
}
