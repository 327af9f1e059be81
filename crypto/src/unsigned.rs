//! What nobody signed: kept apart by its type.

/// What the server says and nobody signed: order by it, show it, trust nothing to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unsigned<T>(T);

impl<T> Unsigned<T> {
    /// Marks a value as unsigned.
    #[must_use]
    pub const fn new(claim: T) -> Self {
        Self(claim)
    }

    /// The claim.
    #[must_use]
    pub const fn claim(&self) -> &T {
        &self.0
    }

    /// The claim.
    #[must_use]
    pub fn into_claim(self) -> T {
        self.0
    }
}

/// A value that is signed in one suite and not in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // there is no third
pub enum Stated<T> {
    /// The sender signed it.
    Signed(T),
    /// The server says it.
    Unsigned(Unsigned<T>),
}

impl<T> Stated<T> {
    /// What is said, whoever says it.
    #[must_use]
    pub const fn claim(&self) -> &T {
        match self {
            Self::Signed(value) => value,
            Self::Unsigned(value) => value.claim(),
        }
    }

    /// What the sender signed.
    #[must_use]
    pub const fn signed(&self) -> Option<&T> {
        match self {
            Self::Signed(value) => Some(value),
            Self::Unsigned(_) => None,
        }
    }
}
