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
#[cfg(all(feature = "postgres", unix))]
mod fleet;
mod folder;
#[cfg(feature = "keyring")]
mod keyring;
mod leases;
mod memory;
#[cfg(all(feature = "postgres", unix))]
mod postgres;
mod processes;
mod releases;
mod secrecy;
#[cfg(all(feature = "postgres", unix))]
mod server;
mod skip;
mod sqlite;
mod stage;
mod tokens;
mod vault;
mod work;
