//! What a batch takes and what it answers.

use core::iter;

/// The secret scalars of a batch, little-endian for X25519, big-endian for P-256.
///
/// Not `Debug`: it stands for secrets.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Scalars<'a> {
    /// One for all points.
    Shared(&'a [u8; 32]),
    /// One for each point, in the same order.
    Each(&'a [[u8; 32]]),
}

impl<'a> Scalars<'a> {
    pub(crate) fn for_items(self, items: usize) -> Result<Self, LengthMismatch> {
        match self {
            Self::Each(scalars) => same_length(items, scalars.len())?,
            Self::Shared(_) => {}
        }
        Ok(self)
    }

    /// That of an item; `None` past the end.
    #[inline(always)]
    pub(crate) fn get(self, item: usize) -> Option<&'a [u8; 32]> {
        match self {
            Self::Shared(scalar) => Some(scalar),
            Self::Each(scalars) => scalars.get(item),
        }
    }

    pub(crate) fn skip(self, items: usize) -> Self {
        match self {
            Self::Shared(_) => self,
            Self::Each(scalars) => Self::Each(scalars.get(items..).unwrap_or_default()),
        }
    }
}

/// Slices of a batch that should be equally long are not. Nothing was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a batch of {expected} has a slice of {found}")]
pub struct LengthMismatch {
    /// The number of points, or of scalars where there are no points.
    pub expected: usize,
    /// The length of the slice that differs.
    pub found: usize,
}

impl LengthMismatch {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "lanes.length_mismatch"
    }
}

pub(crate) fn same_length(expected: usize, found: usize) -> Result<(), LengthMismatch> {
    if expected == found { Ok(()) } else { Err(LengthMismatch { expected, found }) }
}

/// The items of a batch that have no result; their place in the output is all zeros. The results
/// of all others are good.
///
/// It is computed without branching on any value. To ask it is to branch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a refused item has no result"]
pub struct Refused {
    /// The mask of the first items, so that a batch of one chunk allocates nothing.
    first: u128,
    more: Vec<u128>,
}

impl Refused {
    const WORD: usize = u128::BITS as usize;

    /// From one mask for each [`CHUNK`](crate::batch::CHUNK) of items.
    pub(crate) fn from_masks(mut masks: impl Iterator<Item = u128>) -> Self {
        const { assert!(Self::WORD == crate::batch::CHUNK) };
        Self { first: masks.next().unwrap_or_default(), more: masks.collect() }
    }

    /// Whether no item was refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.masks().all(|mask| mask == 0)
    }

    /// Whether this item was refused; `false` past the end.
    #[must_use]
    pub fn contains(&self, item: usize) -> bool {
        let mask = self.masks().nth(item / Self::WORD);
        mask.is_some_and(|mask| mask >> (item % Self::WORD) & 1 == 1)
    }

    /// The items that were refused, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.masks().enumerate().flat_map(|(word, mask)| {
            let set = (0..Self::WORD).filter(move |bit| mask >> bit & 1 == 1);
            set.map(move |bit| word * Self::WORD + bit)
        })
    }

    /// One bit per item, 128 items to a word, the least significant bit first: for who must not
    /// branch on it yet. At least one word.
    pub fn masks(&self) -> impl Iterator<Item = u128> {
        iter::once(self.first).chain(self.more.iter().copied())
    }
}
