//! The example `bot_fleet`, run as a user runs it, on a real server.

use std::path::PathBuf;
use std::process::Command;

use sealpost::store::*;
use sealpost::vault::*;

use crate::server::Server;
use crate::skip::skip;
use crate::stage::*;

/// `None`, and a word of warning, where it was not built: `cargo test` with a test's name does not.
fn example() -> Option<Command> {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let path = path.join("examples/bot_fleet");
    if !path.exists() {
        skip("fleet", "bot_fleet", "cargo build --features postgres --example bot_fleet");
        return None;
    }
    let mut command = Command::new(path);
    command.env_remove("SEALPOST_POSTGRES_URL");
    Some(command)
}

/// Whether it went well, and what it printed.
fn run(command: &mut Command) -> (bool, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn assert_went_well((is_success, out, err): &(bool, String, String)) {
    assert!(*is_success, "{out}{err}");
    for said in [
        "both are user 1001, with one identity",
        "40 orders, 20 keys: whoever comes second finds the one there is",
        "40 orders, 40 keys: in each conversation one after the other",
        "ends worker 1 while it gives user 2020 a new key",
        "80 keys were posted, 4 for each conversation",
        "each of the 20 users has the same 4 as the fleet",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    assert!(out.ends_with("No key was lost, and none was made twice.\n"), "{out}");
    assert!(err.is_empty(), "{err}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_goes_on_when_a_worker_is_killed() {
    let Some(server) = Server::start("fleet") else { return };
    let Some(mut command) = example() else { return };
    command.env("SEALPOST_POSTGRES_URL", server.url());
    assert_went_well(&run(&mut command));
    // It has left nothing but the vault itself.
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    assert_eq!(store.list(&Range::all()).await.unwrap().len(), 1);

    // A vault that is somebody else's is left alone, and a server that is not there is named.
    store.apply(Batch::new().delete(Place::HEADER)).await.unwrap();
    Vault::open(store, key(1)).await.unwrap();
    let (is_success, _, err) = run(&mut command);
    assert!(!is_success && err.contains("store"), "{err}");
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    assert_eq!(store.list(&Range::all()).await.unwrap().len(), 1);
    Vault::open(store, key(1)).await.unwrap();
    let (is_success, _, err) = run(command.env("SEALPOST_POSTGRES_URL", "host=/nowhere user=a"));
    assert!(!is_success && err.contains("could not be reached"), "{err}");
}

#[test]
fn a_fleet_brings_its_own_server() {
    let Some(server) = Server::start("fleet-own") else { return };
    drop(server);
    let Some(mut command) = example() else { return };
    let outcome = run(&mut command);
    assert_went_well(&outcome);
    let folder = outcome.1.lines().find_map(|line| line.split_once("for this run, in ")).unwrap().1;
    assert!(!PathBuf::from(folder).exists(), "{folder}");
}
