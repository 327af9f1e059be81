//! Changes that are made together or not at all.

use super::{Fence, MAX_VALUE, Place, Range, StoreError};

/// Changes that are made together or not at all, and what must be so for them to be made.
#[derive(Debug, Default)]
#[must_use = "a batch does nothing until it is applied"]
pub struct Batch {
    fence: Option<Fence>,
    expectations: Vec<Expectation>,
    changes: Vec<Change>,
}

/// What a row must be before a batch is applied.
#[derive(Debug)]
pub struct Expectation {
    /// The row.
    pub place: Place,
    /// Its value, byte for byte; `None` if it must not be there.
    pub value: Option<Vec<u8>>,
}

/// One change.
#[derive(Debug)]
#[non_exhaustive]
pub enum Change {
    /// The row has this value from now on.
    Put(Place, Vec<u8>),
    /// The row is gone, if it was there.
    Delete(Place),
    /// All rows of the range are gone.
    Clear(Range),
}

impl Batch {
    /// No changes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only as long as this lease is the newest one given.
    pub fn fenced(mut self, fence: &Fence) -> Self {
        self.fence = Some(*fence);
        self
    }

    /// Only if the row is still what was read; `None` if there was none.
    ///
    /// Values are sealed with a fresh nonce each time they are written, so that equal bytes mean
    /// that nobody has written in between.
    pub fn expect(mut self, place: Place, value: Option<Vec<u8>>) -> Self {
        self.expectations.push(Expectation { place, value });
        self
    }

    /// Writes a row.
    pub fn put(mut self, place: Place, value: Vec<u8>) -> Self {
        self.changes.push(Change::Put(place, value));
        self
    }

    /// Removes a row.
    pub fn delete(mut self, place: Place) -> Self {
        self.changes.push(Change::Delete(place));
        self
    }

    /// Removes all rows of a range.
    pub fn clear(mut self, range: Range) -> Self {
        self.changes.push(Change::Clear(range));
        self
    }

    /// The lease that must be the newest one.
    #[must_use]
    pub const fn fence(&self) -> Option<&Fence> {
        self.fence.as_ref()
    }

    /// What must be so; checked before anything is changed.
    #[must_use]
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// The changes, in the order in which they are made.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Checks what every store checks first.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for a value of more than [`MAX_VALUE`] bytes.
    pub fn check(&self) -> Result<(), StoreError> {
        let too_large = self.changes.iter().find_map(|change| match change {
            Change::Put(place, value) if value.len() > MAX_VALUE => {
                Some(StoreError::TooLarge { place: *place, length: value.len(), limit: MAX_VALUE })
            }
            _ => None,
        });
        too_large.map_or(Ok(()), Err)
    }
}
