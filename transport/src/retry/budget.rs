//! How many attempts are left, and how long to wait before the next: no I/O, clock or randomness
//! of its own.

use std::time::Duration;

use super::RetryPolicy;

/// A moment of a call: what a budget cannot know by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Since the call began.
    pub(super) elapsed: Duration,
    /// Random.
    pub(super) jitter: u8,
}

/// The attempts of one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    policy: RetryPolicy,
    attempts: u32,
}

impl Budget {
    /// Of a call whose first attempt is being made.
    pub(super) const fn new(policy: RetryPolicy) -> Self {
        Self { policy, attempts: 1 }
    }

    pub(super) const fn policy(&self) -> &RetryPolicy {
        &self.policy
    }

    /// How many attempts were made, the one being made included.
    pub(super) const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The wait before another attempt, which then counts as made; `None` when none is left, or
    /// none that would begin in time. The server's own time comes first, and the backoff on top
    /// keeps clients apart that were told the same time.
    pub(super) fn next(&mut self, server: Option<Duration>, now: Moment) -> Option<Duration> {
        let backoff = self.policy.backoff(self.attempts, now.jitter);
        let after = server.unwrap_or_default().saturating_add(backoff);
        if self.attempts >= self.policy.attempts || self.is_late(after, now) {
            return None;
        }
        self.attempts += 1;
        Some(after)
    }

    /// Whether a wait would end after the deadline.
    pub(super) fn is_late(&self, after: Duration, now: Moment) -> bool {
        now.elapsed.saturating_add(after) > self.policy.deadline
    }
}
