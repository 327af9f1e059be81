//! Wiping what the compiler leaves behind.

use core::hint::black_box;

use zeroize::Zeroize as _;

/// Deeper than the frames of any key generation here.
const DEPTH: usize = 16 * 1024;

/// Runs `work` in a frame of its own and then overwrites the stack it used.
///
/// Moving a secret into its box leaves a copy on the stack that nobody owns, so nobody's `Drop`
/// wipes it. What is returned must hold the secret behind a pointer.
pub(crate) fn stack_after<T>(work: impl FnOnce() -> T) -> T {
    let value = in_own_frame(work);
    overwrite();
    value
}

#[inline(never)]
fn in_own_frame<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite() {
    let mut below = [0_u8; DEPTH];
    below.zeroize();
    black_box(&below);
}
