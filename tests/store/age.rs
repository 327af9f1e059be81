//! Identities in the age format, and the `age` program on the other side.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use sealpost::vault::*;
use sealpost::*;

use crate::folder::Folder;
use crate::skip::skip;
use crate::stage::*;

const PASSPHRASE: &str = "a long passphrase";

fn export() -> IdentityExport {
    let mut own = OwnIdentity::new(identity(Suite::XChat, 7));
    own.registration = Registration::Registered(PublicKeyVersion::new(3));
    IdentityExport::new(user(5), own)
}

fn assert_is_it(export: IdentityExport) {
    assert_eq!(export.user_id(), user(5));
    let own = export.into_own_identity();
    assert_eq!(own.registration, Registration::Registered(PublicKeyVersion::new(3)));
    assert_eq!(own.identity.suite(), Suite::XChat);
    assert_eq!(own.identity.dangerous_private_keys().expose_secret(), &[7; 64]);
}

#[test]
fn an_identity_comes_back_from_age() {
    let text = export().to_age(PASSPHRASE.into()).unwrap();
    assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----\n"), "{text}");
    assert_is_it(IdentityExport::from_age(&text, PASSPHRASE.into()).unwrap());
    let code = |text: &str, passphrase: &str| {
        IdentityExport::from_age(text, passphrase.into()).unwrap_err().code()
    };
    assert_eq!(code(&text, "another"), "identity_export.wrong_passphrase");
    for other in ["", "planted", &"planted".repeat(10_000), text.trim_end().trim_end_matches('-')] {
        assert!(code(other, PASSPHRASE).starts_with("identity_export."), "{other}");
    }
    let ours = export().to_text_at_cost(PASSPHRASE.into(), cheap()).unwrap();
    assert_eq!(code(&ours, PASSPHRASE), "identity_export.not_an_export");
}

/// Runs `age`, which asks for a passphrase where a person would type it: `script` is that terminal.
fn age(arguments: &str, typed: &str) -> bool {
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &format!("age {arguments}"), "/dev/null"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap().status.success()
}

#[test]
fn the_age_program_opens_what_we_write_and_writes_what_we_open() {
    for (program, package) in [("age", "age"), ("script", "bsdutils")] {
        if Command::new(program).arg("--version").output().is_err() {
            return skip("age", program, &format!("apt-get install {package}"));
        }
    }
    let folder = Folder::new("age");
    let path = |name: &str| folder.file(name).display().to_string();
    fs::write(path("identity.age"), export().to_age(PASSPHRASE.into()).unwrap()).unwrap();
    let decrypt = format!("--decrypt --output {} {}", path("identity.json"), path("identity.age"));
    assert!(!age(&decrypt, "another\n"));
    assert!(age(&decrypt, &format!("{PASSPHRASE}\n")));
    let content = fs::read_to_string(path("identity.json")).unwrap();
    assert!(content.starts_with(r#"{"format":"sealpost identity 1","user_id":"5""#), "{content}");
    // And back.
    let encrypt = format!(
        "--encrypt --passphrase --armor --output {} {}",
        path("back.age"),
        path("identity.json")
    );
    assert!(age(&encrypt, &format!("{PASSPHRASE}\n{PASSPHRASE}\n")));
    let text = fs::read_to_string(path("back.age")).unwrap();
    assert_is_it(IdentityExport::from_age(&text, PASSPHRASE.into()).unwrap());
    // What is no identity is refused all the same.
    fs::write(path("identity.json"), content.replace(r#""user_id":"5""#, r#""user_id":"x""#))
        .unwrap();
    fs::remove_file(path("back.age")).unwrap();
    assert!(age(&encrypt, &format!("{PASSPHRASE}\n{PASSPHRASE}\n")));
    let text = fs::read_to_string(path("back.age")).unwrap();
    let error = IdentityExport::from_age(&text, PASSPHRASE.into()).unwrap_err();
    assert_eq!(error.code(), "identity_export.not_understood");
}
