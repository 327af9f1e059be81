//! Ids that X assigns: users and sequence numbers.

use super::decimal::decimal_id;
use super::{IdError, IdKind, IdProblem};

/// X's pattern is `^[0-9]{1,19}$`, which always fits in a `u64`.
pub(super) const MAX_ID_DIGITS: usize = 19;
pub(super) const MAX_ID: u64 = 9_999_999_999_999_999_999;

/// An X user: a decimal number of 1 to 19 digits without leading zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(u64);

impl UserId {
    /// The user with this number.
    ///
    /// # Errors
    /// [`IdProblem::OutOfRange`] for more than 19 digits.
    pub const fn new(number: u64) -> Result<Self, IdError> {
        if number > MAX_ID {
            return Err(IdError::new(IdKind::UserId, IdProblem::OutOfRange));
        }
        Ok(Self(number))
    }
}

decimal_id!(UserId, IdKind::UserId, MAX_ID_DIGITS, "a user id of 1 to 19 decimal digits");

/// The server's number of an event in a conversation: later events have larger ones.
///
/// The server assigns it and nobody signs it: order by it, trust nothing to it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceId(u64);

impl SequenceId {
    /// The sequence id with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

decimal_id!(SequenceId, IdKind::SequenceId, 20, "a sequence id of decimal digits");
