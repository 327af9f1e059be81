//! Code that leaks, of each kind: it must be found.

use std::hint::black_box;
use std::process::ExitCode;

use crate::valgrind::{hide, reports};

/// A branch on a bit.
fn branch(secret: &[u8; 32]) -> u8 {
    if black_box(secret[7]) & 4 != 0 { black_box(1) } else { black_box(2) }
}

/// A table, as base64 and AES have them.
fn index(secret: &[u8; 32]) -> u8 {
    black_box(&[7_u8; 256])[usize::from(secret[7])]
}

/// A comparison that ends at the first difference.
fn early_exit(secret: &[u8; 32]) -> u8 {
    let other = black_box([1; 32]);
    u8::from(secret.iter().zip(&other).all(|(one, other)| black_box(one) == black_box(other)))
}

/// As many rounds as a number says.
fn rounds(secret: &[u8; 32]) -> u8 {
    (0..black_box(secret[7])).fold(0, |sum, round| black_box(sum ^ round))
}

/// A comparison of slices: `memcmp`.
fn equality(secret: &[u8; 32]) -> u8 {
    u8::from(black_box(&secret[..]) == black_box(&[1; 32][..]))
}

pub(crate) fn find() -> ExitCode {
    type Leak = (&'static str, fn(&[u8; 32]) -> u8);
    const LEAKS: [Leak; 5] = [
        ("a branch", branch),
        ("an index", index),
        ("an early exit", early_exit),
        ("a number of rounds", rounds),
        ("an equality", equality),
    ];
    let mut missed = 0;
    for (name, leak) in LEAKS {
        let secret = black_box([1; 32]);
        hide(&secret);
        let before = reports();
        black_box(black_box(leak)(&secret));
        let is_found = reports() > before;
        println!("{name}: {}", if is_found { "found" } else { "NOT FOUND" });
        missed += usize::from(!is_found);
    }
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
