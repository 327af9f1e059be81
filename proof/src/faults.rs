//! `faults`: every class of fault, many seeded runs each, on some threads with a sandbox each.

use std::error::Error;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

// Shared with the short form in `cargo test`.
#[allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)] // test code
#[path = "../../tests/fault_runs/mod.rs"]
mod fault_runs;

use fault_runs::{CLASSES, Class, Log, Stage, Tally, run};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Seeded runs of each class
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// The first seed: the same one gives the same faults
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Runs at a time: they mostly wait
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=200))]
    threads: u64,
    /// Print the result as one line of JSON
    #[arg(long)]
    json: bool,
}

/// What is shared by the threads.
struct Work<'a> {
    arguments: &'a Arguments,
    next: AtomicU64,
    results: Mutex<Vec<(Class, Tally)>>,
    progress: ProgressBar,
}

pub(crate) fn prove(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    let classes = u64::try_from(CLASSES.len())?;
    let progress = ProgressBar::new(classes * arguments.runs);
    progress.set_style(ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {eta} left")?);
    let results = CLASSES.map(|class| (class, Tally::default())).to_vec();
    let work = Work { arguments, next: AtomicU64::new(0), results: Mutex::new(results), progress };
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..arguments.threads).map(|_| scope.spawn(|| work.take_runs())).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(ended) => ended,
            Err(_) => Err("a run panicked, see above".into()),
        })
    })
    .map_err(|error: Box<dyn Error + Send + Sync>| error as Box<dyn Error>)?;
    work.progress.finish_and_clear();

    let results = work.results.into_inner()?;
    let mut total = Tally::default();
    for (class, tally) in &results {
        total += *tally;
        if !arguments.json {
            println!("{:<28} {}", class.name(), in_words(tally));
        }
    }
    if arguments.json {
        println!("{}", in_json(&total));
    } else {
        println!("{:<28} {}", "all", in_words(&total));
    }
    Ok(total.is_clean())
}

impl Work<'_> {
    /// Makes runs until there are none left.
    fn take_runs(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (log, _guard) = Log::start();
        runtime.block_on(async {
            let stage = Stage::new().await;
            loop {
                let number = self.next.fetch_add(1, Ordering::Relaxed);
                // Class by class in turn, so that those that wait long are spread.
                let classes = u64::try_from(CLASSES.len())?;
                let (round, class) = (number / classes, usize::try_from(number % classes)?);
                let Some(class) = CLASSES.get(class).filter(|_| round < self.arguments.runs) else {
                    return Ok(());
                };
                let seed = self.arguments.seed + number;
                let tally = run(&stage, *class, seed, &log).await;
                if !tally.is_clean() {
                    let name = class.name();
                    self.progress.println(format!("{name} with seed {seed}: {tally:?}"));
                }
                let mut results = self.results.lock().map_err(|_| "another thread has panicked")?;
                if let Some((_, sum)) = results.iter_mut().find(|(known, _)| known == class) {
                    *sum += tally;
                }
                self.progress.inc(1);
            }
        })
    }
}

fn in_words(tally: &Tally) -> String {
    let Tally { runs, divergent, lost, double_bodies, leaked } = tally;
    format!(
        "{runs} runs, {divergent} divergent, {lost} lost, {double_bodies} with two bodies, \
         {leaked} leaked"
    )
}

fn in_json(tally: &Tally) -> String {
    let Tally { runs, divergent, lost, double_bodies, leaked } = tally;
    json!({
        "runs": runs,
        "divergent": divergent,
        "lost": lost,
        "double_bodies": double_bodies,
        "leaked": leaked,
    })
    .to_string()
}
