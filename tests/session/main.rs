//! Sessions over real HTTP: one call each, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // tests

mod again;
mod content;
mod crossing;
mod direct;
mod groups;
mod interrupted;
mod leases;
mod planting;
mod registration;
mod replays;
mod stage;
mod trust;
