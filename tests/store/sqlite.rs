//! Rows in an SQLite file.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;

use sealpost::store::*;
use sealpost::vault::Vault;

use crate::conformance::{Harness, run};
use crate::folder::Folder;
use crate::secrecy::{ROWS, fill};
use crate::stage::key;

struct Sqlite {
    folder: Folder,
    made: usize,
}

impl Sqlite {
    async fn open(&self) -> Arc<dyn Store> {
        let file = self.folder.file(&format!("{}.sealpost", self.made));
        Arc::new(SqliteStore::open(file).await.unwrap())
    }
}

impl Harness for Sqlite {
    async fn empty(&mut self) -> Arc<dyn Store> {
        self.made += 1;
        self.open().await
    }

    async fn reopen(&mut self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        drop(store);
        self.open().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_is_a_store() {
    run(&mut Sqlite { folder: Folder::new("conformance"), made: 0 }).await;
}

/// A file with a whole vault in it, closed.
pub(crate) async fn filled(path: &Path) {
    let vault = Vault::open(SqliteStore::open(path).await.unwrap(), key(1)).await.unwrap();
    fill(&vault).await;
    assert_eq!(vault.check().await.unwrap().rows, ROWS);
}

/// Everything in it, as a program finds it that is started anew.
pub(crate) async fn rows(path: &Path) -> Result<Vec<Row>, StoreError> {
    SqliteStore::open(path).await?.list(&Range::all()).await
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_any_of_its_files() {
    let folder = Folder::new("mode");
    let path = folder.file("store");
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.path(), path);
    let vault = Vault::open(store, key(1)).await.unwrap();
    fill(&vault).await;
    assert_eq!(folder.names(), ["store", "store-lock", "store-wal"]);
    for name in folder.names() {
        assert_eq!(mode(&folder.file(&name)), 0o600, "{name}");
    }
    drop(vault);
    assert_eq!(folder.names(), ["store", "store-lock"]);
    // A copy that got the usual mode is made private again.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(format!("{store:?}"), format!("SqliteStore({})", path.display()));
}

#[cfg(unix)]
#[tokio::test]
async fn one_owner_at_a_time_by_whatever_path() {
    let folder = Folder::new("owner");
    let (path, link) = (folder.file("store"), folder.file("link"));
    let store = SqliteStore::open(&path).await.unwrap();
    symlink(&path, &link).unwrap();
    for path in [
        &path,
        &link,
        &folder.path().join("./store"),
        &folder.path().join("../").join(folder.path().file_name().unwrap()).join("store"),
    ] {
        assert_eq!(SqliteStore::open(path).await.unwrap_err().code(), "store.in_use");
    }
    drop(store);
    drop(SqliteStore::open(&link).await.unwrap());
    assert_eq!(folder.names(), ["link", "store", "store-lock"]);
    // A tool of SQLite's own that is writing.
    let tool = rusqlite::Connection::open(&path).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(SqliteStore::open(&path).await.unwrap_err().code(), "store.in_use");
    drop(tool);
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_copy_made_while_it_was_open_has_all_that_was_applied() {
    let folder = Folder::new("copy");
    let path = folder.file("store");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    let vault = Vault::open(Arc::clone(&store), key(1)).await.unwrap();
    fill(&vault).await;
    let expected = store.list(&Range::all()).await.unwrap();
    // What a power cut would leave: no more than the files.
    fs::copy(&path, folder.file("copy")).unwrap();
    fs::copy(folder.file("store-wal"), folder.file("copy-wal")).unwrap();
    assert_eq!(rows(&folder.file("copy")).await.unwrap(), expected);
    // A log without its file is no new store.
    fs::copy(folder.file("store-wal"), folder.file("lost-wal")).unwrap();
    let error = SqliteStore::open(folder.file("lost")).await.unwrap_err();
    assert_eq!(error.code(), "store.damaged");
    assert!(folder.file("lost-wal").exists() && !folder.file("lost").exists());
}

#[tokio::test]
async fn what_is_removed_is_gone_from_the_files() {
    let folder = Folder::new("removed");
    let path = folder.file("store");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    let vault = Vault::open(Arc::clone(&store), key(1)).await.unwrap();
    fill(&vault).await;
    let place = Place::of_account(crate::stage::user(1), Table::Identity, Item::Only);
    let sealed = store.get(&place).await.unwrap().unwrap();
    let holds = |name: &str| {
        let bytes = fs::read(folder.file(name)).unwrap();
        bytes.windows(32).any(|part| part == &sealed[..32])
    };
    assert!(holds("store-wal") || holds("store"), "the test looks in the wrong place");
    vault.account(crate::stage::user(1)).erase().await.unwrap();
    assert!(!holds("store-wal") && !holds("store"));
}

#[tokio::test]
async fn what_was_begun_is_done_when_the_store_is_dropped() {
    let folder = Folder::new("dropped");
    let path = folder.file("store");
    let store = SqliteStore::open(&path).await.unwrap();
    let place = Place::of_account(crate::stage::user(1), Table::Tokens, Item::Only);
    let mut apply = store.apply(Batch::new().put(place, vec![7; 1000]));
    // Begun, and then given up by its caller.
    let once = std::future::poll_fn(|context| {
        std::task::Poll::Ready(apply.as_mut().poll(context).is_pending())
    });
    once.await;
    drop(apply);
    drop(store);
    assert_eq!(rows(&path).await.unwrap(), [Row { place, value: vec![7; 1000] }]);
}
