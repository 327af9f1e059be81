//! Keys from passphrases: Argon2id (RFC 9106) with a bounded cost.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize as _, Zeroizing};

/// What it costs to try one passphrase: Argon2id's parameters (RFC 9106 section 3.1).
///
/// They are stored in the clear beside what the passphrase locks. Both reading and making are
/// bounded, so that a damaged or hostile file takes neither all memory nor all time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PassphraseCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// These parameters are outside the bounds of [`PassphraseCost::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a passphrase costs 8 MiB to 1 GiB of memory, 1 to 16 passes (4 GiB over all passes at most) \
     and 1 to 16 lanes"
)]
pub struct PassphraseCostError;

impl PassphraseCostError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "passphrase_cost.out_of_bounds"
    }
}

const MIB: u32 = 1024;

impl PassphraseCost {
    /// The second recommended option of RFC 9106 section 4, for where 2 GiB is too much: 64 MiB,
    /// 3 passes, 4 lanes.
    pub const RECOMMENDED: Self = Self { memory_kib: 64 * MIB, passes: 3, lanes: 4 };

    /// Parameters of one's own.
    ///
    /// # Errors
    /// [`PassphraseCostError`] outside these bounds: 8 MiB to 1 GiB, 1 to 16 passes, not more
    /// than 4 GiB over all passes, 1 to 16 lanes.
    ///
    /// # Security
    /// Less than [`RECOMMENDED`](Self::RECOMMENDED) makes guessing cheaper. It is for machines
    /// without the memory, and for tests.
    pub const fn new(
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    ) -> Result<Self, PassphraseCostError> {
        let memory = 8 * MIB <= memory_kib && memory_kib <= 1024 * MIB;
        let work = 1 <= passes && passes <= 16 && memory_kib.saturating_mul(passes) <= 4096 * MIB;
        if memory && work && 1 <= lanes && lanes <= 16 {
            Ok(Self { memory_kib, passes, lanes })
        } else {
            Err(PassphraseCostError)
        }
    }

    /// Twelve bytes: memory, passes, lanes, each big-endian.
    pub(crate) fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        let numbers = [self.memory_kib, self.passes, self.lanes];
        for (to, number) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(numbers) {
            *to = number.to_be_bytes();
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8; 12]) -> Result<Self, PassphraseCostError> {
        match bytes.as_chunks::<4>().0 {
            [memory, passes, lanes] => Self::new(
                u32::from_be_bytes(*memory),
                u32::from_be_bytes(*passes),
                u32::from_be_bytes(*lanes),
            ),
            _ => Err(PassphraseCostError),
        }
    }

    /// Argon2id of a passphrase; `None` when there is not enough memory.
    pub(crate) fn derive(self, passphrase: &str, salt: &[u8; 16]) -> Option<Zeroizing<[u8; 32]>> {
        let mut key = Zeroizing::new([0; 32]);
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(key.len())).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let blocks = argon2.params().block_count();
        // The crate's own memory is not wiped.
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).ok()?;
        memory.resize(blocks, Block::new());
        let done = argon2.hash_password_into_with_memory(
            passphrase.as_bytes(),
            salt,
            &mut *key,
            &mut memory[..],
        );
        memory.iter_mut().for_each(|block| block.zeroize());
        done.ok().map(|()| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_bounded() {
        let good = [
            (8 * MIB, 1, 1),
            (8 * MIB, 16, 16),
            (1024 * MIB, 4, 1),
            (256 * MIB, 16, 4),
            (64 * MIB, 3, 4),
        ];
        for (memory, passes, lanes) in good {
            let cost = PassphraseCost::new(memory, passes, lanes).unwrap();
            assert_eq!(PassphraseCost::from_bytes(&cost.to_bytes()), Ok(cost));
        }
        for (memory, passes, lanes) in [
            (0, 1, 1),
            (8 * MIB - 1, 1, 1),
            (1024 * MIB + 1, 1, 1),
            (u32::MAX, 1, 1),
            (u32::MAX, u32::MAX, u32::MAX),
            (8 * MIB, 0, 1),
            (8 * MIB, 17, 1),
            (8 * MIB, u32::MAX, 1),
            (1024 * MIB, 5, 1),
            (256 * MIB + 1, 16, 1),
            (8 * MIB, 1, 0),
            (8 * MIB, 1, 17),
            (8 * MIB, 1, u32::MAX),
        ] {
            let error = PassphraseCost::new(memory, passes, lanes);
            assert_eq!(error, Err(PassphraseCostError), "{memory} {passes} {lanes}");
            let bytes = PassphraseCost { memory_kib: memory, passes, lanes }.to_bytes();
            assert_eq!(PassphraseCost::from_bytes(&bytes), Err(PassphraseCostError));
        }
        assert_eq!(PassphraseCost::new(64 * MIB, 3, 4), Ok(PassphraseCost::RECOMMENDED));
    }

    /// Made with Python's `argon2-cffi` 25.1.0, which wraps the reference implementation:
    /// `argon2.low_level.hash_secret_raw(b"correct horse", bytes(range(16)), 2, 8192, 4, 32, Type.ID)`.
    #[test]
    fn it_is_argon2id() {
        let mut salt = [0; 16];
        (0..).zip(&mut salt).for_each(|(number, byte)| *byte = number);
        let key = PassphraseCost::new(8 * MIB, 2, 4).unwrap().derive("correct horse", &salt);
        let hex: String = key.unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "be39df3b62d924de285a4ab9268a2756fd001400318f4ec30e35cc9f303d2aba");
    }
}
