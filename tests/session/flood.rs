//! Floods of events that do not count.

use sealpost::*;

use crate::planting::*;
use crate::stage::*;

#[tokio::test]
async fn floods_do_not_wash_away_what_somebody_has_to_decide() {
    let Group { stage, id, alice, bob, carol } = group(Suite::X25519).await;
    for session in [&bob, &carol] {
        sync(session).await;
    }
    let direct = bob.start_conversation(user(3)).await.unwrap().id();
    // Two things to decide: one is known before, one comes with the flood.
    let thief = stage.device(3).await.session().await;
    thief.register_replacing(Suite::X25519).await.unwrap();
    assert_eq!(bob.rotate(direct).await.unwrap_err().code(), "session.keys_changed");
    stage.member(66, Suite::X25519).await;
    let [event, ..] = &log(&bob, direct).await[..] else { panic!() };
    let forged = passed_off(event, user(1), id);
    for number in 0..10_001 {
        let junk = EncodedEvent::new(format!("junk {number}")).unwrap();
        stage.sandbox.plant(id, alice.user_id(), if number % 2 == 0 { &junk } else { &forged });
    }
    stage.sandbox.host(&Conversation::group(id, users(&[1, 2, 3, 66])).unwrap());
    let events = bob.sync().await.unwrap();
    assert_eq!(events.len(), 5001 + 1 + 2, "each forged id is told of once");
    let differs =
        events.iter().filter(|event| matches!(event, SessionEvent::MembersDiffer { .. })).count();
    let changed = SessionEvent::KeysChanged { user: user(3), was_verified: false };
    assert_eq!((differs, events.contains(&changed)), (1, true));
    assert_eq!(bob.sync().await.unwrap(), [], "and once only");

    // More than can wait.
    stage.sandbox.host(&Conversation::group(id, users(&[1, 2, 3, 66, 67])).unwrap());
    for number in 0..10_001 {
        let junk = EncodedEvent::new(format!("more junk {number}")).unwrap();
        stage.sandbox.plant(id, alice.user_id(), &junk);
    }
    let pin = bob.pin(user(3)).await.unwrap().unwrap();
    assert!(bob.acknowledge_keys(user(3), pin.changed().unwrap()).await.unwrap());
    let thief = stage.device(3).await.session().await;
    thief.register_replacing(Suite::X25519).await.unwrap();
    assert_eq!(bob.rotate(direct).await.unwrap_err().code(), "session.keys_changed");
    let events = bob.sync().await.unwrap();
    assert_eq!(events.len(), 10_000, "no more is kept");
    let differs =
        events.iter().filter(|event| matches!(event, SessionEvent::MembersDiffer { .. })).count();
    assert_eq!((differs, events.contains(&changed)), (1, true));

    // They go on behind it.
    alice.rotate(id).await.unwrap_err();
    let before = key(&bob, id).await;
    assert_same_key(&[&alice, &bob], id).await;
    assert_eq!(key(&bob, id).await, before);
    assert_eq!(members(&bob, id).await, users(&[1, 2, 3]));
}
