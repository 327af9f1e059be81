//! Public keys: registered, and read back.

use sealpost_crypto::{Identity, Suite, UnixMillis, newest_participant};
use serde_json::{Value, json};

use crate::support::http::Request;
use crate::support::{ALICE, BOB, World, assert_refused, id, record, register, rows, text};

const PATH: &str = "/2/users/1001/public_keys";

#[tokio::test]
async fn a_registered_row_verifies_for_its_user() {
    let world = World::start().await;
    let reply = world.get(PATH, &world.bob.token).await;
    assert_eq!(reply.status, 200);
    let json = reply.json();
    let row = &rows(&json["data"])[0];
    assert_eq!(row.get("user_id"), None, "the route of one user does not repeat the user");
    let alice = record(row).with_user_id(id(ALICE)).verify(&id(ALICE)).unwrap();
    assert_eq!(&alice, world.alice.account.participant());
    assert!(record(row).verify(&id(BOB)).is_err());
}

#[tokio::test]
async fn the_server_assigns_versions_from_its_clock_and_keeps_all() {
    let world = World::start().await;
    world.sandbox.clock(UnixMillis::new(5_000));
    let newer = register(&world.sandbox, &world.client, ALICE).await;
    // The clock went back, so the version follows the newest one.
    let first = world.alice.account.public_key_version().as_u64();
    assert_eq!(first, 1_788_220_800_001);
    assert_eq!(newer.account.public_key_version().as_u64(), first + 1);
    world.sandbox.clock(UnixMillis::new(2_000_000_000_000));
    let newest = register(&world.sandbox, &world.client, ALICE).await;
    assert_eq!(newest.account.public_key_version().as_u64(), 2_000_000_000_001);

    let keys = world.get(PATH, &world.bob.token).await.json();
    let records: Vec<_> = rows(&keys["data"]).iter().map(record).collect();
    assert_eq!(records.len(), 3);
    let participant = newest_participant(&id(ALICE), &records).unwrap();
    assert_eq!(&participant, newest.account.participant());
}

#[tokio::test]
async fn a_client_may_choose_the_version_once() {
    let world = World::start().await;
    let identity = Identity::generate(Suite::X25519).unwrap();
    let body = identity.registration(id(ALICE), UnixMillis::new(42));
    let mut body: Value = serde_json::from_slice(body.body()).unwrap();
    for (generate, expected) in [(Some(false), "42"), (None, "43")] {
        let object = body.as_object_mut().unwrap();
        match generate {
            Some(value) => object.insert("generate_version".to_owned(), value.into()),
            None => object.remove("generate_version"),
        };
        object.insert("version".to_owned(), expected.into());
        let request = Request::post(PATH, body.to_string().as_bytes()).token(&world.alice.token);
        let reply = world.client.send(request).await.unwrap();
        assert_eq!(reply.json(), json!({"data": {"public_key_version": expected}}));
        let request = Request::post(PATH, body.to_string().as_bytes()).token(&world.alice.token);
        let reply = world.client.send(request).await.unwrap();
        assert_refused("again", &reply, 409, "invalid-request", "version");
    }
}

#[tokio::test]
async fn the_batch_route_answers_in_the_order_asked_and_names_the_users() {
    let world = World::start().await;
    register(&world.sandbox, &world.client, BOB).await;
    let reply = world.get("/2/users/public_keys?ids=1002,1003,1001", &world.alice.token).await;
    let json = reply.json();
    let users: Vec<&str> = rows(&json["data"]).iter().map(|row| text(&row["user_id"])).collect();
    assert_eq!(users, ["1002", "1002", "1001"], "Eve exists, but has no keys");
    assert_eq!(json.get("errors"), None);
    for row in rows(&json["data"]) {
        let user = text(&row["user_id"]).parse().unwrap();
        assert!(record(row).verify(&user).is_ok());
    }
}

#[tokio::test]
async fn unknown_users_are_errors_beside_the_others() {
    let world = World::start().await;
    let json = world.get("/2/users/public_keys?ids=1001,5", &world.alice.token).await.json();
    assert_eq!(rows(&json["data"]).len(), 1);
    assert_eq!(
        rows(&json["errors"]),
        [json!({
            "type": "https://api.x.com/2/problems/resource-not-found",
            "title": "Not Found Error",
            "detail": "Could not find user with ids: [5].",
            "status": 404,
            "parameter": "ids",
            "value": "5",
            "resource_type": "user",
            "resource_id": "5",
        })]
    );
    let nobody = world.get("/2/users/public_keys?ids=5,6", &world.alice.token).await;
    assert_eq!(nobody.status, 200);
    assert_eq!(nobody.json().get("data"), None);
    assert_eq!(rows(&nobody.json()["errors"]).len(), 2);

    let reply = world.get("/2/users/5/public_keys", &world.alice.token).await;
    assert_refused("unknown", &reply, 404, "resource-not-found", "id");
    let reply = world.get("/2/users/1003/public_keys", &world.alice.token).await;
    assert_eq!(reply.json(), json!({"data": []}));
}

#[tokio::test]
async fn only_selected_fields_are_served() {
    let world = World::start().await;
    for (path, expected) in [
        (format!("{PATH}?public_key.fields=public_key"), vec!["public_key"]),
        (
            "/2/users/public_keys?ids=1001&public_key.fields=public_key_version,juicebox_config"
                .to_owned(),
            vec!["public_key_version", "user_id"],
        ),
        (
            PATH.to_owned(),
            vec![
                "identity_public_key_signature",
                "public_key",
                "public_key_version",
                "signing_public_key",
            ],
        ),
    ] {
        let json = world.get(&path, &world.alice.token).await.json();
        let names: Vec<&String> = json["data"][0].as_object().unwrap().keys().collect();
        assert_eq!(names, expected, "{path}");
    }
}
