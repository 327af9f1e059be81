//! Media hash keys: the server's names of encrypted attachments.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::{IdError, IdKind, IdProblem};
use crate::text::serde_as_text;

/// What an encrypted attachment is addressed by: 1 to 50 ASCII letters and digits.
///
/// The server mints it when an upload begins; messages carry it inside their encrypted content.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaHashKey(String);

impl MediaHashKey {
    const MAX_LENGTH: usize = 50;

    /// The text. It needs no escaping in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MediaHashKey {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let problem = if text.is_empty() {
            IdProblem::Empty
        } else if text.len() > Self::MAX_LENGTH {
            IdProblem::TooLong
        } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            IdProblem::NotAlphanumeric
        } else {
            return Ok(Self(text.into()));
        };
        Err(IdError::new(IdKind::MediaHashKey, problem))
    }
}

impl fmt::Display for MediaHashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MediaHashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MediaHashKey({self})")
    }
}

serde_as_text!(MediaHashKey, "a media hash key of 1 to 50 letters and digits");
