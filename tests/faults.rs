//! A key change through every fault, a few seeded runs each. `SEALPOST_FAULT_RUNS` says how many;
//! in full: `cargo run --release -p sealpost-proof -- faults --runs 1000`.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, unreachable_pub, missing_docs)] // tests

mod fault_runs;

use fault_runs::{CLASSES, Log, Stage, Tally, run};

#[tokio::test]
async fn one_key_comes_of_every_run() {
    let runs = std::env::var("SEALPOST_FAULT_RUNS").map_or(3, |runs| runs.parse().unwrap());
    let (log, _guard) = Log::start();
    let stage = Stage::new().await;
    let mut total = Tally::default();
    for class in CLASSES {
        for seed in 0..runs {
            let tally = run(&stage, class, total.runs + seed, &log).await;
            assert!(tally.is_clean(), "{} with seed {seed}: {tally:?}", class.name());
            total += tally;
        }
    }
    println!("{total:?}");
    assert_eq!(total.runs, 34 * runs);
}
