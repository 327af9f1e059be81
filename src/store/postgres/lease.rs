//! Leases: a row each, with a number that only grows, timed by the server's clock.

use std::time::Duration;

use deadpool_postgres::{ClientWrapper, Transaction};
use tokio_postgres::types::ToSql;

use super::error::failed;
use crate::store::{Columns, Fence, MAX_LEASE, Place, StoreError};

/// A lease counts from when it was given until its time is over. If the clock is before that it has
/// been set back, and the lease is over too: fences keep its holder from writing, and nobody waits
/// for a year.
const ACQUIRE: &str = "
INSERT INTO sealpost_leases AS held
    (table_name, account, conversation, item, number, granted_at, milliseconds)
VALUES ($1, $2, $3, $4, 1, clock_timestamp(), $5)
ON CONFLICT (table_name, account, conversation, item) DO UPDATE
SET number = held.number + 1, granted_at = excluded.granted_at, milliseconds = excluded.milliseconds
WHERE excluded.granted_at < held.granted_at
    OR excluded.granted_at >= held.granted_at + held.milliseconds * interval '1 millisecond'
RETURNING number";
const REMAINING: &str = "
SELECT ceil(1000 * extract(epoch FROM
    granted_at + milliseconds * interval '1 millisecond' - clock_timestamp()))::bigint
FROM sealpost_leases
WHERE table_name = $1 AND account = $2 AND conversation = $3 AND item = $4";
const RENEW: &str = "
UPDATE sealpost_leases SET granted_at = clock_timestamp(), milliseconds = $6
WHERE table_name = $1 AND account = $2 AND conversation = $3 AND item = $4 AND number = $5";
/// Whoever gives the next lease waits until the batch that asked is done.
const CHECK: &str = "
SELECT FROM sealpost_leases
WHERE table_name = $1 AND account = $2 AND conversation = $3 AND item = $4 AND number = $5
FOR SHARE";

pub(super) async fn acquire(
    client: &ClientWrapper,
    place: &Place,
    time: Duration,
) -> Result<Fence, StoreError> {
    let Columns { table, account, conversation, item } = place.columns();
    let key: [&(dyn ToSql + Sync); 4] = [&table, &account, &conversation, &item];
    let acquire = client.prepare_cached(ACQUIRE).await.map_err(failed)?;
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&table, &account, &conversation, &item, &milliseconds(time)];
    if let Some(row) = client.query_opt(&acquire, &parameters).await.map_err(failed)? {
        let number: i64 = row.try_get(0).map_err(failed)?;
        return Ok(Fence::new(*place, number.unsigned_abs()));
    }
    let remaining = client.prepare_cached(REMAINING).await.map_err(failed)?;
    let row = client.query_opt(&remaining, &key).await.map_err(failed)?;
    let remaining: Option<i64> = row.map(|row| row.try_get(0)).transpose().map_err(failed)?;
    // It may have ended in the meantime.
    let remaining = remaining.and_then(|millis| u64::try_from(millis).ok()).unwrap_or_default();
    Err(StoreError::Leased { place: *place, remaining: Duration::from_millis(remaining) })
}

pub(super) async fn renew(
    client: &ClientWrapper,
    fence: &Fence,
    time: Duration,
) -> Result<(), StoreError> {
    if prolong(client, fence, time).await? { Ok(()) } else { Err(fenced(fence)) }
}

pub(super) async fn release(client: &ClientWrapper, fence: &Fence) -> Result<(), StoreError> {
    prolong(client, fence, Duration::ZERO).await.map(drop)
}

/// Whether the lease is still the newest one.
async fn prolong(
    client: &ClientWrapper,
    fence: &Fence,
    time: Duration,
) -> Result<bool, StoreError> {
    let Columns { table, account, conversation, item } = fence.place().columns();
    let renew = client.prepare_cached(RENEW).await.map_err(failed)?;
    let parameters: [&(dyn ToSql + Sync); 6] =
        [&table, &account, &conversation, &item, &number(fence), &milliseconds(time)];
    Ok(client.execute(&renew, &parameters).await.map_err(failed)? > 0)
}

pub(super) async fn check(transaction: &Transaction<'_>, fence: &Fence) -> Result<(), StoreError> {
    let Columns { table, account, conversation, item } = fence.place().columns();
    let check = transaction.prepare_cached(CHECK).await.map_err(failed)?;
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&table, &account, &conversation, &item, &number(fence)];
    let row = transaction.query_opt(&check, &parameters).await.map_err(failed)?;
    row.map(drop).ok_or_else(|| fenced(fence))
}

fn fenced(fence: &Fence) -> StoreError {
    StoreError::Fenced { place: fence.place() }
}

/// No lease has a number beyond this.
fn number(fence: &Fence) -> i64 {
    i64::try_from(fence.number()).unwrap_or(i64::MAX)
}

/// Whole milliseconds, rounded up.
fn milliseconds(time: Duration) -> i64 {
    let millis = time.min(MAX_LEASE).as_micros().div_ceil(1000);
    i64::try_from(millis).unwrap_or_default()
}
