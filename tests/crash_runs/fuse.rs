//! The boundaries between the steps of the program, and its death at one of them.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use sealpost::store::*;
use sealpost::*;
use serde::{Deserialize, Serialize};

/// How the name of a boundary begins that is before a request.
pub(super) const SENDING: &str = "sending ";

/// A boundary of a life, counted from 1 on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Boundary {
    /// None of them.
    #[default]
    Nowhere,
    /// The so-manieth of all.
    Of(u64),
    /// The so-manieth of this name. What goes on side by side passes in one order or another.
    Named(String, u64),
}

/// Where a life ends by the program's own hand, if it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeathAt {
    pub(super) boundary: Boundary,
    /// How long after it, in microseconds, the rest of the program going on.
    pub(super) micros: u64,
}

/// Counts boundaries, reports each, and kills the program at one of them.
pub(super) struct Fuse {
    passed: Mutex<Passed>,
    at: DeathAt,
}

#[derive(Default)]
struct Passed {
    all: u64,
    by_name: HashMap<String, u64>,
    is_lit: bool,
}

impl Fuse {
    pub(super) fn new(at: DeathAt) -> Arc<Self> {
        Arc::new(Self { passed: Mutex::default(), at })
    }

    /// A boundary.
    pub(super) fn pass(&self, name: &str) {
        tell(&format!("pass {name}"));
        if !self.is_reached(name) {
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

    fn is_reached(&self, name: &str) -> bool {
        let mut passed = self.passed.lock().unwrap();
        passed.all += 1;
        let all = passed.all;
        let of_name = passed.by_name.entry(name.to_owned()).or_default();
        *of_name += 1;
        let is_reached = match &self.at.boundary {
            Boundary::Nowhere => false,
            Boundary::Of(number) => all == *number,
            Boundary::Named(at, number) => at == name && *of_name == *number,
        };
        passed.is_lit |= is_reached;
        is_reached
    }

    /// Waits for a death that is due.
    pub(super) fn burn_down(&self) {
        if self.passed.lock().unwrap().is_lit {
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
