//! What tests, benches and experts need and nobody else: choosing who computes.
//!
//! Outside semantic versioning, like the feature `hazmat` it comes with.

pub use crate::suite::Backend;
use crate::{ChangeKind, KeyChange};

impl<K: ChangeKind> KeyChange<'_, K> {
    /// Seals with this backend in place of the fastest one. The bytes are the same.
    pub fn computed_by(mut self, backend: Backend) -> Self {
        self.sealing.backend = backend;
        self
    }
}
