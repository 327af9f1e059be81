//! Wiping is on in what is published: every package of the resolved graph that has a feature
//! `zeroize` has it on, with our default features and without any that only our tests ask for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Off, and why that leaves nothing behind.
const OFF: [&str; 2] = [
    "ctr",     // the feature only says that its cipher is wiped, which it is
    "ed25519", // the feature is for keys in PKCS #8, which nobody here reads
];

/// On, whatever else is: what our secrets go through.
const ON: [&str; 13] = [
    "aes",
    "aes-gcm",
    "chacha20",
    "chacha20poly1305",
    "curve25519-dalek",
    "ed25519-dalek",
    "ghash",
    "hmac",
    "poly1305",
    "polyval",
    "salsa20",
    "sha2",
    "x25519-dalek",
];

/// `p256`, `ecdsa` and `elliptic-curve` have no such feature: they always wipe.
const ALWAYS: [&str; 3] = ["ecdsa", "elliptic-curve", "p256"];

fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    let command = command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    let output = command.args(["--locked", "--offline"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Package and version, and whether it has a feature `zeroize`.
fn packages() -> BTreeMap<(String, String), bool> {
    // Those of other systems need not have been downloaded.
    let version = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let version = String::from_utf8(version).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = cargo(&["metadata", "--format-version=1", "--filter-platform", host]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter().map(|package| {
        let text = |name: &str| package[name].as_str().unwrap().to_owned();
        let has_feature = package["features"].get("zeroize").is_some();
        ((text("name"), format!("v{}", text("version"))), has_feature)
    });
    packages.collect()
}

#[test]
fn wiping_is_on_in_what_is_published() {
    let packages = packages();
    for (published, also) in [
        ("sealpost-crypto", &[][..]),
        ("sealpost-transport", &["sha1"]),
        ("sealpost", &["argon2", "blake2", "sha1"]),
    ] {
        let tree = cargo(&[
            "tree",
            "--edges=normal",
            "--prefix=none",
            "--format={p} {f}",
            &format!("--package={published}"),
        ]);
        let (mut on, mut off, mut all) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for line in tree.lines() {
            let mut words = line.split(' ');
            let (name, version) = (words.next().unwrap(), words.next().unwrap());
            all.insert(name);
            if packages[&(name.to_owned(), version.to_owned())] {
                let is_on = words.any(|word| word.split(',').any(|feature| feature == "zeroize"));
                if is_on {
                    on.insert(name);
                } else {
                    off.insert(name);
                }
            }
        }
        assert_eq!(off, BTreeSet::from(OFF), "{published}");
        for name in ON.iter().chain(also) {
            assert!(on.contains(name), "{published}: {name}");
        }
        assert!(ALWAYS.iter().all(|name| all.contains(name)), "{published}");
    }
}
