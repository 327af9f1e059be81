//! Public keys and directory rows: what is refused at the door, and by which name.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

mod common;

use std::collections::BTreeSet;

use common::{account, user};
use sealpost_crypto::*;
use serde_json::{Value, json};

const X25519: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 0x21, 0];
const ED25519: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

fn spki(prefix: [u8; 12], key: [u8; 32]) -> Vec<u8> {
    [&prefix[..], &key].concat()
}

fn little_endian(low: u8, fill: u8, high: u8) -> [u8; 32] {
    let mut bytes = [fill; 32];
    bytes[0] = low;
    bytes[31] = high;
    bytes
}

#[test]
fn identity_keys_are_canonical_x25519_points() {
    let good = spki(X25519, little_endian(9, 0, 0));
    assert!(IdentityPublicKey::from_spki(&good).is_ok());
    let mut cases = vec![
        (vec![], KeyError::Length { found: 0 }),
        (good[..43].to_vec(), KeyError::Length { found: 43 }),
        ([&good[..], &[0]].concat(), KeyError::Length { found: 45 }),
        (good[12..].to_vec(), KeyError::Length { found: 32 }),
        (vec![4; 92], KeyError::Length { found: 92 }),
        (spki(ED25519, little_endian(9, 0, 0)), KeyError::Algorithm),
        (spki(X25519, little_endian(0, 0, 0)), KeyError::LowOrder),
        (spki(X25519, little_endian(1, 0, 0)), KeyError::LowOrder),
        (spki(X25519, little_endian(0xec, 0xff, 0x7f)), KeyError::LowOrder),
        (spki(X25519, little_endian(0xed, 0xff, 0x7f)), KeyError::NotCanonical),
        (spki(X25519, little_endian(0xee, 0xff, 0x7f)), KeyError::NotCanonical),
        (spki(X25519, little_endian(0xff, 0xff, 0x7f)), KeyError::NotCanonical),
        (spki(X25519, little_endian(9, 0, 0x80)), KeyError::NotCanonical),
        (spki(X25519, [0xff; 32]), KeyError::NotCanonical),
    ];
    // Each bit of the prefix counts.
    for bit in 0..12 * 8 {
        let mut damaged = good.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        cases.push((damaged, KeyError::Algorithm));
    }
    assert_eq!(cases.len(), 110);
    for (bytes, error) in cases {
        assert_eq!(IdentityPublicKey::from_spki(&bytes), Err(error), "{bytes:02x?}");
    }
}

#[test]
fn signing_keys_are_canonical_ed25519_points_of_large_order() {
    let good = account(1).participant().signing_key().to_base64();
    let good = encoding::decode_base64(&good).unwrap();
    assert!(SigningPublicKey::from_spki(&good).is_ok());
    for (bytes, error) in [
        (good[..31].to_vec(), KeyError::Length { found: 31 }),
        (spki(X25519, good[12..].try_into().unwrap()), KeyError::Algorithm),
        // y = 2 is on no point of the curve.
        (spki(ED25519, little_endian(2, 0, 0)), KeyError::NotOnCurve),
        // The identity, with and without a sign that zero cannot have.
        (spki(ED25519, little_endian(1, 0, 0)), KeyError::LowOrder),
        (spki(ED25519, little_endian(1, 0, 0x80)), KeyError::NotCanonical),
        // y = -1 and y = 0: orders 2 and 4.
        (spki(ED25519, little_endian(0xec, 0xff, 0x7f)), KeyError::LowOrder),
        (spki(ED25519, little_endian(0, 0, 0)), KeyError::LowOrder),
        (spki(ED25519, little_endian(0, 0, 0x80)), KeyError::LowOrder),
        // y = p, y = p + 1: second spellings of 0 and 1.
        (spki(ED25519, little_endian(0xed, 0xff, 0x7f)), KeyError::NotCanonical),
        (spki(ED25519, little_endian(0xee, 0xff, 0x7f)), KeyError::NotCanonical),
    ] {
        assert_eq!(SigningPublicKey::from_spki(&bytes), Err(error), "{bytes:02x?}");
    }
}

#[test]
fn key_texts_are_strict_base64() {
    let text = account(1).participant().identity_key().to_base64();
    assert_eq!(text.len(), 60);
    assert!(IdentityPublicKey::from_base64(&text).is_ok());
    assert!(IdentityPublicKey::from_base64(text.trim_end_matches('=')).is_ok());
    for bad in [
        format!("{text}\n"),
        format!(" {text}"),
        format!("{text}="),
        format!("{}!", &text[..59]),
        text.replace(['+', '/'], "-") + "-",
        "*".repeat(60),
    ] {
        assert_eq!(IdentityPublicKey::from_base64(&bad), Err(KeyError::Encoding), "{bad}");
    }
    let long = "A".repeat(1_000_000);
    assert_eq!(
        IdentityPublicKey::from_base64(&long),
        Err(KeyError::Length { found: 750_000 }),
        "refused unread"
    );
}

/// An honest row of an account, to be changed by the attacker.
fn row(account: &Account) -> Value {
    let registration: Value = {
        // The same keys as a directory serves them.
        let participant = account.participant();
        json!({
            "user_id": account.user_id(),
            "public_key": participant.identity_key(),
            "signing_public_key": participant.signing_key(),
            "public_key_version": account.public_key_version(),
            "juicebox_config": {"key_store_token_map_json": "opaque"},
        })
    };
    let mut row = registration;
    row["identity_public_key_signature"] = binding(account).into();
    row
}

/// The binding signature, taken from the registration body.
fn binding(account: &Account) -> String {
    let identity = Identity::generate_with_rng(
        Suite::X25519,
        &mut common::SeededRng::new(account.user_id().as_u64()),
    )
    .unwrap();
    let body = identity.registration(account.user_id(), UnixMillis::new(1));
    let body: Value = serde_json::from_slice(body.body()).unwrap();
    body["public_key"]["identity_public_key_signature"].as_str().unwrap().to_owned()
}

fn record(row: &Value) -> PublicKeyRecord {
    serde_json::from_value(row.clone()).unwrap()
}

#[test]
fn an_honest_row_becomes_a_participant() {
    let bob = account(2);
    let participant = record(&row(&bob)).verify(&bob.user_id()).unwrap();
    assert_eq!(&participant, bob.participant());
    assert_eq!(bob.record(), record(&row(&bob)));

    // The older spelling of the version, a number in its place, no user id, no padding.
    let mut older = row(&bob);
    let version = older.as_object_mut().unwrap().remove("public_key_version").unwrap();
    older["version"] = version.as_str().unwrap().parse::<u64>().unwrap().into();
    older.as_object_mut().unwrap().remove("user_id");
    older["public_key"] = older["public_key"].as_str().unwrap().trim_end_matches('=').into();
    assert_eq!(record(&older).claimed_user_id(), None);
    assert_eq!(&record(&older).verify(&bob.user_id()).unwrap(), bob.participant());
    assert_eq!(record(&older).with_user_id(user(9)).claimed_user_id(), Some("9"));
    assert_eq!(record(&row(&bob)).with_user_id(user(9)).claimed_user_id(), Some("2"));
}

#[test]
fn a_row_of_somebody_else_is_refused_however_it_is_labelled() {
    let (bob, carol) = (account(2), account(3));
    // The directory serves Carol's valid row for Bob: as it is,
    let honest = record(&row(&carol)).verify(&bob.user_id()).unwrap_err();
    assert_eq!((honest.user(), honest.problem()), (bob.user_id(), RecordProblem::OtherUser));
    // with Bob's name on it, and with no name on it.
    for label in [json!("2"), Value::Null] {
        let mut relabelled = row(&carol);
        relabelled["user_id"] = label;
        let error = record(&relabelled).verify(&bob.user_id()).unwrap_err();
        assert_eq!(error.problem(), RecordProblem::Binding(VerifyError));
        assert!(error.to_string().starts_with("public keys of user 2: "), "{error}");
    }
    for label in ["02", "+2", "2 ", "x", ""] {
        let mut odd = row(&bob);
        odd["user_id"] = label.into();
        let error = record(&odd).verify(&bob.user_id()).unwrap_err();
        assert_eq!(error.problem(), RecordProblem::OtherUser, "{label}");
    }
}

#[test]
fn every_member_of_a_row_is_checked() {
    let (bob, carol) = (account(2), account(3));
    let mut count = 0;
    let mut codes = BTreeSet::new();
    let mut refused = |change: &dyn Fn(&mut Value), problem: RecordProblem| {
        let mut changed = row(&bob);
        change(&mut changed);
        let error = record(&changed).verify(&bob.user_id()).unwrap_err();
        assert_eq!((error.user(), error.problem()), (bob.user_id(), problem));
        codes.insert(error.code());
        count += 1;
    };
    for (name, field) in [
        ("public_key", RecordField::PublicKey),
        ("signing_public_key", RecordField::SigningPublicKey),
        ("identity_public_key_signature", RecordField::IdentityPublicKeySignature),
        ("public_key_version", RecordField::PublicKeyVersion),
    ] {
        refused(&|row| row[name] = Value::Null, RecordProblem::Missing(field));
        refused(&|row| row[name] = "".into(), RecordProblem::Missing(field));
    }
    let version = "1,5".parse::<PublicKeyVersion>().unwrap_err();
    refused(&|row| row["public_key_version"] = "1,5".into(), RecordProblem::Version(version));
    let version = "01".parse::<PublicKeyVersion>().unwrap_err();
    refused(&|row| row["public_key_version"] = "01".into(), RecordProblem::Version(version));
    refused(
        &|row| row["public_key"] = "AAAA".into(),
        RecordProblem::IdentityKey(KeyError::Length { found: 3 }),
    );
    refused(
        &|row| row["public_key"] = row["signing_public_key"].clone(),
        RecordProblem::IdentityKey(KeyError::Algorithm),
    );
    refused(
        &|row| row["public_key"] = encoding::encode_base64(&spki(X25519, [0; 32])).into(),
        RecordProblem::IdentityKey(KeyError::LowOrder),
    );
    refused(
        &|row| row["signing_public_key"] = row["public_key"].clone(),
        RecordProblem::SigningKey(KeyError::Algorithm),
    );
    refused(
        &|row| row["identity_public_key_signature"] = "AA==".into(),
        RecordProblem::BindingSignature(SignatureError::Length { found: 1 }),
    );
    refused(
        &|row| row["identity_public_key_signature"] = "A A=".into(),
        RecordProblem::BindingSignature(SignatureError::Encoding),
    );
    for name in ["public_key", "signing_public_key", "identity_public_key_signature"] {
        let carols = row(&carol)[name].clone();
        refused(&|row| row[name] = carols.clone(), RecordProblem::Binding(VerifyError));
    }
    // Something else than text spoils its own row, and only that.
    for (name, field) in [
        ("public_key", RecordField::PublicKey),
        ("signing_public_key", RecordField::SigningPublicKey),
        ("identity_public_key_signature", RecordField::IdentityPublicKeySignature),
        ("signing_public_key_signature", RecordField::SigningPublicKeySignature),
        ("public_key_version", RecordField::PublicKeyVersion),
        ("version", RecordField::PublicKeyVersion),
    ] {
        for odd in [json!({}), json!([1]), json!(true), json!(-1)] {
            refused(&|row| row[name] = odd.clone(), RecordProblem::NotText(field));
        }
    }
    refused(&|row| row["user_id"] = json!({}), RecordProblem::OtherUser);
    refused(&|row| row["version"] = "5".into(), RecordProblem::TwoVersions);
    refused(
        &|row| row["signing_public_key_signature"] = "AA==".into(),
        RecordProblem::ReverseSignature(SignatureError::Length { found: 1 }),
    );
    assert_eq!(count, 46);
    let expected = [
        "record.binding",
        "record.binding_signature",
        "record.identity_key",
        "record.missing",
        "record.not_text",
        "record.other_user",
        "record.reverse_signature",
        "record.signing_key",
        "record.two_versions",
        "record.version",
    ];
    assert!(codes.into_iter().eq(expected), "a code for each problem");
    let mut both = row(&bob);
    both["version"] = both["public_key_version"].clone();
    both["signing_public_key_signature"] = "".into();
    assert!(record(&both).verify(&bob.user_id()).is_ok());
}

/// The server keeps Bob's identity key and puts a signing key of its own beside it, properly
/// bound. Verification cannot know; the safety number does, the fingerprint does not.
#[test]
fn a_swapped_signing_key_shows_in_the_safety_number() {
    let (alice, bob) = (account(1), account(2));
    let server =
        Identity::generate_with_rng(Suite::X25519, &mut common::SeededRng::new(666)).unwrap();
    let binding = {
        // field(label) || field(user) || field(identity SPKI) || field(signing SPKI)
        let keys = [bob.participant().identity_key().to_base64(), server.signing_key().to_base64()];
        let [identity, signing] = keys.map(|key| encoding::decode_base64(&key).unwrap());
        let transcript: Vec<u8> = [&b"sealpost/1 key-binding"[..], b"2", &identity, &signing]
            .iter()
            .flat_map(|field| [&[0, u8::try_from(field.len()).unwrap()][..], field].concat())
            .collect();
        let secret = server.dangerous_private_keys();
        let secret: [u8; 32] = secret.expose_secret()[32..].try_into().unwrap();
        let key = ed25519_dalek::SigningKey::from_bytes(&secret);
        encoding::encode_base64(&ed25519_dalek::Signer::sign(&key, &transcript).to_bytes())
    };
    let forged = PublicKeyRecord::from(PublicKeyRow {
        user_id: Some("2"),
        public_key: Some(&bob.participant().identity_key().to_base64()),
        signing_public_key: Some(&server.signing_key().to_base64()),
        identity_public_key_signature: Some(&binding),
        signing_public_key_signature: None,
        public_key_version: Some("1"),
    });
    let forged = forged.verify(&bob.user_id()).unwrap();
    let fingerprint = bob.participant().identity_key().fingerprint();
    assert_eq!(forged.identity_key().fingerprint(), fingerprint);
    let honest = SafetyNumber::of(alice.participant(), bob.participant());
    assert_eq!(SafetyNumber::of(bob.participant(), alice.participant()), honest);
    assert_ne!(SafetyNumber::of(alice.participant(), &forged), honest);
    assert_ne!(SafetyNumber::of(alice.participant(), account(3).participant()), honest);
    let digits = honest.to_string();
    assert_eq!(digits.split(' ').map(str::len).collect::<Vec<_>>(), [5; 12]);
}

#[test]
fn one_changed_bit_breaks_the_binding() {
    let bob = account(2);
    let honest = row(&bob);
    let text = honest["identity_public_key_signature"].as_str().unwrap();
    let signature = encoding::decode_base64(text).unwrap();
    for bit in 0..512 {
        let mut changed = signature.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut row = honest.clone();
        row["identity_public_key_signature"] = encoding::encode_base64(&changed).into();
        let error = record(&row).verify(&bob.user_id()).unwrap_err();
        assert_eq!(error.problem(), RecordProblem::Binding(VerifyError), "bit {bit}");
    }
}

#[test]
fn json_with_doubled_members_is_refused() {
    for text in [
        r#"{"public_key":"a","public_key":"b"}"#,
        r#"{"version":"1","version":"1"}"#,
        r#"{"user_id":"1","user_id":"2"}"#,
    ] {
        assert!(serde_json::from_str::<PublicKeyRecord>(text).is_err(), "{text}");
    }
}

#[test]
fn the_newest_row_wins_by_number() {
    let bob = account(2);
    let versions = |list: &[&str]| -> Vec<PublicKeyRecord> {
        list.iter()
            .map(|version| {
                let mut row = row(&bob);
                row["public_key_version"] = (*version).into();
                record(&row)
            })
            .collect()
    };
    // As text "9" would win.
    let newest = newest_participant(&bob.user_id(), &versions(&["9", "1000", "30"])).unwrap();
    assert_eq!(newest.public_key_version(), PublicKeyVersion::new(1000));
    let none = newest_participant(&bob.user_id(), &[]).unwrap_err();
    assert_eq!((none.problem(), none.code()), (RecordProblem::NoKeys, "record.no_keys"));
    let broken = newest_participant(&bob.user_id(), &versions(&["9", "x"])).unwrap_err();
    assert_eq!(broken.code(), "record.version");
    let other = newest_participant(&user(3), &versions(&["9"])).unwrap_err();
    assert_eq!(other.problem(), RecordProblem::OtherUser);

    // The answer for several users at once: everybody finds their own.
    let carol = account(3);
    let mut carols = row(&carol);
    carols["public_key_version"] = "5000".into();
    let mut answer = versions(&["9", "1000"]);
    answer.push(record(&carols));
    let newest = newest_participant(&bob.user_id(), &answer).unwrap();
    assert_eq!(newest.public_key_version(), PublicKeyVersion::new(1000));
    assert_eq!(newest_participant(&user(3), &answer).unwrap().user_id(), user(3));

    // Two pairs under one version, in either order; the very same row twice is no matter.
    let mut forged = row(&bob);
    forged["signing_public_key"] = row(&carol)["signing_public_key"].clone();
    let rows = [record(&row(&bob)), record(&forged)];
    for order in [[0, 1], [1, 0]] {
        let error = newest_participant(&bob.user_id(), order.map(|at| &rows[at])).unwrap_err();
        assert_eq!(error.problem(), RecordProblem::TwoVersions);
    }
    assert!(newest_participant(&bob.user_id(), [&rows[0], &rows[0]]).is_ok());
}

#[test]
fn public_types_print_short_and_fixed_texts() {
    let key = IdentityPublicKey::from_spki(&spki(X25519, little_endian(9, 0, 0))).unwrap();
    assert_eq!(
        format!("{key:?}"),
        "IdentityPublicKey(X25519, \
         MCowBQYDK2VuAyEACQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=)"
    );
    assert_eq!(key.fingerprint().to_string().len(), 43);
    assert_eq!(format!("{:?}", account(1)), "Account(X25519, 1, version 1700000000001, ..)");
}
