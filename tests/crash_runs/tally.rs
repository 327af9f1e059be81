//! What came of some runs.

use std::collections::BTreeMap;

use super::run::Outcome;

/// What came of some runs. Everything but `runs` should stay 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there were.
    pub runs: u64,
    /// Runs after which a change, a key or an identity was not there, or that came to no end.
    pub lost: u64,
    /// Runs that the two sides ended with different keys, or with a change that is in twice.
    pub divergent: u64,
    /// Runs in which a version floor was lower after a death than before.
    pub floor_regressions: u64,
    /// Runs in which a death left a row, or a file, that cannot be read.
    pub unreadable: u64,
}

impl Tally {
    pub fn is_clean(&self) -> bool {
        *self == Self { runs: self.runs, ..Self::default() }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.lost += other.lost;
        self.divergent += other.divergent;
        self.floor_regressions += other.floor_regressions;
        self.unreadable += other.unreadable;
    }
}

/// How often the program died where: after which boundary, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deaths(pub BTreeMap<String, u64>);

impl Deaths {
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    pub(super) fn add(&mut self, place: &str) {
        *self.0.entry(place.to_owned()).or_default() += 1;
    }
}

/// What came of all runs.
#[derive(Debug, Default)]
pub struct Total {
    pub tally: Tally,
    pub deaths: Deaths,
    /// How many runs died first where they were to.
    pub places_met: u64,
}

impl std::ops::AddAssign<Outcome> for Total {
    fn add_assign(&mut self, outcome: Outcome) {
        self.tally += outcome.tally;
        for (place, count) in outcome.deaths.0 {
            *self.deaths.0.entry(place).or_default() += count;
        }
        self.places_met += u64::from(outcome.met);
    }
}
