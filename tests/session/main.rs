//! Sessions over real HTTP: one call each, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)] // tests

mod content;
mod direct;
mod groups;
mod interrupted;
mod leases;
mod registration;
mod stage;
mod trust;
