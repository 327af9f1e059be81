//! Safety numbers: how two people find out that the server gave each the other's true keys.

use core::fmt;

use sha2::{Digest as _, Sha512};

use super::Participant;
use crate::sign::Transcript;

const ROUNDS: usize = 5_200;
pub(super) const GROUPS: usize = 6;
pub(super) const DIGITS_PER_GROUP: usize = 5;
const BYTES_PER_GROUP: usize = 5;

/// The part of one user.
pub(super) type Half = [u32; GROUPS];

/// Sixty digits that two users compare over another channel: in person, or by a voice they know.
///
/// Made from both users' ids and both of each one's public keys, identity and signing; the same
/// for both, whoever computes it. If it differs, somebody has exchanged a key.
///
/// # Security
/// This is the only check that the directory cannot pass by lying. A
/// [`PublicKeyFingerprint`](crate::PublicKeyFingerprint) covers the identity key alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SafetyNumber([Half; 2]);

impl SafetyNumber {
    /// The safety number of a pair of users.
    #[must_use]
    pub fn of(one: &Participant, other: &Participant) -> Self {
        Self::of_halves([half(one), half(other)])
    }

    pub(super) fn of_halves(mut halves: [Half; 2]) -> Self {
        halves.sort_unstable();
        Self(halves)
    }
}

/// Twelve groups of five digits, separated by spaces.
impl fmt::Display for SafetyNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.0.iter().flatten().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{group:0DIGITS_PER_GROUP$}")?;
        }
        Ok(())
    }
}

pub(super) fn half(participant: &Participant) -> Half {
    let mut transcript = Transcript::new("sealpost/1 safety-number").id(participant.user_id());
    participant.identity_key().with_spki(|spki| transcript.push(spki));
    participant.signing_key().with_spki(|spki| transcript.push(spki));
    let first = Sha512::digest(transcript.as_bytes());
    // Iterated, so that finding keys with a similar number costs more.
    let hash = (0..ROUNDS)
        .fold(first, |hash, _| Sha512::new().chain_update(hash).chain_update(first).finalize());
    let mut groups = Half::default();
    for (group, bytes) in groups.iter_mut().zip(hash.chunks_exact(BYTES_PER_GROUP)) {
        let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        *group = u32::try_from(number % 100_000).unwrap_or_default();
    }
    groups
}
