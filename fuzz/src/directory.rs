//! The answer of the public-key directory: whatever it says, nobody comes of it whose keys do not
//! vouch for each other, and for that user; and no error shows the token.

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::{Account, PublicKeyRecord, Suite, UserId, newest_participant};
use serde_json::{Value, json};

use crate::input::Input;
use crate::server::{TOKEN, client, with_answer};
use crate::stage::{NOW, assert_hides, identity, stage, user};

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let call = input.byte() % 3;
    let status = input.pick(&[200, 200, 200, 403, 404]);
    let body = input.rest();
    let users = [user(11), user(2)];
    let listed = with_answer(status, &[], body, async {
        match call {
            0 => {
                Ok(client().user_public_keys(&users[0]).await?.records)
            }
            1 => Ok(client().users_public_keys(&users).await?.records),
            _ => {
                let found = client().look_up_public_keys(&users).await?;
                let asked = found.users.iter().map(|user| user.user_id);
                assert!(asked.clone().all(|user| users.contains(&user)));
                assert!(found.without_keys.iter().all(|user| users.contains(user)));
                Ok(found.users.into_iter().flat_map(|user| user.records).collect())
            }
        }
    });
    match listed {
        Ok(records) => users.iter().for_each(|user| check(user, &records)),
        Err(error) => {
            let error: sealpost_transport::Error = error;
            assert_hides(&error, TOKEN.as_bytes());
            assert_hides(&error.to_string(), TOKEN.as_bytes());
            assert!(!error.may_have_been_applied(), "it only asked: {error}");
        }
    }
}

fn check(expected: &UserId, records: &[PublicKeyRecord]) {
    for record in records {
        let Ok(participant) = record.verify(expected) else { continue };
        assert_eq!(participant.user_id(), *expected);
        assert!(record.claimed_user_id().is_none_or(|claim| claim == expected.to_string()));
        // The keys of this user are the only ones that anybody has ever bound to them. X's binding
        // does not name the user: there the keys may be another's.
        let known = |account: &Account| {
            let known = account.participant();
            (known.user_id() == *expected || account.suite() == Suite::XChat)
                && known.identity_key() == participant.identity_key()
                && known.signing_key() == participant.signing_key()
        };
        let stage = stage(participant.suite());
        assert!([&stage.alice, &stage.bob, &stage.carol].into_iter().any(known));
    }
    if let Ok(newest) = newest_participant(expected, records) {
        let versions = records.iter().filter_map(|record| record.verify(expected).ok());
        assert!(versions.into_iter().all(|other| {
            other.public_key_version() <= newest.public_key_version()
        }));
    }
}

/// The row of a user, as X's API has it.
fn row(suite: Suite, number: u64) -> Value {
    let registration = identity(suite, number).registration(user(number), NOW);
    let body: Value = serde_json::from_slice(registration.body()).unwrap();
    let mut row = body["public_key"].clone();
    if row.is_null() {
        row = body;
    }
    row["public_key_version"] = json!("1700000000000");
    row["user_id"] = json!(number.to_string());
    row
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for suite in [Suite::X25519, Suite::XChat] {
        let [alice, bob] = [11, 2].map(|number| row(suite, number));
        let mut unnamed = alice.clone();
        unnamed.as_object_mut().unwrap().remove("user_id");
        for (call, body) in [
            (0, json!({ "data": [unnamed] })),
            (0, json!({ "data": alice })),
            (1, json!({ "data": [alice, bob] })),
            (1, json!({ "data": { "11": [unnamed], "2": bob } })),
            (2, json!({ "data": [alice, bob, alice] })),
        ] {
            seeds.push([&[call, 0], body.to_string().as_bytes()].concat());
        }
    }
    let problem = json!({
        "errors": [{ "type": "https://api.twitter.com/2/problems/resource-not-found",
            "title": "Not Found Error", "detail": "%T", "resource_type": "user" }],
        "note": encode_base64(b"no user"),
    });
    seeds.push([&[2, 3], problem.to_string().as_bytes()].concat());
    seeds.push([&[1, 0], problem.to_string().as_bytes()].concat());
    seeds
}
