//! Files that releases wrote are opened by today's code.

use std::fs;
use std::path::{Path, PathBuf};

use sealpost::store::*;
use sealpost::transport::TokenStore as _;
use sealpost::vault::*;
use sealpost::*;

use crate::folder::Folder;
use crate::secrecy::{ROWS, fill};
use crate::stage::*;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/fixtures")
}

fn passphrase() -> StoreKey {
    StoreKey::passphrase_at_cost("fixture passphrase".into(), cheap())
}

/// See the fixtures' README.
#[tokio::test]
#[ignore = "writes a file that is kept for good"]
async fn write_a_file() {
    let Some(path) = std::env::var_os("SEALPOST_TEST_PATH") else { return };
    assert!(!Path::new(&path).exists(), "such files are never written anew");
    let store = SqliteStore::open(&path).await.unwrap();
    fill(&Vault::open(store, passphrase()).await.unwrap()).await;
    fs::remove_file(Path::new(&path).with_extension("sealpost-lock")).unwrap();
}

/// What the first release put into its file.
async fn check_v1(vault: &Vault) {
    let check = vault.check().await.unwrap();
    assert_eq!((check.rows, check.unreadable.len()), (ROWS, 0));
    assert_eq!(vault.accounts().await.unwrap(), [user(1), user(2)]);
    for number in [1, 2] {
        let account = vault.account(user(number));
        let own = account.identity().await.unwrap().unwrap().value;
        assert_eq!(own.registration, Registration::Made);
        assert_eq!(own.identity.suite(), Suite::XChat);
        assert_eq!(own.identity.dangerous_private_keys().expose_secret(), &[0x41; 64]);
        assert_same_pair(account.tokens().load().await.unwrap(), &pair(1));
        let pins = account.pins().await.unwrap();
        let expected = [3, 4].map(|n| Pin::first_use(&participant(Suite::XChat, n, 9), NOW));
        assert!(pins.iter().map(|pin| pin.value).eq(expected));
        let other_group = ConversationId::group(78).unwrap();
        assert_eq!(account.conversations().await.unwrap(), [group(), other_group]);
        for id in [group(), other_group] {
            let record = account.conversation(id).await.unwrap();
            assert_eq!(all_of(record.keyring()), all_of(&keyring(id, Suite::XChat)));
            assert_eq!((record.roster(), record.cursor()), (Some(&roster()), &cursor()));
        }
    }
    assert_eq!(vault.account(user(1)).unfinished().await.unwrap(), [group()]);
    assert_eq!(vault.account(user(2)).unfinished().await.unwrap(), []);
    let mut record = vault.account(user(1)).conversation(group()).await.unwrap();
    let change = record.change().unwrap();
    assert_eq!(change.state(), ChangeState::Prepared);
    let request = change.request();
    assert!(matches!(request, ChangeRequest::Keys(_)));
    assert_eq!((request.sender(), request.suite()), (user(1), Suite::XChat));
    assert_eq!(request.key_version(), KeyVersion::new(12));
    assert_eq!(record.settle(), Ok(Some(Adoption::Current)));
}

#[tokio::test]
async fn a_file_of_every_schema_is_opened() {
    let folder = Folder::new("releases");
    let mut checked = 0;
    for version in 1..=SCHEMA_VERSION {
        let name = format!("v{version}.sealpost");
        let path = folder.file(&name);
        fs::copy(fixtures().join(&name), &path).unwrap();
        // Twice: once as the release left it, and once as we did.
        for _ in 0..2 {
            let store = SqliteStore::open(&path).await.unwrap();
            let vault = Vault::open(store, passphrase()).await.unwrap();
            check_v1(&vault).await;
        }
        checked += 1;
    }
    let files = fs::read_dir(fixtures()).unwrap();
    let stores = files.filter(|file| {
        let path = file.as_ref().unwrap().path();
        path.extension().is_some_and(|extension| extension == "sealpost")
    });
    assert_eq!(checked, stores.count());
}

#[tokio::test]
async fn what_it_left_can_be_gone_on_with() {
    let folder = Folder::new("goes-on");
    let path = folder.file("store");
    fs::copy(fixtures().join("v1.sealpost"), &path).unwrap();
    let vault = Vault::open(SqliteStore::open(&path).await.unwrap(), passphrase()).await.unwrap();
    let account = vault.account(user(1));
    let mut record = account.conversation(group()).await.unwrap();
    record.settle().unwrap();
    account.save(&mut record, None).await.unwrap();
    let read = account.conversation(group()).await.unwrap();
    assert_eq!(read.keyring().floor(), Some(KeyVersion::new(12)));
    assert!(read.change().is_none());
}
