//! What it takes to find out that a passphrase is wrong.
#![cfg(target_os = "linux")] // where the time of a process is read

use std::fs;

use sealpost::*;

use crate::folder::Folder;
use crate::processes::{given_path, part};

const RIGHT: &str = "a long passphrase";

/// Nanoseconds that this process has computed for, whoever else does on this machine.
fn computed() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let times = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("schedstat")));
    times.map(|time| time.unwrap().split(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[tokio::test]
#[ignore = "a part of another test"]
async fn try_passphrases() {
    let Some(path) = given_path() else { return };
    // Twenty times what there is to do besides.
    let cost = PassphraseCost::new(16 * 1024, 12, 1).unwrap();
    let open = async |text: &str| {
        let store = SqliteStore::open(&path).await.unwrap();
        let key = StoreKey::passphrase_at_cost(text.into(), cost);
        let before = computed();
        let opened = Vault::open(store, key).await;
        (computed() - before, opened.map_err(|error| error.code()))
    };
    open(RIGHT).await.1.unwrap();
    let long = RIGHT.repeat(100);
    let texts = [RIGHT, "", "a long passphras", "A long passphrase", &long];
    let mut least = [u64::MAX; 5];
    for _ in 0..5 {
        for (least, text) in least.iter_mut().zip(texts) {
            let (time, opened) = open(text).await;
            assert_eq!(opened.err(), (text != RIGHT).then_some("vault.wrong_key"));
            *least = time.min(*least);
        }
    }
    let (shortest, longest) = (least.iter().min().unwrap(), least.iter().max().unwrap());
    assert!(longest / 2 < *shortest, "{least:?}");
    println!("the same work: {least:?}");
}

/// However wrong a passphrase is, to refuse it takes what the right one takes.
#[test]
fn every_passphrase_takes_the_same_work() {
    let folder = Folder::new("work");
    let mut command = part("work::try_passphrases");
    let output = command.env("SEALPOST_TEST_PATH", folder.file("store")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("the same work"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
