//! The list of operations, held against X's OpenAPI descriptions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)] // a test fails by panicking

mod support;

use std::collections::{BTreeMap, BTreeSet};

use sealpost_transport::{Client, ConversationsQuery, Operation, Scope, TotalBytes, UploadOptions};
use serde_json::json;
use support::contract::{operations, problem};

/// The calls of the sign-in, which the descriptions do not have.
const SIGN_IN: [Operation; 5] = [
    Operation::ExchangeCode,
    Operation::RefreshToken,
    Operation::RevokeToken,
    Operation::RequestToken,
    Operation::AccessToken,
];

#[test]
fn names_and_scopes_are_the_documented_ones() {
    let documented = operations("2.167");
    let mut missing: BTreeMap<&str, _> = documented
        .iter()
        .map(|operation| (operation["operation_id"].as_str().unwrap(), operation))
        .collect();
    for operation in Operation::ALL {
        let id = operation.operation_id();
        if SIGN_IN.contains(&operation) {
            assert!(operation.scopes().is_empty() && operation.is_write());
            continue;
        }
        let documented = missing.remove(id).unwrap_or_else(|| panic!("{id} is not documented"));
        let scopes: Vec<&str> = operation.scopes().iter().map(Scope::as_str).collect();
        assert_eq!(documented["scopes"], json!(scopes), "{id}");
        let method = if operation.is_write() { "POST" } else { "GET" };
        assert_eq!(documented["method"], method, "{id}");
    }
    assert!(missing.is_empty(), "no call for {:?}", missing.keys());
}

#[test]
fn every_operation_has_names_of_its_own() {
    let ids: BTreeSet<&str> = Operation::ALL.iter().map(|one| one.operation_id()).collect();
    let texts: BTreeSet<String> = Operation::ALL.iter().map(ToString::to_string).collect();
    let all: std::collections::HashSet<Operation> = Operation::ALL.into_iter().collect();
    assert_eq!([ids.len(), texts.len(), all.len()], [Operation::ALL.len(); 3]);
}

#[test]
fn the_check_finds_what_does_not_fit() {
    let object = json!({
        "type": "object", "required": ["a"],
        "properties": {
            "a": { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "^[0-9]+$" } },
            "b": { "type": "integer", "minimum": 0, "maximum": 9 },
            "c": { "type": "string", "enum": ["x", "y"], "minLength": 1 },
        },
    });
    for (value, fits) in [
        (json!({ "a": ["1"], "b": 9, "c": "x" }), true),
        (json!({ "a": [] }), false),
        (json!({ "a": ["x"] }), false),
        (json!({ "b": 1 }), false),
        (json!({ "a": ["1"], "b": 10 }), false),
        (json!({ "a": ["1"], "b": -1 }), false),
        (json!({ "a": ["1"], "b": "1" }), false),
        (json!({ "a": ["1"], "c": "z" }), false),
        (json!({ "a": ["1"], "d": 1 }), false),
        (json!([]), false),
    ] {
        assert_eq!(problem(&object, &value).is_none(), fits, "{value}");
    }
}

/// Never called: that it compiles is what it shows.
#[allow(dead_code)]
fn futures_may_cross_threads(client: &'static Client) {
    fn check<T: Send>(_: T) {}
    let id = support::direct().id();
    check(async move {
        let _ = client.send_message(&support::prepared_message()).await;
        let _ = client.delete_messages(&support::prepared_delete()).await;
        let _ = client.look_up_public_keys(&[]).await;
        let _ = client.conversation(&id).await;
        let _ = client.conversations(ConversationsQuery::new()).await;
        let total = TotalBytes::new(1);
        let _ = client.upload_media(&id, total, tokio::io::empty(), UploadOptions::new()).await;
        let key = "a".parse().unwrap();
        if let Ok(download) = client.download_media(&id, &key, total).await {
            let _ = download.write_to(&mut tokio::io::sink()).await;
        }
    });
}
