//! Rows for as long as the program runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::batch::Change;
use super::lease::Leases;
use super::{Batch, Columns, Fence, Place, Range, Row, Store, StoreError, StoreFuture};

/// Keeps rows in memory: for tests, and for trying things out. What is in it ends with it, the
/// private keys included.
#[derive(Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Default)]
struct State {
    rows: BTreeMap<Columns, Vec<u8>>,
    leases: Leases,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn apply(&mut self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        batch.fence().map_or(Ok(()), |fence| self.leases.check(fence))?;
        for expectation in batch.expectations() {
            if self.rows.get(&expectation.place.columns()) != expectation.value.as_ref() {
                return Err(StoreError::Conflict { place: expectation.place });
            }
        }
        for change in batch.changes() {
            match change {
                Change::Put(place, value) => {
                    self.rows.insert(place.columns(), value.clone());
                }
                Change::Delete(place) => {
                    self.rows.remove(&place.columns());
                }
                Change::Clear(range) => {
                    let range = range.columns();
                    self.rows.retain(|columns, _| !range.contains(columns));
                }
            }
        }
        Ok(())
    }

    fn list(&self, range: &Range) -> Result<Vec<Row>, StoreError> {
        let range = range.columns();
        let limit = range.limit.and_then(|limit| usize::try_from(limit).ok());
        self.rows
            .iter()
            .filter(|(columns, _)| range.contains(columns))
            .take(limit.unwrap_or(usize::MAX))
            .map(|(columns, value)| {
                Ok(Row { place: Place::from_columns(columns)?, value: value.clone() })
            })
            .collect()
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, place: &'a Place) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move { Ok(self.state().rows.get(&place.columns()).cloned()) })
    }

    fn list<'a>(&'a self, range: &'a Range) -> StoreFuture<'a, Vec<Row>> {
        Box::pin(async move { self.state().list(range) })
    }

    fn apply(&self, batch: Batch) -> StoreFuture<'_, ()> {
        Box::pin(async move { self.state().apply(&batch) })
    }

    fn acquire<'a>(&'a self, place: &'a Place, time: Duration) -> StoreFuture<'a, Fence> {
        Box::pin(async move { self.state().leases.acquire(*place, time) })
    }

    fn renew<'a>(&'a self, fence: &'a Fence, time: Duration) -> StoreFuture<'a, ()> {
        Box::pin(async move { self.state().leases.renew(fence, time) })
    }

    fn release<'a>(&'a self, fence: &'a Fence) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.state().leases.release(fence);
            Ok(())
        })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({} rows)", self.state().rows.len())
    }
}
