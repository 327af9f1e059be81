//! Why an identity is not written out or not read back.

use crate::RandomError;
use crate::lock::LockboxError;

/// An identity is not written out or not read back. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityExportError {
    /// The text is no export, or only a part of one.
    #[error("this is no exported identity; take all of the text, from its BEGIN to its END line")]
    NotAnExport,
    /// The text was written by a newer program.
    #[error("the identity was exported by a newer program: update this one")]
    Newer,
    /// The passphrase is wrong, or the text was tampered with: there is no telling which.
    #[error("this passphrase does not open the identity; try another, or another copy")]
    WrongPassphrase,
    /// It opens and is not understood.
    #[error("what was exported is no identity that this program knows: update it")]
    NotUnderstood,
    /// It costs more to try a passphrase than this program allows.
    #[error("trying a passphrase costs too much here; open it with the program that wrote it")]
    TooCostly,
    /// There is not enough memory to try a passphrase.
    #[error("there is not enough memory to try the passphrase")]
    Memory,
    /// The random number generator failed.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl IdentityExportError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAnExport => "identity_export.not_an_export",
            Self::Newer => "identity_export.newer",
            Self::WrongPassphrase => "identity_export.wrong_passphrase",
            Self::NotUnderstood => "identity_export.not_understood",
            Self::TooCostly => "identity_export.too_costly",
            Self::Memory => "identity_export.memory",
            Self::Random(error) => error.code(),
        }
    }
}

impl From<LockboxError> for IdentityExportError {
    fn from(error: LockboxError) -> Self {
        match error {
            LockboxError::NewerVersion => Self::Newer,
            LockboxError::Wrong => Self::WrongPassphrase,
            LockboxError::Memory => Self::Memory,
            LockboxError::Random => Self::Random(RandomError),
            // An export is never locked with a key.
            LockboxError::Malformed | LockboxError::OtherKind => Self::NotAnExport,
        }
    }
}
