//! One product, per item of a batch, beside the same by other libraries, in one run and
//! interleaved: round by round each row is measured once, and the medians over the rounds count.
//!
//! `cargo bench -p sealpost-lanes`; with `-- --test` each row runs once.
//!
//! Not Criterion: it measures one row after the other, and on a shared machine the neighbours
//! change in between. Compare rows of one run with each other, not with another run's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // a bench

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/p256.rs"]
mod p256_peers;
#[path = "../tests/common/x25519.rs"]
mod x25519_peers;

use std::hint::black_box;
use std::time::Instant;

use ::p256::{PublicKey, SecretKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::error::Unspecified;
use common::{Numbers, assert_fast_path};
use sealpost_lanes::{Scalars, backend, p256, x25519};

/// Items of a batch: one chunk. Longer calls are interrupted more often by other processes.
const ITEMS: usize = 128;

/// Keeps the shared secret from being optimised away.
fn first_byte(shared: &[u8]) -> Result<u8, Unspecified> {
    shared.first().copied().ok_or(Unspecified)
}

struct Row<'a> {
    name: &'a str,
    /// Items of one call.
    items: usize,
    call: Box<dyn FnMut() + 'a>,
    /// Microseconds per item, one for each round.
    times: Vec<f64>,
}

impl<'a> Row<'a> {
    fn new(name: &'a str, items: usize, call: impl FnMut() + 'a) -> Self {
        Self { name, items, call: Box::new(call), times: Vec::new() }
    }

    fn median(&self) -> f64 {
        median(self.times.clone())
    }

    /// How much faster `faster` is: the median of the ratios of each round.
    fn ratio_to(&self, faster: &Self) -> f64 {
        median(self.times.iter().zip(&faster.times).map(|(slow, fast)| slow / fast).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure(title: &str, rounds: usize, mut rows: Vec<Row<'_>>) {
    for _ in 0..rounds {
        for row in &mut rows {
            let start = Instant::now();
            (row.call)();
            row.times.push(start.elapsed().as_secs_f64() * 1e6 / row.items as f64);
        }
    }
    println!("\n{title}: median of {rounds} rounds, lowest, and the first row's gain");
    for row in &rows {
        let lowest = row.times.iter().copied().fold(f64::INFINITY, f64::min);
        let (name, median, ratio) = (row.name, row.median(), row.ratio_to(&rows[0]));
        println!("  {name:<32} {median:8.2} us  {lowest:8.2} us  {ratio:6.2} x");
    }
}

fn main() {
    assert_fast_path();
    let test = std::env::args().any(|argument| argument == "--test");
    let rounds = if test { 1 } else { 301 };
    println!("{:?}", backend());
    let mut numbers = Numbers::new(1);
    let scalars = p256_peers::mixed_scalars(&mut numbers, &[[7; 32]], ITEMS);
    let points = numbers.many(ITEMS);
    let batch = |items: usize| {
        let (scalars, points) = (&scalars, &points);
        let mut shared = vec![[0; 32]; items];
        move || {
            let scalars = Scalars::Shared(&scalars[0]);
            let _ = x25519::diffie_hellman(scalars, &points[..items], &mut shared).unwrap();
        }
    };
    let mut shared = vec![[0; 32]; ITEMS];
    let each = || {
        let _ = x25519::diffie_hellman(Scalars::Each(&scalars), &points, &mut shared).unwrap();
    };
    let secret = PrivateKey::from_private_key(&X25519, &scalars[0]).unwrap();
    measure(
        "X25519, Diffie-Hellman",
        rounds,
        vec![
            Row::new("lanes, 128 points", ITEMS, batch(ITEMS)),
            Row::new("lanes, 128 points and scalars", ITEMS, each),
            Row::new("lanes, 8 points", 8, batch(8)),
            Row::new("aws-lc-rs", 16, || {
                for point in points.iter().take(16) {
                    let point = UnparsedPublicKey::new(&X25519, point);
                    black_box(agree(&secret, point, Unspecified, first_byte).unwrap());
                }
            }),
            Row::new("x25519-dalek", 16, || {
                for point in points.iter().take(16) {
                    black_box(x25519_peers::by_dalek(&scalars[0], point));
                }
            }),
        ],
    );

    let keys = |items: usize| {
        let scalars = &scalars;
        let mut public = vec![[0; 32]; items];
        move || x25519::public_keys(&scalars[..items], &mut public).unwrap()
    };
    measure(
        "X25519, public keys",
        rounds,
        vec![
            Row::new("lanes, 128 scalars", ITEMS, keys(ITEMS)),
            Row::new("lanes, 8 scalars", 8, keys(8)),
            Row::new("aws-lc-rs", 16, || {
                for scalar in scalars.iter().take(16) {
                    black_box(x25519_peers::public_by_aws_lc(scalar));
                }
            }),
            Row::new("x25519-dalek", 16, || {
                for scalar in scalars.iter().take(16) {
                    let secret = x25519_dalek::StaticSecret::from(*scalar);
                    black_box(x25519_dalek::PublicKey::from(&secret));
                }
            }),
        ],
    );

    let mut points = vec![[0; 65]; ITEMS];
    assert!(p256::public_keys(&scalars, &mut points).unwrap().is_empty());
    let batch = |items: usize| {
        let (scalars, points) = (&scalars, &points);
        let mut shared = vec![[0; 32]; items];
        move || {
            let scalars = Scalars::Shared(&scalars[0]);
            let _ = p256::diffie_hellman(scalars, &points[..items], &mut shared).unwrap();
        }
    };
    let secret = PrivateKey::from_private_key(&ECDH_P256, &scalars[0]).unwrap();
    let secret_p256 = SecretKey::from_slice(&scalars[0]).unwrap();
    measure(
        "P-256, Diffie-Hellman",
        rounds,
        vec![
            Row::new("lanes, 128 points", ITEMS, batch(ITEMS)),
            Row::new("lanes, 8 points", 8, batch(8)),
            Row::new("aws-lc-rs", 16, || {
                for point in points.iter().take(16) {
                    let point = UnparsedPublicKey::new(&ECDH_P256, point);
                    black_box(agree(&secret, point, Unspecified, first_byte).unwrap());
                }
            }),
            Row::new("p256", 8, || {
                for point in points.iter().take(8) {
                    let point = PublicKey::from_sec1_bytes(point).unwrap();
                    black_box(secret_p256.diffie_hellman(&point));
                }
            }),
        ],
    );

    let keys = |items: usize| {
        let scalars = &scalars;
        let mut public = vec![[0; 65]; items];
        move || {
            let _ = p256::public_keys(&scalars[..items], &mut public).unwrap();
        }
    };
    measure(
        "P-256, public keys",
        rounds,
        vec![
            Row::new("lanes, 128 scalars", ITEMS, keys(ITEMS)),
            Row::new("lanes, 8 scalars", 8, keys(8)),
            Row::new("aws-lc-rs", 16, || {
                for scalar in scalars.iter().take(16) {
                    black_box(p256_peers::public_by_aws_lc(scalar));
                }
            }),
            Row::new("p256", 8, || {
                for scalar in scalars.iter().take(8) {
                    let secret = SecretKey::from_slice(scalar).unwrap();
                    black_box(secret.public_key());
                }
            }),
        ],
    );
}
