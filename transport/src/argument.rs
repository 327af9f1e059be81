//! Arguments refused before anything is sent.

use sealpost_crypto::UserId;

/// An argument that was refused before anything was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidArgument {
    /// There are no users, or too many.
    #[error("{given} users given, 1 to {limit} can be asked for at once")]
    UserCount {
        /// How many were given.
        given: usize,
        /// The most there may be.
        limit: usize,
    },
    /// A user was given twice.
    #[error("user {user_id} given twice")]
    DuplicateUser {
        /// The user.
        user_id: UserId,
    },
    /// The page size is not 1 to 100.
    #[error("max_results is {given}, a page has 1 to 100 rows")]
    MaxResults {
        /// The size given.
        given: u32,
    },
    /// There is no ciphertext to upload.
    #[error("no ciphertext to upload")]
    EmptyMedia,
    /// The ciphertext does not fit into 1,000 segments.
    #[error("{given} bytes of ciphertext, 1,000 segments hold at most {limit}")]
    MediaTooLarge {
        /// How much there is.
        given: u64,
        /// How much fits.
        limit: u64,
    },
}

impl InvalidArgument {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UserCount { .. } => "transport.argument.user_count",
            Self::DuplicateUser { .. } => "transport.argument.duplicate_user",
            Self::MaxResults { .. } => "transport.argument.max_results",
            Self::EmptyMedia => "transport.argument.empty_media",
            Self::MediaTooLarge { .. } => "transport.argument.media_too_large",
        }
    }
}
