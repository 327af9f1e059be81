//! The store's key in the real keyring of this system: the Secret Service, over D-Bus.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;

use sealpost::*;

use crate::folder::Folder;
use crate::processes::{given_path, part};
use crate::skip::skip;
use crate::stage::{identity, user};

/// Opens a store with the keyring's key, from within a runtime as an app would.
#[tokio::test]
#[ignore = "a part of another test"]
async fn use_the_keyring() {
    let Some(path) = given_path() else { return };
    let store = SqliteStore::open(path).await.unwrap();
    let key = match StoreKey::in_os_keyring("sealpost-test", "one") {
        Ok(key) => key,
        Err(error) => return println!("refused: {}", error.code()),
    };
    let account = Vault::open(store, key).await.unwrap().account(user(1));
    if account.identity().await.unwrap().is_none() {
        account.add_identity(identity(Suite::X25519, 1)).await.unwrap();
        return println!("made");
    }
    println!("found");
}

fn output(command: &mut Command, path: &Path) -> String {
    let output = command.env("SEALPOST_TEST_PATH", path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn where_there_is_no_keyring_the_error_says_so() {
    let folder = Folder::new("no-keyring");
    let mut command = part("keyring::use_the_keyring");
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let text = output(&mut command, &folder.file("store"));
    assert!(text.contains("refused: os_keyring.unavailable"), "{text}");
}

#[test]
fn the_secret_service_keeps_the_key() {
    for program in ["dbus-run-session", "gnome-keyring-daemon"] {
        if Command::new(program).arg("--version").output().is_err() {
            return skip("keyring", "keyring", "apt-get install gnome-keyring dbus");
        }
    }
    let folder = Folder::new("keyring");
    let script = "echo passphrase | gnome-keyring-daemon --unlock --components=secrets > \"$HOME/log\" \
        && \"$0\" --exact keyring::use_the_keyring --ignored --nocapture";
    for word in ["made", "found"] {
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", script]).arg(std::env::current_exe().unwrap());
        command.env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path());
        command.env("XDG_RUNTIME_DIR", folder.path()).env_remove("DISPLAY");
        let text = output(&mut command, &folder.file("store"));
        assert!(text.contains(word), "{text}");
    }
}
