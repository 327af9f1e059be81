//! Sealing, signing and assembling take as many allocations for many recipients as for few, and
//! not much more memory than the request itself.
//!
//! A test of its own, because the allocator is the whole process's.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde", feature = "hazmat"))]
#![allow(clippy::unwrap_used, missing_docs)] // a test

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{account_of, user};
use sealpost_crypto::*;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST_IN_USE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call is passed on to the system's allocator unchanged. The default `realloc` goes
// through both of these.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        let in_use = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST_IN_USE.fetch_max(in_use, Ordering::Relaxed);
        // SAFETY: the caller's contract is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's contract is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What one change takes: allocations, and the most memory besides the finished body.
fn measure(suite: Suite, recipients: u64, shared: bool) -> (usize, usize, usize) {
    let members: Vec<Account> = (1..=recipients).map(|number| account_of(suite, number)).collect();
    let (sender, others) = members.split_last().unwrap();
    let others: Vec<Participant> = others.iter().map(|other| *other.participant()).collect();
    let group = ConversationId::group(1).unwrap();
    let conversation = Conversation::group(group, (1..=recipients).map(user)).unwrap();

    let (allocations, in_use) =
        (ALLOCATIONS.load(Ordering::Relaxed), IN_USE.load(Ordering::Relaxed));
    MOST_IN_USE.store(in_use, Ordering::Relaxed);
    let draft = KeyChange::new(sender, &conversation, KeyVersion::new(1)).participants(&others);
    let draft = if shared { draft.one_ephemeral_per_change() } else { draft };
    let (prepared, _) = draft.seal().unwrap().sign().unwrap().prepare();
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - allocations;
    let body = prepared.body().len();
    (allocations, MOST_IN_USE.load(Ordering::Relaxed) - in_use - body, body)
}

#[test]
fn many_recipients_take_no_more_allocations_than_few() {
    // On one thread: rayon allocates for the work it hands out.
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    one_thread.install(|| {
        for (suite, sizes) in [(Suite::X25519, [200, 10_000]), (Suite::XChat, [150, 300])] {
            for shared in [false, true] {
                // The first time also makes what is made once per process.
                measure(suite, 2, shared);
                let [few, many] = sizes.map(|size| measure(suite, size, shared));
                assert_eq!(few.0, many.0, "{suite}");
                assert!(many.0 < 40, "{suite}: {} allocations", many.0);
                assert!(many.1 <= 2 * many.2, "{suite}: {} bytes for {}", many.1, many.2);
            }
        }
    });
}
