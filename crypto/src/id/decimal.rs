//! Numbers that travel as decimal text: no sign, no leading zero, ASCII digits only.

use super::{IdError, IdKind, IdProblem};

/// Reads `0|[1-9][0-9]*` of at most `max_digits` digits that fits in a `u64`.
pub(crate) fn parse(text: &str, kind: IdKind, max_digits: usize) -> Result<u64, IdError> {
    let problem = match text.as_bytes() {
        [] => IdProblem::Empty,
        // `u64::from_str` alone would take a plus sign.
        digits if !digits.iter().all(u8::is_ascii_digit) => IdProblem::NotDecimal,
        [b'0', _, ..] => IdProblem::LeadingZero,
        digits if digits.len() > max_digits => IdProblem::TooLong,
        _ => match text.parse() {
            Ok(number) => return Ok(number),
            Err(_) => IdProblem::OutOfRange,
        },
    };
    Err(IdError::new(kind, problem))
}

/// Text forms and number access of a `u64` newtype; order is numeric.
macro_rules! decimal_id {
    ($type:ident, $kind:expr, $max_digits:expr, $expected:literal) => {
        impl $type {
            /// The number.
            #[must_use]
            pub const fn as_u64(self) -> u64 {
                self.0
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }
        }

        impl core::fmt::Debug for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self.0)
            }
        }

        impl core::str::FromStr for $type {
            type Err = $crate::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::id::parse_decimal(text, $kind, $max_digits).map(Self)
            }
        }

        $crate::text::serde_as_text!($type, $expected);
    };
}

pub(crate) use decimal_id;
