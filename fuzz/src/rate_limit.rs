//! Rate limit headers: numbers are numbers, nobody is asked to wait for longer than two days, and a
//! clock that is wrong changes nothing where the server tells its own.

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderValue;
use sealpost_transport::Error;

use crate::input::{Input, piece};
use crate::server::{client, with_answer};
use crate::stage::user;

const NAMES: [&str; 5] =
    ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset", "retry-after", "date"];
const LONGEST: Duration = Duration::from_secs(48 * 3600);

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let values = NAMES.map(|_| input.piece());
    let headers: Vec<_> = NAMES.into_iter().zip(values).collect();
    let outcome =
        with_answer(429, &headers, b"", async { client().user_public_keys(&user(11)).await });
    let Err(Error::RateLimited(rejection)) = outcome else { panic!("{outcome:?}") };
    let limit = rejection.rate_limit();

    assert_eq!(limit.limit, number(values[0]));
    assert_eq!(limit.remaining, number(values[1]));
    let since_epoch = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let reset = limit.reset.map(|reset| since_epoch(reset).as_secs());
    assert!(reset.is_none() || reset == number(values[2]));
    assert!(limit.retry_after.is_none_or(|wait| wait <= LONGEST));
    if let Some(seconds) = number(values[3]) {
        let wait = Duration::from_secs(seconds);
        assert_eq!(limit.retry_after, (wait <= LONGEST).then_some(wait));
    } else if limit.retry_after.is_some() {
        assert!(limit.date.is_some(), "a date counts from the server's own");
    }
    if limit.date.is_some() {
        let clocks = [SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + 100 * 365 * LONGEST];
        assert_eq!(limit.wait(clocks[0]), limit.wait(clocks[1]));
    }
}

/// Digits and nothing else, of what can be a header at all.
fn number(value: &[u8]) -> Option<u64> {
    HeaderValue::from_bytes(value).ok()?;
    let text = str::from_utf8(value).ok()?.trim();
    let mut number = 0_u64;
    for digit in text.bytes() {
        number = number.checked_mul(10)?.checked_add(u64::from(char::from(digit).to_digit(10)?))?;
    }
    (!text.is_empty()).then_some(number)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let date = "Wed, 21 Oct 2026 07:28:00 GMT";
    let later = "Wed, 21 Oct 2026 07:29:00 GMT";
    [
        ["15", "0", "1795332600", "7", date],
        ["15", "0", "1795332600", "", date],
        ["900", "899", "1795332600", later, date],
        ["18446744073709551615", "18446744073709551616", "18446744073709551615", "172801", "x"],
        ["+1", "-1", "1.5", "172800", "Wednesday, 21-Oct-26 07:28:00 GMT"],
        ["", " 7 ", "0", later, "Wed Oct 21 07:28:00 2026"],
    ]
    .iter()
    .map(|values| values.iter().flat_map(|value| piece(value.as_bytes())).collect())
    .collect()
}
