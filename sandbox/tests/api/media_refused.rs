//! Media: the rules for the bodies and the paths of each step.

use serde_json::{Value, json};

use crate::media::{CONVERSATION, INITIALIZE, Upload, form, post_form};
use crate::support::http::Request;
use crate::support::{World, assert_refused};

type Break = fn(&mut Value);

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name).unwrap();
}

const INITIALIZATION: &[(&str, Break, &str)] = &[
    ("body an array", |b| *b = json!([]), ""),
    ("conversation missing", |b| remove(b, "conversation_id"), "conversation_id"),
    ("conversation a number", |b| b["conversation_id"] = json!(1002), "conversation_id"),
    ("conversation empty", |b| b["conversation_id"] = json!(""), "conversation_id"),
    ("conversation odd", |b| b["conversation_id"] = json!("1001_1002"), "conversation_id"),
    ("size missing", |b| remove(b, "total_bytes"), "total_bytes"),
    ("size a string", |b| b["total_bytes"] = json!("1"), "total_bytes"),
    ("size negative", |b| b["total_bytes"] = json!(-1), "total_bytes"),
    ("size broken", |b| b["total_bytes"] = json!(1.5), "total_bytes"),
    ("size above the memory", |b| b["total_bytes"] = json!(268_435_457), "total_bytes"),
    ("size huge", |b| b["total_bytes"] = json!(1e300), "total_bytes"),
    ("another member", |b| b["media_type"] = json!("image"), "media_type"),
];

const SEGMENT: &[(&str, Break, &str)] = &[
    ("media missing", |b| remove(b, "media"), "media"),
    ("media a number", |b| b["media"] = json!(1), "media"),
    ("media empty", |b| b["media"] = json!(""), "media"),
    ("media no base64", |b| b["media"] = json!("a*"), "media"),
    ("media too long", |b| b["media"] = json!("YWJjZGVmZ2g="), "media"),
    ("index missing", |b| remove(b, "segment_index"), "segment_index"),
    ("index a string", |b| b["segment_index"] = json!("0"), "segment_index"),
    ("index negative", |b| b["segment_index"] = json!(-1), "segment_index"),
    ("index above 999", |b| b["segment_index"] = json!(1000), "segment_index"),
    ("index broken", |b| b["segment_index"] = json!(0.5), "segment_index"),
    ("conversation missing", |b| remove(b, "conversation_id"), "conversation_id"),
    ("another conversation", |b| b["conversation_id"] = json!("1003"), "conversation_id"),
    ("key missing", |b| remove(b, "media_hash_key"), "media_hash_key"),
    ("another key", |b| b["media_hash_key"] = json!("abc"), "media_hash_key"),
    ("another member", |b| b["total_bytes"] = json!(1), "total_bytes"),
];

const FINALIZATION: &[(&str, Break, &str)] = &[
    ("conversation missing", |b| remove(b, "conversation_id"), "conversation_id"),
    ("another conversation", |b| b["conversation_id"] = json!("1003"), "conversation_id"),
    ("key missing", |b| remove(b, "media_hash_key"), "media_hash_key"),
    ("another key", |b| b["media_hash_key"] = json!("abc"), "media_hash_key"),
    ("parts missing", |b| remove(b, "num_parts"), "num_parts"),
    ("parts a number", |b| b["num_parts"] = json!(2), "num_parts"),
    ("parts no number", |b| b["num_parts"] = json!("two"), "num_parts"),
    ("parts signed", |b| b["num_parts"] = json!("+2"), "num_parts"),
    ("parts empty", |b| b["num_parts"] = json!(""), "num_parts"),
    ("too few parts", |b| b["num_parts"] = json!("1"), "num_parts"),
    ("too many parts", |b| b["num_parts"] = json!("3"), "num_parts"),
    ("message id a number", |b| b["message_id"] = json!(1), "message_id"),
    ("lifetime a number", |b| b["ttl_msec"] = json!(1), "ttl_msec"),
    ("another member", |b| b["segment_index"] = json!(1), "segment_index"),
];

async fn check(world: &World, path: &str, valid: &Value, rules: &[(&str, Break, &str)]) {
    for (what, break_it, parameter) in rules {
        let mut body = valid.clone();
        break_it(&mut body);
        let reply = world.post_as(&world.alice, path, &body).await;
        assert_refused(&format!("{path}: {what}"), &reply, 400, "invalid-request", parameter);
    }
    assert_eq!(world.post_as(&world.alice, path, valid).await.status, 200, "{path}");
}

#[tokio::test]
async fn each_rule_is_held() {
    assert_eq!((INITIALIZATION.len(), SEGMENT.len(), FINALIZATION.len()), (12, 15, 14));
    let world = World::start().await;
    let valid = json!({"conversation_id": CONVERSATION, "total_bytes": 268_435_456});
    check(&world, INITIALIZE, &valid, INITIALIZATION).await;
    let upload = Upload::begin(&world, 7).await;
    check(&world, &upload.path("append"), &upload.segment(0, b"abc"), SEGMENT).await;
    let second = upload.segment(1, b"defg");
    assert_eq!(world.post_as(&world.alice, &upload.path("append"), &second).await.status, 200);
    let mut valid = upload.end("2");
    valid["message_id"] = json!("m1");
    valid["ttl_msec"] = json!("60000");
    check(&world, &upload.path("finalize"), &valid, FINALIZATION).await;
}

#[tokio::test]
async fn gaps_and_missing_bytes_are_found() {
    let world = World::start().await;
    for (total, segments, parameter) in [
        (4, &[(0, &b"ab"[..]), (2, b"cd")][..], "num_parts"),
        (4, &[(1, b"ab"), (2, b"cd")], "num_parts"),
        (5, &[(0, b"ab"), (1, b"cd")], "total_bytes"),
    ] {
        let upload = Upload::begin(&world, total).await;
        for (index, media) in segments {
            let segment = upload.segment(*index, media);
            let reply = world.post_as(&world.alice, &upload.path("append"), &segment).await;
            assert_eq!(reply.status, 200);
        }
        let reply = world.post_as(&world.alice, &upload.path("finalize"), &upload.end("2")).await;
        assert_refused("incomplete", &reply, 400, "invalid-request", parameter);
        let path = format!("/2/chat/media/1002/{}", upload.key);
        assert_eq!(world.get(&path, &world.alice.token).await.status, 404);
    }
}

#[tokio::test]
async fn forms_have_rules_too() {
    let world = World::start().await;
    let upload = Upload::begin(&world, 7).await;
    let key = upload.key.as_bytes();
    let (index, media) = (("segment_index", "", &b"0"[..]), ("media", "", &b"abc"[..]));
    let (conversation, key) =
        (("conversation_id", "", CONVERSATION.as_bytes()), ("media_hash_key", "", key));
    let rows = [
        ("no media", vec![index, conversation, key], "media"),
        ("media empty", vec![index, conversation, key, ("media", "", b"")], "media"),
        ("media twice", vec![index, media, media, conversation, key], "media"),
        ("no index", vec![media, conversation, key], "segment_index"),
        ("index twice", vec![index, index, media, conversation, key], "segment_index"),
        (
            "index above 999",
            vec![("segment_index", "", b"1000"), media, conversation, key],
            "segment_index",
        ),
        (
            "index no number",
            vec![("segment_index", "", b"x"), media, conversation, key],
            "segment_index",
        ),
        ("no conversation", vec![index, media, key], "conversation_id"),
        (
            "conversation not UTF-8",
            vec![index, media, key, ("conversation_id", "", b"\xff")],
            "conversation_id",
        ),
        ("no key", vec![index, media, conversation], "media_hash_key"),
        ("another part", vec![index, media, conversation, key, ("x", "", b"")], "x"),
        ("too many parts", vec![index; 17], ""),
        ("no parts", vec![], "segment_index"),
    ];
    for (what, parts, parameter) in rows {
        let request = post_form(&world, &upload.path("append"), &form(&parts));
        let reply = world.client.send(request).await.unwrap();
        let expected = if what == "no parts" { "media" } else { parameter };
        assert_refused(what, &reply, 400, "invalid-request", expected);
    }
    let valid = form(&[index, media, conversation, key]);
    let kind = |kind: &str, body: &[u8]| {
        Request::new("POST", &upload.path("append"))
            .body(body)
            .header("content-type", kind)
            .token(&world.alice.token)
    };
    for (declared, body, status) in [
        ("multipart/form-data", &valid[..], 400),
        ("multipart/form-data; boundary=other", &valid, 400),
        ("multipart/form-data; boundary=frontier", &valid[..40], 400),
        ("multipart/form-data; boundary=frontier", b"--frontier\r\n\r\nx\r\n--frontier--", 400),
        ("application/octet-stream", &valid, 415),
    ] {
        let reply = world.client.send(kind(declared, body)).await.unwrap();
        assert_refused(declared, &reply, status, "invalid-request", "");
    }
    let request = kind("multipart/form-data; boundary=\"frontier\"", &valid);
    assert_eq!(world.client.send(request).await.unwrap().status, 200);
}

#[tokio::test]
async fn paths_are_checked() {
    let world = World::start().await;
    let upload = Upload::begin(&world, 1).await;
    let segment = upload.segment(0, b"a");
    // Only the last step has a pattern for its id.
    for session in ["0", "x", "%00", "99999999999999999999"] {
        let path = format!("/2/chat/media/upload/{session}/append");
        let reply = world.post_as(&world.alice, &path, &segment).await;
        assert_refused(session, &reply, 404, "resource-not-found", "id");
    }
    for (session, status, kind) in [
        ("0", 404, "resource-not-found"),
        ("x", 400, "invalid-request"),
        ("99999999999999999999", 400, "invalid-request"),
    ] {
        let path = format!("/2/chat/media/upload/{session}/finalize");
        let reply = world.post_as(&world.alice, &path, &upload.end("1")).await;
        assert_refused(session, &reply, status, kind, "id");
    }
    let long = "a".repeat(51);
    for (path, parameter) in [
        ("1001:1002/abc", "id"),
        ("x/abc", "id"),
        ("1002/a-b", "media_hash_key"),
        ("1002/%00", "media_hash_key"),
        (&format!("1002/{long}"), "media_hash_key"),
    ] {
        let reply = world.get(&format!("/2/chat/media/{path}"), &world.alice.token).await;
        assert_refused(path, &reply, 400, "invalid-request", parameter);
    }
}
