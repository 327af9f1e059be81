//! Secrets that go into a vault and come out of it are gone from a block of memory before it is
//! freed: an allocator looks into each one.
//!
//! A test of its own, because the allocator is the whole process's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // a test

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use sealpost::transport::{TokenPair, TokenStore as _};
use sealpost::vault::*;
use sealpost::*;

/// What to look for, each as it is and in base64; nothing is searched before they are set.
static SECRETS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
/// How often each was found in a block being freed.
static FOUND: [AtomicUsize; 12] = [const { AtomicUsize::new(0) }; 12];
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
        // Argon2's memory is wiped by us and too large to be searched each time.
        if let Some(secrets) = SECRETS.get().filter(|_| layout.size() < 1 << 20) {
            FREED.fetch_add(1, Ordering::Relaxed);
            // SAFETY: the block is live, initialised and `layout.size()` bytes long.
            let bytes = unsafe { slice::from_raw_parts(block, layout.size()) };
            for (secret, found) in secrets.iter().zip(&FOUND) {
                if bytes.windows(secret.len()).any(|window| window == &secret[..]) {
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

/// Sixteen bytes that nothing else has, by a number.
fn marker(number: u8) -> [u8; 16] {
    let mut next = number * 29 + 3;
    std::array::from_fn(|_| {
        next = next.wrapping_add(37);
        next
    })
}

fn twice(half: [u8; 16]) -> [u8; 32] {
    std::array::from_fn(|index| half[index % 16])
}

const ACCESS: &str = "planted-access-token-of-this-test";
const REFRESH: &str = "planted-refresh-token-of-this-test";
const PASSPHRASE: &str = "planted-passphrase-of-this-test";

/// As base64 has it somewhere in the middle, whatever stands before.
fn base64_part(secret: &[u8]) -> Vec<u8> {
    let text = crypto::encoding::encode_base64(secret);
    text.as_bytes()[..16].to_vec()
}

fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

/// Everything that is ever done with a vault, but to change what this test itself holds.
async fn walk(private_keys: &[u8; 64]) {
    let store = Arc::new(MemoryStore::new());
    let cost = PassphraseCost::new(8 * 1024, 1, 1).unwrap();
    let key = StoreKey::passphrase_at_cost(Box::<str>::from(PASSPHRASE).into(), cost);
    let vault = Vault::open(Arc::clone(&store), key).await.unwrap();
    vault.change_key(StoreKey::from_bytes(&twice(marker(0)))).await.unwrap();
    drop(vault);
    let key = StoreKey::from_bytes(&twice(marker(0)));
    let account = Vault::open(store, key).await.unwrap().account(user(1));

    let identity = Identity::dangerous_from_private_keys(Suite::X25519, private_keys).unwrap();
    let mut own = account.add_identity(identity).await.unwrap();
    account.set_registration(&mut own, Registration::Posting, None).await.unwrap();
    drop(own);
    let own = account.identity().await.unwrap().unwrap().value;
    let text = IdentityExport::new(user(1), own)
        .to_text_at_cost(Box::<str>::from(PASSPHRASE).into(), cost)
        .unwrap();
    let read = IdentityExport::from_text(&text, Box::<str>::from(PASSPHRASE).into()).unwrap();
    drop(read);

    let expires_at = SystemTime::now() + Duration::from_secs(7200);
    let texts = [ACCESS, REFRESH].map(|text| SecretString::from(Box::<str>::from(text)));
    let [access, refresh] = texts;
    let pair = TokenPair::new(access, Some(refresh), expires_at, []).unwrap();
    let tokens = account.tokens();
    tokens.save(&pair).await.unwrap();
    drop(pair);
    tokens.load().await.unwrap().unwrap();

    let id = ConversationId::direct(user(1), user(2));
    let version = KeyVersion::new(1);
    let conversation_key = ConversationKey::dangerous_from_bytes(&twice(marker(3)));
    let floor = (version, conversation_key.fingerprint());
    let keys = BTreeMap::from([(version, conversation_key)]);
    let mut record = account.conversation(id).await.unwrap();
    *record.keyring_mut() =
        Keyring::dangerous_restore(id, Suite::X25519, Some(floor), keys, BTreeMap::new()).unwrap();
    account.save(&mut record, None).await.unwrap();
    drop(record);
    let record = account.conversation(id).await.unwrap();
    assert_eq!(record.keyring().keys().count(), 1);
}

#[test]
fn no_freed_block_holds_what_a_vault_keeps() {
    // The private keys are the caller's here, on the stack.
    let mut private_keys = [0; 64];
    private_keys[..32].copy_from_slice(&twice(marker(1)));
    private_keys[32..].copy_from_slice(&twice(marker(2)));
    let mut secrets: Vec<Vec<u8>> = (0..4).map(|number| marker(number).to_vec()).collect();
    secrets.extend([ACCESS, REFRESH, PASSPHRASE].map(|text| text.as_bytes()[..16].to_vec()));
    secrets.push(base64_part(&private_keys));
    secrets.push(base64_part(&twice(marker(3))));
    secrets.push(base64_part(&twice(marker(0))));
    secrets.extend([ACCESS, REFRESH].map(|text| base64_part(text.as_bytes())));
    assert_eq!(secrets.len(), FOUND.len());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let copies = secrets.clone();
    SECRETS.set(secrets).unwrap();
    runtime.block_on(walk(&private_keys));
    drop(runtime);
    let found = FOUND.each_ref().map(|count| count.load(Ordering::Relaxed));
    assert!(FREED.load(Ordering::Relaxed) > 100, "the allocator was not in use");
    assert_eq!(found, [0; 12]);

    // And the detector detects.
    for (copy, found) in copies.into_iter().zip(&FOUND) {
        drop(copy);
        assert_eq!(found.load(Ordering::Relaxed), 1);
    }
}
