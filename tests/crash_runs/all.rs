//! Many runs, some at a time.

use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::plan::Plan;
use super::run::{Outcome, explore, run};
use super::stage::Stage;
use super::tally::Total;

/// Runs that are to be made.
pub struct Crashes {
    pub seeds: Range<u64>,
    /// How many at a time. They wait for the disk much.
    pub threads: u64,
    /// This executable, to be started so that it calls [`live`](super::live).
    pub program: fn() -> Command,
    /// Where the files of the program are; made, and removed in the end.
    pub folder: PathBuf,
}

impl Crashes {
    /// Makes them, and tells of each with its seed. Returns what there was to be killed, too.
    pub fn make(&self, tell: impl Fn(u64, &Outcome) + Sync) -> (Plan, Total) {
        let plan = block_on(async { explore(&self.stage("explore").await).await });
        let next = AtomicU64::new(self.seeds.start);
        let total = Mutex::new(Total::default());
        thread::scope(|scope| {
            for thread in 0..self.threads {
                let (plan, next, total, tell) = (&plan, &next, &total, &tell);
                scope.spawn(move || {
                    block_on(async {
                        // Of its own: faults and journals are of one run.
                        let stage = self.stage(&thread.to_string()).await;
                        loop {
                            let seed = next.fetch_add(1, Ordering::Relaxed);
                            if !self.seeds.contains(&seed) {
                                break;
                            }
                            let outcome = run(&stage, plan, seed).await;
                            tell(seed, &outcome);
                            *total.lock().unwrap() += outcome;
                        }
                    });
                });
            }
        });
        let _ = std::fs::remove_dir(&self.folder);
        (plan, total.into_inner().unwrap())
    }

    async fn stage(&self, name: &str) -> Stage {
        Stage::new(&self.folder.join(name), self.program).await
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
