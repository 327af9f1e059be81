//! The directory of public keys.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_crypto::{
    Account, Identity, PublicKeyRecord, PublicKeyVersion, Suite, UnixMillis, UserId,
};
use sealpost_transport::{Error, InvalidArgument, Malformation, PublicKeyListing, ReportedError};
use serde_json::{Value, json as value};
use support::*;

/// A directory row for an account, in the spelling of 2.167 or 2.165.
fn row(account: &Account, version_name: &str, user_id: bool) -> Value {
    let participant = account.participant();
    let registration = Identity::generate(Suite::X25519)
        .unwrap()
        .registration(account.user_id(), UnixMillis::new(1));
    // The binding signature is the one member a participant does not show; verification is not
    // what these tests are about, so any well-formed one does.
    let body: Value = serde_json::from_slice(registration.body()).unwrap();
    let mut row = value!({
        "public_key": participant.identity_key().to_base64(),
        "signing_public_key": participant.signing_key().to_base64(),
        "identity_public_key_signature": body["public_key"]["identity_public_key_signature"],
        version_name: "7",
    });
    if user_id {
        row["user_id"] = account.user_id().to_string().into();
    }
    row
}

async fn many(body: Value) -> Result<PublicKeyListing, Error> {
    let server = Server::start(json(200, body.to_string())).await;
    client(&server).users_public_keys(&[user(ALICE), user(BOB)]).await
}

async fn one(body: Value) -> Result<PublicKeyListing, Error> {
    let server = Server::start(json(200, body.to_string())).await;
    client(&server).user_public_keys(&user(BOB)).await
}

fn claims(records: &[PublicKeyRecord]) -> Vec<Option<&str>> {
    records.iter().map(PublicKeyRecord::claimed_user_id).collect()
}

#[tokio::test]
async fn the_requests_are_the_documented_ones() {
    const FIELDS: &str = "public_key.fields=public_key_version%2Cpublic_key%2Csigning_public_key%2Cidentity_public_key_signature";
    let server = Server::start(json(200, "{}")).await;
    let client = client(&server);
    client.user_public_keys(&user(BOB)).await.unwrap();
    client.users_public_keys(&[user(BOB), user(ALICE)]).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].target(), ("GET", &*format!("/2/users/{BOB}/public_keys?{FIELDS}")));
    assert_eq!(
        seen[1].target(),
        ("GET", &*format!("/2/users/public_keys?ids={BOB}%2C{ALICE}&{FIELDS}"))
    );
    for (seen, operation) in seen.iter().zip(["getUsersPublicKey", "getUsersPublicKeys"]) {
        assert_eq!(contract::documented(seen).await, operation);
        assert!(seen.body.is_empty() && seen.all("content-type").is_empty());
    }
}

#[tokio::test]
async fn a_record_can_be_verified_in_either_spelling() {
    let bob = account(BOB);
    // A record of one's own serializes nothing: build the row from the registration that made it.
    for version_name in ["public_key_version", "version"] {
        let identity = Identity::generate(Suite::X25519).unwrap();
        let registration = identity.registration(bob.user_id(), UnixMillis::new(1));
        let body: Value = serde_json::from_slice(registration.body()).unwrap();
        let mut row = body["public_key"].clone();
        row[version_name] = "9".into();
        let records = one(value!({ "data": [row] })).await.unwrap().records;
        let participant = records[0].verify(&user(BOB)).unwrap();
        assert_eq!(participant.public_key_version(), PublicKeyVersion::new(9));
        assert!(records[0].verify(&user(ALICE)).is_err());
    }
}

#[tokio::test]
async fn rows_of_one_user_get_that_user_unless_they_claim_one() {
    let (alice, bob) = (account(ALICE), account(BOB));
    let records = one(value!({ "data": [
        row(&bob, "public_key_version", false),
        row(&bob, "version", true),
        row(&alice, "version", true),
        {},
    ] }))
    .await
    .unwrap()
    .records;
    let (alice, bob) = (ALICE.to_string(), BOB.to_string());
    // A row that claims somebody else keeps its claim: verification refuses it.
    assert_eq!(claims(&records), [Some(&*bob), Some(&*bob), Some(&*alice), Some(&*bob)]);
    assert!(records[2].verify(&user(BOB)).is_err());
}

#[tokio::test]
async fn many_users_come_as_an_array_or_as_an_object() {
    let (alice, bob) = (account(ALICE), account(BOB));
    let (alice_row, bob_row) =
        (row(&alice, "public_key_version", true), row(&bob, "public_key_version", true));
    let bare = row(&bob, "version", false);
    let (a, b) = (ALICE.to_string(), BOB.to_string());
    for (data, expected) in [
        (value!([alice_row, bob_row]), vec![Some(&*a), Some(&*b)]),
        (
            value!({ &a: [alice_row.clone()], &b: [bare.clone(), bare.clone()] }),
            vec![Some(&*a), Some(&*b), Some(&*b)],
        ),
        (value!({ &a: alice_row, &b: bare }), vec![Some(&*a), Some(&*b)]),
        (value!({ &b: [] }), vec![]),
        (value!({}), vec![]),
        (value!([]), vec![]),
        // The literal reading of 2.165: one row. Nobody knows whose.
        (bare.clone(), vec![None]),
        (value!([bare]), vec![None]),
    ] {
        let listing = many(value!({ "data": data })).await.unwrap();
        assert_eq!(claims(&listing.records), expected, "{data}");
        assert!(listing.is_complete());
        assert_eq!(listing.response.request_id.unwrap().as_str(), "0123456789abcdef");
    }
}

#[tokio::test]
async fn nobody_found_is_an_empty_list() {
    for body in [value!({}), value!({ "data": null }), value!({ "meta": { "result_count": 0 } })] {
        for listing in [one(body.clone()).await.unwrap(), many(body).await.unwrap()] {
            assert!(listing.records.is_empty() && listing.is_complete());
        }
    }
}

#[tokio::test]
async fn errors_beside_data_leave_the_data_and_without_it_fail() {
    let errors =
        value!([{ "type": "https://api.x.com/2/problems/resource-not-found", "title": "x" }]);
    let found = row(&account(BOB), "public_key_version", true);
    let body = value!({ "data": [found], "errors": errors.clone() });
    for listing in [one(body.clone()).await.unwrap(), many(body).await.unwrap()] {
        assert_eq!(listing.records.len(), 1);
        assert!(!listing.is_complete(), "a newer row may exist that is not here");
        let [ReportedError::Problem(problem)] = &listing.errors[..] else { panic!("{listing:?}") };
        assert_eq!(problem.title(), Some("x"));
    }
    for result in
        [many(value!({ "errors": errors })).await, one(value!({ "errors": errors })).await]
    {
        let error = result.unwrap_err();
        assert_eq!(error.code(), "transport.accepted_with_errors");
        assert!(!error.may_have_been_applied(), "a read is never applied");
    }
}

#[tokio::test]
async fn a_directory_of_the_wrong_form_is_named() {
    let array = Malformation::WrongType { expected: "an array" };
    for (data, reason) in [
        (value!("x"), array.clone()),
        (value!(1), array),
        (value!({ "sequence_id": "1" }), Malformation::InvalidValue),
        (value!({ "x": [] }), Malformation::InvalidValue),
    ] {
        let error = many(value!({ "data": data })).await.unwrap_err();
        let Error::MalformedResponse { field, reason: why, .. } = error else {
            panic!("{data}: {error:?}");
        };
        assert_eq!((field, why), ("data", reason), "{data}");
    }
}

/// The gaps of a listing: index, user, reason.
fn gaps(listing: &PublicKeyListing) -> Vec<(usize, Option<UserId>, Malformation)> {
    listing.unreadable.iter().map(|row| (row.index, row.user_id, row.reason.clone())).collect()
}

const NO_OBJECT: Malformation = Malformation::WrongType { expected: "an object" };

#[tokio::test]
async fn a_row_that_is_no_record_is_named_and_spoils_no_other() {
    let good = row(&account(ALICE), "public_key_version", true);
    for odd in [value!("x"), value!(null), value!([]), value!(1), value!(true)] {
        let listing = many(value!({ "data": [odd, good] })).await.unwrap();
        assert_eq!(gaps(&listing), [(0, None, NO_OBJECT)], "{odd}");
        assert_eq!(claims(&listing.records), [Some(&*ALICE.to_string())], "{odd}");
        assert!(!listing.is_complete() && listing.errors.is_empty());

        // On the route of one user it is that user's.
        let listing = one(value!({ "data": [good, odd] })).await.unwrap();
        assert_eq!(gaps(&listing), [(1, Some(user(BOB)), NO_OBJECT)], "{odd}");
        assert_eq!(listing.records.len(), 1);
    }
}

#[tokio::test]
async fn a_row_with_an_odd_member_is_a_record_that_fails_and_spoils_no_other() {
    for (name, odd) in [
        ("public_key", value!([])),
        ("signing_public_key", value!(true)),
        ("identity_public_key_signature", value!({})),
        ("signing_public_key_signature", value!(1.5)),
        ("public_key_version", value!(-1)),
        ("version", value!("8")),
        ("user_id", value!({})),
    ] {
        let identity = Identity::generate(Suite::X25519).unwrap();
        let registration = identity.registration(user(BOB), UnixMillis::new(1));
        let body: Value = serde_json::from_slice(registration.body()).unwrap();
        let mut bad = body["public_key"].clone();
        bad["public_key_version"] = "9".into();
        let sound = one(value!({ "data": [bad] })).await.unwrap();
        assert!(sound.records[0].verify(&user(BOB)).is_ok(), "{name}");
        bad[name] = odd;
        let good = row(&account(ALICE), "public_key_version", true);
        let listing = many(value!({ "data": [bad, good] })).await.unwrap();
        assert!(listing.is_complete(), "{name}");
        assert_eq!(listing.records.len(), 2, "{name}");
        assert!(listing.records[0].verify(&user(BOB)).is_err(), "{name}");
        assert_eq!(listing.records[1].claimed_user_id(), Some(&*ALICE.to_string()));
    }
}

#[tokio::test]
async fn rows_under_a_user_are_counted_over_the_whole_answer() {
    let good = row(&account(ALICE), "version", false);
    let (a, b) = (ALICE.to_string(), BOB.to_string());
    let data = value!({ &a: [good, 5, good], &b: "x", "nobody": [good], "~": {} });
    let listing = many(value!({ "data": data })).await.unwrap();
    assert_eq!(claims(&listing.records), [Some(&*a), Some(&*a)]);
    let nobodys = |index| (index, None, Malformation::InvalidValue);
    assert_eq!(
        gaps(&listing),
        [
            (1, Some(user(ALICE)), NO_OBJECT),
            (3, Some(user(BOB)), NO_OBJECT),
            nobodys(4),
            nobodys(5),
        ]
    );
}

#[tokio::test]
async fn bad_lists_of_users_are_refused_before_anything_is_sent() {
    let server = Server::start(json(200, "{}")).await;
    let client = client(&server);
    let users = |count: u64| (1..=count).map(user).collect::<Vec<UserId>>();
    for given in [0, 101, 5000] {
        let error = client.users_public_keys(&users(given)).await.unwrap_err();
        let Error::InvalidArgument(InvalidArgument::UserCount { given: found, .. }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(found as u64, given);
    }
    let error = client.users_public_keys(&[user(1), user(2), user(1)]).await.unwrap_err();
    let Error::InvalidArgument(InvalidArgument::DuplicateUser { user_id }) = error else {
        panic!("{error:?}");
    };
    assert_eq!(user_id, user(1));
    assert!(!error.is_retryable() && !error.may_have_been_applied());
    assert_eq!(server.connections(), 0);

    for given in [1, 100] {
        client.users_public_keys(&users(given)).await.unwrap();
    }
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_registration_is_posted_as_it_is() {
    let registration =
        Identity::generate(Suite::X25519).unwrap().registration(user(ALICE), UnixMillis::new(5));
    let config = r#"{"realms":[{"token":"planted"}],"max_guess_count":20}"#;
    for name in ["public_key_version", "version"] {
        for version in ["\"1767225600000\"", "1767225600000"] {
            let body = format!(
                r#"{{"data":{{"{name}":{version},"public_key":"x","juicebox_config":{config}}}}}"#
            );
            let server = Server::start(json(200, body)).await;
            let registered =
                client(&server).add_user_public_key(&user(ALICE), &registration).await.unwrap();
            let seen = server.only();
            assert_eq!(seen.target(), ("POST", &*format!("/2/users/{ALICE}/public_keys")));
            assert_eq!(contract::documented(&seen).await, "addUserPublicKey");
            assert_eq!(seen.body, registration.body());
            assert_eq!(seen.header("content-type"), "application/json");

            assert_eq!(registered.public_key_version, PublicKeyVersion::new(1_767_225_600_000));
            assert!(!format!("{registered:?}").contains("planted"));
            let read: Value =
                serde_json::from_str(registered.juicebox_config.unwrap().expose_secret()).unwrap();
            assert_eq!(read, serde_json::from_str::<Value>(config).unwrap());
            assert_eq!(registered.response.request_id.unwrap().as_str(), "0123456789abcdef");
        }
    }
}

#[tokio::test]
async fn a_registration_without_a_version_or_with_errors_is_no_success() {
    let registration =
        Identity::generate(Suite::X25519).unwrap().registration(user(ALICE), UnixMillis::new(5));
    for (body, code) in [
        ("{}", "transport.accepted_with_errors"),
        (r#"{"data":{}}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"version":"1"},"errors":[{"title":"x"}]}"#, "transport.accepted_with_errors"),
        (r#"{"errors":[{"title":"x"}]}"#, "transport.accepted_with_errors"),
        (r#"{"data":{"version":"x"}}"#, "transport.malformed_response"),
        (r#"{"data":{"version":{}}}"#, "transport.malformed_response"),
        (r#"{"data":[]}"#, "transport.malformed_response"),
    ] {
        let server = Server::start(json(200, body)).await;
        let error =
            client(&server).add_user_public_key(&user(ALICE), &registration).await.unwrap_err();
        assert_eq!(error.code(), code, "{body}");
        assert!(error.may_have_been_applied() && !error.is_retryable(), "{body}");
    }
    let server = Server::start(json(200, r#"{"data":{"version":"3"}}"#)).await;
    let registered =
        client(&server).add_user_public_key(&user(ALICE), &registration).await.unwrap();
    assert!(registered.juicebox_config.is_none());
}
