//! Sizes and places of an upload.

use std::fmt;

/// How many bytes of ciphertext there are, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TotalBytes(u64);

impl TotalBytes {
    /// This many bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TotalBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of a segment in an upload: 0 to 999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentIndex(u16);

impl SegmentIndex {
    /// Segments an upload may have.
    pub const COUNT: u16 = 1000;
    /// The first one.
    pub const FIRST: Self = Self(0);

    /// The segment with this number; `None` above 999.
    #[must_use]
    pub const fn new(index: u16) -> Option<Self> {
        if index < Self::COUNT { Some(Self(index)) } else { None }
    }

    /// The one after it, if there can be one.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }

    /// The number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// How many segments there are if this is the last one.
    pub(super) const fn count(self) -> u16 {
        self.0 + 1
    }
}

impl fmt::Display for SegmentIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many bytes of ciphertext a segment has, the last one aside: 1 byte to 5 MiB. Default 3 MiB,
/// as X's own client cuts them; X documents no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentSize(u32);

impl SegmentSize {
    const MAX: u32 = 5 * 1024 * 1024;

    /// Segments of this many bytes; `None` for zero and above 5 MiB.
    #[must_use]
    pub const fn new(bytes: u32) -> Option<Self> {
        if bytes == 0 || bytes > Self::MAX { None } else { Some(Self(bytes)) }
    }

    /// The number of bytes.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    pub(super) fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// The most bytes that fit into one upload.
    pub(super) const fn most(self) -> u64 {
        self.0 as u64 * SegmentIndex::COUNT as u64
    }
}

impl Default for SegmentSize {
    fn default() -> Self {
        Self(3 * 1024 * 1024)
    }
}
