//! Public keys, parsed once into validated points, and participants made of them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::KeyError;
use crate::encoding;
use crate::suite::{self, IdentityKey, VerifyingKey};
use crate::text::serde_as_text;
use crate::{PublicKeyVersion, Suite, UserId};

/// Longer texts are refused unread: no suite's SPKI comes near it.
const MAX_KEY_TEXT: usize = 256;

/// The public key that conversation keys are sealed to.
///
/// Travels as SPKI DER in padded standard base64; the algorithm identifier names the suite.
/// A value of this type is a validated point: in range, canonical, not of small order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdentityPublicKey(pub(crate) IdentityKey);

/// The public key that a user's signatures are verified with.
///
/// Travels as SPKI DER in padded standard base64, like [`IdentityPublicKey`], and is validated
/// in the same way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SigningPublicKey(pub(crate) VerifyingKey);

/// Text and SPKI forms, the same for both kinds of key.
macro_rules! public_key {
    ($type:ident, $inner:ident, $expected:literal) => {
        impl $type {
            /// Reads the SPKI DER form (RFC 5280 section 4.1.2.7).
            ///
            /// # Errors
            /// [`KeyError`] for another length, algorithm or encoding, and for points nobody may
            /// use.
            pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
                #[cfg(feature = "x25519")]
                if let Ok(spki) = spki.try_into() {
                    return suite::x25519::$inner::from_spki(spki)
                        .map(|key| Self($inner::X25519(key)));
                }
                #[cfg(feature = "xchat")]
                if let Ok(spki) = spki.try_into() {
                    return suite::xchat::$inner::from_spki(spki)
                        .map(|key| Self($inner::XChat(key)));
                }
                Err(KeyError::Length { found: spki.len() })
            }

            /// Reads the uncompressed point of SEC 1 section 2.3.3, 65 bytes: the form in which
            /// X's SDK hands out its P-256 keys. Compressed and hybrid forms are refused; nothing
            /// emits them.
            ///
            /// # Errors
            /// As [`from_spki`](Self::from_spki).
            #[cfg(feature = "xchat")]
            pub fn from_sec1(point: &[u8]) -> Result<Self, KeyError> {
                let point =
                    point.try_into().map_err(|_| KeyError::Length { found: point.len() })?;
                suite::xchat::$inner::from_sec1(point).map(|key| Self($inner::XChat(key)))
            }

            /// Reads base64 of the SPKI DER form, padded or unpadded.
            ///
            /// # Errors
            /// As [`from_spki`](Self::from_spki), and [`KeyError::Encoding`].
            pub fn from_base64(text: &str) -> Result<Self, KeyError> {
                Self::from_spki(&decode(text)?)
            }

            /// Padded base64 of the SPKI DER form.
            #[must_use]
            pub fn to_base64(&self) -> String {
                self.with_spki(encoding::encode_base64)
            }

            /// The suite the key belongs to.
            #[must_use]
            pub const fn suite(&self) -> Suite {
                self.0.suite()
            }

            pub(crate) fn with_spki<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
                match self.0 {
                    #[cfg(feature = "x25519")]
                    $inner::X25519(key) => read(&key.to_spki()),
                    #[cfg(feature = "xchat")]
                    $inner::XChat(key) => read(&key.to_spki()),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_base64())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($type), "({}, {})"), self.suite(), self)
            }
        }

        impl core::str::FromStr for $type {
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, KeyError> {
                Self::from_base64(text)
            }
        }

        serde_as_text!($type, $expected);
    };
}

public_key!(IdentityPublicKey, IdentityKey, "an identity public key: base64 of its SPKI");
public_key!(SigningPublicKey, VerifyingKey, "a signing public key: base64 of its SPKI");

fn decode(text: &str) -> Result<Vec<u8>, KeyError> {
    if text.len() > MAX_KEY_TEXT {
        return Err(KeyError::Length { found: text.len() / 4 * 3 });
    }
    encoding::decode_base64(text).map_err(|_| KeyError::Encoding)
}

impl SigningPublicKey {
    /// Reads a directory row's signing key: SPKI, or the bare point that X's own SDK takes too.
    /// The identity key has no such second form there, because the binding signs it as it stands.
    pub(super) fn from_row(text: &str) -> Result<Self, KeyError> {
        let bytes = decode(text)?;
        #[cfg(feature = "xchat")]
        if bytes.len() == suite::xchat::POINT_LENGTH {
            return Self::from_sec1(&bytes);
        }
        Self::from_spki(&bytes)
    }
}

impl IdentityPublicKey {
    /// `public_key_fingerprint` of a registration: SHA-256 of the SPKI.
    #[must_use]
    pub fn fingerprint(&self) -> PublicKeyFingerprint {
        PublicKeyFingerprint(self.with_spki(|spki| Sha256::digest(spki).into()))
    }
}

/// SHA-256 of an identity key's SPKI; printed as 43 characters of unpadded base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKeyFingerprint([u8; 32]);

impl fmt::Display for PublicKeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for PublicKeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKeyFingerprint({self})")
    }
}

/// A user with keys that were verified to be theirs: the only thing one can seal to.
///
/// Comes from [`PublicKeyRecord::verify`](crate::PublicKeyRecord::verify), or from one's own
/// [`Account`](crate::Account); there is no other way.
///
/// # Security
/// Verified means: the keys are bound together, and for this user. That the person behind the
/// account made them is only certain after comparing safety numbers over another channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Participant {
    user_id: UserId,
    public_key_version: PublicKeyVersion,
    identity: IdentityPublicKey,
    signing: SigningPublicKey,
}

impl Participant {
    pub(crate) const fn new(
        user_id: UserId,
        public_key_version: PublicKeyVersion,
        identity: IdentityPublicKey,
        signing: SigningPublicKey,
    ) -> Self {
        Self { user_id, public_key_version, identity, signing }
    }

    /// A participant who was verified earlier, of what was saved then.
    ///
    /// # Security
    /// Dangerous because nothing is verified here: read the parts from where nobody else can
    /// write. For what a server says there is [`PublicKeyRecord::verify`](crate::PublicKeyRecord::verify).
    #[must_use]
    pub const fn dangerous_restore(
        user_id: UserId,
        public_key_version: PublicKeyVersion,
        identity: IdentityPublicKey,
        signing: SigningPublicKey,
    ) -> Self {
        Self::new(user_id, public_key_version, identity, signing)
    }

    /// The user.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The version under which the keys are registered.
    #[must_use]
    pub const fn public_key_version(&self) -> PublicKeyVersion {
        self.public_key_version
    }

    /// The key to seal to.
    #[must_use]
    pub const fn identity_key(&self) -> &IdentityPublicKey {
        &self.identity
    }

    /// The key to verify with.
    #[must_use]
    pub const fn signing_key(&self) -> &SigningPublicKey {
        &self.signing
    }

    /// The suite of both keys.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.identity.suite()
    }
}
