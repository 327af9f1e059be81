//! `crash`: a program is killed at every boundary and at random times, and started again.

use std::error::Error;
use std::process::Command;
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

// Shared with the short form in `cargo test`.
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::expect_used,
    unreachable_pub
)] // test code
#[path = "../../tests/crash_runs/mod.rs"]
mod crash_runs;

use crash_runs::Crashes;
pub(crate) use crash_runs::live;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Seeded runs: first each place where the program can die, in both suites, then random ones
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// The first seed: the same one gives the same script, faults and boundaries
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Runs at a time: they wait for the disk much
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=100))]
    threads: u64,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn prove(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let start = Instant::now();
    let progress = ProgressBar::new(arguments.runs);
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {eta} left")?);
    let crashes = Crashes {
        seeds: arguments.seed..arguments.seed.saturating_add(arguments.runs),
        threads: arguments.threads,
        program,
        folder: std::env::temp_dir().join(format!("sealpost-crash-{}", std::process::id())),
    };
    let (plan, total) = crashes.make(|seed, outcome| {
        if !outcome.tally.is_clean() {
            progress.suspend(|| eprintln!("seed {seed}: {:#?}", outcome.findings));
        }
        progress.inc(1);
    });
    progress.finish_and_clear();

    let (tally, deaths, seconds) = (total.tally, total.deaths, start.elapsed().as_secs());
    if arguments.json {
        let facts = json!({
            "runs": tally.runs,
            "lost": tally.lost,
            "divergent": tally.divergent,
            "floor_regressions": tally.floor_regressions,
            "unreadable": tally.unreadable,
            "deaths": deaths.total(),
            "places": plan.places(),
            "places_met": total.places_met,
            "seconds": seconds,
        });
        println!("{facts}");
    } else {
        for (place, count) in &deaths.0 {
            println!("{count:>6} {place}");
        }
        println!("{} runs with {} deaths in {seconds} s", tally.runs, deaths.total());
        let (places, names) = (plan.places(), plan.names().len());
        println!("{} of {places} places under {names} names met first", total.places_met);
        println!(
            "{} lost, {} divergent, {} with a floor that moved back, {} unreadable",
            tally.lost, tally.divergent, tally.floor_regressions, tally.unreadable
        );
    }
    Ok(tally.is_clean())
}

/// This program, to be started as the one that dies.
#[allow(clippy::unwrap_used)] // without it there is nothing to prove
fn program() -> Command {
    Command::new(std::env::current_exe().unwrap())
}
