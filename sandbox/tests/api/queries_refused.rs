//! Queries and paths of the reading operations: what is refused.

use crate::support::{World, assert_refused};

#[tokio::test]
async fn each_rule_is_held() {
    let too_many = (1..=101).map(|id: u32| id.to_string()).collect::<Vec<_>>().join(",");
    let too_many = format!("/2/users/public_keys?ids={too_many}");
    let events = "/2/chat/conversations/1002/events";
    let rules: Vec<(String, &str)> = [
        // events
        (format!("{events}?max_results=0"), "max_results"),
        (format!("{events}?max_results=101"), "max_results"),
        (format!("{events}?max_results=-1"), "max_results"),
        (format!("{events}?max_results=%2B1"), "max_results"),
        (format!("{events}?max_results=010"), "max_results"),
        (format!("{events}?max_results=1.0"), "max_results"),
        (format!("{events}?max_results="), "max_results"),
        (format!("{events}?max_results=1&max_results=1"), "max_results"),
        (format!("{events}?max_result=1"), "max_result"),
        (format!("{events}?public_key.fields=public_key"), "public_key.fields"),
        (format!("{events}?chat_message_event.fields="), "chat_message_event.fields"),
        (format!("{events}?chat_message_event.fields=id,text"), "chat_message_event.fields"),
        (format!("{events}?chat_message_event.fields=id,id"), "chat_message_event.fields"),
        (format!("{events}?chat_message_event.fields=id,"), "chat_message_event.fields"),
        // 2.165 called it so.
        (
            format!("{events}?chat_message_event.fields=created_at_msec"),
            "chat_message_event.fields",
        ),
        ("/2/chat/conversations/1001:1002/events".to_owned(), "id"),
        ("/2/chat/conversations/g/events".to_owned(), "id"),
        // one user's keys
        ("/2/users/x/public_keys".to_owned(), "id"),
        ("/2/users/-1/public_keys".to_owned(), "id"),
        ("/2/users/01001/public_keys".to_owned(), "id"),
        ("/2/users/12345678901234567890/public_keys".to_owned(), "id"),
        ("/2/users/1001/public_keys?public_key.fields=version".to_owned(), "public_key.fields"),
        ("/2/users/1001/public_keys?public_key.fields=".to_owned(), "public_key.fields"),
        ("/2/users/1001/public_keys?ids=1001".to_owned(), "ids"),
        // several users' keys
        ("/2/users/public_keys".to_owned(), "ids"),
        ("/2/users/public_keys?ids=".to_owned(), "ids"),
        ("/2/users/public_keys?ids=1001,".to_owned(), "ids"),
        ("/2/users/public_keys?ids=1001,x".to_owned(), "ids"),
        ("/2/users/public_keys?ids=1001,%201002".to_owned(), "ids"),
        ("/2/users/public_keys?ids=12345678901234567890".to_owned(), "ids"),
        ("/2/users/public_keys?ids=1001,1001".to_owned(), "ids"),
        ("/2/users/public_keys?ids=1001&ids=1002".to_owned(), "ids"),
        (too_many, "ids"),
        ("/2/users/public_keys?ids=1001&public_key.fields=a".to_owned(), "public_key.fields"),
    ]
    .into();
    assert_eq!(rules.len(), 34, "a row was added or lost: adjust the count");
    let world = World::start().await;
    for (path, parameter) in rules {
        let reply = world.get(&path, &world.alice.token).await;
        assert_refused(&path, &reply, 400, "invalid-request", parameter);
    }
}

#[tokio::test]
async fn limits_are_inclusive() {
    let world = World::start().await;
    let hundred = (1..=100).map(|id: u32| id.to_string()).collect::<Vec<_>>().join(",");
    for path in [
        "/2/chat/conversations/1002/events?max_results=1".to_owned(),
        "/2/chat/conversations/1002/events?max_results=100".to_owned(),
        format!("/2/users/public_keys?ids={hundred}"),
    ] {
        assert_eq!(world.get(&path, &world.alice.token).await.status, 200, "{path}");
    }
}
