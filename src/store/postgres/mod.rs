//! Rows in PostgreSQL: the store of several processes on several machines.

mod connect;
mod error;
mod lease;
mod rows;
mod schema;

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{Client, Pool};

pub use self::connect::PostgresStoreBuilder;
use self::error::pool_failed;
use super::{Batch, Fence, Place, Range, Row, Store, StoreError, StoreFuture};

/// Keeps rows in a PostgreSQL database that several processes share: fleets of bots with common
/// identities.
///
/// It makes its own tables (`sealpost_rows`, `sealpost_leases`, `sealpost_schema`) in the first
/// schema of the connection's search path. Batches of one account are done one after the other;
/// each checks its lease in the same transaction. Leases are timed by the server's clock.
///
/// # Security
/// Connections to other machines are encrypted and the server's certificate is verified, or they
/// are not made. Connections over a Unix socket or to this machine's loopback address are plain
/// unless the connection string says `sslmode=require`.
///
/// What is removed stays in the server's files and backups until its `VACUUM` and their end; it is
/// encrypted there.
pub struct PostgresStore(Pool);

impl PostgresStore {
    /// Connects to a database and makes the tables if they are not there. The connection string is
    /// libpq's, `postgresql://user@host/database` or `host=... user=...`.
    ///
    /// # Errors
    /// As [`PostgresStoreBuilder::connect`].
    pub async fn connect(connection_string: &str) -> Result<Self, StoreError> {
        Self::builder(connection_string).connect().await
    }

    /// The same with trust roots of one's own, or more connections.
    pub fn builder(connection_string: &str) -> PostgresStoreBuilder {
        PostgresStoreBuilder::new(connection_string)
    }

    async fn client(&self) -> Result<Client, StoreError> {
        self.0.get().await.map_err(pool_failed)
    }
}

impl Store for PostgresStore {
    fn get<'a>(&'a self, place: &'a Place) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move { rows::get(&*self.client().await?, place).await })
    }

    fn list<'a>(&'a self, range: &'a Range) -> StoreFuture<'a, Vec<Row>> {
        Box::pin(async move { rows::list(&*self.client().await?, range).await })
    }

    fn apply(&self, batch: Batch) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            batch.check()?;
            rows::apply(&mut *self.client().await?, &batch).await
        })
    }

    fn acquire<'a>(&'a self, place: &'a Place, time: Duration) -> StoreFuture<'a, Fence> {
        Box::pin(async move { lease::acquire(&*self.client().await?, place, time).await })
    }

    fn renew<'a>(&'a self, fence: &'a Fence, time: Duration) -> StoreFuture<'a, ()> {
        Box::pin(async move { lease::renew(&*self.client().await?, fence, time).await })
    }

    fn release<'a>(&'a self, fence: &'a Fence) -> StoreFuture<'a, ()> {
        Box::pin(async move { lease::release(&*self.client().await?, fence).await })
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresStore({} connections)", self.0.status().size)
    }
}
