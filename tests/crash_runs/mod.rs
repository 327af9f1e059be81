//! Seeded runs of a program that is killed again and again: whatever happens, each change comes to
//! one key, the same on both sides, and nothing that was saved is lost.
//!
//! The program is this very executable, started once more for each of its lives: a real process with
//! a session on an SQLite file, which dies by a real SIGKILL. The server and the other users live in
//! the process that kills it.
//!
//! A kill leaves what was written to the file system, whether it has reached the disk or not: runs
//! like these say nothing about a loss of power.
//!
//! Used by `tests/crash.rs` in a short form and by `proof/` in full.

mod all;
mod check;
mod death;
mod file;
mod fuse;
mod life;
mod plan;
mod run;
mod script;
mod stage;
mod tally;

pub use all::Crashes;
pub use life::live;
