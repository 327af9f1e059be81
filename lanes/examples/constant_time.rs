//! Lets valgrind look for branches and memory accesses that depend on a secret:
//!
//! `valgrind --error-exitcode=9 target/release/examples/constant_time`
//!
//! Scalars are marked as undefined; memcheck reports each branch and each address that such bytes
//! reach. It does not execute AVX-512 and hides it from the program, so this is the same generic
//! code over the portable vector; for the other one see `constant_time/scan.py`. With the argument
//! `leak` it branches on a secret bit, to show that this is found.
#![allow(clippy::unwrap_used)] // an example

use std::arch::asm;
use std::hint::black_box;

use sealpost_lanes::{Backend, Refused, Scalars, backend, p256, x25519};

/// Client requests of valgrind.h and memcheck.h.
const RUNNING_ON_VALGRIND: usize = 0x1001;
const MAKE_MEM_UNDEFINED: usize = 0x4d43_0001;
const MAKE_MEM_DEFINED: usize = 0x4d43_0002;

fn request(code: usize, address: usize, length: usize) -> usize {
    let arguments = [code, address, length, 0, 0, 0];
    let mut answer = 0;
    // SAFETY: the sequence of valgrind.h for x86-64: it rotates rdi by 128 bits in all, and does
    // nothing on a processor. Under valgrind it reads the arguments and writes rdx; what the codes
    // above do to valgrind's shadow memory, the program cannot see.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") answer,
        );
    }
    answer
}

/// Marks what is behind a slice as undefined.
fn hide<T>(secret: &[T]) {
    request(MAKE_MEM_UNDEFINED, secret.as_ptr() as usize, size_of_val(secret));
}

/// Marks it as defined again, to look at it.
fn reveal<T>(public: &[T]) {
    request(MAKE_MEM_DEFINED, public.as_ptr() as usize, size_of_val(public));
}

/// The masks of refused items, which may be looked at.
fn revealed(refused: &Refused) -> Vec<u128> {
    let masks: Vec<u128> = refused.masks().collect();
    reveal(&masks);
    masks
}

/// Two chunks, the second one not full.
const ITEMS: usize = 140;

fn main() {
    if request(RUNNING_ON_VALGRIND, 0, 0) == 0 {
        eprintln!("run this under valgrind");
        std::process::exit(2);
    }
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
