//! How often to try, and for how long.

use std::time::Duration;

/// How often to try, how long to wait in between, and when to stop.
///
/// Waits grow from `first_delay` by doubling up to `max_delay`, and each is a random part of that
/// (full jitter), so that clients that failed together do not come back together. A rate limit's
/// own reset time wins over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The most times the request is sent.
    pub attempts: u32,
    /// The longest first wait.
    pub first_delay: Duration,
    /// The longest wait of all, a rate limit's apart.
    pub max_delay: Duration,
    /// No attempt begins later than this after the first. A wait that would end later is not begun,
    /// so that a rate limit that lasts longer is reported at once.
    pub deadline: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 4,
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(8),
            deadline: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// The defaults: 4 attempts, waits of up to 0.5 s growing to 8 s, 2 minutes in all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends once.
    #[must_use]
    pub fn never() -> Self {
        Self::default().attempts(1)
    }

    /// Sends at most `attempts` times; at least once.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = if attempts == 0 { 1 } else { attempts };
        self
    }

    /// Begins no attempt later than this after the first.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The longest first wait, and the longest of all.
    #[must_use]
    pub const fn delays(mut self, first: Duration, max: Duration) -> Self {
        self.first_delay = first;
        self.max_delay = max;
        self
    }

    /// The wait before try number `tries + 1`: a part of the doubled delay, `jitter` of 255.
    pub(super) fn backoff(&self, tries: u32, jitter: u8) -> Duration {
        let doubled = self
            .first_delay
            .saturating_mul(1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX));
        doubled.min(self.max_delay) * u32::from(jitter) / u32::from(u8::MAX)
    }
}
