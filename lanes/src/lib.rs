#![doc = include_str!("../README.md")]
#![deny(clippy::undocumented_unsafe_blocks)]

mod backend;
mod batch;
mod items;
pub mod p256;
mod vector;
mod wipe;
mod words;
pub mod x25519;

pub use backend::{Backend, backend};
pub use items::{LengthMismatch, Refused, Scalars};
