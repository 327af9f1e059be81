//! Sessions over real HTTP: one call each, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // tests

mod again;
mod content;
mod crossing;
mod direct;
mod flood;
mod forgetting;
mod groups;
mod hostile_member;
mod hostile_server;
mod interrupted;
mod leases;
mod planting;
mod receiving;
mod registration;
mod replays;
mod stage;
mod strict;
mod trust;
