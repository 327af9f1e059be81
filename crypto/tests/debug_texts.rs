//! What values print: short, fixed, and nothing that somebody else has written.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests

mod common;
#[path = "common/content.rs"]
mod room;

use std::collections::HashSet;

use common::{NOW, account_of, user};
use room::{Room, SUITES, deliver, deliver_action};
use sealpost_crypto::*;

#[test]
fn keys_print_what_is_public_of_them_and_no_more() {
    let mut keys = HashSet::new();
    for suite in SUITES {
        let [alice, bob] = [1, 2].map(|number| account_of(suite, number));
        let identity = Identity::generate_with_rng(suite, &mut common::SeededRng::new(1)).unwrap();
        let private = identity.dangerous_private_keys();
        assert_eq!(format!("{private:?}"), "PrivateKeys(..)");
        let fingerprint = alice.participant().identity_key().fingerprint();
        assert_eq!(format!("{fingerprint:?}"), format!("PublicKeyFingerprint({fingerprint})"));
        let registration = identity.registration(user(1), NOW);
        assert_eq!(registration.fingerprint(), fingerprint);
        assert_eq!(
            format!("{:?}", alice.record()),
            "PublicKeyRecord { user_id: Some(\"1\"), \
             public_key_version: Some(PublicKeyVersion(1700000000001)), .. }"
        );
        let code = SafetyCode::of(alice.participant(), bob.participant());
        assert_eq!(format!("{code:?}"), format!("SafetyCode({code})"));

        // As members of a set they are one by value.
        let again = account_of(suite, 1);
        for one in [&alice, &bob, &again] {
            keys.insert(one.participant().identity_key().to_base64());
        }
        let participants = HashSet::from([*alice.participant(), *bob.participant()]);
        assert!(participants.contains(again.participant()));
        assert!(!participants.contains(account_of(suite, 3).participant()));
    }
    assert_eq!(keys.len(), 4);
}

#[test]
fn events_print_whose_they_are_and_nothing_of_their_content() {
    for suite in SUITES {
        let room = Room::new(suite);
        let media = MediaEncryptor::new(&room.alice_ring).unwrap().media();
        let media = MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::Gif, &media)
            .with_file_name("planted");
        let message = Message::new(Text::new("planted").with_attachment(media.clone()));
        let signed = room.encrypt(&message);
        assert_eq!(signed.suite(), suite);
        let encoded = deliver(&signed, 1);
        let length = encoded.as_str().len();
        assert_eq!(format!("{encoded:?}"), format!("EncodedEvent({length} characters)"));
        assert_eq!(encoded.to_string().parse::<EncodedEvent>().unwrap(), encoded);

        let original = room.bob_reads(&encoded).unwrap();
        assert_eq!(room::message_event(&encoded).key_version(), original.key_version());
        let answer = room.say(2, &Message::new(Text::new("planted").reply_to(&original)));
        let ReplyPreview::Verified(quote) = answer.reply().unwrap() else { panic!("proven") };
        let second = room.say(3, &Message::new(Text::new("planted").reply_to(&answer)));
        let Some(ReplyPreview::Verified(outer)) = second.reply() else { panic!("proven") };
        let Some(ReplyPreview::Unverified(inner)) = outer.original().reply() else {
            panic!("what an original quotes is a claim")
        };

        let title: GroupTitle = "planted".parse().unwrap();
        assert_eq!(title.to_string(), "planted", "what one asks for is given");
        let action = Action::mark_read(SequenceId::new(1), NOW);
        let action = deliver_action(&action.sign(&room.stage.alice, &room.stage.group).unwrap(), 4);
        let ChatEvent::Action(event) = action.parse().unwrap() else { panic!("an action") };
        let verified =
            event.verify(&room.stage.group, room.participants(), ReadPolicy::strict()).unwrap();
        for shown in [
            format!("{media:?}"),
            format!("{original:?}"),
            format!("{quote:?}"),
            format!("{inner:?}"),
            format!("{event:?}"),
            format!("{verified:?}"),
            format!("{:?}", room::message_event(&encoded)),
            format!("{:?}", room.key_change.parse().unwrap()),
        ] {
            assert!(!shown.contains("planted"), "{shown}");
            assert!((20..1_000).contains(&shown.len()), "{shown}");
        }
        assert!(format!("{event:?}").contains("MarkConversationRead"), "{event:?}");
    }
    let path = ConversationId::direct(user(1), user(2)).path();
    assert_eq!(format!("{path:?}"), format!("ConversationPath({path})"));
}
