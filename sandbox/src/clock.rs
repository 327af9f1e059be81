//! The sandbox's own time: it moves with requests, not with the wall clock.

use sealpost_crypto::UnixMillis;

/// 2026-09-01T00:00:00Z.
pub(crate) const START: UnixMillis = UnixMillis::new(1_788_220_800_000);

/// Starts at a fixed instant and advances one millisecond per request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    now: UnixMillis,
}

impl Clock {
    pub(crate) const fn new(start: UnixMillis) -> Self {
        Self { now: start }
    }

    pub(crate) const fn now(self) -> UnixMillis {
        self.now
    }

    pub(crate) fn set(&mut self, now: UnixMillis) {
        self.now = now;
    }

    pub(crate) fn tick(&mut self) -> UnixMillis {
        self.now = UnixMillis::new(self.now.as_u64().saturating_add(1));
        self.now
    }
}

/// `2026-09-01T00:00:00.001Z`, the `date-time` of the API description.
pub(crate) fn iso_8601(moment: UnixMillis) -> String {
    let at = Civil::of(moment);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        at.year, at.month, at.day, at.hour, at.minute, at.second, at.millisecond
    )
}

/// `Tue, 01 Sep 2026 00:00:00 GMT`, the `date` header (RFC 9110 section 5.6.7).
pub(crate) fn http_date(moment: UnixMillis) -> String {
    let at = Civil::of(moment);
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        at.weekday, at.day, at.month_name, at.year, at.hour, at.minute, at.second
    )
}

struct Civil {
    year: u64,
    month: u64,
    month_name: &'static str,
    day: u64,
    weekday: &'static str,
    hour: u64,
    minute: u64,
    second: u64,
    millisecond: u64,
}

impl Civil {
    /// The proleptic Gregorian calendar, counted from 1 March of year 0 so that leap days come last.
    fn of(moment: UnixMillis) -> Self {
        let millis = moment.as_u64();
        let (days, of_day) = (millis / 86_400_000, millis % 86_400_000);
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Self {
            year: year_of_era + era * 400 + u64::from(month <= 2),
            month,
            month_name: month_name(month),
            day,
            weekday: weekday(days),
            hour: of_day / 3_600_000,
            minute: of_day / 60_000 % 60,
            second: of_day / 1_000 % 60,
            millisecond: of_day % 1_000,
        }
    }
}

const fn month_name(month: u64) -> &'static str {
    match month {
        1 => "Jan",
        2 => "Feb",
        3 => "Mar",
        4 => "Apr",
        5 => "May",
        6 => "Jun",
        7 => "Jul",
        8 => "Aug",
        9 => "Sep",
        10 => "Oct",
        11 => "Nov",
        _ => "Dec",
    }
}

/// 1970-01-01 was a Thursday.
const fn weekday(days: u64) -> &'static str {
    match days % 7 {
        0 => "Thu",
        1 => "Fri",
        2 => "Sat",
        3 => "Sun",
        4 => "Mon",
        5 => "Tue",
        _ => "Wed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // The second row is the example of RFC 9110; the others are the calendar's corners.
        for (seconds, iso, http) in [
            (0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "1994-11-06T08:49:37.000Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_735_689_599, "2024-12-31T23:59:59.000Z", "Tue, 31 Dec 2024 23:59:59 GMT"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
        ] {
            let moment = UnixMillis::new(seconds * 1_000);
            assert_eq!(iso_8601(moment), iso);
            assert_eq!(http_date(moment), http);
        }
        assert_eq!(iso_8601(START), "2026-09-01T00:00:00.000Z");
    }

    #[test]
    fn the_end_of_time_does_not_overflow() {
        let mut clock = Clock::new(UnixMillis::new(u64::MAX));
        assert_eq!(clock.tick(), UnixMillis::new(u64::MAX));
        assert!(!http_date(clock.now()).is_empty());
    }
}
