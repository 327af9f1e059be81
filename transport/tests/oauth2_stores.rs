//! The stores that come with the crate.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use sealpost_transport::*;

/// A folder of this test alone.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let path = path.join(format!("stores-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap();
        names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn pair(number: u32, refresh: Option<SecretString>) -> TokenPair {
    let expires_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let scopes = [Scope::DmRead, "like.read".parse().unwrap()];
    let access = format!("planted\"\\access-{number}").into();
    TokenPair::new(access, refresh, expires_at, scopes).unwrap()
}

fn assert_same(loaded: Option<TokenPair>, saved: &TokenPair) {
    let loaded = loaded.unwrap();
    let access = |pair: &TokenPair| pair.access_token().expose_secret().to_owned();
    let refresh = |pair: &TokenPair| pair.refresh_token().map(|t| t.expose_secret().to_owned());
    assert_eq!(access(&loaded), access(saved));
    assert_eq!(refresh(&loaded), refresh(saved));
    assert_eq!(loaded.expires_at(), saved.expires_at());
    assert_eq!(loaded.scopes(), saved.scopes());
    assert_eq!(loaded.refresh_begun(), saved.refresh_begun());
}

#[tokio::test]
async fn a_text_keeps_all_of_a_pair() {
    let saved = pair(1, Some("planted-refresh".into()));
    let text = saved.to_json().unwrap();
    assert_same(Some(TokenPair::from_json(text.expose_secret()).unwrap()), &saved);
    assert!(!format!("{text:?}").contains("planted"));
    let begun = text.expose_secret().replace("\"refresh_begun\":false", "\"refresh_begun\":true");
    let begun = TokenPair::from_json(&begun).unwrap();
    assert!(begun.refresh_begun() && !saved.refresh_begun());
    assert_same(
        Some(TokenPair::from_json(begun.to_json().unwrap().expose_secret()).unwrap()),
        &begun,
    );
    // A file from before there was a mark.
    let old = text.expose_secret().replace(",\"refresh_begun\":false", "");
    assert_ne!(old, text.expose_secret());
    assert_same(Some(TokenPair::from_json(&old).unwrap()), &saved);
    let codes = [
        ("{", "form"),
        (&text.expose_secret().replace("planted-refresh", "a b"), "token"),
        (&text.expose_secret().replace("1800000000", "18446744073709551615"), "time"),
        (&" ".repeat(70_000), "length"),
    ];
    for (text, code) in codes {
        let error = TokenPair::from_json(text).unwrap_err();
        assert_eq!(error.code(), format!("transport.oauth2.token_json.{code}"));
    }
}

async fn keeps_the_newest(store: &dyn TokenStore) {
    assert!(store.load().await.unwrap().is_none());
    for saved in [pair(1, Some("planted-refresh".into())), pair(2, None)] {
        store.save(&saved).await.unwrap();
        assert_same(store.load().await.unwrap(), &saved);
    }
}

#[tokio::test]
async fn both_keep_the_newest_pair() {
    let folder = Folder::new("newest");
    keeps_the_newest(&MemoryTokenStore::default()).await;
    keeps_the_newest(&FileTokenStore::new(folder.0.join("tokens.json"))).await;
    assert_eq!(folder.files(), ["tokens.json"]);
    let memory = MemoryTokenStore::new(Some(pair(1, None)));
    assert!(!format!("{memory:?}").contains("planted"));
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_file_even_over_an_open_one() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = Folder::new("mode");
    let (path, elsewhere) = (folder.0.join("tokens.json"), folder.0.join("elsewhere"));
    fs::write(&elsewhere, "untouched").unwrap();
    fs::write(&path, "{}").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let store = FileTokenStore::new(&path);
    store.save(&pair(1, None)).await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // A link is replaced, not followed.
    fs::remove_file(&path).unwrap();
    symlink(&elsewhere, &path).unwrap();
    store.save(&pair(2, None)).await.unwrap();
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "untouched");
    assert_same(store.load().await.unwrap(), &pair(2, None));
}

#[tokio::test]
async fn a_file_that_is_none_of_ours_is_an_error_without_its_text() {
    let folder = Folder::new("foreign");
    let path = folder.0.join("tokens.json");
    let store = FileTokenStore::new(&path);
    let mut checked = 0;
    for text in [
        "",
        "planted",
        "\"planted\"",
        "{\"access_token\":\"planted\"}",
        "{\"access_token\":\"planted token\",\"refresh_token\":null,\"expires_at\":1,\"scopes\":[]}",
        "{\"access_token\":\"planted\",\"refresh_token\":\"\",\"expires_at\":1,\"scopes\":[]}",
        "{\"access_token\":\"planted\",\"refresh_token\":null,\"expires_at\":-1,\"scopes\":[]}",
        "{\"access_token\":\"planted\",\"expires_at\":18446744073709551615,\"scopes\":[]}",
        &"planted".repeat(100_000),
    ] {
        fs::write(&path, text).unwrap();
        let error = store.load().await.unwrap_err();
        assert_eq!(error.code(), "transport.oauth2.store");
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
        checked += 1;
    }
    assert_eq!(checked, 9);
}

#[tokio::test]
async fn a_failed_save_leaves_the_old_pair_and_no_draft() {
    let folder = Folder::new("failed");
    let missing = FileTokenStore::new(folder.0.join("missing").join("tokens.json"));
    assert!(missing.save(&pair(1, None)).await.is_err());
    assert!(FileTokenStore::new("").save(&pair(1, None)).await.is_err());
    let store = FileTokenStore::new(folder.0.join("tokens.json"));
    store.save(&pair(1, None)).await.unwrap();
    let huge = TokenPair::new("x".repeat(70_000).into(), None, SystemTime::now(), []).unwrap();
    assert!(store.save(&huge).await.is_err());
    assert_same(store.load().await.unwrap(), &pair(1, None));
    // A folder cannot be replaced by a file.
    fs::create_dir(folder.0.join("taken")).unwrap();
    assert!(FileTokenStore::new(folder.0.join("taken")).save(&pair(1, None)).await.is_err());
    let mut files = folder.files();
    files.sort();
    assert_eq!(files, ["taken", "tokens.json"]);
}
