//! A program without std that makes a key change in each suite, adopts its key, and encrypts under
//! it. If any dependency of the crypto crate pulled in std, its panic handler would clash with the
//! one below.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::convert::Infallible;
use core::ffi::{c_char, c_int};

use sealpost_crypto::rand_core::{TryCryptoRng, TryRng};
use sealpost_crypto::*;

unsafe extern "C" {
    fn aligned_alloc(align: usize, size: usize) -> *mut u8;
    fn free(block: *mut u8);
    fn abort() -> !;
    fn puts(text: *const c_char) -> c_int;
}

struct LibC;

// SAFETY: C's `aligned_alloc` and `free` fulfil the contract for sizes that are multiples of the
// alignment, which `pad_to_align` makes them.
unsafe impl GlobalAlloc for LibC {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let layout = layout.pad_to_align();
        // SAFETY: the alignment is a power of two and the size a multiple of it.
        unsafe { aligned_alloc(layout.align().max(16), layout.size().next_multiple_of(16)) }
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the block came from `aligned_alloc`.
        unsafe { free(block) }
    }
}

#[global_allocator]
static ALLOCATOR: LibC = LibC;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: has no preconditions.
    unsafe { abort() }
}

/// The shipped `alloc` is compiled for unwinding; nothing here ever unwinds. With std linked, these
/// two would be defined twice.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() -> ! {
    // SAFETY: has no preconditions.
    unsafe { abort() }
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    // SAFETY: has no preconditions.
    unsafe { abort() }
}

/// Not random: this program only shows that it links and runs.
struct Counter(u8);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(1)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(1)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0 += 1;
        bytes.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

fn walk(suite: Suite) -> Option<()> {
    let mut rng = Counter(0);
    let mut account = |number| {
        let identity = Identity::generate_with_rng(suite, &mut rng).ok()?;
        Some(identity.registered(UserId::new(number).ok()?, PublicKeyVersion::new(1)))
    };
    let (alice, bob) = (account(1)?, account(2)?);
    let bob_keys = bob.record().verify(&bob.user_id()).ok()?;
    let conversation = Conversation::direct(alice.user_id(), bob_keys.user_id());
    let mut keyring = Keyring::new(conversation.id());
    let (prepared, key) = keyring
        .draft(&alice, &conversation, UnixMillis::new(5))
        .ok()?
        .participants([&bob_keys])
        .seal_with_rng(&mut rng)
        .ok()?
        .sign()
        .ok()?
        .prepare();
    keyring.commit(&prepared, key).ok()?;
    let message = Message::text("hi").encrypt_with_rng(&alice, &conversation, &keyring, &mut rng);
    let _sent = message.ok()?;
    let mut encryptor = MediaEncryptor::with_rng(&keyring, &mut rng).ok()?;
    let media = MediaAttachment::new("a".parse().ok()?, MediaKind::File, &encryptor.media());
    let (mut file, mut read) = (Vec::new(), Vec::new());
    encryptor.push(&[7; 3000], &mut file);
    encryptor.finish(&mut file);
    let mut decryptor = MediaDecryptor::new(&media, &keyring).ok()?;
    decryptor.push(&file, &mut read).ok()?;
    decryptor.finish(&mut read).ok()?;
    (read == [7; 3000]).then_some(())
}

#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    let (text, code) = match [Suite::X25519, Suite::XChat].map(walk) {
        [Some(()), Some(())] => (c"a key change and content without std: ok", 0),
        [None, _] => (c"a key change and content without std: failed in the X25519 suite", 1),
        [_, None] => (c"a key change and content without std: failed in the XChat suite", 1),
    };
    // SAFETY: the text ends with a zero byte.
    unsafe { puts(text.as_ptr()) };
    code
}
