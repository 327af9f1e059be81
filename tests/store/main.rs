//! Stores and what is kept in them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod conformance;
mod memory;
mod secrecy;
mod stage;
mod tokens;
mod vault;
