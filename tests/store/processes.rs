//! Other processes, and disks that are full or cannot be written.
//!
//! The test program is started once more, to run the parts marked `ignore` here.
#![cfg(target_os = "linux")] // mounts of one's own

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use sealpost::store::*;
use sealpost::vault::*;

use crate::folder::Folder;
use crate::secrecy::{ROWS, fill};
use crate::skip::skip;
use crate::sqlite::{filled, rows};
use crate::stage::*;

const PATH: &str = "SEALPOST_TEST_PATH";

/// This program, to run one of the parts marked `ignore`.
pub(crate) fn part(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture"]);
    command
}

/// `None` when a part is run by itself, which does nothing.
pub(crate) fn given_path() -> Option<PathBuf> {
    std::env::var_os(PATH).map(PathBuf::from)
}

fn start(name: &str, path: &Path) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut command = part(name);
    command.env(PATH, path).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (child, output)
}

fn wait_for(output: &mut impl std::io::BufRead, word: &str) {
    let mut line = String::new();
    while !line.contains(word) {
        line.clear();
        assert_ne!(output.read_line(&mut line).unwrap(), 0, "it ended before it was {word}");
    }
}

#[tokio::test]
#[ignore = "a part of another test"]
async fn hold_the_store() {
    let Some(path) = given_path() else { return };
    let store = SqliteStore::open(path).await.unwrap();
    println!("ready");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    drop(store);
}

#[tokio::test]
async fn two_processes_do_not_share_a_file() {
    let folder = Folder::new("processes");
    let path = folder.file("store");
    filled(&path).await;
    let expected = rows(&path).await.unwrap();
    for is_killed in [false, true] {
        let (mut child, mut output) = start("processes::hold_the_store", &path);
        wait_for(&mut output, "ready");
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert_eq!(error.code(), "store.in_use");
        assert!(error.to_string().contains("close the other program"), "{error}");
        if is_killed {
            child.kill().unwrap();
        } else {
            drop(child.stdin.take());
        }
        child.wait().unwrap();
        assert_eq!(rows(&path).await.unwrap(), expected);
    }
}

/// A process that is being started has a copy of every file that is open here.
#[test]
fn a_store_that_was_closed_can_be_opened_while_processes_are_started() {
    let folder = Folder::new("starting");
    let path = folder.file("store");
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                assert!(Command::new("true").status().unwrap().success());
            }
        });
        let turns = (0..200).try_for_each(|_| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(SqliteStore::open(&path)).map(drop)
        });
        is_done.store(true, Ordering::Relaxed);
        turns.unwrap();
    });
}

fn counter(number: u64) -> Place {
    Place::of_account(user(number), Table::Tokens, Item::Only)
}

#[tokio::test]
#[ignore = "a part of another test"]
async fn write_until_killed() {
    let Some(path) = given_path() else { return };
    let store = SqliteStore::open(path).await.unwrap();
    let first = store.get(&counter(1)).await.unwrap();
    let first = first.map_or(0, |bytes| u64::from_be_bytes(bytes[..8].try_into().unwrap()));
    for round in first + 1.. {
        // Long enough to take several pages.
        let value = round.to_be_bytes().repeat(1000);
        let batch = (1..=5).fold(Batch::new(), |batch, n| batch.put(counter(n), value.clone()));
        store.apply(batch).await.unwrap();
        println!("wrote {round}");
        std::io::stdout().flush().unwrap();
    }
}

#[tokio::test]
async fn a_killed_process_leaves_whole_batches_and_all_that_it_reported() {
    let folder = Folder::new("killed");
    let path = folder.file("store");
    let mut last = 0;
    for turn in 0..12 {
        let (mut child, mut output) = start("processes::write_until_killed", &path);
        // Somewhere in the midst of the next one.
        wait_for(&mut output, "wrote");
        for _ in 0..turn * 7 {
            output.read_line(&mut String::new()).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        let reported = rest.lines().rev().find_map(|line| line.strip_prefix("wrote "));
        let reported = reported.map_or(last, |number| number.parse().unwrap());
        let found = rows(&path).await.unwrap();
        assert_eq!(found.len(), 5);
        assert!(found.iter().all(|row| row.value == found[0].value));
        let round = u64::from_be_bytes(found[0].value[..8].try_into().unwrap());
        assert!(round >= reported && round > last, "{round} {reported} {last}");
        last = round;
    }
}

/// Runs a part with a small disk of its own under the path it is given, if this machine lets us.
fn on_its_own_disk(name: &str, folder: &Folder) {
    let may_mount = |options: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(options).args(["sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]);
        command.output().is_ok_and(|output| output.status.success())
    };
    let Some(options) = [&["-m"][..], &["-rm"]].into_iter().find(|options| may_mount(options))
    else {
        return skip(name, "mount of one's own", "unshare -m, as root or as a user");
    };
    let script = format!(
        "mount -t tmpfs -o size=2m tmpfs \"${PATH}\" && exec \"$0\" --exact processes::{name} \
         --ignored --nocapture"
    );
    let mut command = Command::new("unshare");
    command.args(options).args(["sh", "-c", &script]).arg(std::env::current_exe().unwrap());
    let output = command.env(PATH, folder.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
fn a_full_disk_stops_writing_and_loses_nothing() {
    on_its_own_disk("fill_the_disk", &Folder::new("full"));
}

fn fill_up(folder: &Path) -> PathBuf {
    let filler = folder.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 512]).is_ok() {}
    filler
}

#[tokio::test]
#[ignore = "a part of another test"]
async fn fill_the_disk() {
    let Some(folder) = given_path() else { return };
    // No room for a new store.
    let filler = fill_up(&folder);
    let path = folder.join("store");
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert_eq!(error.code(), "store.full");
    assert!(!path.exists());
    fs::remove_file(filler).unwrap();
    filled(&path).await;

    // No room for more in an open one.
    let store = std::sync::Arc::new(SqliteStore::open(&path).await.unwrap());
    let vault = Vault::open(std::sync::Arc::clone(&store), key(1)).await.unwrap();
    let before = store.list(&Range::all()).await.unwrap();
    let filler = fill_up(&folder);
    let batch =
        |byte| (1..=5).fold(Batch::new(), |batch, n| batch.put(counter(n), vec![byte; 20_000]));
    for byte in 0..3 {
        let error = store.apply(batch(byte)).await.unwrap_err();
        assert_eq!(error.code(), "store.full");
        assert!(error.to_string().contains("make room"), "{error}");
        assert_eq!(store.list(&Range::all()).await.unwrap(), before);
    }
    assert!(vault.check().await.unwrap().unreadable.is_empty());
    // Nor to open it again, perhaps; but to go on once there is.
    drop(vault);
    drop(store);
    let _ = SqliteStore::open(&path).await;
    fs::remove_file(filler).unwrap();
    assert_eq!(rows(&path).await.unwrap(), before);
    let store = SqliteStore::open(&path).await.unwrap();
    store.apply(batch(9)).await.unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_named_as_such() {
    on_its_own_disk("protect_the_folder", &Folder::new("protected"));
}

/// Runs a part without root's right to write whatever it likes.
fn as_anybody(name: &str, folder: &Folder) {
    let exe = std::env::current_exe().unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = Command::new(if is_root { "setpriv".as_ref() } else { exe.as_path() });
    if is_root {
        command.arg("--bounding-set=-all").arg(&exe);
    }
    command.args(["--exact", &format!("processes::{name}"), "--ignored", "--nocapture"]);
    let output = command.env(PATH, folder.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("1 passed"), "{text}");
}

#[test]
fn what_one_may_only_read_is_named_as_such() {
    as_anybody("take_away_the_right_to_write", &Folder::new("rights"));
}

#[tokio::test]
#[ignore = "a part of another test"]
async fn take_away_the_right_to_write() {
    let Some(folder) = given_path() else { return };
    let path = folder.join("store");
    filled(&path).await;
    let (bytes, expected) = (fs::read(&path).unwrap(), rows(&path).await.unwrap());
    let set_mode = |path: &Path, mode| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(path, mode).unwrap();
    };
    let mut refused = 0;
    for (protected, mode, paths) in [
        (folder.clone(), 0o700, ["store", "another"].as_slice()),
        (path.clone(), 0o600, &["store"]),
        (folder.join("store-lock"), 0o600, &["store"]),
    ] {
        set_mode(&protected, mode & 0o500);
        for name in paths {
            let error = SqliteStore::open(folder.join(name)).await.unwrap_err();
            assert_eq!(error.code(), "store.read_only", "{} {name}: {error}", protected.display());
            refused += 1;
        }
        assert!(fs::read(&path).unwrap() == bytes && !folder.join("another").exists());
        set_mode(&protected, mode);
        assert_eq!(rows(&path).await.unwrap(), expected);
    }
    assert_eq!(refused, 4);
}

fn remount(folder: &Path, options: &str) {
    let mut command = Command::new("mount");
    let status = command.args(["-o", &format!("remount,bind,{options}")]).arg(folder).status();
    assert!(status.unwrap().success());
}

#[tokio::test]
#[ignore = "a part of another test"]
async fn protect_the_folder() {
    let Some(folder) = given_path() else { return };
    let path = folder.join("store");
    filled(&path).await;
    let (bytes, expected) = (fs::read(&path).unwrap(), rows(&path).await.unwrap());
    remount(&folder, "ro");
    for path in [path.clone(), folder.join("another")] {
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert_eq!(error.code(), "store.read_only");
        assert!(error.to_string().contains("check the permissions"), "{error}");
    }
    assert!(fs::read(&path).unwrap() == bytes && !folder.join("another").exists());
    remount(&folder, "rw");
    assert_eq!(rows(&path).await.unwrap(), expected);
    let vault = Vault::open(SqliteStore::open(&path).await.unwrap(), key(1)).await.unwrap();
    for number in [1, 2] {
        vault.account(user(number)).erase().await.unwrap();
    }
    fill(&vault).await;
    assert_eq!(vault.check().await.unwrap().rows, ROWS);
}
