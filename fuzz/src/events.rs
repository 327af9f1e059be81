//! Events: whatever a server delivers, nothing is read of it that the members did not sign, and no
//! key is adopted but theirs.

use std::collections::HashSet;
use std::sync::LazyLock;

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::*;

use crate::delivered::{of_action, of_change, of_message};
use crate::input::Input;
use crate::stage::{NOW, Seeded, Stage, account, assert_hides, stage, user};

/// Everything that was ever signed.
static SIGNED: LazyLock<HashSet<(MessageId, ActionMark)>> = LazyLock::new(|| {
    let marks = |suite| {
        let read = move |bytes: Vec<u8>| read(suite, &encoded(&bytes), ReadPolicy::strict());
        signed(stage(suite)).into_iter().filter_map(move |event| read(event).ok()?.mark())
    };
    [Suite::X25519, Suite::XChat].into_iter().flat_map(marks).collect()
});

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let suite = input.pick(&[Suite::X25519, Suite::XChat]);
    let policy = match input.flag() {
        true => ReadPolicy::strict().accept_legacy_signatures(),
        false => ReadPolicy::strict(),
    };
    let is_text = input.flag();
    let event = match (is_text, std::str::from_utf8(input.rest())) {
        (true, Ok(text)) => EncodedEvent::new(text).unwrap(),
        (true, Err(_)) => return,
        (false, _) => encoded(&data[3.min(data.len())..]),
    };
    match read(suite, &event, policy) {
        Ok(received) => {
            if let Some(mark) = received.mark() {
                assert!(SIGNED.contains(&mark), "nobody signed it: {received:?}");
            }
        }
        Err(error) => assert_hides(&error, stage(suite).key().expose_secret()),
    }
    if let Ok(parsed) = event.parse() {
        assert_hides(&parsed, stage(suite).key().expose_secret());
        assert_eq!(parsed.signer().is_some(), parsed.conversation_id().is_some());
    }
}

/// What Bob, who has the group's key, makes of an event. The key stays what it is.
fn read(suite: Suite, event: &EncodedEvent, policy: ReadPolicy) -> Result<Received, InboxError> {
    let stage = stage(suite);
    let mut ring = stage.own_ring();
    let mut seen = SeenActions::new();
    let inbox = Inbox::new(&stage.bob, &stage.group, stage.participants()).with_policy(policy);
    let outcome = inbox.read([event], &mut ring, &mut seen, NOW).pop().unwrap();
    let current = ring.current().unwrap();
    assert!(current == stage.ring.current().unwrap(), "a key that nobody made: {event:?}");
    assert_eq!(ring.versions().count(), 1);
    outcome
}

fn encoded(bytes: &[u8]) -> EncodedEvent {
    EncodedEvent::new(encode_base64(bytes)).unwrap()
}

/// An event of every kind that is signed.
pub(crate) fn signed(stage: &Stage) -> Vec<Vec<u8>> {
    let Stage { alice, group, ring, .. } = stage;
    let dave = account(alice.suite(), 4_000);
    let rng = &mut Seeded::new(2);
    let mut events = of_change(&stage.change);

    let details = GroupCreate::new([alice.user_id()])
        .title("Team".parse().unwrap())
        .avatar_url("https://e.invalid/a.png".parse().unwrap())
        .message_ttl(std::time::Duration::from_secs(86_400));
    let draft = || {
        KeyChange::new(alice, group, NOW.into())
            .participants([stage.bob.participant(), stage.carol.participant()])
    };
    let create = draft().creating_group(details.clone()).unwrap();
    let (create, _) = create.seal_with_rng(rng).unwrap().sign().unwrap().prepare();
    events.extend(of_change(&create).pop());
    let add = MemberAdd::new([user(4_000)], details).screen_capture_blocking(true);
    let larger = Conversation::group(group.id(), group.members().chain([user(4_000)])).unwrap();
    let add = KeyChange::new(alice, &larger, NOW.into())
        .participants([stage.bob.participant(), stage.carol.participant(), dave.participant()])
        .adding_members(add)
        .unwrap();
    let (add, _) = add.seal_with_rng(rng).unwrap().sign().unwrap().prepare();
    events.extend(of_change(&add).pop());

    let message = Message::text("hello").expires_after(MessageTtl::from(std::time::Duration::from_secs(60)));
    let message = message.encrypt_with_rng(alice, group, ring, rng).unwrap();
    events.push(of_message(&message));
    for action in [
        Action::mark_read(SequenceId::new(7), NOW),
        Action::delete_for_everybody([SequenceId::new(7)]).unwrap(),
        Action::delete_for_oneself([SequenceId::new(7), SequenceId::new(8)]).unwrap(),
    ] {
        events.push(of_action(&action.sign_with_rng(alice, group, rng).unwrap()));
    }
    events
}

/// The same event with another id, which nobody has signed.
fn renamed(event: &[u8]) -> Vec<u8> {
    let id = "8e7a9cd8-824b-4548-b926-0b6b0fd119ab";
    let event = wire::MessageEvent::decode(event).unwrap();
    wire::MessageEvent { message_id: Some(id), ..event }.encode().unwrap()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (suite, byte) in [(Suite::X25519, 0), (Suite::XChat, 1)] {
        for event in signed(stage(suite)) {
            seeds.push([&[byte, 0, 0], &*event].concat());
            seeds.push([&[byte, 1, 0], &*renamed(&event)].concat());
        }
        let text = encode_base64(&signed(stage(suite))[0]);
        seeds.push([&[byte, 1, 1], text.as_bytes()].concat());
    }
    seeds
}
