//! A lockbox: some bytes under a passphrase or a key, with all that is needed to try it.
//!
//! ```text
//! 01 || 00                                              locked with a key
//! 01 || 01 || memory(4) || passes(4) || lanes(4)        locked with a passphrase, big-endian
//!    || salt(16) || nonce(24) || XChaCha20-Poly1305(lock key, nonce, aad, content)
//!
//! lock key = HKDF-SHA256(salt, the key | Argon2id(passphrase, salt), info = label), 32 bytes
//! aad      = label and all bytes before the nonce, each with its length before it (8 bytes)
//! ```

use hkdf::Hkdf;
use secrecy::ExposeSecret as _;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{PassphraseCost, fields, open, random, seal};
use crate::{RandomError, SecretString};

const VERSION: u8 = 1;
const WITH_KEY: u8 = 0;
const WITH_PASSPHRASE: u8 = 1;

/// What opens a lockbox.
pub(crate) enum Opener {
    Key(Box<Zeroizing<[u8; 32]>>),
    /// The cost is that of making a lockbox; one that is there names its own.
    Passphrase(SecretString, PassphraseCost),
}

/// Why a lockbox stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockboxError {
    /// Not the bytes of a lockbox, or with a cost outside the bounds.
    Malformed,
    /// From a newer program.
    NewerVersion,
    /// Locked with a passphrase and a key was given, or the other way round.
    OtherKind,
    /// The wrong passphrase or key, or bytes that were tampered with: there is no telling which.
    Wrong,
    /// Not enough memory for the passphrase's cost.
    Memory,
    /// The random number generator failed.
    Random,
}

impl From<RandomError> for LockboxError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

/// Locks `content`. With a passphrase this takes as long as its cost says.
pub(crate) fn lock(label: &str, opener: &Opener, content: &[u8]) -> Result<Vec<u8>, LockboxError> {
    let salt = random::<16>()?;
    let (head, key) = match opener {
        Opener::Key(key) => (vec![VERSION, WITH_KEY], lock_key(label, &salt, key)),
        Opener::Passphrase(passphrase, cost) => {
            let derived =
                cost.derive(passphrase.expose_secret(), &salt).ok_or(LockboxError::Memory)?;
            let head = [&[VERSION, WITH_PASSPHRASE][..], &cost.to_bytes()].concat();
            (head, lock_key(label, &salt, &derived))
        }
    };
    let head = [&head[..], &*salt].concat();
    let aad = fields([label.as_bytes(), &head]);
    Ok(seal(&key, &aad, &head, content)?)
}

/// Opens a lockbox. A wrong passphrase takes as long as the right one.
pub(crate) fn unlock(
    label: &str,
    opener: &Opener,
    lockbox: &[u8],
) -> Result<Zeroizing<Vec<u8>>, LockboxError> {
    let malformed = LockboxError::Malformed;
    let (version, rest) = lockbox.split_first().ok_or(malformed)?;
    if *version != VERSION {
        return Err(if *version > VERSION { LockboxError::NewerVersion } else { malformed });
    }
    let (kind, rest) = rest.split_first().ok_or(malformed)?;
    let (cost, rest) = match *kind {
        WITH_KEY => (None, rest),
        WITH_PASSPHRASE => {
            let (cost, rest) = rest.split_first_chunk().ok_or(malformed)?;
            (Some(PassphraseCost::from_bytes(cost).map_err(|_| malformed)?), rest)
        }
        _ => return Err(malformed),
    };
    let (salt, sealed) = rest.split_first_chunk::<16>().ok_or(malformed)?;
    let key = match (opener, cost) {
        (Opener::Key(key), None) => lock_key(label, salt, key),
        (Opener::Passphrase(passphrase, _), Some(cost)) => {
            let derived =
                cost.derive(passphrase.expose_secret(), salt).ok_or(LockboxError::Memory)?;
            lock_key(label, salt, &derived)
        }
        _ => return Err(LockboxError::OtherKind),
    };
    let (head, _) = lockbox.split_at(lockbox.len() - sealed.len());
    open(&key, &fields([label.as_bytes(), head]), sealed).ok_or(LockboxError::Wrong)
}

fn lock_key(label: &str, salt: &[u8; 16], secret: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // The only error is an output of more than 255 blocks.
    let _ = Hkdf::<Sha256>::new(Some(salt), secret).expand(label.as_bytes(), &mut *key);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Opener {
        Opener::Key(Box::new(Zeroizing::new([byte; 32])))
    }

    fn passphrase(text: &str) -> Opener {
        Opener::Passphrase(text.into(), PassphraseCost::new(8192, 1, 1).unwrap())
    }

    fn refused(label: &str, opener: &Opener, lockbox: &[u8]) -> LockboxError {
        unlock(label, opener, lockbox).unwrap_err()
    }

    #[test]
    fn the_right_opener_opens() {
        for opener in [key(1), passphrase("one"), passphrase("")] {
            for content in [&b""[..], b"content", &[9; 1000]] {
                let lockbox = lock("label", &opener, content).unwrap();
                assert_eq!(&**unlock("label", &opener, &lockbox).unwrap(), content);
            }
        }
    }

    #[test]
    fn no_other_opener_opens() {
        let (with_key, with_passphrase) = (
            lock("label", &key(1), b"content").unwrap(),
            lock("label", &passphrase("one"), b"").unwrap(),
        );
        assert_eq!(refused("label", &key(2), &with_key), LockboxError::Wrong);
        assert_eq!(refused("other", &key(1), &with_key), LockboxError::Wrong);
        assert_eq!(refused("label", &passphrase("one"), &with_key), LockboxError::OtherKind);
        assert_eq!(refused("label", &passphrase("One"), &with_passphrase), LockboxError::Wrong);
        assert_eq!(refused("other", &passphrase("one"), &with_passphrase), LockboxError::Wrong);
        assert_eq!(refused("label", &key(1), &with_passphrase), LockboxError::OtherKind);
    }

    #[test]
    fn no_bit_may_be_flipped_and_no_byte_be_missing() {
        let mut refusals = 0;
        for (opener, head) in [(key(1), 2), (passphrase("one"), 14)] {
            let lockbox = lock("label", &opener, b"content").unwrap();
            for at in 0..lockbox.len() {
                assert!(unlock("label", &opener, &lockbox[..at]).is_err(), "{at}");
                let mut damaged = lockbox.clone();
                damaged[at] ^= 1;
                // Of the cost only the lowest bits: others cost much.
                if at < 2 || at >= head || matches!(at, 5 | 9 | 13) {
                    assert!(unlock("label", &opener, &damaged).is_err(), "{at}");
                    refusals += 1;
                }
            }
        }
        assert_eq!(refusals, 2 * (2 + 16 + 24 + "content".len() + 16) + 3);
    }

    #[test]
    fn hostile_costs_are_refused_before_any_work() {
        let mut lockbox = lock("label", &passphrase("one"), b"content").unwrap();
        for cost in [[0xff; 12], [0; 12]] {
            lockbox[2..14].copy_from_slice(&cost);
            assert_eq!(refused("label", &passphrase("one"), &lockbox), LockboxError::Malformed);
        }
        for (version, error) in [(0, LockboxError::Malformed), (2, LockboxError::NewerVersion)] {
            lockbox[0] = version;
            assert_eq!(refused("label", &passphrase("one"), &lockbox), error);
        }
        assert_eq!(refused("label", &key(1), b""), LockboxError::Malformed);
    }
}
