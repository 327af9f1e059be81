//! Looking up the public keys of many users, by whatever route answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use sealpost_crypto::{PublicKeyRecord, UserId};
use sealpost_transport::{Error, InvalidArgument, PublicKeysByUser, ReportedError};
use serde_json::{Value, json as value};
use support::*;

const NOT_ENROLLED: &str = r#"{"type":"https://api.twitter.com/2/problems/client-forbidden",
    "title":"Client Forbidden","reason":"client-not-enrolled",
    "registration_url":"https://developer.x.com"}"#;

fn users(numbers: impl IntoIterator<Item = u64>) -> Vec<UserId> {
    numbers.into_iter().map(user).collect()
}

/// A row that is a record, whose keys nobody looks at here.
fn row(user_id: u64, version: u64) -> Value {
    value!({ "user_id": user_id.to_string(), "public_key_version": version.to_string() })
}

fn data(rows: Value) -> Answer {
    json(200, value!({ "data": rows }).to_string())
}

/// Whom a request asks for: the users of a batch, or one.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Batch(Vec<u64>),
    One(u64),
}

fn asked(seen: &Seen) -> Asked {
    let url = url::Url::parse("http://x").unwrap().join(seen.target().1).unwrap();
    match url.query_pairs().find(|(name, _)| name == "ids") {
        Some((_, ids)) => Asked::Batch(ids.split(',').map(|id| id.parse().unwrap()).collect()),
        None => Asked::One(url.path().split('/').nth(3).unwrap().parse().unwrap()),
    }
}

/// A server with a batch route, and one that answers for each user with a row of theirs, unless
/// `one` says otherwise.
async fn directory(
    batch: impl Fn(&[u64]) -> Answer + Send + Sync + 'static,
    one: impl Fn(u64) -> Option<Answer> + Send + Sync + 'static,
) -> Server {
    Server::scripted(move |_, seen| match asked(seen) {
        Asked::Batch(ids) => batch(&ids),
        Asked::One(id) => one(id).unwrap_or_else(|| {
            // 2.167 has no user id in a row.
            data(value!([{ "public_key_version": "1" }, { "public_key_version": "2" }]))
        }),
    })
    .await
}

fn closed(_: &[u64]) -> Answer {
    response(403, &[("content-type", "application/problem+json")], NOT_ENROLLED)
}

async fn look_up(server: &Server, ids: &[UserId]) -> Result<PublicKeysByUser, Error> {
    within(client(server).look_up_public_keys(ids)).await
}

/// Each user's number, and how many records they have.
fn counts(found: &PublicKeysByUser) -> Vec<(u64, usize)> {
    found.users.iter().map(|keys| (keys.user_id.as_u64(), keys.records.len())).collect()
}

fn claims(records: &[PublicKeyRecord]) -> Vec<&str> {
    records.iter().map(|record| record.claimed_user_id().unwrap()).collect()
}

#[tokio::test]
async fn one_batch_does_where_it_answers() {
    let server = directory(
        // Out of order, two versions of one, and one whom nobody asked for.
        |_| data(value!([row(9, 1), row(3, 1), row(9, 2), row(77, 1)])),
        |_| panic!("no other route is needed"),
    )
    .await;
    let found = look_up(&server, &users([3, 5, 9, 4])).await.unwrap();
    assert_eq!(counts(&found), [(3, 1), (9, 2)]);
    assert_eq!(found.without_keys, users([5, 4]));
    assert_eq!(claims(&found.unasked), ["77"]);
    assert_eq!(claims(&found.users[1].records), ["9", "9"]);
    assert!(found.is_complete());
    assert_eq!(found.response.request_id.unwrap().as_str(), "0123456789abcdef");
    let seen = server.only();
    assert_eq!(asked(&seen), Asked::Batch(vec![3, 5, 9, 4]));
    assert_eq!(contract::documented(&seen).await, "getUsersPublicKeys");
}

#[tokio::test]
async fn where_the_batch_is_closed_each_user_is_asked_for() {
    for body in [
        NOT_ENROLLED.to_owned(),
        NOT_ENROLLED.replace("api.twitter.com", "api.x.com"),
        NOT_ENROLLED.replace("\"reason\":\"client-not-enrolled\",", ""),
        format!(r#"{{"errors":[{NOT_ENROLLED}]}}"#),
    ] {
        let server =
            directory(move |_| json(403, &body), |id| (id == 5).then(|| data(value!([])))).await;
        let found = look_up(&server, &users([9, 5, 3])).await.unwrap();
        assert_eq!(counts(&found), [(9, 2), (3, 2)]);
        assert_eq!(found.without_keys, users([5]));
        // A row that does not say whose it is, is theirs who were asked for.
        assert_eq!(claims(&found.users[0].records), ["9", "9"]);
        assert!(found.is_complete() && found.unasked.is_empty());
        let seen = server.seen();
        assert_eq!(asked(&seen[0]), Asked::Batch(vec![9, 5, 3]));
        let mut ones: Vec<_> = seen[1..].iter().map(asked).collect();
        ones.sort_by_key(|asked| format!("{asked:?}"));
        assert_eq!(ones, [Asked::One(3), Asked::One(5), Asked::One(9)]);
    }
}

#[tokio::test]
async fn other_refusals_are_not_worked_around() {
    let official = NOT_ENROLLED.replace("client-not-enrolled", "official-client-forbidden");
    let problem = |kind: &str| format!(r#"{{"type":"https://api.x.com/2/problems/{kind}"}}"#);
    for (status, body, code) in [
        (403, official, "transport.forbidden"),
        (403, String::new(), "transport.forbidden"),
        (403, problem("not-authorized-for-resource"), "transport.forbidden"),
        (401, NOT_ENROLLED.to_owned(), "transport.unauthorized"),
        (404, problem("resource-unavailable"), "transport.refused"),
        (429, NOT_ENROLLED.to_owned(), "transport.rate_limited"),
        (503, NOT_ENROLLED.to_owned(), "transport.refused"),
    ] {
        let server =
            directory(move |_| json(status, &body), |_| panic!("no other route is tried")).await;
        let error = look_up(&server, &users([3, 5])).await.unwrap_err();
        assert_eq!(error.code(), code, "{status}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn many_users_are_asked_for_in_hundreds_and_keep_their_order() {
    // From large to small, and every seventh without keys.
    let ids = users((1..=250).rev());
    let server = directory(
        |ids| {
            let with_keys = ids.iter().filter(|id| **id % 7 != 0);
            data(with_keys.map(|id| row(*id, 1)).collect())
        },
        |_| panic!("no other route is needed"),
    )
    .await;
    let found = look_up(&server, &ids).await.unwrap();
    let expected: Vec<_> = (1..=250).rev().filter(|id| id % 7 != 0).map(|id| (id, 1)).collect();
    assert_eq!(counts(&found), expected);
    assert_eq!(found.without_keys, users((1..=250).rev().filter(|id| id % 7 == 0)));
    let mut sizes: Vec<_> = server
        .seen()
        .iter()
        .map(|seen| match asked(seen) {
            Asked::Batch(ids) => ids.len(),
            Asked::One(_) => 0,
        })
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 100, 100]);
}

#[tokio::test]
async fn a_closed_batch_is_asked_once_however_many_there_are() {
    let server = directory(closed, |_| None).await;
    let found = look_up(&server, &users(1..=201)).await.unwrap();
    assert_eq!(counts(&found), (1..=201).map(|id| (id, 2)).collect::<Vec<_>>());
    let batches =
        server.seen().iter().filter(|seen| matches!(asked(seen), Asked::Batch(_))).count();
    assert_eq!((batches, server.seen().len()), (1, 202));
}

#[tokio::test]
async fn a_later_batch_may_be_closed_by_itself() {
    let server = directory(
        |ids| match ids[0] {
            101 => closed(ids),
            _ => data(ids.iter().map(|id| row(*id, 1)).collect()),
        },
        |_| None,
    )
    .await;
    let found = look_up(&server, &users(1..=120)).await.unwrap();
    let expected: Vec<_> = (1..=120).map(|id| (id, if id > 100 { 2 } else { 1 })).collect();
    assert_eq!(counts(&found), expected);
}

#[tokio::test]
async fn rows_that_nobody_can_be_found_for_are_asked_for_by_name() {
    // By the letter of 2.167 the rows of a batch do not say whose they are.
    let server = directory(|_| data(value!([row(3, 1), { "public_key_version": "1" }])), |_| None);
    let server = server.await;
    let found = look_up(&server, &users([3, 5])).await.unwrap();
    assert_eq!(counts(&found), [(3, 2), (5, 2)]);
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn one_user_has_a_route_of_their_own() {
    let server = directory(|_| panic!("a batch of one is not needed"), |_| None).await;
    let found = look_up(&server, &users([3])).await.unwrap();
    assert_eq!(counts(&found), [(3, 2)]);
    assert_eq!(contract::documented(&server.only()).await, "getUsersPublicKey");
}

#[tokio::test]
async fn a_row_on_a_user_s_route_is_nobody_else_s() {
    let one = |id| (id == 3).then(|| data(value!([row(5, 9)])));
    let server = directory(closed, one).await;
    let found = look_up(&server, &users([3, 5])).await.unwrap();
    assert_eq!(counts(&found), [(3, 1), (5, 2)]);
    assert!(found.users[0].records[0].verify(&user(3)).is_err());
}

#[tokio::test]
async fn a_user_who_is_not_found_is_one_without_keys() {
    let problem = r#"{"type":"https://api.x.com/2/problems/resource-not-found","title":"x"}"#;
    for answer in [
        json(404, problem),
        json(404, format!(r#"{{"errors":[{problem}]}}"#)),
        json(200, format!(r#"{{"errors":[{problem}]}}"#)),
    ] {
        let one = move |id| (id == 5).then(|| answer.clone());
        let server = directory(closed, one).await;
        let found = look_up(&server, &users([3, 5, 9])).await.unwrap();
        assert_eq!(
            (counts(&found), found.without_keys.clone()),
            (vec![(3, 2), (9, 2)], users([5]))
        );
        let [ReportedError::Problem(problem)] = &found.errors[..] else { panic!("{found:?}") };
        assert_eq!(problem.title(), Some("x"));
        assert!(!found.is_complete());
    }
    // The same of a whole batch.
    for status in [200, 404] {
        let body = format!(r#"{{"errors":[{problem},{problem}]}}"#);
        let server = directory(move |_| json(status, &body), |_| panic!("none is tried")).await;
        let found = look_up(&server, &users([3, 5])).await.unwrap();
        assert_eq!((found.without_keys, found.errors.len()), (users([3, 5]), 2));
    }
    // An empty 404 is a route that is not there, and 503 says nothing.
    for (answer, code) in [
        (response(404, &[], ""), "transport.refused"),
        (json(503, problem.replace("resource-not-found", "internal-error")), "transport.refused"),
        (json(429, ""), "transport.rate_limited"),
        (
            json(200, format!(r#"{{"errors":[{problem},{{"title":"x"}}]}}"#)),
            "transport.accepted_with_errors",
        ),
    ] {
        let one = move |id| (id == 5).then(|| answer.clone());
        let server = directory(closed, one).await;
        let error = look_up(&server, &users([3, 5, 9])).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
}

#[tokio::test]
async fn gaps_are_said_so() {
    let server = directory(
        |_| {
            let body = value!({ "data": [row(3, 1), 7], "errors": [{ "title": "x" }] });
            json(200, body.to_string())
        },
        |_| None,
    )
    .await;
    let found = look_up(&server, &users([3, 5])).await.unwrap();
    assert!(!found.is_complete());
    assert_eq!((found.unreadable.len(), found.errors.len()), (1, 1));
    assert_eq!(found.without_keys, users([5]));
}

#[tokio::test]
async fn bad_lists_of_users_are_refused_before_anything_is_sent() {
    let server = directory(|_| data(value!([])), |_| None).await;
    for given in [0, 10_001] {
        let error = look_up(&server, &users(1..=given)).await.unwrap_err();
        let Error::InvalidArgument(InvalidArgument::UserCount { given: found, limit }) = error
        else {
            panic!("{error:?}");
        };
        assert_eq!((found as u64, limit), (given, 10_000));
    }
    let error = look_up(&server, &users([1, 2, 1])).await.unwrap_err();
    assert_eq!(error.code(), "transport.argument.duplicate_user");
    assert_eq!(server.connections(), 0);
}
