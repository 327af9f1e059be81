//! Safety codes: safety numbers for devices to read from each other's screens.

use core::fmt;
use core::str::FromStr;

use super::Participant;
use super::safety_number::{DIGITS_PER_GROUP, GROUPS, Half, SafetyNumber, half};
use crate::UserId;

const PREFIX: &str = "SEALPOST:SAFETY:";
const VERSION: &str = "1";

/// What one user's device shows and the other's scans: a [`SafetyNumber`], who shows it, and of
/// whom it is besides.
///
/// Its text has at most 119 characters, all of them in the alphanumeric set of QR codes:
/// `SEALPOST:SAFETY:1:`, the user who shows it, `:`, thirty digits of that user's, `:`, the other
/// user, `:`, the other user's thirty digits.
///
/// # Security
/// Scan it from the other person's own screen. A code that comes through the chat, or any other
/// channel of the server's, proves nothing: it can be made by whoever exchanged the keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SafetyCode {
    shown_by: (UserId, Half),
    other: (UserId, Half),
}

/// What a scanned code says of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "only a match means that the keys are the right ones"]
pub enum SafetyComparison {
    /// Both devices have the same keys of both users.
    Match,
    /// It is the right pair of users, and somebody has exchanged a key.
    Mismatch,
    /// The code of another pair of users: of somebody else, or shown for another conversation.
    OtherPeople,
    /// The code that one's own device shows.
    OwnCode,
}

impl SafetyCode {
    /// The code to show: of one's own keys, and of those one knows to be another user's.
    #[must_use]
    pub fn of(own: &Participant, other: &Participant) -> Self {
        let part = |participant: &Participant| (participant.user_id(), half(participant));
        Self { shown_by: part(own), other: part(other) }
    }

    /// The sixty digits of the same keys.
    #[must_use]
    pub fn safety_number(&self) -> SafetyNumber {
        SafetyNumber::of_halves([self.shown_by.1, self.other.1])
    }

    /// Compares a code that was scanned from the other user's screen with one's own.
    pub fn compare(&self, scanned: &Self) -> SafetyComparison {
        let users = |code: &Self| (code.shown_by.0, code.other.0);
        if users(scanned) == (self.other.0, self.shown_by.0) {
            let is_same = scanned.shown_by == self.other && scanned.other == self.shown_by;
            return if is_same { SafetyComparison::Match } else { SafetyComparison::Mismatch };
        }
        if users(scanned) == users(self) {
            return SafetyComparison::OwnCode;
        }
        SafetyComparison::OtherPeople
    }
}

/// The text to put into a QR code.
impl fmt::Display for SafetyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{VERSION}")?;
        for (user, groups) in [&self.shown_by, &self.other] {
            write!(f, ":{user}:")?;
            for group in groups {
                write!(f, "{group:0DIGITS_PER_GROUP$}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for SafetyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafetyCode({self})")
    }
}

/// Reads what was scanned.
impl FromStr for SafetyCode {
    type Err = SafetyCodeError;

    fn from_str(text: &str) -> Result<Self, SafetyCodeError> {
        let versioned = text.strip_prefix(PREFIX).ok_or(SafetyCodeError::NotACode)?;
        let (version, rest) = versioned.split_once(':').ok_or(SafetyCodeError::NotACode)?;
        if version != VERSION {
            return Err(newer(version).unwrap_or(SafetyCodeError::NotACode));
        }
        let mut fields = rest.split(':');
        let mut part = || {
            let user = fields.next()?.parse().ok()?;
            Some((user, parse_half(fields.next()?)?))
        };
        match (part(), part(), fields.next()) {
            (Some(shown_by), Some(other), None) => Ok(Self { shown_by, other }),
            _ => Err(SafetyCodeError::NotACode),
        }
    }
}

fn newer(version: &str) -> Option<SafetyCodeError> {
    let is_canonical =
        version.bytes().all(|byte| byte.is_ascii_digit()) && !version.starts_with('0');
    let found = version.parse().ok().filter(|_| is_canonical)?;
    Some(SafetyCodeError::Newer { found })
}

fn parse_half(digits: &str) -> Option<Half> {
    if digits.len() != GROUPS * DIGITS_PER_GROUP || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut half = Half::default();
    for (group, digits) in half.iter_mut().zip(digits.as_bytes().chunks(DIGITS_PER_GROUP)) {
        *group = digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    }
    Some(half)
}

/// What was scanned is no safety code that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SafetyCodeError {
    /// Another QR code, or one that was cut or changed.
    #[error("this is not a safety code; scan the one on the other person's screen")]
    NotACode,
    /// From a newer program.
    #[error("the safety code has version {found}, and this program knows version 1; update it")]
    Newer {
        /// The version found.
        found: u32,
    },
}

impl SafetyCodeError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotACode => "safety_code.not_a_code",
            Self::Newer { .. } => "safety_code.newer",
        }
    }
}
