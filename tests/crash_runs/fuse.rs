//! The boundaries between the steps of the program, and its death at one of them.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use sealpost::store::*;
use sealpost::*;
use serde::{Deserialize, Serialize};

/// How the name of a boundary begins that is before a request.
pub(super) const SENDING: &str = "sending ";

/// Where a life ends by the program's own hand, if it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeathAt {
    /// The number of the boundary, from 1 on; 0 for none.
    pub(super) boundary: u64,
    /// How long after it, in microseconds, the rest of the program going on.
    pub(super) micros: u64,
}

/// Counts boundaries, reports each, and kills the program at one of them.
pub(super) struct Fuse {
    passed: AtomicU64,
    at: DeathAt,
}

impl Fuse {
    pub(super) fn new(at: DeathAt) -> Arc<Self> {
        Arc::new(Self { passed: AtomicU64::new(0), at })
    }

    /// A boundary.
    pub(super) fn pass(&self, name: &str) {
        tell(&format!("pass {name}"));
        let number = self.passed.fetch_add(1, Ordering::SeqCst) + 1;
        if number != self.at.boundary {
            return;
        }
        match self.at.micros {
            0 => die(),
            micros => drop(std::thread::spawn(move || {
                std::thread::sleep(Duration::from_micros(micros));
                die();
            })),
        }
    }

    /// Waits for a death that is due.
    pub(super) fn burn_down(&self) {
        let is_lit = self.at.boundary > 0 && self.at.boundary <= self.passed.load(Ordering::SeqCst);
        if is_lit {
            loop {
                std::thread::park();
            }
        }
    }

    /// The boundaries around a request.
    pub(super) fn watch(self: &Arc<Self>) -> impl Fn(Progress) + Send + Sync + 'static {
        let fuse = Arc::clone(self);
        move |progress| match progress {
            Progress::Sending { operation } => {
                fuse.pass(&format!("{SENDING}{}", operation.operation_id()));
            }
            Progress::Answered { operation, .. } => {
                fuse.pass(&format!("answered {}", operation.operation_id()));
            }
            Progress::Looking => fuse.pass("looking"),
            Progress::Waiting { .. } => fuse.pass("waiting"),
            _ => {}
        }
    }
}

/// Says something to the process that kills this one. It arrives even if this is the last thing.
pub(super) fn tell(line: &str) {
    // One write for one line: other threads write too.
    let _ = std::io::stderr().write_all(format!("@{line}\n").as_bytes());
}

fn die() -> ! {
    kill_process(getpid(), Signal::KILL).unwrap();
    loop {
        std::thread::park();
    }
}

/// A store with a boundary before and after everything it does.
pub(super) struct MortalStore<S> {
    pub(super) store: S,
    pub(super) fuse: Arc<Fuse>,
}

impl<S> MortalStore<S> {
    async fn around<T>(&self, name: &str, work: StoreFuture<'_, T>) -> Result<T, StoreError> {
        self.fuse.pass(&format!("before {name}"));
        let done = work.await;
        self.fuse.pass(&format!("after {name}"));
        done
    }
}

impl<S: Store> Store for MortalStore<S> {
    fn get<'a>(&'a self, place: &'a Place) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(self.around("get", self.store.get(place)))
    }

    fn list<'a>(&'a self, range: &'a Range) -> StoreFuture<'a, Vec<Row>> {
        Box::pin(self.around("list", self.store.list(range)))
    }

    fn apply(&self, batch: Batch) -> StoreFuture<'_, ()> {
        Box::pin(self.around("apply", self.store.apply(batch)))
    }

    fn acquire<'a>(&'a self, place: &'a Place, time: Duration) -> StoreFuture<'a, Fence> {
        Box::pin(self.around("acquire", self.store.acquire(place, time)))
    }

    fn renew<'a>(&'a self, fence: &'a Fence, time: Duration) -> StoreFuture<'a, ()> {
        Box::pin(self.around("renew", self.store.renew(fence, time)))
    }

    fn release<'a>(&'a self, fence: &'a Fence) -> StoreFuture<'a, ()> {
        Box::pin(self.around("release", self.store.release(fence)))
    }
}
