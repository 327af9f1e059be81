//! Identities written out and read back.

use sealpost::vault::*;
use sealpost::*;
use static_assertions::assert_not_impl_any;

use crate::stage::*;

assert_not_impl_any!(IdentityExport: Clone, PartialEq, std::fmt::Display, serde::Serialize);

fn export(suite: Suite, registration: Registration) -> IdentityExport {
    let mut own = OwnIdentity::new(identity(suite, 7));
    own.registration = registration;
    IdentityExport::new(user(9_999_999_999_999_999_999), own)
}

fn write(export: &IdentityExport, passphrase: &str) -> String {
    export.to_text_at_cost(passphrase.into(), cheap()).unwrap()
}

fn assert_is_it(export: IdentityExport, suite: Suite, registration: Registration) {
    assert_eq!(export.user_id(), user(9_999_999_999_999_999_999));
    let own = export.into_own_identity();
    assert_eq!((own.identity.suite(), own.registration), (suite, registration));
    assert_eq!(own.identity.dangerous_private_keys().expose_secret(), &[7; 64]);
}

#[test]
fn an_identity_comes_back() {
    let registered = Registration::Registered(PublicKeyVersion::new(u64::MAX));
    for suite in Suite::ALL {
        for registration in [Registration::Made, registered] {
            let text = write(&export(*suite, registration), "passphrase");
            assert!(text.starts_with("-----BEGIN SEALPOST IDENTITY-----\n"), "{text}");
            assert!(text.ends_with("\n-----END SEALPOST IDENTITY-----\n"), "{text}");
            let read = IdentityExport::from_text(&text, "passphrase".into()).unwrap();
            assert_is_it(read, *suite, registration);
        }
    }
    // The cost is the text's own.
    let costly = PassphraseCost::new(9 * 1024, 2, 2).unwrap();
    let text = export(Suite::X25519, registered).to_text_at_cost("p".into(), costly).unwrap();
    IdentityExport::from_text(&text, "p".into()).unwrap();
}

#[tokio::test]
async fn it_goes_from_one_vault_into_another() {
    let mut vaults = Vec::new();
    for byte in [1, 2] {
        let vault = Vault::open(MemoryStore::new(), key(byte)).await.unwrap();
        vaults.push(vault.account(user(5)));
    }
    let registered = Registration::Registered(PublicKeyVersion::new(3));
    let mut saved = vaults[0].add_identity(identity(Suite::XChat, 7)).await.unwrap();
    vaults[0].set_registration(&mut saved, registered, None).await.unwrap();
    let saved = vaults[0].identity().await.unwrap().unwrap();
    let text = write(&IdentityExport::new(user(5), saved.value), "passphrase");
    let read = IdentityExport::from_text(&text, "passphrase".into()).unwrap();
    let read = vaults[1].add_identity(read.into_own_identity()).await.unwrap();
    assert_eq!(read.value.registration, registered);
    let account = vaults[1].identity().await.unwrap().unwrap().value.into_account(user(5)).unwrap();
    assert_eq!(account.dangerous_private_keys().expose_secret(), &[7; 64]);
}

#[test]
fn nothing_shows_through() {
    let export = export(Suite::X25519, Registration::Made);
    let shown = format!("{} {export:?} {export:#?}", write(&export, "planted"));
    for secret in ["planted", "BwcHBwcH", "0707070707", "7, 7, 7, 7"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_ne!(write(&export, "planted"), write(&export, "planted"));
}

#[test]
fn a_wrong_passphrase_or_another_text_is_refused() {
    let text = write(&export(Suite::X25519, Registration::Made), "passphrase");
    let code = |text: &str, passphrase: &str| {
        IdentityExport::from_text(text, passphrase.into()).unwrap_err().code()
    };
    for wrong in ["", "Passphrase", "passphrase ", "passphras"] {
        assert_eq!(code(&text, wrong), "identity_export.wrong_passphrase");
    }
    // Every line damaged in turn, and missing in turn.
    let lines: Vec<&str> = text.lines().collect();
    let mut refused = 0;
    for at in 0..lines.len() {
        let mut damaged: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let last = damaged[at].pop().unwrap();
        damaged[at].push(if last == 'A' { 'Q' } else { 'A' });
        assert!(code(&damaged.join("\n"), "passphrase").starts_with("identity_export."));
        damaged.remove(at);
        assert!(code(&damaged.join("\n"), "passphrase").starts_with("identity_export."));
        refused += 2;
    }
    assert!(refused >= 12, "{refused}");
    for other in
        ["", "planted", "-----BEGIN SEALPOST IDENTITY-----\n-----END SEALPOST IDENTITY-----"]
    {
        assert_eq!(code(other, "passphrase"), "identity_export.not_an_export");
    }
    // A store's header is locked the same way, and under another label.
    let newer = text.replacen("\nAQ", "\nAg", 1);
    assert_eq!(code(&newer, "passphrase"), "identity_export.newer");
}

/// X's own form, without any protection: what its SDK exports and imports.
#[test]
fn the_blob_of_xs_sdk_goes_in_and_out() {
    let blob: Vec<u8> = (1..=64).collect();
    let identity = Identity::dangerous_from_private_keys(Suite::XChat, &blob).unwrap();
    assert_eq!(identity.dangerous_private_keys().expose_secret()[..], blob);
    let account = identity.registered(user(1), PublicKeyVersion::new(1));
    assert_eq!(account.dangerous_private_keys().expose_secret()[..], blob);
    for wrong in [0, 32, 63, 65, 128] {
        let error = Identity::dangerous_from_private_keys(Suite::XChat, &vec![1; wrong]);
        assert_eq!(error.unwrap_err().code(), "private_keys.length");
    }
    for out_of_range in [[0; 64], [0xff; 64]] {
        let error = Identity::dangerous_from_private_keys(Suite::XChat, &out_of_range);
        assert_eq!(error.unwrap_err().code(), "private_keys.out_of_range");
    }
}
