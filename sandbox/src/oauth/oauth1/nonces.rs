//! Each signed request counts once (RFC 5849 section 3.3).

use std::collections::BTreeSet;

/// How far a timestamp may be from the time it arrives at.
pub(super) const WINDOW_SECONDS: u64 = 5 * 60;

/// The requests that could come again within the window.
#[derive(Debug)]
pub(super) struct Nonces {
    /// Timestamp, nonce, consumer key, token.
    seen: BTreeSet<(u64, String, String, String)>,
}

impl Nonces {
    pub(super) const fn new() -> Self {
        Self { seen: BTreeSet::new() }
    }

    /// Whether a request is new; from now on it is not. `now` in seconds, like the timestamp.
    pub(super) fn is_new(
        &mut self,
        now: u64,
        timestamp: u64,
        nonce: &str,
        consumer_key: &str,
        token: &str,
    ) -> bool {
        let oldest =
            (now.saturating_sub(WINDOW_SECONDS), String::new(), String::new(), String::new());
        self.seen = self.seen.split_off(&oldest);
        self.seen.insert((timestamp, nonce.to_owned(), consumer_key.to_owned(), token.to_owned()))
    }
}

/// Whether a timestamp is of these minutes.
pub(super) const fn is_timely(now: u64, timestamp: u64) -> bool {
    now.abs_diff(timestamp) <= WINDOW_SECONDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_counts_once_for_its_time_app_and_token() {
        let mut nonces = Nonces::new();
        let base = (1_000, "n", "app", "token");
        let mut check =
            |(timestamp, nonce, app, token)| nonces.is_new(1_000, timestamp, nonce, app, token);
        assert!(check(base));
        assert!(!check(base));
        for other in [
            (1_001, "n", "app", "token"),
            (1_000, "m", "app", "token"),
            (1_000, "n", "b", "token"),
            (1_000, "n", "app", ""),
        ] {
            assert!(check(other), "{other:?}");
            assert!(!check(other), "{other:?}");
        }
    }

    #[test]
    fn what_is_too_old_to_come_again_is_forgotten() {
        let mut nonces = Nonces::new();
        for second in 0..1_000 {
            assert!(nonces.is_new(second, second, "n", "app", "token"));
        }
        assert_eq!(nonces.seen.len(), 301);
        assert!(!nonces.is_new(999, 699, "n", "app", "token"));
    }

    #[test]
    fn the_window_has_five_minutes_on_both_sides() {
        for (timestamp, timely) in [
            (0, false),
            (699, false),
            (700, true),
            (1_300, true),
            (1_301, false),
            (u64::MAX, false),
        ] {
            assert_eq!(is_timely(1_000, timestamp), timely, "{timestamp}");
        }
    }
}
