//! The `x-rate-limit-*` headers, and the limit behind them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sealpost_crypto::{UnixMillis, UserId};

use crate::operation::Operation;

/// More than the clock lets through in one window (a millisecond per request), so that the
/// sandbox limits nobody unless it is told to.
const UNLIMITED: u64 = 1_000_000;
const WINDOW_MILLIS: u64 = 15 * 60 * 1_000;

/// What the three headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// Unix seconds.
    pub(crate) reset: u64,
}

/// A limit that is held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) requests: u64,
    /// In real time: the sandbox's own moves with requests, so nobody could wait for it.
    pub(crate) window: Duration,
}

/// Counts per user and operation, as X does for user tokens.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    rule: Option<Rule>,
    used: BTreeMap<(UserId, Operation), Used>,
}

#[derive(Clone, Copy, Debug)]
struct Used {
    count: u64,
    /// The window that is counted: its number by the sandbox's clock, and its beginning in real
    /// time. Without a rule the former decides when it is over, under a rule the latter.
    window: u64,
    since: Instant,
}

impl RateLimits {
    pub(crate) fn new(rule: Option<Rule>) -> Self {
        Self { rule, used: BTreeMap::new() }
    }

    /// Nothing used so far: what a request without a user sees.
    pub(crate) fn untouched(&self, now: UnixMillis) -> RateLimit {
        self.remaining(now, 0, Duration::ZERO)
    }

    /// Counts one request, and says whether it is within the limit.
    pub(crate) fn count(
        &mut self,
        user: UserId,
        operation: Operation,
        now: UnixMillis,
        real: Instant,
    ) -> (RateLimit, bool) {
        let fresh = Used { count: 0, window: window(now), since: real };
        let used = self.used.entry((user, operation)).or_insert(fresh);
        let elapsed = real.saturating_duration_since(used.since);
        let over = self.rule.map_or(used.window != fresh.window, |rule| elapsed >= rule.window);
        if over {
            *used = fresh;
        }
        used.count = used.count.saturating_add(1);
        let used = *used;
        let elapsed = real.saturating_duration_since(used.since);
        let within = self.rule.is_none_or(|rule| used.count <= rule.requests);
        (self.remaining(now, used.count, elapsed), within)
    }

    fn remaining(&self, now: UnixMillis, used: u64, elapsed: Duration) -> RateLimit {
        let now = now.as_u64();
        let (limit, reset_millis) = match self.rule {
            None => (UNLIMITED, (now / WINDOW_MILLIS + 1).saturating_mul(WINDOW_MILLIS)),
            Some(Rule { requests, window }) => {
                let rest = window.saturating_sub(elapsed).as_millis();
                let rest = u64::try_from(rest).unwrap_or(u64::MAX);
                // Truncating to whole milliseconds lost at most one.
                (requests, now.saturating_add(rest).saturating_add(1))
            }
        };
        let remaining = limit.saturating_sub(used);
        RateLimit { limit, remaining, reset: reset_millis.div_ceil(1_000) }
    }
}

const fn window(now: UnixMillis) -> u64 {
    now.as_u64() / WINDOW_MILLIS
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Operation = Operation::AddConversationKeys;

    fn user(number: u64) -> UserId {
        UserId::new(number).unwrap()
    }

    #[test]
    fn counts_per_user_and_operation_and_starts_over_with_the_window() {
        let mut limits = RateLimits::default();
        let (now, real) = (UnixMillis::new(900_000_000), Instant::now());
        let mut count = |number, operation, now| limits.count(user(number), operation, now, real);
        assert_eq!(count(1, KEYS, now).0.remaining, UNLIMITED - 1);
        assert_eq!(count(1, KEYS, now).0.remaining, UNLIMITED - 2);
        assert_eq!(count(2, KEYS, now).0.remaining, UNLIMITED - 1);
        assert_eq!(count(1, Operation::AddUserPublicKey, now).0.remaining, UNLIMITED - 1);
        let (later, within) = count(1, KEYS, UnixMillis::new(900_900_000));
        assert_eq!((later.remaining, later.reset), (UNLIMITED - 1, 901_800));
        assert!(within);
    }

    #[test]
    fn a_rule_is_held_in_real_time() {
        let rule = Rule { requests: 2, window: Duration::from_millis(2_500) };
        let mut limits = RateLimits::new(Some(rule));
        let now = UnixMillis::new(10_000);
        let real = Instant::now();
        assert_eq!(limits.untouched(now), RateLimit { limit: 2, remaining: 2, reset: 13 });
        let mut at =
            |millis| limits.count(user(1), KEYS, now, real + Duration::from_millis(millis));
        assert_eq!(at(0), (RateLimit { limit: 2, remaining: 1, reset: 13 }, true));
        assert_eq!(at(400), (RateLimit { limit: 2, remaining: 0, reset: 13 }, true));
        assert_eq!(at(2_499), (RateLimit { limit: 2, remaining: 0, reset: 11 }, false));
        assert_eq!(at(2_500).0.remaining, 1, "the window is over, and another begins");
        assert!(at(4_999).1);
        assert!(!at(4_999).1);
        assert!(at(5_000).1);
    }
}
