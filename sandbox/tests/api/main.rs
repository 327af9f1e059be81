//! The sandbox over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // tests say what is wrong by panicking

mod authentication;
mod contracts;
mod conversation_events;
mod conversations;
mod cuts;
mod deletions;
mod deletions_refused;
mod determinism;
mod directory;
mod faults;
mod faults_after_commit;
mod groups;
mod groups_refused;
mod groups_rules;
mod journal;
mod keys;
mod keys_refused;
mod keys_rules;
mod lifecycle;
mod load;
mod media;
mod media_refused;
mod messages;
mod messages_refused;
mod oauth1;
mod oauth_authorize;
mod oauth_faults;
mod oauth_scopes;
mod oauth_tokens;
mod planted;
mod queries_refused;
mod rate_limits;
mod reading;
mod registration_refused;
mod support;
