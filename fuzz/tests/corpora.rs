//! Every input that was kept goes through its target again, and a few hundred changed ones.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use fastrand::Rng;
use sealpost_fuzz::{TARGETS, Target};

/// How many changed inputs a target gets. A few targets take a passphrase, which takes its time.
const CHANGED: usize = 300;
const CHANGED_SLOW: usize = 20;
const SLOW: &[&str] = &["identity_export"];

macro_rules! replays {
    ($($name:ident: $least:literal,)*) => {
        /// How many inputs each target has at least.
        const LEAST: &[(&str, usize)] = &[$((stringify!($name), $least)),*];
        $(#[test]
        fn $name() {
            replay(stringify!($name), $least);
        })*
    };
}

replays! {
    public_keys: 114,
    directory: 131,
    sealed_key: 76,
    events: 447,
    error_body: 115,
    rate_limit: 77,
    sign_in: 16,
    vault: 20,
    identity_export: 75,
    delivery: 31,
    hpke: 10,
    xchat_seal: 10,
    key_change: 141,
    conversation_id: 21,
    wire: 23,
    content: 240,
    media: 15,
    safety_code: 75,
    saved: 203,
}

#[test]
fn no_target_and_no_corpus_is_passed_over() {
    let replayed: Vec<&str> = LEAST.iter().map(|(name, _)| *name).collect();
    let targets: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(replayed, targets);
    assert_eq!(targets.len(), 19);
    let mut corpora: Vec<String> = fs::read_dir(corpora())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    corpora.sort_unstable();
    let mut expected = targets;
    expected.sort_unstable();
    assert_eq!(corpora, expected);
}

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn replay(name: &str, least: usize) {
    let target = sealpost_fuzz::target(name).unwrap();
    let mut files: Vec<PathBuf> =
        fs::read_dir(corpora().join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(corpus.len() >= least, "{} of {least} inputs", corpus.len());
    for (file, input) in files.iter().zip(&corpus) {
        check(target, input, &file.display().to_string());
    }
    for (number, seed) in (target.seeds)().iter().enumerate() {
        let name = format!("seed-{number:02}");
        let file = files.iter().position(|file| file.ends_with(&name));
        assert_eq!(file.map(|file| &corpus[file]), Some(seed), "{name}: `--bin seeds` writes it");
    }

    let mut rng = Rng::with_seed(1);
    let count = if SLOW.contains(&name) { CHANGED_SLOW } else { CHANGED };
    for _ in 0..count {
        let changed = change(&corpus, &mut rng);
        check(target, &changed, "a changed input");
    }
}

/// Runs the target; a panic says which input it was.
fn check(target: &Target, input: &[u8], whence: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        eprintln!("{}: {whence}: \"{}\"", target.name, input.escape_ascii());
        resume_unwind(panic);
    }
}

/// One input with some of its bytes flipped, cut out, doubled, or taken from another one.
fn change(corpus: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut input = corpus[rng.usize(..corpus.len())].clone();
    for _ in 0..rng.usize(1..4) {
        let start = rng.usize(..=input.len());
        let end = rng.usize(start..=input.len().min(start + 16));
        match rng.u8(..5) {
            0 if start < input.len() => input[start] ^= 1 << rng.u8(..8),
            1 => input.truncate(start),
            2 => drop(input.drain(start..end)),
            3 => {
                let doubled = input[start..end].to_vec();
                input.splice(start..start, doubled);
            }
            _ => {
                let other = &corpus[rng.usize(..corpus.len())];
                let from = rng.usize(..=other.len());
                let piece = &other[from..other.len().min(from + 16)];
                input.splice(start..end, piece.iter().copied());
            }
        }
    }
    input
}
