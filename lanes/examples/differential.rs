//! The long comparison with two other libraries on each curve, at the edges and elsewhere:
//!
//! `cargo run --release -p sealpost-lanes --example differential -- --count 10000000`
//!
//! `--count` is the number of products per curve, `--seed` the start of the inputs, `--curve` one of
//! `x25519` and `p256` (both by default). Ends with a line per curve, or with the first difference
//! and a status of 1.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // an example

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/p256.rs"]
mod p256_peers;
#[path = "../tests/common/x25519.rs"]
mod x25519_peers;

use std::env;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use common::{Numbers, assert_fast_path};
use sealpost_lanes::{Refused, Scalars, backend, p256, x25519};

/// Items of one call: a chunk and a part of the next, not a multiple of eight.
const BATCH: usize = 150;

/// Runs `batch` for seeds in turn on all processors, until `count` items are done.
fn run(curve: &str, count: u64, seed: u64, batch: impl Fn(&mut Numbers) -> usize + Sync) {
    let (next, done, refused) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().unwrap().get() {
            scope.spawn(|| {
                while done.load(Ordering::Relaxed) < count {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let mut numbers = Numbers::new(seed ^ number << 20);
                    refused.fetch_add(batch(&mut numbers) as u64, Ordering::Relaxed);
                    let before = done.fetch_add(BATCH as u64, Ordering::Relaxed);
                    if before / 100_000 != (before + BATCH as u64) / 100_000 {
                        eprintln!("{curve}: {} of {count}", before + BATCH as u64);
                    }
                }
            });
        }
    });
    println!(
        "{curve}: {} products and as many public keys on {:?} agree with both others, {} refused by all",
        done.into_inner(),
        backend(),
        refused.into_inner()
    );
}

/// Every other batch shares one scalar.
fn scalars_of<'a>(numbers: &mut Numbers, scalars: &'a mut [[u8; 32]]) -> Scalars<'a> {
    if numbers.coin() {
        scalars.fill(scalars[0]);
        Scalars::Shared(&scalars[0])
    } else {
        Scalars::Each(scalars)
    }
}

fn x25519_batch(numbers: &mut Numbers, edges: &[Vec<[u8; 32]>; 2]) -> usize {
    use x25519_peers::{by_aws_lc, by_dalek, mixed, public_by_aws_lc, public_by_dalek};

    let mut scalars = mixed(numbers, &edges[0], BATCH);
    let points = mixed(numbers, &edges[1], BATCH);
    let mut shared = [[0; 32]; BATCH];
    let refused =
        x25519::diffie_hellman(scalars_of(numbers, &mut scalars), &points, &mut shared).unwrap();
    let mut public = [[0; 32]; BATCH];
    x25519::public_keys(&scalars, &mut public).unwrap();
    for (item, (scalar, point)) in scalars.iter().zip(&points).enumerate() {
        let one = by_aws_lc(scalar, point);
        let ok = shared[item] == by_dalek(scalar, point)
            && shared[item] == one.unwrap_or_default()
            && refused.contains(item) == one.is_none()
            && public[item] == public_by_dalek(scalar)
            && public[item] == public_by_aws_lc(scalar);
        assert!(ok, "scalar {scalar:02x?}, u {point:02x?}");
    }
    count(&refused)
}

struct P256Edges {
    scalars: Vec<[u8; 32]>,
    points: Vec<[u8; 65]>,
    bad_points: Vec<[u8; 65]>,
    bad_scalars: Vec<[u8; 32]>,
}

fn p256_batch(numbers: &mut Numbers, edges: &P256Edges) -> usize {
    use p256_peers::{by_aws_lc, by_p256, mixed_scalars, public_by_aws_lc};

    let mut scalars = mixed_scalars(numbers, &edges.scalars, BATCH);
    if numbers.coin() && numbers.coin() {
        *numbers_mut(numbers, &mut scalars) = *numbers.choose(&edges.bad_scalars);
    }
    let scalars_given = scalars_of(numbers, &mut scalars);
    // Any points: multiples of the generator by other scalars.
    let mut points = vec![[0; 65]; BATCH];
    let any = mixed_scalars(numbers, &edges.scalars, BATCH);
    assert!(p256::public_keys(&any, &mut points).unwrap().is_empty());
    for _ in 0..BATCH / 4 {
        *numbers_mut(numbers, &mut points) = *numbers.choose(&edges.points);
    }
    *numbers_mut(numbers, &mut points) = *numbers.choose(&edges.bad_points);

    let mut shared = [[0; 32]; BATCH];
    let refused = p256::diffie_hellman(scalars_given, &points, &mut shared).unwrap();
    let mut products = [[0; 65]; BATCH];
    let same = p256::multiply(scalars_given, &points, &mut products).unwrap();
    assert_eq!(refused, same);
    let mut public = [[0; 65]; BATCH];
    let bad_scalars = p256::public_keys(&scalars, &mut public).unwrap();
    for (item, (scalar, point)) in scalars.iter().zip(&points).enumerate() {
        // aws-lc-rs takes hybrid forms, too.
        let one = by_aws_lc(scalar, point).filter(|_| point[0] == 4);
        let other = by_p256(scalar, point).filter(|_| point[0] == 4);
        let key = public_by_aws_lc(scalar);
        let ok = shared[item] == one.unwrap_or_default()
            && products[item] == other.unwrap_or([0; 65])
            && products[item][1..33] == shared[item]
            && refused.contains(item) == one.is_none()
            && public[item] == key.unwrap_or([0; 65])
            && bad_scalars.contains(item) == key.is_none();
        assert!(ok, "scalar {scalar:02x?}, point {point:02x?}");
    }
    count(&refused)
}

/// Any one of them, to be replaced.
fn numbers_mut<'a, T>(numbers: &mut Numbers, of: &'a mut [T]) -> &'a mut T {
    let place = usize::try_from(numbers.word() % of.len() as u64).unwrap();
    &mut of[place]
}

fn count(refused: &Refused) -> usize {
    refused.iter().count()
}

fn main() {
    let (mut count, mut seed, mut curves) = (100_000, 1, vec!["x25519", "p256"]);
    let arguments: Vec<String> = env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--count" => count = value.parse().unwrap(),
            [name, value] if name == "--seed" => seed = value.parse().unwrap(),
            [name, value] if name == "--curve" => curves.retain(|curve| curve == value),
            _ => panic!("unknown argument {pair:?}"),
        }
    }
    assert!(!curves.is_empty(), "no such curve");
    assert_fast_path();
    for curve in curves {
        if curve == "x25519" {
            let edges = [x25519_peers::edge_scalars(), x25519_peers::edge_points()];
            run(curve, count, seed, |numbers| x25519_batch(numbers, &edges));
        } else {
            let edges = P256Edges {
                scalars: p256_peers::edge_scalars(),
                points: p256_peers::edge_points(),
                bad_points: p256_peers::bad_points(),
                bad_scalars: p256_peers::bad_scalars(),
            };
            run(curve, count, seed, |numbers| p256_batch(numbers, &edges));
        }
    }
}
