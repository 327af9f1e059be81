//! A heap whose secrets can be found again: blocks come one after the other out of one region.
//!
//! Secrets live on the heap, in types that give nobody a place to mark. So a step ends by declaring
//! all of the heap public but where a secret that is known stands.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::valgrind::{hide, reveal};

const SIZE: usize = 64 << 20;
/// Argon2's memory, for one, is not searched.
const LARGE: usize = 1 << 20;

#[repr(align(128))]
struct Region(UnsafeCell<[u8; SIZE]>);

// SAFETY: no byte of it is given to two owners.
unsafe impl Sync for Region {}

static REGION: Region = Region(UnsafeCell::new([0; SIZE]));
static USED: AtomicUsize = AtomicUsize::new(0);

struct Heap;

// SAFETY: blocks of the region do not overlap and are never given again; the others are the
// system's, by the same size and alignment that they were asked for with.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE {
            // SAFETY: the caller's contract is passed on.
            return unsafe { System.alloc(layout) };
        }
        let align = layout.align().max(16);
        let size = layout.size() + align;
        let start = USED.fetch_add(size, Ordering::Relaxed).next_multiple_of(align);
        if align > 128 || start + size > SIZE {
            return std::ptr::null_mut();
        }
        // SAFETY: within the region.
        unsafe { REGION.0.get().cast::<u8>().add(start) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.size() >= LARGE {
            // SAFETY: the caller's contract is passed on.
            unsafe { System.dealloc(block, layout) }
        }
    }
}

#[global_allocator]
static HEAP: Heap = Heap;

/// A place on the heap: what is allocated from now on lies behind it.
pub(crate) fn mark() -> usize {
    USED.load(Ordering::Relaxed)
}

/// Declares what was allocated since `mark` public, but for each place where a secret stands, also
/// with its bytes reversed, the way P-256 scalars stand in memory. Returns how many there are.
pub(crate) fn publish(mark: usize, secrets: &[[u8; 32]]) -> usize {
    // SAFETY: a part of the region, initialised from the start; only this thread is at work between
    // two steps.
    let heap = unsafe {
        slice::from_raw_parts(REGION.0.get().cast::<u8>().add(mark), self::mark() - mark)
    };
    reveal(heap);
    reveal(secrets);
    let mut places = Vec::with_capacity(256);
    for (at, window) in heap.windows(32).enumerate() {
        let is_secret = |secret: &[u8; 32]| {
            (window[0] == secret[0] && window == secret)
                || (window[0] == secret[31] && window.iter().eq(secret.iter().rev()))
        };
        if secrets.iter().any(is_secret) {
            places.push(at);
        }
    }
    places.iter().for_each(|at| hide(&heap[*at..at + 32]));
    places.len()
}
