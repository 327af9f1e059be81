//! When the program dies in a run, and what else goes wrong in it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use sealpost::Suite;
use sealpost_sandbox::{Fault, Injection, Operation};

use super::fuse::{Boundary, DeathAt, SENDING};
use super::script::{self, Step};

/// What goes wrong with requests in some runs.
const FAULTS: [Fault; 7] = [
    Fault::Unavailable,
    Fault::InternalError,
    Fault::ResetBeforeCommit,
    Fault::CommitThenReset,
    Fault::ResetInBody,
    Fault::AcceptedWithErrors,
    Fault::Unauthorized,
];
const OPERATIONS: [Operation; 6] = [
    Operation::AddConversationKeys,
    Operation::CreateChatConversation,
    Operation::AddChatGroupMembers,
    Operation::AddUserPublicKey,
    Operation::GetChatConversationEvents,
    Operation::GetUsersPublicKeys,
];
/// A request to a server on this machine is on its way for about as long, in microseconds.
const ON_THE_WAY: Range<u64> = 1..400;
/// A request, its answer, and what comes of it take about as long.
const LATER: Range<u64> = 1..2_000;

/// How a life ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// By its own hand, at a boundary or shortly after it.
    At(DeathAt),
    /// By the other process's, after this time.
    After(Duration),
}

/// Where the whole script can be killed, and how long it takes.
#[derive(Debug, Default)]
pub(super) struct Explored {
    pub(super) passed: Vec<String>,
    pub(super) length: Duration,
}

/// When the program dies in each run.
#[derive(Debug)]
pub struct Plan {
    /// In the order of suites.
    explored: Vec<Explored>,
    /// The index of a suite, where the program dies, and the name of that place.
    places: Vec<(usize, DeathAt, String)>,
}

/// One run.
#[derive(Debug)]
pub(super) struct RunPlan {
    /// Whether the first death is at a place of its own.
    pub(super) has_place: bool,
    pub(super) suite: Suite,
    pub(super) script: Vec<Step>,
    /// How the lives before the last end. The last one runs through.
    pub(super) deaths: Vec<Death>,
    /// What goes wrong with the first requests of each life.
    pub(super) faults: Vec<Vec<Injection>>,
    /// Before which life Bob changes the key of the conversation with him, if he does.
    pub(super) rival: Option<usize>,
}

impl Plan {
    pub(super) fn new(explored: Vec<Explored>) -> Self {
        let all: Vec<_> = explored.iter().map(|explored| places(&explored.passed)).collect();
        // Every place once, in one suite or the other; then each in the other suite.
        let longest = all.iter().map(Vec::len).max().unwrap_or_default();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for number in 0..longest {
            for (suite, places) in all.iter().enumerate() {
                let Some((at, name)) = places.get(number) else { continue };
                let turn = if suite == number % all.len() { &mut first } else { &mut second };
                turn.push((suite, at.clone(), name.clone()));
            }
        }
        first.append(&mut second);
        Self { explored, places: first }
    }

    /// In how many runs, those with the first seeds, the first death is at a place of its own.
    pub fn places(&self) -> u64 {
        self.places.len() as u64
    }

    /// The names of places. The first runs, as many as there are names, are for one place of each.
    pub fn names(&self) -> BTreeSet<&str> {
        self.places.iter().map(|(_, _, name)| &**name).collect()
    }

    /// What the run that `seed` stands for is. The first runs take the places in turn, the later
    /// ones are random.
    pub(super) fn of_run(&self, seed: u64) -> RunPlan {
        let mut chance = fastrand::Rng::with_seed(seed);
        let index = usize::try_from(seed).unwrap();
        match self.places.get(index) {
            Some((suite, at, _)) => {
                let mut deaths = vec![Death::At(at.clone())];
                if chance.bool() {
                    deaths.push(self.death(*suite, &mut chance));
                }
                RunPlan {
                    has_place: true,
                    suite: Suite::ALL[*suite],
                    script: script::FULL.to_vec(),
                    faults: vec![Vec::new(); deaths.len() + 1],
                    deaths,
                    rival: None,
                }
            }
            None => self.random(&mut chance),
        }
    }

    fn random(&self, chance: &mut fastrand::Rng) -> RunPlan {
        let suite = chance.usize(0..Suite::ALL.len());
        let script = script::random(chance);
        let deaths: Vec<Death> =
            (0..chance.usize(1..=4)).map(|_| self.death(suite, chance)).collect();
        let has_faults = chance.bool();
        let faults = (0..=deaths.len()).map(|_| if has_faults { faults(chance) } else { vec![] });
        let faults = faults.collect();
        let rival = (chance.u8(0..4) == 0).then(|| chance.usize(1..=deaths.len()));
        let suite = Suite::ALL[suite];
        RunPlan { has_place: false, suite, script, deaths, faults, rival }
    }

    /// A death at a random place, shortly after one, or at a random time.
    fn death(&self, suite: usize, chance: &mut fastrand::Rng) -> Death {
        let explored = &self.explored[suite];
        let boundary = chance.u64(1..=explored.passed.len() as u64);
        // Later lives have less to do.
        let boundary = if chance.bool() { boundary } else { boundary.div_ceil(4) };
        let boundary = Boundary::Of(boundary);
        match chance.u8(0..3) {
            0 => Death::At(DeathAt { boundary, micros: 0 }),
            1 => Death::At(DeathAt { boundary, micros: chance.u64(LATER) }),
            _ => Death::After(explored.length.mul_f64(chance.f64())),
        }
    }
}

fn faults(chance: &mut fastrand::Rng) -> Vec<Injection> {
    let fault = |chance: &mut fastrand::Rng| {
        let fault = *chance.choice(&FAULTS).unwrap();
        fault.on(*chance.choice(&OPERATIONS).unwrap()).unwrap()
    };
    (0..chance.usize(0..=3)).map(|_| fault(chance)).collect()
}

/// The places of a script, with a second one for each request: while it is on its way. First comes
/// one place of each name.
fn places(passed: &[String]) -> Vec<(DeathAt, String)> {
    let mut places = Vec::new();
    let mut chance = fastrand::Rng::with_seed(0);
    let mut counts = BTreeMap::new();
    for name in passed {
        let count = counts.entry(name).or_insert(0);
        *count += 1;
        let boundary = Boundary::Named(name.clone(), *count);
        places.push((DeathAt { boundary: boundary.clone(), micros: 0 }, name.clone()));
        if name.starts_with(SENDING) {
            let at = DeathAt { boundary, micros: chance.u64(ON_THE_WAY) };
            places.push((at, after(name)));
        }
    }
    let mut known = BTreeSet::new();
    let (mut first, later): (Vec<_>, Vec<_>) =
        places.into_iter().partition(|(_, name)| known.insert(name.clone()));
    first.extend(later);
    first
}

/// The name of a death some time after a boundary.
pub(super) fn after(boundary: &str) -> String {
    format!("some time after {boundary:?}")
}
