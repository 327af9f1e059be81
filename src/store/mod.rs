//! Stores: rows of opaque bytes, kept in memory, in an SQLite file or in PostgreSQL.
//!
//! A store knows nothing of keys. What rows mean and how they are encrypted is the
//! vault's business, once for all stores; a store finds rows, changes several of
//! them together or not at all, and gives leases. To keep rows elsewhere, implement [`Store`]; the
//! tests under `tests/store/` say what one must do.

mod batch;
mod error;
mod lease;
mod memory;
mod place;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use batch::{Batch, Change, Expectation};
pub use error::StoreError;
pub use lease::{Fence, MAX_LEASE};
pub use memory::MemoryStore;
pub use place::{Columns, Item, Place, Range, RangeColumns, Table};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresStore, PostgresStoreBuilder};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

/// The version of the schema: which tables there are in a database and what their columns mean.
/// It is written into every store and read before anything else.
pub const SCHEMA_VERSION: u32 = 1;

/// The longest value, in bytes: twice the longest request.
pub const MAX_VALUE: usize = 2 * crate::EncodedEvent::MAX_LENGTH;

/// What a [`Store`] returns.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A row: where it stands, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// Its value, which the vault has sealed.
    pub value: Vec<u8>,
}

/// Keeps rows.
///
/// A future that is dropped leaves its batch done or not done, never half. Once `apply` has
/// returned, what it did outlasts a crash.
pub trait Store: Send + Sync + 'static {
    /// The value at a place; `None` if there is none.
    fn get<'a>(&'a self, place: &'a Place) -> StoreFuture<'a, Option<Vec<u8>>>;

    /// The rows of a range as they were at one moment, in the byte order of their [`Columns`].
    fn list<'a>(&'a self, range: &'a Range) -> StoreFuture<'a, Vec<Row>>;

    /// Makes all changes of a batch or, when something is not as the batch expects it, none:
    /// [`StoreError::Fenced`], [`StoreError::Conflict`].
    fn apply(&self, batch: Batch) -> StoreFuture<'_, ()>;

    /// Gives the lease on a place, for this time by the store's clock ([`MAX_LEASE`] at most), under
    /// a number larger than any before; [`StoreError::Leased`] while somebody else has it. Anything may be leased: there
    /// need be no row.
    fn acquire<'a>(&'a self, place: &'a Place, time: Duration) -> StoreFuture<'a, Fence>;

    /// Lets a lease end this much later, counted from now; [`StoreError::Fenced`] once a newer one
    /// was given.
    fn renew<'a>(&'a self, fence: &'a Fence, time: Duration) -> StoreFuture<'a, ()>;

    /// Gives a lease back before its time. One that somebody else has by now is theirs.
    fn release<'a>(&'a self, fence: &'a Fence) -> StoreFuture<'a, ()>;
}

/// A store that several share.
impl<S: Store + ?Sized> Store for Arc<S> {
    fn get<'a>(&'a self, place: &'a Place) -> StoreFuture<'a, Option<Vec<u8>>> {
        (**self).get(place)
    }

    fn list<'a>(&'a self, range: &'a Range) -> StoreFuture<'a, Vec<Row>> {
        (**self).list(range)
    }

    fn apply(&self, batch: Batch) -> StoreFuture<'_, ()> {
        (**self).apply(batch)
    }

    fn acquire<'a>(&'a self, place: &'a Place, time: Duration) -> StoreFuture<'a, Fence> {
        (**self).acquire(place, time)
    }

    fn renew<'a>(&'a self, fence: &'a Fence, time: Duration) -> StoreFuture<'a, ()> {
        (**self).renew(fence, time)
    }

    fn release<'a>(&'a self, fence: &'a Fence) -> StoreFuture<'a, ()> {
        (**self).release(fence)
    }
}
