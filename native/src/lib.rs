#![doc = include_str!("../README.md")]
#![no_std]
#![deny(clippy::undocumented_unsafe_blocks)]

pub mod chacha20;
pub mod chacha20_poly1305;
pub mod ecdsa;
pub mod ed25519;
pub mod p256;
pub mod x25519;

/// AWS-LC notes errors per thread, where another user of it would find ours.
fn clear_errors() {
    // SAFETY: has no preconditions.
    unsafe { aws_lc_sys::ERR_clear_error() };
}
