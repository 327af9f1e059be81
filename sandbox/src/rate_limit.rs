//! The `x-rate-limit-*` headers.

use std::collections::BTreeMap;

use sealpost_crypto::{UnixMillis, UserId};

use crate::operation::Operation;

/// More than the clock lets through in one window (a millisecond per request), so that the
/// sandbox limits nobody by itself: a limit is a fault one asks for.
const LIMIT: u64 = 1_000_000;
const WINDOW_SECONDS: u64 = 15 * 60;
const WAIT_WHEN_LIMITED_SECONDS: u64 = 2;

/// What the three headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// Unix seconds.
    pub(crate) reset: u64,
}

impl RateLimit {
    /// Nothing used so far: what a request without a user sees.
    pub(crate) const fn untouched(now: UnixMillis) -> Self {
        Self { limit: LIMIT, remaining: LIMIT, reset: (window(now) + 1) * WINDOW_SECONDS }
    }

    /// Nothing left.
    pub(crate) const fn exhausted(now: UnixMillis) -> Self {
        Self { limit: LIMIT, remaining: 0, reset: now.as_u64() / 1_000 + WAIT_WHEN_LIMITED_SECONDS }
    }
}

const fn window(now: UnixMillis) -> u64 {
    now.as_u64() / 1_000 / WINDOW_SECONDS
}

/// Counts per user and operation, as X does for user tokens.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    used: BTreeMap<(UserId, Operation), (u64, u64)>,
}

impl RateLimits {
    /// Counts one request.
    pub(crate) fn count(
        &mut self,
        user: UserId,
        operation: Operation,
        now: UnixMillis,
    ) -> RateLimit {
        let current = window(now);
        let (counted, used) = self.used.entry((user, operation)).or_insert((current, 0));
        if *counted != current {
            (*counted, *used) = (current, 0);
        }
        *used += 1;
        RateLimit { remaining: LIMIT.saturating_sub(*used), ..RateLimit::untouched(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_per_user_and_operation_and_starts_over_with_the_window() {
        let (one, two) = (UserId::new(1).unwrap(), UserId::new(2).unwrap());
        let mut limits = RateLimits::default();
        let now = UnixMillis::new(900_000_000);
        let keys = Operation::AddConversationKeys;
        assert_eq!(limits.count(one, keys, now).remaining, LIMIT - 1);
        assert_eq!(limits.count(one, keys, now).remaining, LIMIT - 2);
        assert_eq!(limits.count(two, keys, now).remaining, LIMIT - 1);
        assert_eq!(limits.count(one, Operation::AddUserPublicKey, now).remaining, LIMIT - 1);
        let later = limits.count(one, keys, UnixMillis::new(900_900_000));
        assert_eq!((later.remaining, later.reset), (LIMIT - 1, 901_800));
    }
}
