//! Wiping what the arithmetic leaves on the stack.

use core::hint::black_box;

/// Bytes: more than the frame of any task, which `constant_time/scan.py` checks.
const DEPTH: usize = 96 * 1024;

/// Runs `work` in a frame of its own and then overwrites the stack it used: the registers that the
/// compiler parks there hold parts of scalars and of shared secrets.
pub(crate) fn stack_after<T>(work: impl FnOnce() -> T) -> T {
    let value = in_own_frame(work);
    overwrite();
    value
}

#[inline(never)]
fn in_own_frame<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// `black_box` may look at the array, so it must be there.
#[inline(never)]
fn overwrite() {
    black_box(&mut [0_u64; DEPTH / 8]);
}
