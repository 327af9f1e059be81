//! Posting keys: refused for who takes part, for the body as a whole, and for the path.

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::wire::{ConversationParticipantKey, MessageEventDetail};
use serde_json::{Value, json};

use crate::support::http::Request;
use crate::support::{World, assert_refused, text};

const ENTRIES: &str = "conversation_participant_keys";

/// Rewrites the entries, and the detail to match them.
fn reshape(world: &World, change: impl FnOnce(&mut Vec<[String; 3]>)) -> Value {
    let mut body: Value = serde_json::from_slice(world.change(5).body()).unwrap();
    let mut entries: Vec<[String; 3]> = body["conversation_participant_keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            ["user_id", "encrypted_conversation_key", "public_key_version"]
                .map(|name| text(&entry[name]).to_owned())
        })
        .collect();
    change(&mut entries);
    body["conversation_participant_keys"] = entries
        .iter()
        .map(|[user, key, version]| {
            json!({
                "user_id": user,
                "encrypted_conversation_key": key,
                "public_key_version": version,
            })
        })
        .collect();
    let encoded = &mut body["action_signatures"][0]["encoded_message_event_detail"];
    let bytes = decode_base64(text(encoded)).unwrap();
    let mut detail = MessageEventDetail::decode(&bytes).unwrap();
    let MessageEventDetail::ConversationKeyChange(event) = &mut detail else { panic!() };
    event.conversation_participant_keys = entries
        .iter()
        .map(|[user, key, version]| ConversationParticipantKey {
            user_id: Some(user),
            encrypted_conversation_key: Some(key),
            public_key_version: Some(version),
        })
        .collect();
    *encoded = encode_base64(&detail.encode().unwrap()).into();
    body
}

#[tokio::test]
async fn participants_and_their_key_versions_are_those_the_server_knows() {
    let world = World::start().await;
    let position =
        |entries: &[[String; 3]], user| entries.iter().position(|entry| entry[0] == user).unwrap();
    type Reshape<'a> = Box<dyn FnOnce(&mut Vec<[String; 3]>) + 'a>;
    let rows: [(&str, Reshape<'_>, &str); 5] = [
        (
            "the caller has no entry",
            Box::new(|entries| drop(entries.remove(position(entries, "1001")))),
            ENTRIES,
        ),
        (
            "the other user has no entry",
            Box::new(|entries| drop(entries.remove(position(entries, "1002")))),
            ENTRIES,
        ),
        (
            "a third user",
            Box::new(|entries| {
                let mut third = entries[0].clone();
                third[0] = "1003".to_owned();
                entries.push(third);
            }),
            "conversation_participant_keys[2].user_id",
        ),
        (
            "somebody else in the other user's place",
            Box::new(|entries| {
                entries.sort();
                entries[1][0] = "1003".to_owned();
            }),
            "conversation_participant_keys[1].user_id",
        ),
        (
            "a key version that is not registered",
            Box::new(|entries| {
                entries.sort();
                entries[1][2] = "3".to_owned();
            }),
            "conversation_participant_keys[1].public_key_version",
        ),
    ];
    for (what, change, parameter) in rows {
        let body = reshape(&world, change);
        let reply = world.post_keys("1002", body.to_string().as_bytes()).await;
        assert_refused(what, &reply, 400, "invalid-request", parameter);
    }
    let untouched = reshape(&world, |entries| entries.reverse());
    let reply = world.post_keys("1002", untouched.to_string().as_bytes()).await;
    assert_eq!(reply.status, 200, "the order of entries means nothing: {}", reply.text());
}

#[tokio::test]
async fn bodies_that_are_not_the_one_json_object_are_refused() {
    let world = World::start().await;
    let valid = String::from_utf8(world.change(5).body().to_vec()).unwrap();
    let twice = valid.replacen('{', r#"{"conversation_key_version":"5","#, 1);
    let nested = valid.replacen(r#""message_id":"#, r#""message_id":"a","message_id":"#, 1);
    for (what, body, parameter) in [
        ("empty", "", ""),
        ("not JSON", "{", ""),
        ("more than one", &format!("{valid}{{}}"), ""),
        ("a member twice", &twice, "conversation_key_version"),
        ("a nested member twice", &nested, "action_signatures[0].message_id"),
    ] {
        let reply = world.post_keys("1002", body.as_bytes()).await;
        assert_refused(what, &reply, 400, "invalid-request", parameter);
    }
    let path = "/2/chat/conversations/1002/keys";
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let request = Request::new("POST", path)
            .body(valid.as_bytes())
            .header("content-type", kind)
            .token(&world.alice.token);
        let reply = world.client.send(request).await.unwrap();
        assert_refused(kind, &reply, 415, "invalid-request", "");
    }
    let undeclared = Request::new("POST", path).body(valid.as_bytes()).token(&world.alice.token);
    let reply = world.client.send(undeclared).await.unwrap();
    assert_refused("undeclared", &reply, 415, "invalid-request", "");
    assert_eq!(world.events().await["meta"]["result_count"], 0);
}

#[tokio::test]
async fn a_body_above_the_cap_is_refused() {
    let world = World::start().await;
    let valid = String::from_utf8(world.change(5).body().to_vec()).unwrap();
    let padding = " ".repeat(8 * 1024 * 1024 - valid.len());
    let fits = format!("{padding}{valid}");
    let reply = world.post_keys("1002", format!(" {fits}").as_bytes()).await;
    assert_refused("too large", &reply, 413, "invalid-request", "");
    let reply = world.post_keys("1002", fits.as_bytes()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[tokio::test]
async fn paths_that_name_no_conversation_are_refused() {
    let world = World::start().await;
    let body = world.change(5);
    for path in [
        "1001:1002",
        "1001%3A1002",
        "01002",
        "x",
        "g",
        "gg1",
        "g1-2",
        "1001-",
        "-1002",
        "1001-1002-1003",
        "12345678901234567890",
        "1002%20",
        "%FF",
    ] {
        let reply = world.post_keys(path, body.body()).await;
        assert_refused(path, &reply, 400, "invalid-request", "id");
    }
    let query = Request::post("/2/chat/conversations/1002/keys?dry_run=1", body.body());
    let reply = world.client.send(query.token(&world.alice.token)).await.unwrap();
    assert_refused("query", &reply, 400, "invalid-request", "dry_run");
}
