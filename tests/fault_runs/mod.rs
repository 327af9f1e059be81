//! Seeded runs of one key change against a server that misbehaves: whatever happens, the same bytes
//! are sent on every try, and both sides end with one key.
//!
//! Used by `tests/faults.rs` in a short form and by `proof/` in full.

mod class;
mod log;
mod run;
mod stage;

pub use class::{CLASSES, Class};
pub use log::Log;
pub use run::run;
pub use stage::Stage;

/// What came of some runs. Everything but `runs` should stay 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there were.
    pub runs: u64,
    /// Runs that the two sides ended with different keys, or with a change that is in twice.
    pub divergent: u64,
    /// Runs whose key did not arrive, or did not come back from the journal.
    pub lost: u64,
    /// Runs that sent two different bodies for one change.
    pub double_bodies: u64,
    /// Runs after which a token or a key stood in a log, an error, or a request's body.
    pub leaked: u64,
}

impl Tally {
    pub fn is_clean(&self) -> bool {
        *self == Self { runs: self.runs, ..Self::default() }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.divergent += other.divergent;
        self.lost += other.lost;
        self.double_bodies += other.double_bodies;
        self.leaked += other.leaked;
    }
}
