//! What an answer says about the caller's rate limit.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;

/// Nobody waits longer than this for a window of 24 hours; a larger number is a mistake.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(48 * 3600);

/// The rate limit counters of one answer: the headers `x-rate-limit-limit`,
/// `x-rate-limit-remaining` and `x-rate-limit-reset`, `retry-after` and `date`.
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
    /// How long the server asks to wait (`retry-after`, RFC 9110 section 10.2.3: seconds, or a date
    /// where the answer has one of its own). At most 48 hours; a longer one is left out.
    pub retry_after: Option<Duration>,
    /// The server's clock when it answered (`date`).
    pub date: Option<SystemTime>,
}

impl RateLimit {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let number = |name: &str| {
            let text = headers.get(name)?.to_str().ok()?.trim();
            // `u64::from_str` alone would take a leading plus.
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok())?
        };
        let date = |name: &str| httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok();
        let now = date("date");
        let until = || date("retry-after")?.duration_since(now?).ok();
        Self {
            limit: number("x-rate-limit-limit"),
            remaining: number("x-rate-limit-remaining"),
            reset: number("x-rate-limit-reset").and_then(|seconds| {
                SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
            }),
            retry_after: number("retry-after")
                .map(Duration::from_secs)
                .or_else(until)
                .filter(|wait| *wait <= MAX_RETRY_AFTER),
            date: now,
        }
    }

    /// How long to wait: what the server asks for, or until the window starts anew. That is
    /// reckoned by the server's clock, and by `now` where the answer has no date. Zero for a reset
    /// in the past.
    #[must_use]
    pub fn wait(&self, now: SystemTime) -> Option<Duration> {
        let now = self.date.unwrap_or(now);
        let until_reset = || Some(self.reset?.duration_since(now).unwrap_or_default());
        self.retry_after.or_else(until_reset)
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
    }

    const DATE: &str = "Wed, 21 Oct 2026 07:28:00 GMT";

    #[test]
    fn a_date_counts_from_the_date_of_the_answer() {
        let now = httpdate::parse_http_date(DATE).unwrap();
        let minute = "Wed, 21 Oct 2026 07:29:00 GMT";
        let answer = read(&[("date", DATE), ("retry-after", minute)]);
        assert_eq!((answer.date, answer.retry_after), (Some(now), Some(Duration::from_secs(60))));
        for headers in [
            &[("retry-after", minute)][..],
            &[("date", minute), ("retry-after", DATE)],
            &[("date", DATE), ("retry-after", "Wed, 21 Oct 2026 07:29:60")],
            &[("date", "yesterday"), ("retry-after", minute)],
        ] {
            assert_eq!(read(headers).retry_after, None, "{headers:?}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_does_not_change_the_wait() {
        let seconds = Duration::from_secs;
        let now = httpdate::parse_http_date(DATE).unwrap();
        let reset = now + seconds(90);
        let limit = RateLimit { reset: Some(reset), ..RateLimit::default() };
        let dated = RateLimit { date: Some(now), ..limit };
        let asked = RateLimit { retry_after: Some(seconds(7)), ..dated };
        for clock in [now - seconds(86_400), now, now + seconds(86_400)] {
            assert_eq!(dated.wait(clock), Some(seconds(90)));
            assert_eq!(asked.wait(clock), Some(seconds(7)));
        }
        assert_eq!(limit.wait(now), Some(seconds(90)));
        assert_eq!(limit.wait(reset + seconds(1)), Some(Duration::ZERO));
        assert_eq!(RateLimit::default().wait(now), None);
    }
}
