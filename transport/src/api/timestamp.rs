//! The two ways an event row tells its time.

use sealpost_crypto::UnixMillis;
use serde_json::Value;

/// Milliseconds as a number or its decimal text (2.165), or an RFC 3339 date-time in UTC (2.167).
pub(crate) fn read(value: &Value) -> Option<UnixMillis> {
    match value {
        Value::Number(millis) => millis.as_u64().map(UnixMillis::new),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().ok().map(UnixMillis::new)
        }
        Value::String(text) => date_time(text).map(UnixMillis::new),
        _ => None,
    }
}

/// RFC 3339 section 5.6, UTC only, from 1970 on. Digits of a second beyond milliseconds are cut.
fn date_time(text: &str) -> Option<u64> {
    let rest = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
    let (date, time) = rest.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = fields(time, ':', [2, 2, 2])?;
    // 60 is a leap second, which lands on the next second as it does in Unix time.
    if !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let days_in = |month: u64| match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap(year) => 29,
        2 => 28,
        _ => 31,
    };
    if year < 1970 || day == 0 || day > days_in(month) {
        return None;
    }
    let years: u64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let months: u64 = (1..month).map(days_in).sum();
    let seconds = (((years + months + day - 1) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1000 + milliseconds(fraction)?)
}

/// Numbers of fixed widths between separators.
fn fields(text: &str, separator: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width)?;
        *number = digits(part)?;
    }
    parts.next().is_none().then_some(numbers)
}

fn milliseconds(fraction: &str) -> Option<u64> {
    let all_digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let padded: String = fraction.chars().chain("00".chars()).take(3).collect();
    all_digits.then(|| padded.parse().ok())?
}

fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_forms_are_read() {
        for (value, millis) in [
            (json!("1767225600123"), 1_767_225_600_123),
            (json!(1_767_225_600_123_u64), 1_767_225_600_123),
            (json!("1970-01-01T00:00:00Z"), 0),
            (json!("2026-01-01T00:00:00.123Z"), 1_767_225_600_123),
            (json!("2026-01-01T00:00:00.1234567Z"), 1_767_225_600_123),
            (json!("2026-01-01T00:00:00.5+00:00"), 1_767_225_600_500),
            (json!("2000-02-29T23:59:59Z"), 951_868_799_000),
            (json!("2024-12-31T23:59:60Z"), 1_735_689_600_000),
            (json!("2100-03-01T00:00:00Z"), 4_107_542_400_000),
        ] {
            assert_eq!(read(&value), Some(UnixMillis::new(millis)), "{value}");
        }
    }

    #[test]
    fn anything_else_is_left_out() {
        for text in [
            "",
            "x",
            "-1",
            "99999999999999999999",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00+01:00",
            "2026-01-01 00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:61Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.xZ",
            "1969-12-31T23:59:59Z",
            "26-01-01T00:00:00Z",
            "2026-1-1T00:00:00Z",
            "2026-01-01T00:00Z",
            "2026-01-01-01T00:00:00Z",
            "+026-01-01T00:00:00Z",
            "2026-01-01T+0:00:00Z",
            "é026-01-01T00:00:00Z",
        ] {
            assert_eq!(read(&json!(text)), None, "{text}");
        }
        for value in [json!(null), json!(true), json!(-1), json!(1.5), json!({}), json!([])] {
            assert_eq!(read(&value), None, "{value}");
        }
    }
}
