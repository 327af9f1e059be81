//! Each file is the one that the README tells the origin of, and has as many cases as it says.
#![allow(clippy::unwrap_used, missing_docs)] // a test

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use sealpost_vectors::ALL;
use sha2::{Digest as _, Sha256};

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

#[test]
fn files_are_those_of_the_table() {
    let table = include_str!("../README.md").lines().filter_map(|line| {
        let cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
        let [file, cases, sha256, what, origin] = cells.collect::<Vec<_>>().try_into().unwrap();
        assert!(!what.is_empty() && !origin.is_empty());
        Some((file.trim_matches('`'), (cases.parse().ok()?, sha256.to_owned())))
    });
    let told: BTreeMap<&str, (usize, String)> = table.collect();
    let found: BTreeMap<&str, (usize, String)> = ALL
        .iter()
        .map(|(file, text)| {
            let cases = if file.ends_with(".txt") { text.lines().count() - 1 } else { 1 };
            (*file, (cases, sha256(text)))
        })
        .collect();
    assert_eq!(told, found);
    assert_eq!(found.len(), 27);
}

#[test]
fn no_file_lies_there_unread() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
    let mut files: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort_unstable();
    let mut known: Vec<&str> = ALL.iter().map(|(file, _)| *file).collect();
    known.sort_unstable();
    assert_eq!(files, known);
}
