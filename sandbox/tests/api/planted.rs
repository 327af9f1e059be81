//! Events that a test puts into a conversation.

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::wire::MessageEvent;
use sealpost_crypto::{EncodedEvent, SequenceId};

use crate::support::{BOB, World, id, rows, text};

fn encoded(row: &serde_json::Value) -> EncodedEvent {
    EncodedEvent::new(text(&row["encoded_event"])).unwrap()
}

#[tokio::test]
async fn a_planted_event_stands_at_the_end_under_a_new_number() {
    let world = World::with_key().await;
    let before = world.events().await;
    let [original] = rows(&before["data"]) else { panic!("{before}") };
    let event = encoded(original);
    let number = world.sandbox.plant(World::conversation().id(), id(BOB), &event);

    let page = world.events().await;
    let [planted, first] = rows(&page["data"]) else { panic!("{page}") };
    assert_eq!(first, original);
    assert_eq!(text(&planted["id"]), number.to_string());
    assert_eq!(planted["previous_id"], original["id"]);
    assert_eq!(text(&planted["sender_id"]), BOB.to_string(), "beside it");
    // A key change is one of those that one needs to read the page.
    assert_eq!(rows(&page["meta"]["conversation_key_events"]).len(), 2);

    // Inside, all but its place is as it was.
    let planted = decode_base64(encoded(planted).as_str()).unwrap();
    let planted = MessageEvent::decode(&planted).unwrap();
    let original = decode_base64(event.as_str()).unwrap();
    let original = MessageEvent::decode(&original).unwrap();
    let (number, previous) = (number.to_string(), original.sequence_id);
    assert_eq!(planted.sequence_id, Some(number.as_str()));
    assert_eq!(planted.previous_sequence_id, previous);
    assert!(planted.sequence_id != original.sequence_id);
    let place = MessageEvent {
        sequence_id: original.sequence_id,
        previous_sequence_id: original.previous_sequence_id,
        created_at_msec: original.created_at_msec,
        ..planted
    };
    assert_eq!(place, original);
}

#[tokio::test]
async fn what_is_no_event_stays_byte_for_byte() {
    let world = World::with_key().await;
    let conversation = World::conversation().id();
    let odd = ["", "no base64", &encode_base64(&[0]), &encode_base64(&[11, 0, 1, 255])];
    for text in odd {
        world.sandbox.plant(conversation, id(BOB), &EncodedEvent::new(text).unwrap());
    }
    let page = world.events().await;
    let shown: Vec<&str> =
        rows(&page["data"]).iter().rev().skip(1).map(|row| text(&row["encoded_event"])).collect();
    assert_eq!(shown, odd);
}

#[tokio::test]
async fn a_planted_event_leaves_nothing_else_behind() {
    let world = World::with_key().await;
    let before = world.events().await;
    let event = encoded(&rows(&before["data"])[0]);
    let number = world.sandbox.plant(World::conversation().id(), id(BOB), &event);
    assert!(number > SequenceId::new(0));
    // No version is reached by it, and real events go on behind it.
    let reply = world.post_change(6).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let page = world.events().await;
    assert_eq!(text(&rows(&page["data"])[0]["previous_id"]), number.to_string());
    // The same request again is as refused as it was.
    assert_eq!(world.post_change(6).await.status, 409);
}
