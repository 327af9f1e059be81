//! Exported identities: nothing opens but what was sealed under the passphrase, an identity that is
//! read is written so that it reads the same, mail does no harm, and nothing shows a secret.

use sealpost::{IdentityExport, IdentityExportError, PassphraseCost};
use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::{Identity, Suite};
use serde_json::json;

use crate::input::Input;
use crate::stage::{assert_hides, identity};
use crate::stored_form::{LEAST_MEMORY, PASSPHRASE, export};

const BEGIN: &str = "-----BEGIN SEALPOST IDENTITY-----";
const END: &str = "-----END SEALPOST IDENTITY-----";

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let is_text = input.flag();
    let rest = input.rest();
    if is_text {
        let Ok(text) = std::str::from_utf8(rest) else { return };
        if takes_long(text) {
            return;
        }
        let Ok(own) = read(text) else { return };
        assert!([Suite::X25519, Suite::XChat].iter().any(|suite| lockbox(text) == exported(*suite)));
        // What mail does.
        let mailed = format!("Hello,\n{}", text.replace('\n', " \r\n\r\n  "));
        assert_eq!(facts(&read(&mailed).unwrap()), facts(&own));
        return;
    }
    let own = match read(&armor(&export(rest))) {
        Ok(own) => own,
        // It opens: the two implementations agree on the form.
        Err(IdentityExportError::NotUnderstood) => return,
        Err(error) => panic!("{error:?}"),
    };
    let cost = PassphraseCost::new(LEAST_MEMORY, 1, 1).unwrap();
    let before = facts(&own);
    let text = own.to_text_at_cost(PASSPHRASE.into(), cost).unwrap();
    assert_eq!(facts(&read(&text).unwrap()), before);
}

fn read(text: &str) -> Result<IdentityExport, IdentityExportError> {
    let read = IdentityExport::from_text(text, PASSPHRASE.into());
    assert_hides(&read, PASSPHRASE.as_bytes());
    read
}

/// Whose it is, the private keys and how far their registration has come.
fn facts(export: &IdentityExport) -> String {
    let shown = format!("{export:?}");
    assert!(!shown.contains("private"), "{shown}");
    shown
}

/// Costs are the lockbox's own: one that takes a gigabyte is for nobody's fuzzing.
fn takes_long(text: &str) -> bool {
    let least = [LEAST_MEMORY, 1, 1].map(u32::to_be_bytes);
    lockbox(text).get(2..14).is_some_and(|cost| cost != least.as_flattened())
}

/// What is between the lines of an export; nothing if it is none.
fn lockbox(text: &str) -> Vec<u8> {
    let lines = text.lines().map(str::trim).skip_while(|line| *line != BEGIN).skip(1);
    let base64: String = lines.take_while(|line| *line != END).collect();
    decode_base64(&base64).unwrap_or_default()
}

fn armor(lockbox: &[u8]) -> String {
    let base64 = encode_base64(lockbox);
    let lines = base64.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap());
    let lines: Vec<&str> = lines.collect();
    format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
}

/// The one export of a suite that there is.
fn exported(suite: Suite) -> Vec<u8> {
    export(&content(suite, &identity(suite, 11)))
}

fn content(suite: Suite, identity: &Identity) -> Vec<u8> {
    let keys = encode_base64(identity.dangerous_private_keys().expose_secret());
    let content = json!({
        "format": "sealpost identity 1",
        "user_id": "11",
        "suite": suite.to_string(),
        "identity_key": identity.identity_key(),
        "private_keys": keys,
        "public_key_version": "1700000000000",
    });
    content.to_string().into_bytes()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for suite in [Suite::X25519, Suite::XChat] {
        seeds.push([&[0], &*content(suite, &identity(suite, 11))].concat());
        seeds.push([&[1], armor(&exported(suite)).as_bytes()].concat());
    }
    let foreign = content(Suite::XChat, &identity(Suite::X25519, 11));
    seeds.push([&[0], &*foreign].concat());
    seeds
}
