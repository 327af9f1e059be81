//! Files that are not, or no longer, what a store wrote: an error that says what to do, the file
//! as it was, and a program that goes on.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use sealpost::store::*;
use sealpost::vault::*;
use sealpost::*;

use crate::folder::Folder;
use crate::secrecy::ROWS;
use crate::sqlite::{filled, rows};
use crate::stage::*;

const PAGE: usize = 4096;

/// The error that opening gives, after making sure that it touched nothing.
async fn refused(path: &Path) -> StoreError {
    let before = fs::read(path).unwrap();
    let error = SqliteStore::open(path).await.unwrap_err();
    assert!(fs::read(path).unwrap() == before, "{error}");
    error
}

fn sql(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_left_alone() {
    let folder = Folder::new("newer");
    let path = folder.file("store");
    filled(&path).await;
    let expected = rows(&path).await.unwrap();
    for version in [2, 3, i32::MAX] {
        sql(&path, &format!("PRAGMA user_version = {version}"));
        match refused(&path).await {
            StoreError::NewerSchema { found, supported } => {
                assert_eq!((i64::from(found), supported), (i64::from(version), SCHEMA_VERSION));
            }
            error => panic!("{error}"),
        }
    }
    assert!(refused(&path).await.to_string().contains("update the program"));
    sql(&path, "PRAGMA user_version = 1");
    assert_eq!(rows(&path).await.unwrap(), expected);
    // Where only the log knows that it is newer.
    let connection = Connection::open(&path).unwrap();
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "user_version", 2).unwrap();
    drop(connection);
    let log = fs::read(folder.file("store-wal")).unwrap();
    assert_eq!(refused(&path).await.code(), "store.newer_schema");
    assert!(fs::read(folder.file("store-wal")).unwrap() == log && !log.is_empty());
}

#[tokio::test]
async fn what_is_no_store_is_left_alone() {
    let folder = Folder::new("foreign");
    let path = folder.file("store");
    let mut checked = 0;
    for (content, code) in [
        (&b""[..], "store.damaged"),
        (b"S", "store.not_a_store"),
        (b"my dear diary", "store.not_a_store"),
        (b"SQLite format 3\0", "store.damaged"),
        (&[b'x'; 3 * PAGE], "store.not_a_store"),
        (&[0; 3 * PAGE], "store.not_a_store"),
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(refused(&path).await.code(), code, "{content:?}");
        checked += 1;
    }
    // A database of another program, and one that says it is ours and is not.
    fs::remove_file(&path).unwrap();
    sql(&path, "CREATE TABLE diary (entry TEXT); INSERT INTO diary VALUES ('dear')");
    assert_eq!(refused(&path).await.code(), "store.not_a_store");
    sql(&path, "PRAGMA application_id = 1399153004; PRAGMA user_version = 1");
    assert_eq!(refused(&path).await.code(), "store.damaged");
    for schema in [
        "CREATE TABLE sealpost_rows (table_name, account, conversation, item)",
        "CREATE VIEW sealpost_rows AS SELECT 'pin' AS table_name, '1' AS account, '' AS
            conversation, '' AS item, x'00' AS value",
        "CREATE TABLE sealpost_rows (table_name, account, conversation, item, value)",
    ] {
        sql(&path, schema);
        let opened = SqliteStore::open(&path).await;
        assert_eq!(opened.unwrap_err().code(), "store.damaged", "{schema}");
        sql(&path, &format!("DROP {} sealpost_rows", schema.split(' ').nth(1).unwrap()));
    }
    // A folder, a name in no folder, no name.
    assert_eq!(SqliteStore::open(folder.path()).await.unwrap_err().code(), "store.not_a_store");
    let missing = folder.file("missing").join("store");
    assert_eq!(SqliteStore::open(missing).await.unwrap_err().code(), "store.unavailable");
    assert_eq!(SqliteStore::open("/").await.unwrap_err().code(), "store.not_a_store");
    assert_eq!(SqliteStore::open("").await.unwrap_err().code(), "store.not_a_store");
    let beside = format!("{}-lock", folder.path().display());
    assert!(!Path::new("/-lock").exists() && !Path::new(&beside).exists());
    assert_eq!(checked, 6);
}

/// What comes of a file: an error somewhere, or all of it as it was.
async fn outcome(path: &Path, expected: &[Row]) -> Result<(), String> {
    let store = std::sync::Arc::new(
        SqliteStore::open(path).await.map_err(|error| error.code().to_owned())?,
    );
    let vault = Vault::open(std::sync::Arc::clone(&store), key(1));
    let vault = vault.await.map_err(|error| error.code().to_owned())?;
    let check = vault.check().await.map_err(|error| error.code().to_owned())?;
    if let Some(error) = check.unreadable.first() {
        return Err(error.code().to_owned());
    }
    assert!(store.list(&Range::all()).await.unwrap() == expected, "another content, and no error");
    Ok(())
}

#[tokio::test]
async fn a_truncated_file_is_refused_whatever_is_left_of_it() {
    let folder = Folder::new("truncated");
    let (whole, path) = (folder.file("whole"), folder.file("store"));
    filled(&whole).await;
    let expected = rows(&whole).await.unwrap();
    let bytes = fs::read(&whole).unwrap();
    assert!(bytes.len().is_multiple_of(PAGE) && bytes.len() >= 7 * PAGE, "{}", bytes.len());
    let mut refusals = 0;
    // At every page, one byte after, in the middle, and one byte before the next.
    for page in (0..bytes.len()).step_by(PAGE) {
        for length in [page, page + 1, page + PAGE / 2, page + PAGE - 1] {
            fs::write(&path, &bytes[..length]).unwrap();
            let error = refused(&path).await;
            let is_typed = matches!(error, StoreError::Damaged { .. } | StoreError::NotAStore);
            assert!(is_typed, "{length}: {error}");
            refusals += 1;
        }
    }
    assert_eq!(refusals, bytes.len() / PAGE * 4);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(rows(&path).await.unwrap(), expected);
}

/// As a crash leaves it: the changes that are whole in it count, each of them as a whole.
#[tokio::test]
async fn a_truncated_log_ends_with_a_whole_change() {
    let folder = Folder::new("log");
    let (path, copy) = (folder.file("store"), folder.file("copy"));
    let store = SqliteStore::open(&path).await.unwrap();
    for round in 1..=8 {
        let place = |number| Place::of_account(user(number), Table::Tokens, Item::Only);
        let batch = (1..=3).fold(Batch::new(), |batch, n| batch.put(place(n), vec![round; 3000]));
        store.apply(batch).await.unwrap();
    }
    let log = fs::read(folder.file("store-wal")).unwrap();
    let (mut last, mut cuts) = (0, 0);
    for length in (0..log.len()).step_by(1021).chain([log.len()]) {
        fs::copy(&path, &copy).unwrap();
        fs::write(folder.file("copy-wal"), &log[..length]).unwrap();
        let rows = rows(&copy).await.unwrap();
        assert!(matches!(rows.len(), 0 | 3), "{length}");
        let round = rows.first().map_or(0, |row| row.value[0]);
        assert!(rows.iter().all(|row| row.value == vec![round; 3000]), "{length}");
        assert!(round >= last, "{length}: {round} after {last}");
        last = round;
        cuts += 1;
    }
    assert!(last == 8 && cuts > 50, "{last} {cuts}");
}

#[tokio::test]
async fn a_flipped_bit_is_noticed_or_does_no_harm() {
    let folder = Folder::new("flipped");
    let (whole, path) = (folder.file("whole"), folder.file("store"));
    filled(&whole).await;
    let expected = rows(&whole).await.unwrap();
    let bytes = fs::read(&whole).unwrap();
    // All of the file's header and of every page's beginning, and a walk over the rest.
    let beginnings = (0..bytes.len()).step_by(PAGE).flat_map(|page| page..page + 12);
    let places: Vec<usize> =
        (0..100).chain(beginnings).chain((0..bytes.len()).step_by(211)).collect();
    let (mut noticed, mut harmless) = (0, 0);
    for (turn, at) in places.iter().enumerate() {
        let mut damaged = bytes.clone();
        damaged[*at] ^= 1 << (turn % 8);
        fs::write(&path, &damaged).unwrap();
        match outcome(&path, &expected).await {
            Ok(()) => harmless += 1,
            Err(code) => {
                assert!(code.starts_with("store.") || code.starts_with("vault."), "{code}");
                assert!(fs::read(&path).unwrap() == damaged, "{at}: {code}");
                noticed += 1;
            }
        }
        let _ = fs::remove_file(folder.file("store-wal"));
    }
    assert_eq!(noticed + harmless, places.len());
    assert!(noticed > places.len() / 3, "{noticed} of {}", places.len());
}

#[tokio::test]
async fn rows_that_were_moved_do_not_open() {
    let folder = Folder::new("moved");
    let (whole, path) = (folder.file("whole"), folder.file("store"));
    filled(&whole).await;
    let swap = |one: &str, other: &str| {
        format!(
            "CREATE TEMP TABLE both AS SELECT
                (SELECT value FROM sealpost_rows WHERE {one}) AS one,
                (SELECT value FROM sealpost_rows WHERE {other}) AS other;
            UPDATE sealpost_rows SET value = (SELECT other FROM both) WHERE {one};
            UPDATE sealpost_rows SET value = (SELECT one FROM both) WHERE {other};"
        )
    };
    let g77 = "account = '1' AND conversation = 'g77'";
    let tampered = [
        // Between accounts, conversations, tables, versions, users.
        (swap("table_name = 'identity' AND account = '1'", "table_name = 'identity' AND account = '2'"), 2),
        (swap("table_name = 'tokens' AND account = '1'", "table_name = 'tokens' AND account = '2'"), 2),
        (swap("table_name = 'roster' AND account = '1' AND conversation = 'g77'", "table_name = 'roster' AND account = '1' AND conversation = 'g78'"), 2),
        (swap(&format!("table_name = 'key' AND {g77} AND item LIKE '%4'"), &format!("table_name = 'legacy_key' AND {g77}")), 2),
        (swap(&format!("table_name = 'key' AND {g77} AND item LIKE '%4'"), &format!("table_name = 'key' AND {g77} AND item LIKE '%9'")), 2),
        (swap("table_name = 'pin' AND account = '1' AND item LIKE '%3'", "table_name = 'pin' AND account = '1' AND item LIKE '%4'"), 2),
        // To an account, a conversation or a version of which there is no row.
        ("UPDATE sealpost_rows SET account = '3' WHERE account = '2'".to_owned(), 16),
        ("UPDATE sealpost_rows SET conversation = '1:2' WHERE conversation = 'g78'".to_owned(), 12),
        (format!("UPDATE sealpost_rows SET item = 'v00000000000000000010' WHERE table_name = 'key' AND {g77} AND item LIKE '%9'"), 1),
        // A column in another's place.
        ("UPDATE sealpost_rows SET conversation = 'g' || account, account = substr(conversation, 2) WHERE conversation != ''".to_owned(), 25),
    ];
    let mut cases = 0;
    for (statements, unreadable) in tampered {
        fs::copy(&whole, &path).unwrap();
        sql(&path, &statements);
        let vault = Vault::open(SqliteStore::open(&path).await.unwrap(), key(1)).await.unwrap();
        let check = vault.check().await.unwrap();
        assert_eq!((check.rows, check.unreadable.len()), (ROWS, unreadable), "{statements}");
        let is_unreadable = |error: &VaultError| matches!(error, VaultError::Unreadable { .. });
        assert!(check.unreadable.iter().all(is_unreadable));
        cases += 1;
    }
    assert_eq!(cases, 10);
    // Texts that are no place at all.
    for statement in [
        "UPDATE sealpost_rows SET table_name = 'diary' WHERE table_name = 'pin'",
        "UPDATE sealpost_rows SET account = '01' WHERE account = '1'",
        "UPDATE sealpost_rows SET item = 'v9' WHERE item = 'v00000000000000000009'",
        "UPDATE sealpost_rows SET item = 'x' WHERE table_name = 'tokens' AND account = '1'",
        "UPDATE sealpost_rows SET conversation = '2:1' WHERE conversation = 'g77'",
    ] {
        fs::copy(&whole, &path).unwrap();
        sql(&path, statement);
        assert_eq!(rows(&path).await.unwrap_err().code(), "store.damaged", "{statement}");
    }
}

#[tokio::test]
async fn a_wrong_passphrase_touches_nothing() {
    let folder = Folder::new("passphrase");
    let path = folder.file("store");
    let passphrase = |text: &str| StoreKey::passphrase_at_cost(text.into(), cheap());
    let right = "a long passphrase";
    let vault = Vault::open(SqliteStore::open(&path).await.unwrap(), passphrase(right)).await;
    vault.unwrap().account(user(1)).add_identity(identity(Suite::X25519, 1)).await.unwrap();
    let before = fs::read(&path).unwrap();
    for wrong in ["", "a long passphras", "A long passphrase"] {
        let store = SqliteStore::open(&path).await.unwrap();
        let error = Vault::open(store, passphrase(wrong)).await.unwrap_err();
        assert_eq!(error.code(), "vault.wrong_key");
        assert!(fs::read(&path).unwrap() == before);
    }
    let vault = Vault::open(SqliteStore::open(&path).await.unwrap(), passphrase(right)).await;
    assert_eq!(vault.unwrap().accounts().await.unwrap(), [user(1)]);
}

/// Nothing that is kept depends on the clock going forward.
#[tokio::test]
async fn a_clock_that_jumps_back_a_year_stops_nothing() {
    let folder = Folder::new("clock");
    let path = folder.file("store");
    let vault = Vault::open(SqliteStore::open(&path).await.unwrap(), key(1)).await.unwrap();
    let account = vault.account(user(1));
    let sender = identity(Suite::X25519, 1).registered(user(1), PublicKeyVersion::new(5));
    let other = participant(Suite::X25519, 2, 2);
    let conversation = Conversation::direct(user(1), user(2));
    let last_year = UnixMillis::new(NOW.as_u64() - 365 * 24 * 3600 * 1000);
    let mut versions = Vec::new();
    for now in [NOW, last_year, last_year, NOW] {
        let mut record = account.conversation(conversation.id()).await.unwrap();
        let draft = record.keyring().draft(&sender, &conversation, now).unwrap();
        let (request, key) = draft.participants([&other]).seal().unwrap().sign().unwrap().prepare();
        record.begin(request, key, None).unwrap();
        record.mark_sent();
        account.save(&mut record, None).await.unwrap();
        let mut record = account.conversation(conversation.id()).await.unwrap();
        assert_eq!(record.settle(), Ok(Some(Adoption::Current)));
        account.save(&mut record, None).await.unwrap();
        versions.push(record.keyring().floor().unwrap().as_u64() - NOW.as_u64());
    }
    assert_eq!(versions, [0, 1, 2, 3]);
    // When something was first seen is not compared with anything.
    let mut pin = Saved::new(Pin::first_use(&other, NOW));
    assert!(pin.value.observe(&other, last_year));
    assert!(!pin.value.observe(&participant(Suite::X25519, 2, 3), last_year));
    account.save_pins([&mut pin]).await.unwrap();
    assert!(vault.check().await.unwrap().unreadable.is_empty());
}
