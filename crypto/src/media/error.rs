//! Why a file cannot be decrypted.

use crate::{KeyVersion, Suite};

/// A file cannot be decrypted. What came out of it so far is worth nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The keyring has no key of this version.
    #[error("there is no key of version {version}")]
    NoKey {
        /// The version.
        version: KeyVersion,
    },
    /// The attachment has no id, or none of this suite, so it does not say which file it means.
    #[error("the attachment has no id of suite {suite}")]
    NoId {
        /// The suite of the conversation.
        suite: Suite,
    },
    /// The file is another one than the attachment's, or of an unknown format.
    #[error("the file is not the one that was attached")]
    OtherFile,
    /// A part was changed, moved, left out or added, or the key is another one.
    #[error("a part of the file is not authentic")]
    NotAuthentic,
    /// The file ends before its last part.
    #[error("the file ends before its last part")]
    Truncated,
    /// Bytes follow the last part of the file.
    #[error("bytes follow the last part of the file")]
    TrailingBytes,
    /// The file has another size than the attachment says.
    #[error("the file has another size than the attachment says")]
    OtherSize,
    /// An earlier part failed.
    #[error("the file failed before")]
    Failed,
}

impl MediaError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoKey { .. } => "media.no_key",
            Self::NoId { .. } => "media.no_id",
            Self::OtherFile => "media.other_file",
            Self::NotAuthentic => "media.not_authentic",
            Self::Truncated => "media.truncated",
            Self::TrailingBytes => "media.trailing_bytes",
            Self::OtherSize => "media.other_size",
            Self::Failed => "media.failed",
        }
    }
}
