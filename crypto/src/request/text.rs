//! The texts requests are made of: one type for each role, bounded, and in one spelling.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::{RequestText, RequestTextError, RequestTextProblem};
use crate::encoding::{decode_base64, encode_base64};

macro_rules! encoded {
    ($(#[$doc:meta])* $type:ident, $text:expr, $max_length:expr) => {
        $(#[$doc])*
        ///
        /// Padded standard base64, never empty. Its content is not looked at.
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $type(String);

        impl $type {
            /// The most characters it may have.
            pub const MAX_LENGTH: usize = $max_length;

            /// Encodes the Thrift struct.
            ///
            /// # Errors
            /// [`RequestTextError`] when there are no bytes, or too many.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, RequestTextError> {
                let problem = if bytes.is_empty() {
                    RequestTextProblem::Empty
                } else if bytes.len().div_ceil(3) > Self::MAX_LENGTH / 4 {
                    RequestTextProblem::TooLong
                } else {
                    return Ok(Self(encode_base64(bytes)));
                };
                Err(RequestTextError::new($text, problem))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// Reads standard base64, padded or not.
        impl FromStr for $type {
            type Err = RequestTextError;

            fn from_str(text: &str) -> Result<Self, RequestTextError> {
                if text.len() > Self::MAX_LENGTH {
                    return Err(RequestTextError::new($text, RequestTextProblem::TooLong));
                }
                let bytes = decode_base64(text).map_err(|_| {
                    RequestTextError::new($text, RequestTextProblem::NotBase64)
                })?;
                Self::from_bytes(&bytes)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($type), "({} characters)"), self.0.len())
            }
        }
    };
}

encoded!(
    /// A message: `encoded_message_create_event`, the base64 of a bare Thrift `MessageCreateEvent`.
    EncodedMessageCreateEvent,
    RequestText::MessageCreateEvent,
    16 * 1024 * 1024
);
encoded!(
    /// A message's signature: `encoded_message_event_signature`, the base64 of a Thrift
    /// `MessageEventSignature`.
    EncodedMessageEventSignature,
    RequestText::MessageEventSignature,
    64 * 1024
);
encoded!(
    /// A signed action: `encoded_message_event_detail`, the base64 of the Thrift union
    /// `MessageEventDetail`.
    EncodedMessageEventDetail,
    RequestText::MessageEventDetail,
    16 * 1024 * 1024
);

/// How the payload of a key change begins, in every version of the layout.
const KEY_CHANGE: &str = "ConversationKeyChangeEvent";

macro_rules! opaque {
    ($(#[$doc:meta])* $type:ident, $text:expr, $max_length:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $type(String);

        impl $type {
            /// The most bytes it may have.
            pub const MAX_LENGTH: usize = $max_length;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = RequestTextError;

            fn from_str(text: &str) -> Result<Self, RequestTextError> {
                let problem = if text.is_empty() {
                    RequestTextProblem::Empty
                } else if text.len() > Self::MAX_LENGTH {
                    RequestTextProblem::TooLong
                } else if text.chars().any(char::is_control) {
                    RequestTextProblem::ControlCharacter
                } else if matches!($text, RequestText::SignaturePayload)
                    && text.starts_with(KEY_CHANGE)
                {
                    RequestTextProblem::ContainsKey
                } else {
                    return Ok(Self(text.into()));
                };
                Err(RequestTextError::new($text, problem))
            }
        }

        /// Shows its length only.
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($type), "({} bytes)"), self.0.len())
            }
        }
    };
}

opaque!(
    /// What the server hands out with a conversation's events (`conversation_token`), to be sent
    /// back with messages. Opaque: 1 to 4,096 bytes without control characters.
    ConversationToken,
    RequestText::ConversationToken,
    4096
);
opaque!(
    /// The text that was signed, for the server's failure logs (`signature_payload`): 1 byte to
    /// 16 MiB without control characters.
    ///
    /// # Security
    /// The payload of a key change contains the conversation key. It is refused here, and a key
    /// change has no room for this type.
    SignaturePayload,
    RequestText::SignaturePayload,
    16 * 1024 * 1024
);
