//! A program that is killed at every boundary, and at random times: one key for each change, and
//! nothing lost. `SEALPOST_CRASH_RUNS` says how many runs there are; in full:
//! `cargo run --release -p sealpost-proof -- crash --runs 2000`.
#![cfg(unix)] // signals
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    unreachable_pub,
    missing_docs
)] // tests

mod crash_runs;

use std::path::PathBuf;
use std::process::Command;

use crash_runs::{Crashes, live};

/// One for each name of a place.
const RUNS: u64 = 43;
const SOME_TIME_AFTER: &str = "some time after";

#[test]
#[ignore = "a part of the other test"]
fn a_life() {
    assert!(live() || std::env::var_os("SEALPOST_CRASH_LIFE").is_none());
}

fn program() -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "a_life", "--ignored", "--nocapture"]);
    program
}

#[test]
fn one_key_comes_of_each_change_wherever_the_program_dies() {
    let runs = std::env::var("SEALPOST_CRASH_RUNS").map_or(RUNS, |runs| runs.parse().unwrap());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("crash");
    let crashes = Crashes { seeds: 0..runs, threads: 4, program, folder };
    let (plan, total) =
        crashes.make(|seed, outcome| assert!(outcome.tally.is_clean(), "{seed}: {outcome:#?}"));
    let (deaths, names) = (&total.deaths, plan.names());
    println!("{:?}, {} deaths: {:#?}", total.tally, deaths.total(), deaths.0);
    assert_eq!(total.tally.runs, runs);
    // Of the first runs each is for a place of another name, and the program dies there.
    assert_eq!(total.places_met, runs.min(plan.places()));
    // Where a death that is due some time later strikes depends on the machine.
    let exact = names.iter().filter(|name| !name.starts_with(SOME_TIME_AFTER));
    let missed: Vec<_> = exact.filter(|name| !deaths.0.contains_key(**name)).collect();
    assert!(runs < RUNS || missed.is_empty(), "nobody died there: {missed:?}");
    assert_eq!(u64::try_from(names.len()).unwrap(), RUNS, "{names:#?}");
}
