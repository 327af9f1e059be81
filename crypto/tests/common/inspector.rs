//! An allocator that keeps what is freed while it watches, to look for secrets in it afterwards: then
//! it is known which secrets there were. A buffer that grew is there too: the default `realloc` copies
//! into a new block and frees the old one. What lies on a stack is not looked at.
#![allow(dead_code, unreachable_pub)] // used in part by each test

use std::alloc::{GlobalAlloc, Layout, System};
use std::slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The most blocks that are kept.
const MOST: usize = 1 << 21;

struct Block {
    address: AtomicUsize,
    size: AtomicUsize,
}

static KEPT: [Block; MOST] =
    [const { Block { address: AtomicUsize::new(0), size: AtomicUsize::new(0) } }; MOST];
static COUNT: AtomicUsize = AtomicUsize::new(0);
static IS_WATCHING: AtomicBool = AtomicBool::new(false);

pub struct Inspector;

// SAFETY: every call is passed on to the system's allocator unchanged, or, for a block that is kept,
// not at all: memory that is never freed is no danger.
unsafe impl GlobalAlloc for Inspector {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that all of a block is initialised when it is read.
        // SAFETY: the caller's contract is passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if IS_WATCHING.load(Ordering::Acquire) {
            let index = COUNT.fetch_add(1, Ordering::AcqRel);
            if let Some(kept) = KEPT.get(index) {
                kept.size.store(layout.size(), Ordering::Release);
                kept.address.store(block.expose_provenance(), Ordering::Release);
                return;
            }
        }
        // SAFETY: the caller's contract is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

/// One at a time.
static WATCHING: Mutex<()> = Mutex::new(());

/// Keeps what is freed while `walk` does its work, and gives it.
pub fn watched<T>(walk: impl FnOnce() -> T) -> (T, Vec<&'static [u8]>) {
    let _guard = WATCHING.lock().unwrap();
    COUNT.store(0, Ordering::Release);
    IS_WATCHING.store(true, Ordering::Release);
    let value = walk();
    IS_WATCHING.store(false, Ordering::Release);
    let count = COUNT.load(Ordering::Acquire);
    assert!(count <= MOST, "{count} blocks were freed, more than are kept");
    let block = |kept: &Block| {
        let start = std::ptr::with_exposed_provenance(kept.address.load(Ordering::Acquire));
        // SAFETY: the block is initialised, of this size, and never freed.
        unsafe { slice::from_raw_parts(start, kept.size.load(Ordering::Acquire)) }
    };
    (value, KEPT[..count].iter().map(block).collect())
}

/// A secret to look for, by a name, in each of the forms in which it may stand in memory: half of
/// one left behind would be a leak, too.
pub struct Marker {
    name: String,
    forms: Vec<[u8; 16]>,
}

impl Marker {
    /// 16 bytes or more: their beginning and their end, both also reversed, the way P-256 scalars
    /// stand in memory, and the beginning of their base64.
    pub fn new(name: impl Into<String>, secret: &[u8]) -> Self {
        let base64 = sealpost_crypto::encoding::encode_base64(secret);
        let (start, end) = (secret.first_chunk().unwrap(), secret.last_chunk().unwrap());
        let forms = [*start, *end].into_iter().flat_map(|form| {
            let mut reversed = form;
            reversed.reverse();
            [form, reversed]
        });
        let base64 = *base64.as_bytes().first_chunk().unwrap();
        Self { name: name.into(), forms: forms.chain([base64]).collect() }
    }
}

/// The names of those that are in any of the blocks.
pub fn found(markers: &[Marker], blocks: &[&[u8]]) -> Vec<String> {
    // Most places are passed over by their first two bytes.
    let mut starts = vec![false; 1 << 16];
    let start = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    markers.iter().flat_map(|marker| &marker.forms).for_each(|form| starts[start(form)] = true);
    let mut names = Vec::new();
    for window in blocks.iter().flat_map(|block| block.windows(16)) {
        if starts[start(window)] {
            let hits =
                markers.iter().filter(|marker| marker.forms.iter().any(|form| form == window));
            names.extend(hits.map(|marker| marker.name.clone()));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Nothing is left of any of them; and one that was left would have been found.
pub fn assert_wiped(markers: &[Marker], blocks: &[&[u8]]) {
    assert_eq!(found(markers, blocks), Vec::<String>::new());
    for marker in markers {
        for form in &marker.forms {
            let ((), planted) = watched(|| drop(form.to_vec()));
            assert!(found(markers, &planted).contains(&marker.name), "{}", marker.name);
        }
    }
}
