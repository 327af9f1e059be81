//! Paging through a conversation.

use serde_json::Value;

use crate::support::{World, assert_refused, rows, text};

const PATH: &str = "/2/chat/conversations/1002/events";

fn ids(page: &Value) -> Vec<String> {
    rows(&page["data"]).iter().map(|row| text(&row["id"]).to_owned()).collect()
}

#[tokio::test]
async fn pages_go_from_the_newest_to_the_oldest_and_lose_nothing() {
    let world = World::start().await;
    let mut posted = Vec::new();
    for version in 1..=7 {
        let reply = world.post_change(version).await.json();
        posted.push(text(&reply["data"]["sequence_id"]).to_owned());
    }
    posted.reverse();

    let (mut seen, mut sizes, mut next) = (Vec::new(), Vec::new(), None::<String>);
    loop {
        let token = next.map(|next| format!("&pagination_token={next}")).unwrap_or_default();
        let path = format!("{PATH}?max_results=3{token}");
        let page = world.get(&path, &world.alice.token).await.json();
        let events = ids(&page);
        assert_eq!(page["meta"]["result_count"], events.len());
        let keys = rows(&page["meta"]["conversation_key_events"]).len();
        sizes.push((events.len(), keys));
        seen.extend(events);
        next = page["meta"]["next_token"].as_str().map(str::to_owned);
        assert_eq!(page["meta"]["has_more"], next.is_some());
        if next.is_none() {
            break;
        }
    }
    assert_eq!(seen, posted);
    // Each page comes with the key change before it, except the one that has none.
    assert_eq!(sizes, [(3, 4), (3, 4), (1, 1)]);
}

#[tokio::test]
async fn ten_is_the_default_and_events_are_chained() {
    let world = World::start().await;
    for version in 1..=11 {
        assert_eq!(world.post_change(version).await.status, 200);
    }
    let page = world.get(PATH, &world.alice.token).await.json();
    assert_eq!(page["meta"]["result_count"], 10);
    assert_eq!(page["meta"]["has_more"], true);
    let page = world.events().await;
    assert_eq!(page["meta"]["result_count"], 11);
    let events = rows(&page["data"]);
    for pair in events.windows(2) {
        assert_eq!(pair[0]["previous_id"], pair[1]["id"]);
        let numbers = [0, 1].map(|index| text(&pair[index]["id"]).parse::<u64>().unwrap());
        assert!(numbers[0] > numbers[1]);
    }
    assert_eq!(events[10].get("previous_id"), None);
}

#[tokio::test]
async fn an_empty_conversation_has_an_empty_page() {
    let world = World::start().await;
    let page = world.events().await;
    assert_eq!(page["data"], serde_json::json!([]));
    assert_eq!(
        page["meta"],
        serde_json::json!({"result_count": 0, "has_more": false, "conversation_key_events": []})
    );
}

#[tokio::test]
async fn only_selected_fields_are_served() {
    let world = World::start().await;
    world.post_change(1).await;
    let all = world.get(PATH, &world.alice.token).await.json();
    let names: Vec<&String> = all["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "conversation_id",
            "created_at",
            "encoded_event",
            "id",
            "is_trusted",
            "message_event_signature",
            "sender_id",
        ]
    );
    assert_eq!(text(&all["data"][0]["created_at"]), "2026-09-01T00:00:00.003Z");
    let path = format!("{PATH}?chat_message_event.fields=sender_id,encoded_event");
    let some = world.get(&path, &world.alice.token).await.json();
    let names: Vec<&String> = some["data"][0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["encoded_event", "id", "sender_id"]);
}

#[tokio::test]
async fn a_page_token_is_good_for_its_conversation_only() {
    let world = World::start().await;
    for version in [1, 2] {
        world.post_change(version).await;
    }
    let page = world.get(&format!("{PATH}?max_results=1"), &world.alice.token).await.json();
    let token = text(&page["meta"]["next_token"]).to_owned();
    let mut forged = token.clone();
    let last = if forged.pop() == Some('0') { '1' } else { '0' };
    forged.push(last);
    for (path, token) in [
        ("1002", ""),
        ("1002", "x"),
        ("1002", forged.as_str()),
        ("1002", &token[1..]),
        ("1002", "%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4"),
        ("1003", &token),
    ] {
        let path = format!("/2/chat/conversations/{path}/events?pagination_token={token}");
        let reply = world.get(&path, &world.alice.token).await;
        assert_refused(&path, &reply, 400, "invalid-request", "pagination_token");
    }
    let bob = format!("/2/chat/conversations/1001/events?pagination_token={token}");
    assert_eq!(world.get(&bob, &world.bob.token).await.status, 200);
}
