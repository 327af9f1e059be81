//! The conversation key: 32 random bytes that everything else in a conversation hangs on.

use alloc::boxed::Box;
use core::fmt;
use core::str::FromStr;

use hkdf::Hkdf;
use rand_core::TryCryptoRng;
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::random::{self, RandomError};
use crate::sign::Transcript;
use crate::wipe;

/// The key of one version of a conversation: 32 random bytes.
///
/// # Security
/// Not `Clone`, not serializable, not printable, wiped on drop, compared in constant time. It
/// lives on the heap so that moving it leaves no copies behind. There is one way to its bytes:
/// [`expose_secret`](Self::expose_secret).
///
/// X's protocol has no forward secrecy: whoever gets a member's identity key opens every
/// conversation key ever sealed to it.
pub struct ConversationKey(Box<[u8; Self::LENGTH]>);

impl ConversationKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// A fresh key, filled in place from the caller's generator.
    pub(crate) fn random_with_rng<R: TryCryptoRng + ?Sized>(
        rng: &mut R,
    ) -> Result<Self, RandomError> {
        Self::filled_by(|bytes| random::fill(rng, bytes))
    }

    /// A key written in place, so that its bytes never pass over the stack. A failing writer
    /// leaves nothing behind.
    pub(crate) fn filled_by<E>(
        fill: impl FnOnce(&mut [u8; Self::LENGTH]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut key = Self(Box::new([0; Self::LENGTH]));
        fill(&mut key.0)?;
        Ok(key)
    }

    /// A key that was saved.
    ///
    /// # Security
    /// Dangerous because nothing says that these bytes ever were a key of any conversation: read
    /// them from where nobody else can write. Wipe them afterwards.
    #[must_use]
    pub fn dangerous_from_bytes(bytes: &[u8; Self::LENGTH]) -> Self {
        let mut key = Self(Box::new([0; Self::LENGTH]));
        key.0.copy_from_slice(bytes);
        key
    }

    /// The raw bytes.
    ///
    /// # Security
    /// Every use of the key goes through here, so a search for this name finds them all. Do not
    /// copy the bytes into memory that is not wiped.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// A short name of the key for people, logs and comparisons between devices.
    ///
    /// HKDF-SHA256 of the key under its own label, 16 bytes: it says which key this is and
    /// nothing about its bytes.
    #[must_use]
    pub fn fingerprint(&self) -> KeyFingerprint {
        let mut bytes = [0; KeyFingerprint::LENGTH];
        let info = Transcript::new("sealpost/1 key-fingerprint");
        derive(self, info.as_bytes(), &mut bytes);
        KeyFingerprint(bytes)
    }
}

/// HKDF-SHA256 (RFC 5869) of the conversation key with an empty salt.
pub(crate) fn derive<const N: usize>(key: &ConversationKey, info: &[u8], output: &mut [u8; N]) {
    derive_with_salt(key, None, info, output);
}

/// HKDF-SHA256 (RFC 5869) of the conversation key.
pub(crate) fn derive_with_salt<const N: usize>(
    key: &ConversationKey,
    salt: Option<&[u8]>,
    info: &[u8],
    output: &mut [u8; N],
) {
    const { assert!(N <= 255 * 32, "RFC 5869 section 2.3: at most 255 blocks") };
    // The only error is an output longer than the constant assertion allows.
    let _ =
        wipe::stack_after(|| Hkdf::<Sha256>::new(salt, key.expose_secret()).expand(info, output));
}

impl Drop for ConversationKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for ConversationKey {}

impl ConstantTimeEq for ConversationKey {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&*other.0)
    }
}

/// In constant time.
impl PartialEq for ConversationKey {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for ConversationKey {}

impl fmt::Debug for ConversationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConversationKey(..)")
    }
}

/// A short public name of a [`ConversationKey`]: 16 bytes, printed as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyFingerprint([u8; Self::LENGTH]);

impl KeyFingerprint {
    /// Length in bytes.
    pub const LENGTH: usize = 16;

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl fmt::Display for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for KeyFingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let mut bytes = [0; Self::LENGTH];
        // `from_str_radix` alone would take a plus sign and upper case.
        let is_lower_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 2 * Self::LENGTH || !is_lower_hex {
            return Err(FingerprintError);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = core::str::from_utf8(pair).map_err(|_| FingerprintError)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| FingerprintError)?;
        }
        Ok(Self(bytes))
    }
}

/// A text is not a key fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a key fingerprint of 32 lower-case hex digits")]
pub struct FingerprintError;

impl FingerprintError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "key_fingerprint.text"
    }
}

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFingerprint({self})")
    }
}
