//! What an answer says about the caller's rate limit.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;

/// Nobody waits longer than this for a window of 24 hours; a larger number is a mistake.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(48 * 3600);

/// The rate limit counters of one answer: the headers `x-rate-limit-limit`,
/// `x-rate-limit-remaining` and `x-rate-limit-reset`, and `retry-after`.
///
/// Every one may be missing. X publishes no limit for the chat endpoints, and a 429 has been seen
/// with requests remaining, so [`reset`](Self::reset) is a hint for when to try again, not a promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests allowed in the window.
    pub limit: Option<u64>,
    /// Requests left in the window.
    pub remaining: Option<u64>,
    /// When the window starts anew.
    pub reset: Option<SystemTime>,
    /// How long the server asks to wait (`retry-after` in seconds; its date form is not read).
    /// At most 48 hours; a longer one is left out.
    pub retry_after: Option<Duration>,
}

impl RateLimit {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let number = |name: &str| {
            let text = headers.get(name)?.to_str().ok()?.trim();
            // `u64::from_str` alone would take a leading plus.
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?
        };
        Self {
            limit: number("x-rate-limit-limit"),
            remaining: number("x-rate-limit-remaining"),
            reset: number("x-rate-limit-reset").and_then(|seconds| {
                SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
            }),
            retry_after: number("retry-after")
                .map(Duration::from_secs)
                .filter(|wait| *wait <= MAX_RETRY_AFTER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn read(headers: &[(&'static str, &'static str)]) -> RateLimit {
        RateLimit::from_headers(
            &headers
                .iter()
                .map(|(name, value)| {
                    (HeaderName::from_static(name), HeaderValue::from_static(value))
                })
                .collect(),
        )
    }

    #[test]
    fn all_counters_are_read() {
        let read = read(&[
            ("x-rate-limit-limit", "15"),
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "1767225600"),
            ("retry-after", "7"),
        ]);
        assert_eq!((read.limit, read.remaining), (Some(15), Some(0)));
        let reset = read.reset.unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(reset, Duration::from_secs(1_767_225_600));
        assert_eq!(read.retry_after, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_missing_or_absurd_counter_is_left_out() {
        assert_eq!(read(&[]), RateLimit::default());
        for value in ["", "x", "-1", "+1", "1.5", "99999999999999999999", "1 2", "0x10"] {
            let value: &'static str = value;
            let headers = [
                ("x-rate-limit-limit", value),
                ("x-rate-limit-remaining", value),
                ("x-rate-limit-reset", value),
                ("retry-after", value),
            ];
            assert_eq!(read(&headers), RateLimit::default(), "{value}");
        }
        let far =
            read(&[("x-rate-limit-reset", "18446744073709551615"), ("retry-after", "172801")]);
        assert_eq!((far.reset, far.retry_after), (None, None));
        assert!(read(&[("retry-after", "172800")]).retry_after.is_some());
        assert_eq!(read(&[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")]).retry_after, None);
    }
}
