//! A value as it was read, so that it is only written over if nobody else has done so.

use zeroize::Zeroizing;

use super::VaultError;
use super::rows::Rows;
use crate::store::{Batch, Place, Row};

/// A value in the vault, or on its way into it. It is written only if what is stored is still what
/// was read, and a new one only if there is none yet; else
/// [`StoreError::Conflict`](crate::store::StoreError::Conflict) asks to read it again.
#[derive(Debug)]
pub struct Saved<T> {
    /// The value, to be looked at and changed.
    pub value: T,
    /// As the store has it.
    stored: Option<Vec<u8>>,
}

impl<T> Saved<T> {
    /// A value that is not stored yet.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self { value, stored: None }
    }
}

/// What a row may hold.
pub(super) trait Content: Sized {
    /// `None` for what cannot be written, which no content is.
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>>;

    /// `None` for what is not understood.
    fn from_content(place: &Place, content: &[u8]) -> Option<Self>;
}

impl Rows {
    pub(super) fn seal_content(
        &self,
        place: &Place,
        value: &impl Content,
    ) -> Result<Vec<u8>, VaultError> {
        let content = value.to_content().ok_or(VaultError::NotUnderstood { place: *place })?;
        self.seal(place, &content)
    }

    pub(super) fn open_content<T: Content>(&self, row: &Row) -> Result<T, VaultError> {
        let content = self.open(&row.place, &row.value)?;
        T::from_content(&row.place, &content).ok_or(VaultError::NotUnderstood { place: row.place })
    }

    pub(super) fn open_saved<T: Content>(&self, row: Row) -> Result<Saved<T>, VaultError> {
        Ok(Saved { value: self.open_content(&row)?, stored: Some(row.value) })
    }
}

impl<T> Saved<T> {
    /// Adds the writing of this value to a batch. What it returns becomes `stored` once the batch
    /// is applied.
    pub(super) fn write(
        &self,
        rows: &Rows,
        place: Place,
        batch: Batch,
    ) -> Result<(Batch, Vec<u8>), VaultError>
    where
        T: Content,
    {
        let sealed = rows.seal_content(&place, &self.value)?;
        Ok((batch.expect(place, self.stored.clone()).put(place, sealed.clone()), sealed))
    }

    pub(super) fn written(&mut self, sealed: Vec<u8>) {
        self.stored = Some(sealed);
    }
}
