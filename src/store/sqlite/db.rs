//! The database: its schema, and rows in and out.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior};
use rusqlite::{params, params_from_iter};

use super::error::{commit_failed, failed};
use super::file::{APPLICATION_ID, OwnedFile, PAGE, check_version};
use crate::store::lease::Leases;
use crate::store::{Batch, Change, Columns, Place, Range, Row, SCHEMA_VERSION, StoreError};

/// Schema version 1.
const SCHEMA: &str = "
CREATE TABLE sealpost_rows (
    table_name TEXT NOT NULL,
    account TEXT NOT NULL,
    conversation TEXT NOT NULL,
    item TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (table_name, account, conversation, item)
) STRICT;
CREATE INDEX sealpost_rows_of_account ON sealpost_rows (account, conversation);
";

const GET: &str = "SELECT value FROM sealpost_rows
    WHERE table_name = ?1 AND account = ?2 AND conversation = ?3 AND item = ?4";
const PUT: &str = "INSERT INTO sealpost_rows (table_name, account, conversation, item, value)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (table_name, account, conversation, item) DO UPDATE SET value = excluded.value";
const DELETE: &str = "DELETE FROM sealpost_rows
    WHERE table_name = ?1 AND account = ?2 AND conversation = ?3 AND item = ?4";

/// An open store. Closed before its file is given up: fields are dropped in this order.
pub(super) struct Db {
    connection: Connection,
    leases: Leases,
    _file: OwnedFile,
}

impl Db {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = OwnedFile::lock(path)?;
        if !file.is_there()? {
            let draft = file.draft()?;
            create(&draft).map_err(failed)?;
            file.finish(&draft)?;
        }
        let connection = connect(&file.path).map_err(failed)?;
        check(&connection)?;
        prepare_to_write(&connection).map_err(failed)?;
        Ok(Self { connection, leases: Leases::default(), _file: file })
    }

    pub(super) const fn leases(&mut self) -> &mut Leases {
        &mut self.leases
    }

    pub(super) fn get(&self, place: &Place) -> Result<Option<Vec<u8>>, StoreError> {
        get(&self.connection, place)
    }

    pub(super) fn list(&self, range: &Range) -> Result<Vec<Row>, StoreError> {
        let (condition, mut values) = condition(range);
        // No limit is spelt -1.
        values.push(Value::Integer(range.columns().limit.map_or(-1, i64::from)));
        let sql = format!(
            "SELECT table_name, account, conversation, item, value FROM sealpost_rows
            WHERE {condition} ORDER BY table_name, account, conversation, item LIMIT ?"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(failed)?;
        let mut found = statement.query(params_from_iter(values)).map_err(failed)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(failed)? {
            let (columns, value) = read(row).map_err(failed)?;
            rows.push(Row { place: Place::from_columns(&columns)?, value });
        }
        Ok(rows)
    }

    pub(super) fn apply(&mut self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        batch.fence().map_or(Ok(()), |fence| self.leases.check(fence))?;
        // Dropped without a commit, it is rolled back.
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        for expectation in batch.expectations() {
            if get(&transaction, &expectation.place)? != expectation.value {
                return Err(StoreError::Conflict { place: expectation.place });
            }
        }
        let mut cleared = false;
        for change in batch.changes() {
            make(&transaction, change)?;
            cleared |= matches!(change, Change::Clear(_));
        }
        transaction.commit().map_err(commit_failed)?;
        if cleared {
            // What was removed leaves the log too. If not now, then with the next checkpoint.
            let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
        Ok(())
    }
}

fn make(transaction: &Transaction<'_>, change: &Change) -> Result<(), StoreError> {
    let done = match change {
        Change::Put(place, value) => {
            let Columns { table, account, conversation, item } = place.columns();
            transaction
                .prepare_cached(PUT)
                .and_then(|mut put| put.execute(params![table, account, conversation, item, value]))
        }
        Change::Delete(place) => {
            let Columns { table, account, conversation, item } = place.columns();
            transaction
                .prepare_cached(DELETE)
                .and_then(|mut delete| delete.execute(params![table, account, conversation, item]))
        }
        Change::Clear(range) => {
            let (condition, values) = condition(range);
            transaction
                .prepare_cached(&format!("DELETE FROM sealpost_rows WHERE {condition}"))
                .and_then(|mut clear| clear.execute(params_from_iter(values)))
        }
    };
    done.map(drop).map_err(failed)
}

fn get(connection: &Connection, place: &Place) -> Result<Option<Vec<u8>>, StoreError> {
    let Columns { table, account, conversation, item } = place.columns();
    connection
        .prepare_cached(GET)
        .and_then(|mut get| {
            get.query_row(params![table, account, conversation, item], |row| row.get(0)).optional()
        })
        .map_err(failed)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Columns, Vec<u8>)> {
    let columns = Columns {
        table: row.get(0)?,
        account: row.get(1)?,
        conversation: row.get(2)?,
        item: row.get(3)?,
    };
    Ok((columns, row.get(4)?))
}

/// Only what is asked for, so that an index can be used.
fn condition(range: &Range) -> (String, Vec<Value>) {
    let columns = range.columns();
    let asked = [
        ("table_name = ?", columns.table),
        ("account = ?", columns.account),
        ("conversation = ?", columns.conversation),
    ];
    let mut conditions = vec!["true"];
    let mut values = Vec::new();
    for (condition, value) in asked {
        if let Some(value) = value {
            conditions.push(condition);
            values.push(Value::Text(value));
        }
    }
    (conditions.join(" AND "), values)
}

/// Writes the schema into an empty file. No log yet: the version must be in the file itself.
fn create(path: &Path) -> rusqlite::Result<()> {
    let mut connection = Connection::open_with_flags(path, flags())?;
    connection.pragma_update(None, "page_size", PAGE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)
}

/// Neither creates a file nor takes a name for more than a name.
fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags())?;
    // Long enough for a tool that has a quick look.
    connection.busy_timeout(Duration::from_millis(500))?;
    // A store that is refused is left as it is, with the log it has.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // A file may come from anybody: nothing in its schema is to be run.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Before the first access: then there is no shared memory beside the file.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    Ok(connection)
}

/// Only once the file has been checked.
fn prepare_to_write(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", true)?;
    // A log that a long value has blown up shrinks again.
    connection.pragma_update(None, "journal_size_limit", 4 * 1024 * 1024)
}

/// Checks the version once more, as the log may have it newer, and all of the file: a damaged key
/// column could make a row look as if it had never been there.
fn check(connection: &Connection) -> Result<(), StoreError> {
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    check_version(version.map_err(failed)?)?;
    let verdict: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if verdict != "ok" {
        return Err(StoreError::Damaged { problem: "its pages contradict each other" });
    }
    // The statements fit the schema only if it is ours.
    for statement in [GET, PUT, DELETE] {
        connection.prepare_cached(statement).map_err(failed)?;
    }
    Ok(())
}
