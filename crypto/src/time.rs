//! Time as an argument: this crate has no clock.

use core::fmt;
use core::time::Duration;

/// A moment, in milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(u64);

impl UnixMillis {
    /// The moment `millis` milliseconds after the Unix epoch.
    #[must_use]
    pub const fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The moment on the wire; before the epoch there is none.
    pub(crate) fn from_wire(millis: i64) -> Option<Self> {
        u64::try_from(millis).ok().map(Self)
    }

    /// Milliseconds as the wire counts them, as far as it can.
    pub(crate) fn as_wire(self) -> Option<i64> {
        i64::try_from(self.0).ok()
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment before 1970 becomes the epoch itself: a version is never below zero.
#[cfg(feature = "std")]
impl From<std::time::SystemTime> for UnixMillis {
    fn from(time: std::time::SystemTime) -> Self {
        let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// How long messages live, in whole milliseconds; `Display` writes their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageTtl(i64);

impl MessageTtl {
    /// The lifetime on the wire; below zero there is none.
    pub(crate) fn from_wire(millis: i64) -> Option<Self> {
        (millis >= 0).then_some(Self(millis))
    }

    /// Milliseconds, as the wire counts them.
    pub(crate) const fn as_wire(self) -> i64 {
        self.0
    }
}

/// Fractions of a millisecond are cut off; more than the wire can count becomes its largest number.
impl From<Duration> for MessageTtl {
    fn from(duration: Duration) -> Self {
        Self(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }
}

impl From<MessageTtl> for Duration {
    fn from(ttl: MessageTtl) -> Self {
        Self::from_millis(ttl.0.unsigned_abs())
    }
}

impl fmt::Display for MessageTtl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
