//! The sandbox over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // tests say what is wrong by panicking

mod authentication;
mod conversation_events;
mod determinism;
mod directory;
mod faults;
mod groups;
mod groups_refused;
mod groups_rules;
mod keys;
mod keys_refused;
mod keys_rules;
mod lifecycle;
mod oauth1;
mod oauth_authorize;
mod oauth_faults;
mod oauth_scopes;
mod oauth_tokens;
mod queries_refused;
mod registration_refused;
mod support;
