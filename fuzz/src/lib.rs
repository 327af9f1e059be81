//! Fuzz targets: functions of bytes, each of which asserts something of the library.
//!
//! `fuzz/run` lets LLVM's libFuzzer look for bytes that break an assertion; what it found worth
//! keeping lies in `fuzz/corpus` and goes through the same functions in `cargo test`.
#![allow(
    // A target that finds something ends in a panic.
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::exhaustive_structs,
    // Inputs are taken apart by numbers of any size.
    clippy::cast_possible_truncation
)]

mod delivered;
mod input;
mod server;
mod stage;
mod stored_form;
mod textbook;

/// One target.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, which is that of its module and of its corpus.
    pub name: &'static str,
    /// Longer inputs say nothing new.
    pub max_len: usize,
    /// Panics if the input breaks what the target asserts.
    pub run: fn(&[u8]),
    /// Inputs to begin with, the same at every run.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! targets {
    ($($name:ident: $max_len:literal,)*) => {
        $(mod $name;)*

        /// All targets.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            max_len: $max_len,
            run: $name::run,
            seeds: $name::seeds,
        }),*];
    };
}

targets! {
    public_keys: 256,
    directory: 4096,
    sealed_key: 512,
    events: 4096,
    error_body: 4096,
    rate_limit: 256,
    sign_in: 2048,
    vault: 4096,
    identity_export: 2048,
    delivery: 64,
    hpke: 512,
    xchat_seal: 256,
    key_change: 256,
    conversation_id: 128,
    wire: 4096,
    content: 4096,
    media: 4096,
    safety_code: 256,
    saved: 4096,
}

/// The target of that name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
