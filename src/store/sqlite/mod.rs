//! Rows in an SQLite file: the embedded store.

mod db;
mod error;
mod file;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use self::db::Db;
use super::{Batch, Fence, Place, Range, Row, Store, StoreError, StoreFuture};

type Job = Box<dyn FnOnce(&mut Db) + Send>;

/// Keeps rows in one SQLite file, which one process at a time may open.
///
/// The file and what SQLite puts beside it are readable by their owner alone, from the first byte
/// on. What [`apply`](Store::apply) did is on the disk when it returns (WAL, `synchronous=FULL`).
/// Beside `FILE` there are `FILE-lock`, which stays, and `FILE-wal` while the store is open; to copy
/// a store, close it first.
///
/// SQLite runs in a thread of its own, so that no task of the runtime waits for a disk. Dropping
/// the store waits for what was begun and closes the file.
///
/// # Security
/// Removed rows are overwritten in the file (`secure_delete`). A file system that keeps old blocks
/// keeps them all the same, encrypted.
pub struct SqliteStore {
    path: PathBuf,
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens the store in this file, or makes one. The folder must be there. All of the file is
    /// checked first, which takes time with its size.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::NotAStore`], [`StoreError::NewerSchema`],
    /// [`StoreError::Damaged`], [`StoreError::ReadOnly`], [`StoreError::Full`]; the file is left as
    /// it is.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let path = path.into();
        let file = path.clone();
        let (jobs, queue) = mpsc::channel::<Job>();
        let (reply, opened) = oneshot::channel();
        let thread = thread::Builder::new().name("sealpost-sqlite".to_owned());
        let thread = thread.spawn(move || match Db::open(&file) {
            Ok(mut db) => {
                if reply.send(Ok(())).is_ok() {
                    // Until the store is dropped.
                    queue.into_iter().for_each(|job| job(&mut db));
                }
            }
            Err(error) => {
                let _ = reply.send(Err(error));
            }
        });
        let thread = Some(thread.map_err(|error| StoreError::Unavailable(error.into()))?);
        let store = Self { path, jobs: Some(jobs), thread };
        opened.await.map_err(|_| ended())??;
        Ok(store)
    }

    /// The file, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs in SQLite's thread, and to its end even if nobody waits for it any more.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            let _ = reply.send(work(db));
        });
        let jobs = self.jobs.as_ref().ok_or_else(ended)?;
        jobs.send(job).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

fn ended() -> StoreError {
    StoreError::Unavailable("its thread has ended; open the store again".into())
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Store for SqliteStore {
    fn get<'a>(&'a self, place: &'a Place) -> StoreFuture<'a, Option<Vec<u8>>> {
        let place = *place;
        Box::pin(self.run(move |db| db.get(&place)))
    }

    fn list<'a>(&'a self, range: &'a Range) -> StoreFuture<'a, Vec<Row>> {
        let range = *range;
        Box::pin(self.run(move |db| db.list(&range)))
    }

    fn apply(&self, batch: Batch) -> StoreFuture<'_, ()> {
        Box::pin(self.run(move |db| db.apply(&batch)))
    }

    fn acquire<'a>(&'a self, place: &'a Place, time: Duration) -> StoreFuture<'a, Fence> {
        let place = *place;
        Box::pin(self.run(move |db| db.leases().acquire(place, time)))
    }

    fn renew<'a>(&'a self, fence: &'a Fence, time: Duration) -> StoreFuture<'a, ()> {
        let fence = *fence;
        Box::pin(self.run(move |db| db.leases().renew(&fence, time)))
    }

    fn release<'a>(&'a self, fence: &'a Fence) -> StoreFuture<'a, ()> {
        let fence = *fence;
        Box::pin(self.run(move |db| {
            db.leases().release(&fence);
            Ok(())
        }))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteStore({})", self.path.display())
    }
}
