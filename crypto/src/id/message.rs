//! Message ids: UUIDs of version 4 (RFC 9562 section 5.4), lower case.

use core::fmt;
use core::str::FromStr;

use rand_core::TryCryptoRng;

use super::{IdError, IdKind, IdProblem};
use crate::random::{self, RandomError};
use crate::text::serde_as_text;

const TEXT_LENGTH: usize = 36;
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The id of one signed action or message, chosen by its sender.
///
/// It is what makes a repeated request recognisable: the same action keeps its id on every try.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId([u8; 16]);

impl MessageId {
    /// A fresh id from the caller's generator.
    ///
    /// # Errors
    /// [`RandomError`] when the generator fails.
    pub fn random_with_rng<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RandomError> {
        let mut bytes = [0; 16];
        random::fill(rng, &mut bytes)?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(bytes))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

impl FromStr for MessageId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        parse(text.as_bytes())
            .map(Self)
            .ok_or(IdError::new(IdKind::MessageId, IdProblem::NotUuidV4))
    }
}

serde_as_text!(MessageId, "a lower-case UUID of version 4");

fn parse(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != TEXT_LENGTH {
        return None;
    }
    let mut bytes = [0; 16];
    let mut nibbles = 0_usize;
    for (index, character) in text.iter().enumerate() {
        if HYPHENS.contains(&index) {
            if *character != b'-' {
                return None;
            }
            continue;
        }
        let nibble = match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            _ => return None,
        };
        let byte = bytes.get_mut(nibbles / 2)?;
        *byte = *byte << 4 | nibble;
        nibbles += 1;
    }
    let version_4 = bytes[6] >> 4 == 4;
    let rfc_variant = bytes[8] >> 6 == 0b10;
    (version_4 && rfc_variant).then_some(bytes)
}
