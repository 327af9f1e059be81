//! Why an attachment was not moved.

use std::io;

use super::size::TotalBytes;
use crate::error::Error;

/// An upload failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// A call failed. The upload stays where it was: the call that returned this goes on from the
    /// segment that failed.
    #[error(transparent)]
    Call(#[from] Error),
    /// The ciphertext could not be read.
    #[error("the ciphertext could not be read: {0}")]
    Read(#[source] io::Error),
    /// There is more ciphertext than was announced.
    #[error("more ciphertext than the {announced} bytes that were announced")]
    TooLong {
        /// How much was announced.
        announced: TotalBytes,
    },
    /// There is less ciphertext than was announced.
    #[error("{given} bytes of ciphertext, {announced} were announced")]
    TooShort {
        /// How much was announced.
        announced: TotalBytes,
        /// How much there was.
        given: TotalBytes,
    },
}

impl UploadError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Call(error) => error.code(),
            Self::Read(_) => "transport.upload.read",
            Self::TooLong { .. } => "transport.upload.too_long",
            Self::TooShort { .. } => "transport.upload.too_short",
        }
    }
}

/// A download failed. What was handed on before is the beginning of the ciphertext, and proves
/// nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The call failed, or the body broke off.
    #[error(transparent)]
    Call(#[from] Error),
    /// The ciphertext could not be written.
    #[error("the ciphertext could not be written: {0}")]
    Write(#[source] io::Error),
}

impl DownloadError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Call(error) => error.code(),
            Self::Write(_) => "transport.download.write",
        }
    }
}
