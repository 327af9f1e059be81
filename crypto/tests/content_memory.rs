//! A file of any size passes in constant memory: an allocator counts what is live.
//!
//! A test of its own, because the allocator is the whole process's.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // a test

mod common;
#[path = "common/content.rs"]
mod room;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use room::{Room, SUITES};
use sealpost_crypto::*;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counter;

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller's contract is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's contract is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counter = Counter;

/// What `work` had allocated at once, at most, beyond what was there before.
fn peak_of<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let value = work();
    (PEAK.load(Ordering::Relaxed) - before, value)
}

/// Takes everything and keeps nothing but a count.
struct Sink(u64);

impl Write for Sink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0 += u64::try_from(buffer.len()).unwrap();
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Both ends of one file, piece by piece, so that it is never in memory.
fn pass(room: &Room, size: u64) -> u64 {
    let encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
    let attachment =
        MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::Video, &encryptor.media())
            .with_file_size(size);
    let decryptor = MediaDecryptor::new(&attachment, &room.bob_ring).unwrap();
    let mut upload = encryptor.reader(io::repeat(7).take(size));
    let mut download = decryptor.writer(Sink(0));
    io::copy(&mut upload, &mut download).unwrap();
    let through_writer = download.finish().unwrap().0;

    let encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
    let attachment =
        MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::Video, &encryptor.media());
    let decryptor = MediaDecryptor::new(&attachment, &room.bob_ring).unwrap();
    let upload = encryptor.reader(io::repeat(7).take(size));
    let mut sink = Sink(0);
    io::copy(&mut decryptor.reader(upload), &mut sink).unwrap();
    assert_eq!(sink.0, through_writer);
    through_writer
}

#[test]
fn content_memory_does_not_grow_with_the_file() {
    for suite in SUITES {
        let room = Room::new(suite);
        let (small, passed) = peak_of(|| pass(&room, 64 * 1024));
        assert_eq!(passed, 64 * 1024);
        let size = 2 * 1024 * 1024 + 5;
        let (large, passed) = peak_of(|| pass(&room, size));
        assert_eq!(passed, size);
        assert!(small > 1024, "the allocator counts: {small}");
        // The test's own harness allocates now and then in between: a little, whatever the size.
        let most = small + 16 * 1024;
        assert!(large <= most, "{suite}: {large} bytes for the large file, {small} for the small");
        assert!(large < 128 * 1024, "{suite}: {large}");
    }
}
