//! Secrets are gone from a block of memory before it is freed: an allocator looks into each one.
//!
//! A test of its own, because the allocator is the whole process's.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // a test

mod common;
#[path = "common/content.rs"]
mod room;

use std::alloc::{GlobalAlloc, Layout, System};
use std::slice;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Parts, SeededRng, account_of, user};
use room::{deliver, message_event};
use sealpost_crypto::rand_core::TryRng;
use sealpost_crypto::*;

/// The 32-byte secrets to look for, five of each suite, each also with its bytes reversed, the way
/// P-256 scalars stand in memory; nothing is searched before they are set.
static SECRETS: OnceLock<[[u8; 32]; 20]> = OnceLock::new();
/// How often each was found in a block being freed.
static FOUND: [AtomicUsize; 20] = [const { AtomicUsize::new(0) }; 20];
static FREED: AtomicUsize = AtomicUsize::new(0);

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
        if let Some(secrets) = SECRETS.get() {
            FREED.fetch_add(1, Ordering::Relaxed);
            // SAFETY: the block is live, initialised and `layout.size()` bytes long.
            let bytes = unsafe { slice::from_raw_parts(block, layout.size()) };
            for (secret, found) in secrets.iter().zip(&FOUND) {
                // Half of a secret left behind would be a leak, too.
                if bytes
                    .windows(16)
                    .any(|window| window == &secret[..16] || window == &secret[16..])
                {
                    found.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        // SAFETY: the caller's contract is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Inspector = Inspector;

/// Each suite with the seed of its generator.
const WALKS: [(Suite, u64); 2] = [(Suite::X25519, 99), (Suite::XChat, 98)];

/// A seeded generator tells in advance which secrets it will give: both pairs of the sender, then,
/// after the message id, the conversation key, then two ephemeral keys.
fn secrets_of(seed: u64) -> [[u8; 32]; 5] {
    let mut rng = SeededRng::new(seed);
    let mut secrets = [[0; 32]; 5];
    for (index, secret) in secrets.iter_mut().enumerate() {
        if index == 2 {
            rng.try_fill_bytes(&mut [0; 16]).unwrap();
        }
        rng.try_fill_bytes(secret).unwrap();
    }
    secrets
}

/// Everything that is ever done with a key.
fn walk(suite: Suite, seed: u64, bob: &Account) {
    let mut rng = SeededRng::new(seed);
    let identity = Identity::generate_with_rng(suite, &mut rng).unwrap();
    let _ = identity.registration(user(1), UnixMillis::new(1));
    let saved = identity.dangerous_private_keys();
    drop(identity);
    let identity = Identity::dangerous_from_private_keys(suite, saved.expose_secret()).unwrap();
    drop(saved);
    let alice = identity.registered(user(1), PublicKeyVersion::new(1));
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let mut ring = Keyring::new(conversation.id());
    let (prepared, key) = ring
        .draft(&alice, &conversation, UnixMillis::new(5))
        .unwrap()
        .participants([bob.participant()])
        .seal_with_rng(&mut rng)
        .unwrap()
        .sign()
        .unwrap()
        .prepare();
    let expected = secrets_of(seed)[2];
    assert_eq!(key.expose_secret(), &expected, "the generator is read in another order");
    let event = Parts::of(&prepared).event();
    ring.commit(&prepared, key).unwrap();
    for reader in [&alice, bob] {
        let opened = event.open(reader, &conversation, [alice.participant()]).unwrap();
        assert_eq!(ring.adopt(opened, UnixMillis::new(5)), Ok(Adoption::AlreadyKnown));
    }
    let mut damaged = Parts::of(&prepared);
    damaged.message_id = Some("00000000-0000-4000-8000-000000000000".to_owned());
    assert!(damaged.event().open(bob, &conversation, [alice.participant()]).is_err());
    use_key(&alice, bob, &conversation, &ring, &mut rng);
}

/// A message, a metadata field and a file under the key, written and read.
fn use_key(
    alice: &Account,
    bob: &Account,
    conversation: &Conversation,
    ring: &Keyring,
    rng: &mut SeededRng,
) {
    let signed = Message::text("hi").encrypt_with_rng(alice, conversation, ring, rng).unwrap();
    let event = message_event(&deliver(&signed, 1));
    event.open(bob, conversation, ring, [alice.participant()]).unwrap();
    let field = MetadataField::Title;
    let (version, encrypted) = EncryptedField::encrypt_with_rng(field, "title", ring, rng).unwrap();
    encrypted.decrypt(field, version, ring).unwrap();
    // Moved about on the heap, as an app's tasks do.
    let encryptor = Box::new(MediaEncryptor::with_rng(ring, rng).unwrap());
    let hash_key = "Ab1".parse().unwrap();
    let attachment = MediaAttachment::new(hash_key, MediaKind::File, &encryptor.media());
    let mut file = vec![];
    std::io::copy(&mut encryptor.reader(&[7; 5000][..]), &mut file).unwrap();
    let decryptor = Box::new(MediaDecryptor::new(&attachment, ring).unwrap());
    std::io::copy(&mut decryptor.reader(&file[..]), &mut std::io::sink()).unwrap();
    let mut unfinished = vec![Some(MediaDecryptor::new(&attachment, ring).unwrap())];
    unfinished[0].as_mut().unwrap().push(&file[..2000], &mut vec![]).unwrap();
    let moved = Box::new(unfinished[0].take());
    drop((unfinished, moved));
}

#[test]
fn no_freed_block_holds_a_secret() {
    let bobs = WALKS.map(|(suite, _)| account_of(suite, 2));
    let mut secrets = [[0; 32]; 20];
    let all = WALKS.iter().flat_map(|(_, seed)| secrets_of(*seed)).flat_map(|secret| {
        let mut reversed = secret;
        reversed.reverse();
        [secret, reversed]
    });
    for (to, from) in secrets.iter_mut().zip(all) {
        *to = from;
    }
    SECRETS.set(secrets).unwrap();
    for ((suite, seed), bob) in WALKS.iter().zip(&bobs) {
        walk(*suite, *seed, bob);
    }
    let found = FOUND.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert!(FREED.load(Ordering::Relaxed) > 200, "the allocator was not in use");
    assert_eq!(found, [0; 20]);

    // And the detector detects.
    for planted in 0..20 {
        drop(secrets[planted].to_vec());
        assert_eq!(FOUND[planted].load(Ordering::Relaxed), 1);
    }
}
