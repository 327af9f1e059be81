//! A timing report after dudect (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?",
//! 2017): a fixed secret against random ones, interleaved at random, Welch's t of the times.
//!
//! `cargo run --release -p sealpost-lanes --example dudect [-- SAMPLES]`
//!
//! |t| above 4.5, again and again and growing with the number of samples, would tell of a leak. On a
//! shared machine one high value tells of its neighbours; this is a report, not a test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // an example

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::Instant;

use common::{Numbers, assert_fast_path};
use sealpost_lanes::{Scalars, backend, p256, x25519};

/// One group: the smallest thing there is to measure.
const ITEMS: usize = 8;

/// Welch's t of the times of two classes, those above a percentile of all left out.
fn t_value(samples: &[(bool, f64)], percentile: usize) -> f64 {
    let mut times: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
    times.sort_by(f64::total_cmp);
    let limit = times[(times.len() - 1) * percentile / 100];
    let moments = |class| {
        let kept = samples.iter().filter(|(of, time)| *of == class && *time <= limit);
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for (_, time) in kept {
            count += 1.0;
            let distance: f64 = time - mean;
            mean += distance / count;
            squares += distance * (time - mean);
        }
        (mean, squares / (count - 1.0) / count)
    };
    let ((a, a_error), (b, b_error)) = (moments(true), moments(false));
    (a - b) / (a_error + b_error).sqrt()
}

fn report(name: &str, samples: usize, mut call: impl FnMut(&[[u8; 32]])) {
    let mut numbers = Numbers::new(7);
    let mut measured = Vec::with_capacity(samples);
    for sample in 0..samples + samples / 10 {
        // Both are made each time and one is copied, so that the way here is the same.
        let mut random = numbers.many(ITEMS);
        random.iter_mut().for_each(|secret| secret[0] &= 0x7f);
        let classes = [random, vec![[1; 32]; ITEMS]];
        let fixed = numbers.coin();
        let secrets = classes[usize::from(fixed)].clone();
        let start = Instant::now();
        call(black_box(&secrets));
        let time = start.elapsed().as_nanos() as f64;
        if sample >= samples / 10 {
            measured.push((fixed, time));
        }
    }
    let values: Vec<String> = [50, 75, 90, 99]
        .iter()
        .map(|percentile| format!("{:6.2}", t_value(&measured, *percentile)))
        .collect();
    println!("{name:<28} t below the 50th, 75th, 90th, 99th percentile: {}", values.join(" "));
}

fn main() {
    assert_fast_path();
    let samples = std::env::args().nth(1).map_or(100_000, |count| count.parse().unwrap());
    println!("{:?}, {samples} calls each, of {ITEMS} items", backend());
    let points = Numbers::new(3).many(ITEMS);
    let mut shared = vec![[0; 32]; ITEMS];
    let mut public = vec![[0; 65]; ITEMS];
    let mut points_p256 = vec![[0; 65]; ITEMS];
    assert!(p256::public_keys(&vec![[5; 32]; ITEMS], &mut points_p256).unwrap().is_empty());

    report("x25519::diffie_hellman", samples, |secrets| {
        let _ = x25519::diffie_hellman(Scalars::Each(secrets), &points, &mut shared).unwrap();
    });
    report("x25519::public_keys", samples, |secrets| {
        x25519::public_keys(secrets, &mut shared).unwrap();
    });
    report("p256::diffie_hellman", samples, |secrets| {
        let _ = p256::diffie_hellman(Scalars::Each(secrets), &points_p256, &mut shared).unwrap();
    });
    report("p256::public_keys", samples, |secrets| {
        let _ = p256::public_keys(secrets, &mut public).unwrap();
    });
}
