//! Rows in and out.

use std::collections::BTreeSet;

use deadpool_postgres::{ClientWrapper, Transaction};
use tokio_postgres::IsolationLevel;
use tokio_postgres::types::ToSql;

use super::error::{commit_failed, failed};
use super::lease;
use crate::store::{Batch, Change, Columns, Place, Range, Row, StoreError};

/// The first half of our advisory locks' numbers: "Seal". The second half is 0 for the schema, and
/// otherwise made of an account.
pub(super) const LOCKS: i32 = i32::from_be_bytes(*b"Seal");

/// A server may be told not to wait for its disk, and a client that has died in the midst of a
/// transaction must not hold up others for longer than this.
const BEGIN: &str = "SET LOCAL synchronous_commit = on;
    SET LOCAL lock_timeout = '10s';
    SET LOCAL idle_in_transaction_session_timeout = '10s'";

const GET: &str = "SELECT value FROM sealpost_rows
    WHERE table_name = $1 AND account = $2 AND conversation = $3 AND item = $4";
const PUT: &str = "INSERT INTO sealpost_rows (table_name, account, conversation, item, value)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (table_name, account, conversation, item) DO UPDATE SET value = excluded.value";
const DELETE: &str = "DELETE FROM sealpost_rows
    WHERE table_name = $1 AND account = $2 AND conversation = $3 AND item = $4";

pub(super) async fn get(
    client: &ClientWrapper,
    place: &Place,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Columns { table, account, conversation, item } = place.columns();
    let get = client.prepare_cached(GET).await.map_err(failed)?;
    let row = client.query_opt(&get, &[&table, &account, &conversation, &item]).await;
    row.map_err(failed)?.map(|row| row.try_get(0).map_err(failed)).transpose()
}

pub(super) async fn list(client: &ClientWrapper, range: &Range) -> Result<Vec<Row>, StoreError> {
    let (condition, values) = condition(range);
    let limit = range.columns().limit.map(|limit| format!(" LIMIT {limit}"));
    let list = format!(
        "SELECT table_name, account, conversation, item, value FROM sealpost_rows
        WHERE {condition} ORDER BY table_name, account, conversation, item{}",
        limit.unwrap_or_default()
    );
    let list = client.prepare_cached(&list).await.map_err(failed)?;
    let found = client.query(&list, &parameters(&values)).await.map_err(failed)?;
    found
        .into_iter()
        .map(|row| {
            let columns = Columns {
                table: row.try_get(0).map_err(failed)?,
                account: row.try_get(1).map_err(failed)?,
                conversation: row.try_get(2).map_err(failed)?,
                item: row.try_get(3).map_err(failed)?,
            };
            let value = row.try_get(4).map_err(failed)?;
            Ok(Row { place: Place::from_columns(&columns)?, value })
        })
        .collect()
}

/// Dropped without a commit, a transaction is rolled back.
pub(super) async fn apply(client: &mut ClientWrapper, batch: &Batch) -> Result<(), StoreError> {
    // Each statement sees what was committed before it, and the lock keeps it so.
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
    let transaction = transaction.start().await.map_err(failed)?;
    transaction.batch_execute(BEGIN).await.map_err(failed)?;
    let lock = "SELECT pg_advisory_xact_lock($1, $2)";
    let lock = transaction.prepare_cached(lock).await.map_err(failed)?;
    for number in locks_of(batch) {
        transaction.execute(&lock, &[&LOCKS, &number]).await.map_err(failed)?;
    }
    if let Some(fence) = batch.fence() {
        lease::check(&transaction, fence).await?;
    }
    let get = transaction.prepare_cached(GET).await.map_err(failed)?;
    for expectation in batch.expectations() {
        let Columns { table, account, conversation, item } = expectation.place.columns();
        let row = transaction.query_opt(&get, &[&table, &account, &conversation, &item]).await;
        let value: Option<Vec<u8>> =
            row.map_err(failed)?.map(|row| row.try_get(0)).transpose().map_err(failed)?;
        if value != expectation.value {
            return Err(StoreError::Conflict { place: expectation.place });
        }
    }
    for change in batch.changes() {
        make(&transaction, change).await?;
    }
    transaction.commit().await.map_err(commit_failed)
}

async fn make(transaction: &Transaction<'_>, change: &Change) -> Result<(), StoreError> {
    let done = match change {
        Change::Put(place, value) => {
            let Columns { table, account, conversation, item } = place.columns();
            let put = transaction.prepare_cached(PUT).await.map_err(failed)?;
            transaction.execute(&put, &[&table, &account, &conversation, &item, value]).await
        }
        Change::Delete(place) => {
            let Columns { table, account, conversation, item } = place.columns();
            let delete = transaction.prepare_cached(DELETE).await.map_err(failed)?;
            transaction.execute(&delete, &[&table, &account, &conversation, &item]).await
        }
        Change::Clear(range) => {
            let (condition, values) = condition(range);
            let clear = format!("DELETE FROM sealpost_rows WHERE {condition}");
            let clear = transaction.prepare_cached(&clear).await.map_err(failed)?;
            transaction.execute(&clear, &parameters(&values)).await
        }
    };
    done.map(drop).map_err(failed)
}

/// The locks of the accounts in a batch, in the order in which everybody takes them.
fn locks_of(batch: &Batch) -> BTreeSet<i32> {
    let expected = batch.expectations().iter().map(|expectation| expectation.place.account());
    let changed = batch.changes().iter().map(|change| match change {
        Change::Put(place, _) | Change::Delete(place) => place.account(),
        Change::Clear(range) => range.columns().account.and_then(|account| account.parse().ok()),
    });
    let fenced = batch.fence().map(|fence| fence.place().account());
    // Two accounts that share a number wait for each other now and then.
    let number = |account: Option<crate::UserId>| {
        let [a, b, c, d, e, f, g, h] = account.map_or(0, crate::UserId::as_u64).to_be_bytes();
        i32::from_be_bytes([a ^ e, b ^ f, c ^ g, d ^ h])
    };
    expected.chain(changed).chain(fenced).map(number).collect()
}

fn condition(range: &Range) -> (String, Vec<String>) {
    let columns = range.columns();
    let mut conditions = vec!["true".to_owned()];
    let mut values = Vec::new();
    for (name, value) in [
        ("table_name", columns.table),
        ("account", columns.account),
        ("conversation", columns.conversation),
    ] {
        if let Some(value) = value {
            values.push(value);
            conditions.push(format!("{name} = ${}", values.len()));
        }
    }
    (conditions.join(" AND "), values)
}

fn parameters(values: &[String]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
