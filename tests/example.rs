//! The main job, run as a user runs it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

use std::path::PathBuf;
use std::process::{Command, Output};

use sealpost::*;
use sealpost_sandbox::Sandbox;
use serde_json::Value;

/// `cargo test` has built the examples beside this test.
fn example() -> Command {
    example_named("init_conversation")
}

fn example_named(name: &str) -> Command {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    let mut command = Command::new(path.join("examples").join(name));
    command.env_clear();
    command
}

fn run(command: &mut Command) -> (Output, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    (output, out, err)
}

fn facts(out: &str) -> Value {
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

#[test]
fn both_sides_end_with_the_same_key() {
    let (output, out, err) = run(example().arg("--json"));
    assert!(output.status.success(), "{err}");
    let facts = facts(&out);
    assert_eq!(facts["conversation_id"], "1215441834412953600:1603419180975409153");
    assert_eq!(facts["suite"], "X25519");
    assert_eq!(facts["participants"].as_array().unwrap().len(), 2);
    assert!(facts["sequence_id"].is_string());
    let fingerprint = facts["key_fingerprint_sender"].as_str().unwrap();
    assert_eq!(fingerprint.len(), 32);
    assert_eq!(facts["key_fingerprint_recipient"], fingerprint);
    assert_eq!(out.matches(fingerprint).count(), 4, "once each, and twice in the JSON");
    for step in
        ["server", "register", "verify", "generate", "seal", "sign", "post", "accepted", "receive"]
    {
        assert!(out.lines().any(|line| line.trim_start().starts_with(step)), "{step}\n{out}");
    }
}

#[test]
fn the_walk_in_x_s_suite_ends_with_everybody_holding_the_keys() {
    let (output, out, err) = run(&mut example_named("xchat_conversation"));
    assert!(output.status.success(), "{err}");
    assert_eq!(err, "", "nothing was skipped");
    // Bob alone, then Bob and Carol.
    assert_eq!(out.matches("opened their own copy and verified").count(), 3);
    assert_eq!(out.matches("\"Friends of P-256\", signed by Alice").count(), 2);
    assert_eq!(out.matches(" 113 bytes").count(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_side_talks_to_a_server_of_your_choice() {
    let sandbox = Sandbox::start().await.unwrap();
    let [alice, bob]: [UserId; 2] = ["1001", "1002"].map(|id| id.parse().unwrap());
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .credentials(Credentials::bearer(sandbox.token(bob).as_str().into()))
        .build()
        .unwrap();
    let identity = Identity::generate(Suite::X25519).unwrap();
    let request = identity.registration(bob, UnixMillis::new(1));
    client.add_user_public_key(&bob, &request).await.unwrap();

    let token = sandbox.token(alice).to_string();
    let mut command = example();
    let folder = std::env::temp_dir().join(format!("sealpost-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let identity = folder.join("identity.json");
    command
        .args(["--from", "1001", "--to", "1002", "--json", "--identity"])
        .arg(&identity)
        .env("SEALPOST_BASE_URL", sandbox.base_url())
        .env("X_ACCESS_TOKEN", &token);
    let (output, out, err) = run(&mut command);
    assert!(output.status.success(), "{err}");
    assert_eq!(facts(&out)["conversation_id"], "1001:1002");
    assert_eq!(facts(&out)["key_fingerprint_recipient"], Value::Null);
    assert!(!out.contains(&token) && !err.contains(&token));

    // The identity was saved before it was registered, for its owner only.
    let saved = std::fs::read(&identity).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&identity).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // The next run is the same user with the same keys: nothing is registered again.
    let (output, out, err) = run(&mut command);
    assert!(output.status.success(), "{err}");
    assert!(!out.contains("register"), "{out}");
    assert_eq!(std::fs::read(&identity).unwrap(), saved);
    let keys: Value = serde_json::from_slice(&saved).unwrap();
    assert!(!out.contains(keys["private_keys"].as_str().unwrap()));

    // Somebody with keys of another suite, somebody who has none, a token nobody knows: nothing
    // is registered for a message that cannot be sent.
    let (output, out, err) = run(command.args(["--suite", "xchat"]));
    assert!(!output.status.success());
    assert!(err.contains("has keys of suite X25519") && !out.contains("register"), "{err}");
    let (output, _, err) = run(command.args(["--to", "1003"]));
    assert!(!output.status.success());
    assert!(err.contains("1003"), "{err}");
    let (output, _, err) = run(command.env("X_ACCESS_TOKEN", "stolen-or-expired"));
    assert!(!output.status.success());
    assert!(!err.contains("stolen-or-expired"), "{err}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_oauth1_token_says_whose_it_is() {
    let mut command = example();
    command.args(["--to", "1002"]).env("SEALPOST_BASE_URL", "http://127.0.0.1:9");
    for name in ["X_CONSUMER_KEY", "X_CONSUMER_SECRET", "X_TOKEN_SECRET"] {
        command.env(name, "test-value");
    }
    let (_, _, err) = run(command.env("X_TOKEN", "nobody"));
    assert!(err.contains("--from YOUR_USER_ID"), "{err}");
    let (output, _, err) = run(command.env("X_TOKEN", "1001-abcdef"));
    assert!(!output.status.success());
    assert!(!err.contains("--from") && !err.contains("abcdef"), "nobody listens there: {err}");
}

#[test]
fn wrong_usage_says_what_to_do() {
    for (arguments, hint) in [
        (&["--from", "1002"][..], "--to USER_ID says whom to write to"),
        (&["--to"], "--to needs a value"),
        (&["--from", "x", "--to", "2"], "user id has a character that is not an ASCII digit"),
        (&["--to", "2"], "set X_ACCESS_TOKEN"),
        (&["--suite", "rot13"], "there are X25519 and XChat"),
        (&["--fast"], "unknown argument --fast"),
    ] {
        let (output, _, err) = run(example().args(arguments));
        assert!(!output.status.success());
        assert!(err.contains(hint), "{arguments:?}: {err}");
    }
    let (output, out, _) = run(example().arg("--help"));
    assert!(output.status.success());
    assert!(out.contains("SEALPOST_BASE_URL"));
}

#[test]
fn one_call_starts_a_conversation() {
    let (output, out, err) = run(&mut example_named("one_call"));
    assert!(output.status.success(), "{err}");
    assert!(out.starts_with("conversation  1001:1002\nkey           "), "{out}");
}

#[test]
fn two_devices_follow_the_same_conversation() {
    let (output, out, err) = run(&mut example_named("two_devices"));
    assert!(output.status.success(), "{err}");
    assert!(out.ends_with("Both devices hold the same keys.\n"), "{out}");
    assert!(out.contains("-----BEGIN SEALPOST IDENTITY-----"), "{out}");
}

#[test]
fn safety_numbers_tell_of_exchanged_keys() {
    let (output, out, err) = run(&mut example_named("safety_number"));
    assert!(output.status.success(), "{err}");
    assert!(out.ends_with("and nothing was sealed to the new keys.\n"), "{out}");
    let lines: Vec<&str> = out.lines().map(str::trim).collect();
    let numbers = |name: &str| -> Vec<String> {
        let starts = lines.windows(2).filter_map(|pair| {
            let first = pair[0].strip_prefix(name)?.strip_prefix("  ")?;
            first.starts_with(|c: char| c.is_ascii_digit()).then(|| format!("{first} {}", pair[1]))
        });
        starts.collect()
    };
    let (alice, bob, new) = (numbers("Alice"), numbers("Bob"), numbers("new keys"));
    assert_eq!((alice.len(), bob.len(), new.len()), (2, 1, 1), "{out}");
    assert!(alice.iter().all(|number| *number == bob[0]), "{alice:?} {bob:?}");
    assert_ne!(new[0], bob[0]);
    for number in [&bob[0], &new[0]] {
        let groups: Vec<&str> = number.split(' ').collect();
        assert_eq!(groups.len(), 12, "{number}");
        assert!(groups.iter().all(|group| group.len() == 5 && group.parse::<u32>().is_ok()));
    }
    for said in ["user 1002: Match\n", "user 1001: Match\n", "user 1002: Mismatch\n", "verified"] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    let images = lines.iter().filter_map(|line| line.split_once("screen, also in "));
    let images: Vec<&str> = images.map(|(_, path)| path.trim_end_matches(':')).collect();
    assert_eq!(images.len(), 2, "{out}");
    for image in images {
        assert!(std::fs::read(image).unwrap().starts_with(b"\x89PNG"), "{image}");
    }
}
