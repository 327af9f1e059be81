//! The tables.

use tokio_postgres::Client;

use super::error::{commit_failed, failed};
use super::rows::LOCKS;
use crate::store::{SCHEMA_VERSION, StoreError};

/// Schema version 1. Sealed values do not compress; `"C"` is the order of bytes.
const SCHEMA: &str = r#"
CREATE TABLE sealpost_rows (
    table_name text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    item text COLLATE "C" NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (table_name, account, conversation, item)
);
ALTER TABLE sealpost_rows ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE INDEX sealpost_rows_of_account ON sealpost_rows (account, conversation);
CREATE TABLE sealpost_leases (
    table_name text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    item text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    granted_at timestamptz NOT NULL,
    milliseconds bigint NOT NULL,
    PRIMARY KEY (table_name, account, conversation, item)
);
CREATE TABLE sealpost_schema (version integer NOT NULL);
"#;

/// Makes the tables, or makes sure that they are ours.
pub(super) async fn prepare(client: &mut Client) -> Result<(), StoreError> {
    let transaction = client.transaction().await.map_err(failed)?;
    // Of many that start together, one makes them.
    let lock = "SELECT pg_advisory_xact_lock($1, 0)";
    transaction.execute(lock, &[&LOCKS]).await.map_err(failed)?;
    let is_there = "SELECT to_regclass('sealpost_schema') IS NOT NULL";
    let is_there = transaction.query_one(is_there, &[]).await.map_err(failed)?;
    if is_there.try_get(0).map_err(failed)? {
        let versions = "SELECT version FROM sealpost_schema LIMIT 2";
        let versions = transaction.query(versions, &[]).await.map_err(failed)?;
        let [version] = &versions[..] else {
            return Err(StoreError::Damaged { problem: "it does not say its version once" });
        };
        let version: i32 = version.try_get(0).map_err(failed)?;
        match u32::try_from(version) {
            Ok(SCHEMA_VERSION) => return Ok(()),
            Ok(found @ 1..) => {
                return Err(StoreError::NewerSchema { found, supported: SCHEMA_VERSION });
            }
            _ => return Err(StoreError::NotAStore),
        }
    }
    let version = format!("INSERT INTO sealpost_schema VALUES ({SCHEMA_VERSION})");
    transaction.batch_execute(SCHEMA).await.map_err(failed)?;
    transaction.batch_execute(&version).await.map_err(failed)?;
    transaction.commit().await.map_err(commit_failed)
}
