//! Encrypted media: uploaded in segments, and downloaded.

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::{Conversation, UnixMillis};
use serde_json::{Value, json};

use crate::support::http::{Reply, Request};
use crate::support::messages::{DELETE, deletion};
use crate::support::{ALICE, BOB, User, World, assert_refused, id, text};

pub(crate) const INITIALIZE: &str = "/2/chat/media/upload/initialize";
pub(crate) const CONVERSATION: &str = "1001:1002";

/// An upload of Alice's that has begun.
pub(crate) struct Upload {
    pub(crate) session: String,
    pub(crate) key: String,
}

impl Upload {
    pub(crate) async fn begin(world: &World, total_bytes: u64) -> Self {
        let body = json!({"conversation_id": CONVERSATION, "total_bytes": total_bytes});
        let reply = world.post_as(&world.alice, INITIALIZE, &body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let data = reply.json()["data"].clone();
        assert_eq!(text(&data["conversation_id"]), CONVERSATION);
        let [session, key] =
            ["session_id", "media_hash_key"].map(|name| text(&data[name]).to_owned());
        Self { session, key }
    }

    pub(crate) fn path(&self, step: &str) -> String {
        format!("/2/chat/media/upload/{}/{step}", self.session)
    }

    pub(crate) fn segment(&self, index: u32, media: &[u8]) -> Value {
        json!({
            "conversation_id": CONVERSATION,
            "media_hash_key": self.key,
            "segment_index": index,
            "media": encode_base64(media),
        })
    }

    pub(crate) fn end(&self, parts: &str) -> Value {
        json!({
            "conversation_id": CONVERSATION,
            "media_hash_key": self.key,
            "num_parts": parts,
        })
    }

    async fn append(&self, world: &World, index: u32, media: &[u8]) -> Reply {
        world.post_as(&world.alice, &self.path("append"), &self.segment(index, media)).await
    }

    async fn finalize(&self, world: &World, parts: &str) -> Reply {
        world.post_as(&world.alice, &self.path("finalize"), &self.end(parts)).await
    }

    async fn download(&self, world: &World, user: &User) -> Reply {
        let path = format!("/2/chat/media/1001-1002/{}", self.key);
        world.get(&path, &user.token).await
    }
}

/// One part of a form.
fn part(name: &str, more: &str, value: &[u8]) -> Vec<u8> {
    let head =
        format!("--frontier\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n");
    [head.as_bytes(), value, b"\r\n"].concat()
}

pub(crate) fn form(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body: Vec<u8> =
        parts.iter().flat_map(|(name, more, value)| part(name, more, value)).collect();
    body.extend(b"--frontier--\r\n");
    body
}

pub(crate) fn post_form(world: &World, path: &str, body: &[u8]) -> Request {
    Request::new("POST", path)
        .body(body)
        .header("content-type", "multipart/form-data; boundary=frontier")
        .token(&world.alice.token)
}

#[tokio::test]
async fn what_is_uploaded_in_any_order_is_downloaded_by_both() {
    let world = World::start().await;
    let upload = Upload::begin(&world, 7).await;
    assert_eq!(upload.key.len(), 10);
    assert!(upload.session.parse::<u64>().is_ok());
    assert_eq!(upload.download(&world, &world.alice).await.status, 404, "not complete");
    for (index, media) in [(2, &b"g"[..]), (0, b"abc"), (1, b"\0\xff\r")] {
        let reply = upload.append(&world, index, media).await;
        // An hour after the third request, in whole seconds.
        assert_eq!(
            (reply.status, reply.json()),
            (200, json!({"data": {"expires_at": 1_788_224_400}}))
        );
    }
    let reply = upload.finalize(&world, "3").await;
    assert_eq!((reply.status, reply.json()), (200, json!({"data": {"success": true}})));
    for user in [&world.alice, &world.bob] {
        let reply = upload.download(&world, user).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
        assert_eq!(reply.body(), b"abc\0\xff\rg");
    }
}

#[tokio::test]
async fn a_form_is_as_good_as_json() {
    let world = World::start().await;
    let upload = Upload::begin(&world, 6).await;
    let media = b"\r\n--\0\xff";
    let body = form(&[
        ("segment_index", "", b"0"),
        ("media", "; filename=\"blob\"", media),
        ("conversation_id", "", CONVERSATION.as_bytes()),
        ("media_hash_key", "", upload.key.as_bytes()),
    ]);
    let request = post_form(&world, &upload.path("append"), &body);
    let reply = world.client.send(request).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(upload.finalize(&world, "1").await.status, 200);
    assert_eq!(upload.download(&world, &world.bob).await.body(), media);
}

#[tokio::test]
async fn every_step_may_be_repeated_and_no_step_be_changed() {
    let world = World::start().await;
    let upload = Upload::begin(&world, 6).await;
    let changed = || world.sandbox.journal().last().unwrap().changed_state();
    for expected in [true, false] {
        assert_eq!(upload.append(&world, 0, b"abc").await.status, 200);
        assert_eq!(changed(), expected);
    }
    let reply = upload.append(&world, 0, b"abd").await;
    assert_refused("other bytes", &reply, 409, "invalid-request", "segment_index");
    assert_eq!(upload.append(&world, 1, b"def").await.status, 200);
    for expected in [true, false] {
        assert_eq!(upload.finalize(&world, "2").await.status, 200);
        assert_eq!(changed(), expected);
    }
    assert_refused(
        "another number of parts",
        &upload.finalize(&world, "1").await,
        400,
        "invalid-request",
        "num_parts",
    );
    assert_refused("late", &upload.append(&world, 2, b"x").await, 409, "invalid-request", "id");
    assert_eq!(upload.download(&world, &world.bob).await.body(), b"abcdef");
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let world = World::start().await;
    let upload = Upload::begin(&world, 0).await;
    assert_eq!(upload.finalize(&world, "0").await.status, 200);
    let reply = upload.download(&world, &world.bob).await;
    assert_eq!((reply.status, reply.body()), (200, &b""[..]));
}

#[tokio::test]
async fn media_is_for_participants_and_uploads_are_for_their_owner() {
    let world = World::start().await;
    let upload = Upload::begin(&world, 1).await;
    let reply = world.post_as(&world.bob, &upload.path("append"), &upload.segment(0, b"a")).await;
    assert_refused("Bob's append", &reply, 404, "resource-not-found", "id");
    assert_eq!(upload.append(&world, 0, b"a").await.status, 200);
    let reply = world.post_as(&world.bob, &upload.path("finalize"), &upload.end("1")).await;
    assert_refused("Bob's end", &reply, 404, "resource-not-found", "id");
    assert_eq!(upload.finalize(&world, "1").await.status, 200);
    let path = format!("/2/chat/media/1001-1002/{}", upload.key);
    let reply = world.get(&path, &world.eve).await;
    assert_refused("Eve", &reply, 403, "not-authorized-for-resource", "id");
    // The same key in another conversation is another key.
    let path = format!("/2/chat/media/1003/{}", upload.key);
    let reply = world.get(&path, &world.alice.token).await;
    assert_refused("elsewhere", &reply, 404, "resource-not-found", "media_hash_key");

    let group = Conversation::group("g7".parse().unwrap(), [id(ALICE), id(BOB)]).unwrap();
    world.sandbox.host(&group);
    let body = json!({"conversation_id": "g7", "total_bytes": 1});
    let request = Request::post(INITIALIZE, body.to_string().as_bytes()).token(&world.eve);
    let reply = world.client.send(request).await.unwrap();
    assert_refused("no member", &reply, 403, "not-authorized-for-resource", "conversation_id");
    let reply = world.post_as(&world.bob, INITIALIZE, &body).await;
    assert_eq!(text(&reply.json()["data"]["conversation_id"]), "g7");
}

#[tokio::test]
async fn an_upload_expires() {
    let world = World::start().await;
    let upload = Upload::begin(&world, 1).await;
    assert_eq!(upload.append(&world, 0, b"a").await.status, 200);
    let begun = 1_788_220_800_003;
    world.sandbox.clock(UnixMillis::new(begun + 3_600_000 - 1));
    let reply = upload.finalize(&world, "1").await;
    assert_refused("too late", &reply, 404, "resource-not-found", "id");
    world.sandbox.clock(UnixMillis::new(begun + 3_600_000 - 2));
    assert_eq!(upload.finalize(&world, "1").await.status, 200, "just in time");
}

#[tokio::test]
async fn media_is_deleted_with_its_message_for_all() {
    let world = World::with_key().await;
    let message = world.say(&world.alice, "m1").await;
    let upload = Upload::begin(&world, 1).await;
    assert_eq!(upload.append(&world, 0, b"a").await.status, 200);
    assert_eq!(upload.finalize(&world, "1").await.status, 200);
    let delete = async |user: &User, message_id: &str, message: &str, all: bool| {
        let mut body = deletion(user, message_id, &[message], all);
        body["media_hash_keys"] = json!([upload.key]);
        world.post_as(user, &DELETE.replace("1002", "1001-1002"), &body).await
    };
    let bobs = world.say(&world.bob, "m2").await;
    let reply = delete(&world.bob, "d1", &bobs, true).await;
    let field = "media_hash_keys[0]";
    assert_refused("Alice's media", &reply, 403, "not-authorized-for-resource", field);
    assert_eq!(delete(&world.bob, "d2", &message, false).await.status, 200);
    assert_eq!(upload.download(&world, &world.bob).await.status, 200, "it is Alice's");
    assert_eq!(delete(&world.alice, "d3", &message, true).await.status, 200);
    for user in [&world.alice, &world.bob] {
        assert_eq!(upload.download(&world, user).await.status, 404);
    }
    assert_eq!(delete(&world.alice, "d3", &message, true).await.status, 200, "repeated");
}
