//! Stores and what is kept in them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

#[cfg(feature = "age")]
mod age;
mod bad_input;
mod conformance;
mod export;
mod folder;
#[cfg(feature = "keyring")]
mod keyring;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
mod processes;
mod releases;
mod secrecy;
mod skip;
mod sqlite;
mod stage;
mod tokens;
mod vault;
