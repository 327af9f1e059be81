//! Short texts with a role of their own inside a message.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::{ContentError, ContentField};
use crate::suite::content::MEDIA_SALT_LENGTH;

/// A text newtype whose `FromStr` is its only door.
macro_rules! content_text {
    ($(#[$doc:meta])* $type:ident, $field:expr, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = ContentError;

            fn from_str(text: &str) -> Result<Self, ContentError> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(ContentError::Malformed($field))
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

content_text!(
    /// What a reaction shows: 1 to 64 bytes without control characters.
    Emoji,
    ContentField::Emoji,
    |text| (1..=64).contains(&text.len()) && !text.chars().any(char::is_control)
);

content_text!(
    /// The id of an attachment: 1 to 128 printable ASCII characters. In the X25519 suite it binds
    /// the file to the message, see [`MediaEncryptor`](crate::MediaEncryptor).
    AttachmentId,
    ContentField::AttachmentId,
    |text| (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
);

impl AttachmentId {
    /// The id of a file of the X25519 suite: its salt in hex.
    pub(crate) fn of_salt(salt: &[u8; MEDIA_SALT_LENGTH]) -> Self {
        Self(salt.iter().map(|byte| alloc::format!("{byte:02x}")).collect())
    }

    /// The salt that the id is, if it is one.
    #[cfg_attr(not(feature = "x25519"), allow(dead_code))]
    pub(crate) fn salt(&self) -> Option<[u8; MEDIA_SALT_LENGTH]> {
        let mut salt = [0; MEDIA_SALT_LENGTH];
        if self.0.len() != 2 * salt.len() {
            return None;
        }
        for (byte, pair) in salt.iter_mut().zip(self.0.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        // One spelling only: `from_str_radix` would take a plus sign and upper case.
        (Self::of_salt(&salt) == *self).then_some(salt)
    }
}
