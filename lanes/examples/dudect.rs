//! A timing report on groups of eight, see `constant_time/timing.rs`.
//!
//! `cargo run --release -p sealpost-lanes --example dudect -- [SAMPLES [ROUNDS]] [--json] [PART]`
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // an example

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../constant_time/timing.rs"]
mod timing;

use common::{Numbers, assert_fast_path};
use sealpost_lanes::{Scalars, backend, p256, x25519};
use timing::Report;

/// One group: the smallest thing there is to measure.
const ITEMS: usize = 8;

/// Of a fixed seed or of any: what makes them, writes them and copies them is the same for both.
fn secrets(fixed: bool, seed: u64) -> Vec<[u8; 32]> {
    let mut secrets = Numbers::new([seed, 1][usize::from(fixed)]).many(ITEMS);
    secrets.iter_mut().for_each(|secret| secret[0] &= 0x7f);
    secrets
}

fn main() {
    assert_fast_path();
    let report = Report::from_args();
    println!("{:?}, {ITEMS} items in each call", backend());
    let points = Numbers::new(3).many(ITEMS);
    let mut shared = vec![[0; 32]; ITEMS];
    let mut public = vec![[0; 65]; ITEMS];
    let mut points_p256 = vec![[0; 65]; ITEMS];
    assert!(p256::public_keys(&vec![[5; 32]; ITEMS], &mut points_p256).unwrap().is_empty());

    report.measure("x25519::diffie_hellman", secrets, |secrets| {
        let _ = x25519::diffie_hellman(Scalars::Each(secrets), &points, &mut shared).unwrap();
    });
    report.measure("x25519::public_keys", secrets, |secrets| {
        x25519::public_keys(secrets, &mut shared).unwrap();
    });
    report.measure("p256::diffie_hellman", secrets, |secrets| {
        let _ = p256::diffie_hellman(Scalars::Each(secrets), &points_p256, &mut shared).unwrap();
    });
    report.measure("p256::public_keys", secrets, |secrets| {
        let _ = p256::public_keys(secrets, &mut public).unwrap();
    });
}
