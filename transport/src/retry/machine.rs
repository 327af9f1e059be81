//! What to do after each answer to a key-creating write: a state machine without I/O, clock or
//! randomness of its own.
//!
//! The rule behind it: the request goes out again only when the attempt surely changed nothing,
//! or after the server was asked and does not have it. X's API has no idempotency key.

use std::time::Duration;

use super::RetryPolicy;
use super::budget::{Budget, Moment};

/// How an attempt to send ended, as far as sending again is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Surely not applied, and may pass later; the server asked for this wait.
    NotApplied { wait: Option<Duration> },
    /// It may have been applied.
    Unknown,
    /// It may have been applied, and will not be if it was not: a 409 says that something of this
    /// version is in, perhaps this very request.
    UnknownFinal,
    /// Surely not applied, and will not be.
    Final,
}

/// What reading the events told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The request is not in.
    Absent,
    /// Nothing can be concluded: the read failed or was incomplete.
    Inconclusive,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Wait, then send the same bytes.
    Send { after: Duration },
    /// Wait, then ask the server whether the request is in.
    Read { after: Duration },
    /// Stop with the last error.
    GiveUp,
}

#[derive(Debug)]
pub(super) struct Machine {
    budget: Budget,
    reads: u32,
    /// An attempt's outcome is unknown, and nobody has asked since.
    open: bool,
    /// An attempt's outcome was unknown at some time: it may still arrive late.
    was_open: bool,
    /// The last answer was final: nothing is sent any more.
    is_final: bool,
}

impl Machine {
    /// Of a delivery whose first attempt is being made.
    pub(super) const fn new(policy: RetryPolicy) -> Self {
        let budget = Budget::new(policy);
        Self { budget, reads: 0, open: false, was_open: false, is_final: false }
    }

    /// Of a delivery whose first attempt may have been made before a crash: what to begin with.
    pub(super) const fn resuming(policy: RetryPolicy) -> (Self, Step) {
        let budget = Budget::new(policy);
        let machine = Self { budget, reads: 1, open: true, was_open: true, is_final: false };
        (machine, Step::Read { after: Duration::ZERO })
    }

    /// Whether it is still unknown if the request was applied.
    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    pub(super) const fn attempts(&self) -> u32 {
        self.budget.attempts()
    }

    /// How many times the server was asked, the time being prepared included.
    pub(super) const fn reads(&self) -> u32 {
        self.reads
    }

    pub(super) fn after_attempt(&mut self, attempt: Attempt, now: Moment) -> Step {
        match attempt {
            Attempt::NotApplied { wait } => self.send(wait, now),
            Attempt::Unknown | Attempt::UnknownFinal => {
                self.open = true;
                self.was_open = true;
                self.is_final |= attempt == Attempt::UnknownFinal;
                self.read(now)
            }
            Attempt::Final => {
                self.is_final = true;
                self.give_up(now)
            }
        }
    }

    pub(super) fn after_reading(&mut self, reading: Reading, now: Moment) -> Step {
        match reading {
            Reading::Absent => {
                self.open = false;
                if self.is_final {
                    return Step::GiveUp;
                }
                self.send(None, now)
            }
            Reading::Inconclusive => self.read(now),
        }
    }

    fn send(&mut self, wait: Option<Duration>, now: Moment) -> Step {
        let next = if self.is_final { None } else { self.budget.next(wait, now) };
        next.map_or_else(|| self.give_up(now), |after| Step::Send { after })
    }

    fn read(&mut self, now: Moment) -> Step {
        let policy = self.budget.policy();
        let after = policy.backoff(self.reads.max(1), now.jitter);
        // Reading is safe, so it has a budget of its own.
        if self.reads >= 2 * policy.attempts || self.budget.is_late(after, now) {
            return Step::GiveUp;
        }
        self.reads += 1;
        Step::Read { after }
    }

    /// Before it ends in an error, one last look for an earlier attempt that arrived late.
    fn give_up(&mut self, now: Moment) -> Step {
        if self.was_open && !self.open {
            self.is_final = true;
            self.was_open = false;
            return self.read(now);
        }
        Step::GiveUp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that can happen after a step.
    const ATTEMPTS: [Attempt; 5] = [
        Attempt::NotApplied { wait: None },
        Attempt::NotApplied { wait: Some(Duration::from_secs(3)) },
        Attempt::Unknown,
        Attempt::UnknownFinal,
        Attempt::Final,
    ];
    const READINGS: [Reading; 2] = [Reading::Absent, Reading::Inconclusive];

    /// What an observer of one delivery has seen.
    #[derive(Clone, Default)]
    struct Seen {
        sent: u32,
        reads: u32,
        unknown_since_read: bool,
        is_final: bool,
    }

    /// Walks every possible course of a delivery and counts how many there are.
    fn explore(machine: &Machine, step: Step, seen: &Seen, courses: &mut u64) {
        let now = Moment { elapsed: Duration::from_secs(1), jitter: 100 };
        match step {
            Step::GiveUp => *courses += 1,
            Step::Send { after } => {
                assert!(!seen.unknown_since_read, "sent again without asking");
                assert!(!seen.is_final, "sent again after a final answer");
                assert!(after <= Duration::from_secs(8));
                let seen = Seen { sent: seen.sent + 1, ..seen.clone() };
                assert!(seen.sent <= machine.budget.policy().attempts);
                for attempt in ATTEMPTS {
                    let mut seen = seen.clone();
                    seen.unknown_since_read |=
                        matches!(attempt, Attempt::Unknown | Attempt::UnknownFinal);
                    seen.is_final |= matches!(attempt, Attempt::Final | Attempt::UnknownFinal);
                    let mut machine = machine.copy();
                    let next = machine.after_attempt(attempt, now);
                    explore(&machine, next, &seen, courses);
                }
            }
            Step::Read { .. } => {
                let seen = Seen { reads: seen.reads + 1, ..seen.clone() };
                assert!(seen.reads <= 2 * machine.budget.policy().attempts);
                for reading in READINGS {
                    let mut seen = seen.clone();
                    seen.unknown_since_read &= reading != Reading::Absent;
                    let mut machine = machine.copy();
                    let next = machine.after_reading(reading, now);
                    assert_eq!(machine.is_open(), seen.unknown_since_read);
                    explore(&machine, next, &seen, courses);
                }
            }
        }
    }

    impl Machine {
        fn copy(&self) -> Self {
            Self { ..*self }
        }
    }

    #[test]
    fn no_course_sends_again_what_may_be_in() {
        let mut counts = Vec::new();
        for attempts in 1..=3 {
            let machine = Machine::new(RetryPolicy::new().attempts(attempts));
            let mut courses = 0;
            // The first attempt is the one that the machine begins with.
            let first = Step::Send { after: Duration::ZERO };
            explore(&machine, first, &Seen::default(), &mut courses);
            counts.push(courses);
        }
        assert_eq!(counts, [10, 99, 893], "courses with 1, 2 and 3 attempts");
    }

    const NOW: Moment = Moment { elapsed: Duration::ZERO, jitter: 255 };

    #[test]
    fn what_may_have_been_sent_before_is_looked_for_first() {
        for attempts in 1..=3 {
            let (machine, first) = Machine::resuming(RetryPolicy::new().attempts(attempts));
            assert!(matches!(first, Step::Read { after: Duration::ZERO }) && machine.is_open());
            let seen = Seen { sent: 1, unknown_since_read: true, ..Seen::default() };
            let mut courses = 0;
            explore(&machine, first, &seen, &mut courses);
            assert!(courses > 1);
        }
    }

    #[test]
    fn the_outcome_table_holds() {
        let table = [
            (Attempt::NotApplied { wait: None }, Step::Send { after: Duration::from_millis(500) }),
            (
                Attempt::NotApplied { wait: Some(Duration::from_secs(60)) },
                Step::Send { after: Duration::from_millis(60_500) },
            ),
            (Attempt::Unknown, Step::Read { after: Duration::from_millis(500) }),
            (Attempt::UnknownFinal, Step::Read { after: Duration::from_millis(500) }),
            (Attempt::Final, Step::GiveUp),
        ];
        for (attempt, step) in table {
            let mut machine = Machine::new(RetryPolicy::new());
            assert_eq!(machine.after_attempt(attempt, NOW), step, "{attempt:?}");
        }
    }

    #[test]
    fn a_final_answer_after_an_unknown_one_is_looked_into_once_more() {
        let mut machine = Machine::new(RetryPolicy::new());
        assert!(matches!(machine.after_attempt(Attempt::Unknown, NOW), Step::Read { .. }));
        assert!(matches!(machine.after_reading(Reading::Absent, NOW), Step::Send { .. }));
        assert!(matches!(machine.after_attempt(Attempt::Final, NOW), Step::Read { .. }));
        assert_eq!(machine.after_reading(Reading::Absent, NOW), Step::GiveUp);
        assert_eq!(machine.attempts(), 2);
    }

    #[test]
    fn waits_grow_to_the_cap_and_end_at_the_deadline() {
        let policy = RetryPolicy::new().attempts(40);
        let waits: Vec<u128> =
            (1..=6).map(|tries| policy.backoff(tries, 255).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 8000]);
        assert_eq!(policy.backoff(40, 255), Duration::from_secs(8));
        assert_eq!(policy.backoff(3, 0), Duration::ZERO);

        let mut machine = Machine::new(policy);
        let late = Moment { elapsed: Duration::from_secs(119), jitter: 255 };
        let limited = Attempt::NotApplied { wait: Some(Duration::from_secs(900)) };
        assert_eq!(machine.after_attempt(limited, late), Step::GiveUp, "no pointless sleep");
        let mut machine = Machine::new(policy);
        let over = Moment { elapsed: Duration::from_secs(121), jitter: 0 };
        assert_eq!(machine.after_attempt(Attempt::Unknown, over), Step::GiveUp);
        assert!(machine.is_open(), "and the caller is told that the outcome is unknown");
    }
}
