//! Lets valgrind look for branches and memory accesses that depend on a secret, with nothing but
//! pure Rust at work. See `README.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)] // a test

#[path = "../../../crypto/tests/common/mod.rs"]
mod common;
mod crypto;
mod heap;
mod leaks;
mod rng;
#[path = "../../../crypto/tests/common/content.rs"]
mod room;
#[path = "../../../lanes/constant_time/valgrind.rs"]
mod valgrind;
mod vault;
mod walk;

use std::process::ExitCode;

use sealpost::Suite;
use sealpost_crypto::hazmat::Backend;

fn main() -> ExitCode {
    valgrind::insist();
    assert_eq!(Backend::ALL, [Backend::Pure], "pure Rust is not alone");
    if std::env::args().any(|argument| argument == "leak") {
        return leaks::find();
    }
    let mut steps = 0;
    for suite in [Suite::X25519, Suite::XChat] {
        crypto::walk(&mut steps, suite);
    }
    vault::walk(&mut steps);
    assert_eq!(steps, 2 * crypto::STEPS + vault::STEPS);
    println!("{steps} steps");
    ExitCode::SUCCESS
}
