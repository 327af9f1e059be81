//! Lets valgrind look for branches and memory accesses that depend on a secret:
//!
//! `valgrind --error-exitcode=9 target/release/examples/constant_time`
//!
//! Scalars are marked as undefined; memcheck reports each branch and each address that such bytes
//! reach. It does not execute AVX-512 and hides it from the program, so this is the same generic
//! code over the portable vector; for the other one see `constant_time/scan.py`. With the argument
//! `leak` it branches on a secret bit, to show that this is found.
#![allow(clippy::unwrap_used)] // an example

#[path = "../constant_time/valgrind.rs"]
mod valgrind;

use std::hint::black_box;

use sealpost_lanes::{Backend, Refused, Scalars, backend, p256, x25519};
use valgrind::{hide, reveal};

/// The masks of refused items, which may be looked at.
fn revealed(refused: &Refused) -> Vec<u128> {
    let masks: Vec<u128> = refused.masks().collect();
    reveal(&masks);
    masks
}

/// Two chunks, the second one not full.
const ITEMS: usize = 140;

fn main() {
    valgrind::insist();
    assert_eq!(backend(), Backend::Portable, "valgrind shows AVX-512 to the program");
    let scalars: Vec<[u8; 32]> =
        (0..ITEMS).map(|item| [u8::try_from(item).unwrap() + 1; 32]).collect();
    hide(&scalars);

    if std::env::args().any(|argument| argument == "leak") {
        let set = scalars.first().is_some_and(|scalar| black_box(scalar[7]) & 4 != 0);
        println!("{}", if set { "a secret bit is set" } else { "a secret bit is clear" });
        return;
    }

    let points: Vec<[u8; 32]> = (0..ITEMS).map(|item| [u8::try_from(item).unwrap(); 32]).collect();
    let mut shared = vec![[0; 32]; ITEMS];
    for given in [Scalars::Each(&scalars), Scalars::Shared(scalars.last().unwrap())] {
        let refused = x25519::diffie_hellman(given, &points, &mut shared).unwrap();
        let refused = revealed(&refused);
        // u = 0 only: it is the points that are refused, not the secrets.
        assert_eq!(refused, [1, 0]);
    }
    reveal(&shared);
    let mut public = vec![[0; 32]; ITEMS];
    x25519::public_keys(&scalars, &mut public).unwrap();
    reveal(&public);
    assert!(public != shared && shared.iter().skip(1).all(|shared| *shared != [0; 32]));

    let mut points = vec![[0; 65]; ITEMS];
    let refused = p256::public_keys(&scalars, &mut points).unwrap();
    let refused = revealed(&refused);
    reveal(&points);
    assert_eq!(refused, [0, 0]);
    points.rotate_left(1);
    let mut products = points.clone();
    for given in [Scalars::Each(&scalars), Scalars::Shared(scalars.last().unwrap())] {
        let refused = p256::multiply(given, &points, &mut products).unwrap();
        let refused = revealed(&refused);
        assert_eq!(refused, [0, 0]);
        let refused = p256::diffie_hellman(given, &points, &mut shared).unwrap();
        let refused = revealed(&refused);
        assert_eq!(refused, [0, 0]);
    }
    reveal(&products);
    reveal(&shared);
    assert!(products != points && shared.iter().all(|shared| *shared != [0; 32]));
    println!("{ITEMS} secrets in {} calls", 8);
}
