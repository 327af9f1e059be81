//! The list of one's conversations, and what is known of one.

use sealpost_crypto::Conversation;
use serde_json::{Value, json};

use crate::support::groups::{AVATAR, TITLE, with_group};
use crate::support::{ALICE, BOB, World, assert_refused, id, rows, text};

const LIST: &str = "/2/chat/conversations";

fn ids(page: &Value) -> Vec<&str> {
    rows(&page["data"]).iter().map(|row| text(&row["id"])).collect()
}

fn names(row: &Value) -> Vec<&str> {
    row.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_user_without_conversations_has_an_empty_list() {
    let world = World::start().await;
    let page = world.get(LIST, &world.alice.token).await.json();
    let meta = json!({"result_count": 0, "has_more": false, "has_message_requests": false});
    assert_eq!(page, json!({"data": [], "meta": meta}));
}

#[tokio::test]
async fn the_conversation_with_the_newest_event_is_first() {
    let (world, group, _) = with_group().await;
    let group = group.to_string();
    assert_eq!(world.post_change(5).await.status, 200);
    world.say(&world.alice, "m1").await;
    let hosted = Conversation::group("g7".parse().unwrap(), [id(ALICE), id(BOB)]).unwrap();
    world.sandbox.host(&hosted);
    for user in [&world.alice, &world.bob] {
        let page = world.get(LIST, &user.token).await.json();
        assert_eq!(ids(&page), ["1001-1002", &group, "g7"]);
        assert_eq!(page["meta"]["result_count"], 3);
    }
    let keys = world.change_of_group(&group, 6).await;
    assert_eq!(keys, 200);
    let page = world.get(LIST, &world.bob.token).await.json();
    assert_eq!(ids(&page), [&group, "1001-1002", "g7"]);
    assert_eq!(world.get(LIST, &world.eve).await.json()["data"], json!([]));

    // Who is no member any more does not see it any more.
    world.sandbox.host(&Conversation::group("g7".parse().unwrap(), [id(ALICE)]).unwrap());
    let page = world.get(LIST, &world.bob.token).await.json();
    assert_eq!(ids(&page), [&group, "1001-1002"]);
    assert_eq!(ids(&world.get(LIST, &world.alice.token).await.json()).len(), 3);
}

impl World {
    /// Alice gives the group of her and Bob another key.
    async fn change_of_group(&self, group: &str, version: u64) -> u16 {
        let members = [id(ALICE), id(BOB)];
        let conversation = Conversation::group(group.parse().unwrap(), members).unwrap();
        let version = sealpost_crypto::KeyVersion::new(version);
        let change = sealpost_crypto::KeyChange::new(&self.alice.account, &conversation, version)
            .participants([self.bob.account.participant()]);
        let (change, _) = change.seal().unwrap().sign().unwrap().prepare();
        self.post_keys(group, change.body()).await.status
    }
}

#[tokio::test]
async fn what_one_did_not_answer_is_a_request() {
    let world = World::with_key().await;
    let requests = async |token| {
        world.get(LIST, token).await.json()["meta"]["has_message_requests"].as_bool().unwrap()
    };
    assert!(!requests(&world.alice.token).await, "she began it");
    assert!(requests(&world.bob.token).await);
    let until = world.seen(&world.bob).await.remove(0);
    let body = json!({"seen_until_sequence_id": until});
    let read = world.post_as(&world.bob, "/2/chat/conversations/1001/read", &body).await;
    assert_eq!(read.status, 200);
    assert!(!requests(&world.bob.token).await);
}

#[tokio::test]
async fn pages_lose_nothing_and_their_tokens_are_ones_own() {
    let world = World::start().await;
    for group in 1..=7_u64 {
        let group = format!("g{group}").parse().unwrap();
        world.sandbox.host(&Conversation::group(group, [id(ALICE), id(BOB)]).unwrap());
    }
    assert_eq!(world.post_change(5).await.status, 200);
    let (mut seen, mut next, mut sizes) = (Vec::new(), String::new(), Vec::new());
    loop {
        let path = format!("{LIST}?max_results=3{next}");
        let page = world.get(&path, &world.alice.token).await.json();
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        sizes.push(ids(&page).len());
        assert_eq!(page["meta"]["result_count"], ids(&page).len());
        let token = page["meta"].get("next_token");
        assert_eq!(page["meta"]["has_more"], token.is_some());
        let Some(token) = token else { break };
        next = format!("&pagination_token={}", text(token));
    }
    assert_eq!(sizes, [3, 3, 2]);
    assert_eq!(seen, ["1001-1002", "g7", "g6", "g5", "g4", "g3", "g2", "g1"]);

    let page = world.get(&format!("{LIST}?max_results=1"), &world.alice.token).await.json();
    let token = text(&page["meta"]["next_token"]).to_owned();
    for (what, token, reader) in [
        ("Bob's", token.as_str(), &world.bob),
        ("empty", "", &world.alice),
        ("cut", &token[1..], &world.alice),
        ("longer", &format!("{token}0"), &world.alice),
        ("odd", "%C3%A4", &world.alice),
    ] {
        let reply = world.get(&format!("{LIST}?pagination_token={token}"), &reader.token).await;
        assert_refused(what, &reply, 400, "invalid-request", "pagination_token");
    }
}

#[tokio::test]
async fn a_group_is_described_to_its_members() {
    let (world, group, carol) = with_group().await;
    let path = format!("{LIST}/{group}");
    let row = world.get(&path, &world.bob.token).await.json()["data"].clone();
    assert_eq!(
        row,
        json!({
            "id": group.to_string(),
            "type": "group",
            "participant_ids": ["1001", "1002"],
            "member_ids": ["1001", "1002"],
            "admin_ids": ["1001"],
            "group_name": TITLE,
            "group_avatar_url": AVATAR,
            "message_ttl_ms": 60_000,
            "is_muted": false,
            "screen_capture_blocking_enabled": false,
            "screen_capture_detection_enabled": false,
            "created_at": "2026-09-01T00:00:00.005Z",
            "updated_at": "2026-09-01T00:00:00.005Z",
        })
    );
    let list = world.get(LIST, &world.bob.token).await.json();
    assert_eq!(rows(&list["data"]), [row]);
    let reply = world.get(&path, &carol.token).await;
    assert_refused("Carol", &reply, 403, "not-authorized-for-resource", "id");
}

#[tokio::test]
async fn a_direct_conversation_exists_by_itself() {
    let world = World::start().await;
    for spelling in ["1002", "1001-1002", "1002-1001", "1001:1002"] {
        let reply = world.get(&format!("{LIST}/{spelling}"), &world.alice.token).await;
        assert_eq!(reply.status, 200, "{spelling}");
        let data = &reply.json()["data"];
        assert_eq!((text(&data["id"]), text(&data["type"])), ("1001-1002", "direct"));
        assert_eq!(data["participant_ids"], json!(["1001", "1002"]));
        assert_eq!(data.get("created_at"), None);
    }
    // The contract has no pattern for this id, so that nothing is malformed.
    for (spelling, status, kind) in [
        ("g5", 404, "resource-not-found"),
        ("x", 404, "resource-not-found"),
        ("%00", 404, "resource-not-found"),
        ("01002", 404, "resource-not-found"),
        ("99999999999999999999", 404, "resource-not-found"),
        ("1002-1003", 403, "not-authorized-for-resource"),
    ] {
        let reply = world.get(&format!("{LIST}/{spelling}"), &world.alice.token).await;
        assert_refused(spelling, &reply, status, kind, "id");
    }
}

#[tokio::test]
async fn fields_and_expansions_are_those_asked_for() {
    let (world, group, _) = with_group().await;
    for path in [LIST.to_owned(), format!("{LIST}/{group}")] {
        let get = async |query: &str| {
            let mut json = world.get(&format!("{path}?{query}"), &world.alice.token).await.json();
            if json["data"].is_array() {
                json["data"] = json["data"][0].clone();
            }
            json
        };
        let json = get("chat_conversation.fields=type,group_name").await;
        assert_eq!(names(&json["data"]), ["group_name", "id", "type"]);
        assert_eq!(json.get("includes"), None);
        let json = get("chat_conversation.fields=type&expansions=admin_ids").await;
        assert_eq!(names(&json["data"]), ["admin_ids", "id", "type"]);
        let alice = json!({"id": "1001", "name": "User 1001", "username": "user1001"});
        assert_eq!(json["includes"], json!({"users": [alice]}));
        let json = get("expansions=participant_ids,member_ids&user.fields=verified,id").await;
        assert_eq!(rows(&json["includes"]["users"]).len(), 2);
        assert_eq!(json["data"]["member_ids"], json!(["1001", "1002"]));
    }
    let refused = [
        ("max_results=0", "max_results"),
        ("max_results=101", "max_results"),
        ("chat_conversation.fields=", "chat_conversation.fields"),
        ("chat_conversation.fields=member_ids", "chat_conversation.fields"),
        ("chat_conversation.fields=message_ttl_msec", "chat_conversation.fields"),
        ("chat_conversation.fields=id,id", "chat_conversation.fields"),
        ("expansions=", "expansions"),
        ("expansions=sender_id", "expansions"),
        ("user.fields=affiliation", "user.fields"),
        ("user.fields=id,,name", "user.fields"),
        ("chat_message_event.fields=id", "chat_message_event.fields"),
        ("ids=1", "ids"),
    ];
    for (query, parameter) in refused {
        let reply = world.get(&format!("{LIST}?{query}"), &world.alice.token).await;
        assert_refused(query, &reply, 400, "invalid-request", parameter);
        let reply = world.get(&format!("{LIST}/{group}?{query}"), &world.alice.token).await;
        assert_refused(query, &reply, 400, "invalid-request", parameter);
    }
}
