//! The Thrift codec: X's own bytes, and everything a hostile server may send in their place.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

use proptest::prelude::*;
use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::wire::*;
use serde_json::Value;

/// A field header: wire type and id.
fn field(kind: u8, id: i16) -> Vec<u8> {
    [&[kind][..], &id.to_be_bytes()].concat()
}

fn string(id: i16, text: &[u8]) -> Vec<u8> {
    let length = i32::try_from(text.len()).unwrap().to_be_bytes();
    [&field(11, id)[..], &length, text].concat()
}

fn list(id: i16, element: u8, count: i32) -> Vec<u8> {
    [&field(15, id)[..], &[element], &count.to_be_bytes()].concat()
}

fn event(parts: &[&[u8]]) -> Vec<u8> {
    [&parts.concat()[..], &[0]].concat()
}

/// A detail whose key change holds these bytes.
fn key_change(parts: &[&[u8]]) -> Vec<u8> {
    [&field(12, 3)[..], &parts.concat(), &[0, 0]].concat()
}

#[test]
fn x_s_own_bytes_are_read_and_written_back() {
    let vectors: Value = serde_json::from_str(sealpost_vectors::XCHAT_KEY_CHANGE).unwrap();
    let events = vectors["events"].as_array().unwrap();
    assert_eq!(events.len(), 3);
    for text in events {
        let bytes = decode_base64(text.as_str().unwrap()).unwrap();
        let event = MessageEvent::decode(&bytes).unwrap();
        assert_eq!(event.encode().unwrap(), bytes);
        assert!(matches!(event.detail, Some(MessageEventDetail::ConversationKeyChange(_))));
    }

    let known = &vectors["key_change_detail"];
    let participants = known["participants"].as_array().unwrap();
    let entries: Vec<[&str; 3]> = participants
        .iter()
        .map(|entry| [0, 1, 2].map(|index| entry[index].as_str().unwrap()))
        .collect();
    let detail = MessageEventDetail::ConversationKeyChange(ConversationKeyChangeEvent {
        conversation_key_version: known["conversation_key_version"].as_str(),
        conversation_participant_keys: entries
            .iter()
            .map(|[user_id, sealed, version]| ConversationParticipantKey {
                user_id: Some(user_id),
                encrypted_conversation_key: Some(sealed),
                public_key_version: Some(version),
            })
            .collect(),
        for_key_rotation: Some(false),
    });
    assert_eq!(encode_base64(&detail.encode().unwrap()), known["detail_b64"].as_str().unwrap());
}

#[test]
fn truncation_anywhere_is_refused() {
    let vectors: Value = serde_json::from_str(sealpost_vectors::XCHAT_KEY_CHANGE).unwrap();
    let bytes = decode_base64(vectors["events"][0].as_str().unwrap()).unwrap();
    for length in 0..bytes.len() {
        assert_eq!(MessageEvent::decode(&bytes[..length]), Err(WireError::Truncated), "{length}");
    }
    let longer = [&bytes[..], &[0, 0]].concat();
    assert_eq!(MessageEvent::decode(&longer), Err(WireError::TrailingBytes { count: 2 }));
}

#[test]
fn hostile_events_are_refused_by_name() {
    let text = string(1, b"1");
    let nested = |depth: usize| {
        let open = field(12, 99).repeat(depth + 1);
        event(&[&open, &vec![0; depth + 1]])
    };
    let map = |pairs: i32| [&field(13, 99)[..], &[8, 2], &pairs.to_be_bytes()].concat();
    let cases: Vec<(&str, Vec<u8>, WireError)> = vec![
        ("negative string", event(&[&field(11, 1), &[0xff; 4]]), WireError::NegativeLength),
        ("string past the end", event(&[&field(11, 1), &[0, 0, 1, 0], b"x"]), WireError::Truncated),
        (
            "string above the limit",
            event(&[&field(11, 1), &(104_857_601_i32).to_be_bytes()]),
            WireError::StringTooLong,
        ),
        ("not UTF-8", event(&[&string(1, &[0xff])]), WireError::NotUtf8 { field: "sequence_id" }),
        (
            "number in place of text",
            event(&[&field(8, 1), &[0; 4]]),
            WireError::WrongType { field: "sequence_id" },
        ),
        (
            "text in place of the signature",
            event(&[&string(9, b"")]),
            WireError::WrongType { field: "message_event_signature" },
        ),
        (
            "repeated text",
            event(&[&text, &text]),
            WireError::RepeatedField { field: "sequence_id" },
        ),
        (
            "repeated signature",
            event(&[&field(12, 9), &[0], &field(12, 9), &[0]]),
            WireError::RepeatedField { field: "message_event_signature" },
        ),
        ("unknown type", event(&[&field(5, 1)]), WireError::UnknownType { found: 5 }),
        ("type 1", event(&[&field(1, 1)]), WireError::UnknownType { found: 1 }),
        ("empty union", event(&[&field(12, 7), &[0]]), WireError::EmptyUnion { union: "detail" }),
        (
            "two members",
            event(&[&field(12, 7), &field(12, 3), &[0], &field(12, 1), &[0], &[0]]),
            WireError::AmbiguousUnion { union: "detail" },
        ),
        (
            "one member twice",
            event(&[&field(12, 7), &field(12, 3), &[0], &field(12, 3), &[0], &[0]]),
            WireError::AmbiguousUnion { union: "detail" },
        ),
        ("nested too deep", nested(63), WireError::TooDeep),
        ("nested far too deep", nested(100_000), WireError::TooDeep),
        (
            "unknown list with a negative count",
            event(&[&list(99, 2, -1)]),
            WireError::NegativeLength,
        ),
        ("unknown list too long", event(&[&list(99, 2, 10_001)]), WireError::ListTooLong),
        ("unknown map too long", event(&[&map(10_001)]), WireError::ListTooLong),
        ("unknown map past the end", event(&[&map(10_000)]), WireError::Truncated),
        (
            "unknown list of an unknown type",
            event(&[&list(99, 7, 1), &[0]]),
            WireError::UnknownType { found: 7 },
        ),
        (
            "lists above the common budget",
            event(
                &vec![[&list(99, 2, 10_000)[..], &[0; 10_000]].concat(); 11]
                    .iter()
                    .map(Vec::as_slice)
                    .collect::<Vec<_>>(),
            ),
            WireError::TooManyElements,
        ),
    ];
    assert_eq!(cases.len(), 21);
    for (what, bytes, error) in cases {
        assert_eq!(MessageEvent::decode(&bytes), Err(error), "{what}");
    }
    assert!(MessageEvent::decode(&nested(62)).is_ok());
    let full = [&list(99, 2, 10_000)[..], &[0; 10_000]].concat().repeat(10);
    assert!(MessageEvent::decode(&event(&[&full])).is_ok());
}

#[test]
fn hostile_key_changes_are_refused_by_name() {
    let entries = "conversation_participant_keys";
    for (what, bytes, error) in [
        ("10,001 participants", key_change(&[&list(2, 12, 10_001)]), WireError::ListTooLong),
        ("negative count", key_change(&[&list(2, 12, -5)]), WireError::NegativeLength),
        ("list of text", key_change(&[&list(2, 11, 1)]), WireError::WrongType { field: entries }),
        (
            "two lists",
            key_change(&[&list(2, 12, 0), &list(2, 12, 0)]),
            WireError::RepeatedField { field: entries },
        ),
        (
            "set in place of a list",
            key_change(&[&field(14, 2), &[12, 0, 0, 0, 0]]),
            WireError::WrongType { field: entries },
        ),
        (
            "a boolean of 2",
            key_change(&[&field(2, 5), &[2]]),
            WireError::NotBoolean { field: "for_key_rotation" },
        ),
        (
            "a boolean of type text",
            key_change(&[&string(5, b"true")]),
            WireError::WrongType { field: "for_key_rotation" },
        ),
        (
            "a user id twice",
            key_change(&[&list(2, 12, 1), &string(1, b"1"), &string(1, b"2"), &[0]]),
            WireError::RepeatedField { field: "user_id" },
        ),
    ] {
        assert_eq!(MessageEventDetail::decode(&bytes), Err(error), "{what}");
    }
    // Unknown fields are passed over, also between known ones; an empty list has no types to check.
    let tolerated = key_change(&[&string(77, b"x"), &list(2, 0, 0), &field(10, 78), &[0; 8]]);
    assert!(MessageEventDetail::decode(&tolerated).is_ok());
}

#[test]
fn members_this_version_does_not_read_are_told_apart_and_never_written() {
    for id in [10, 2, 11, 15, 300] {
        let bytes = event(&[&field(12, id), &[0]]);
        let detail = MessageEventDetail::decode(&bytes);
        assert_eq!(detail, Ok(MessageEventDetail::Other(id)));
        assert_eq!(detail.unwrap().encode(), Err(WireError::UnwritableMember { union: "detail" }));
    }
    // An unknown member beside a known one: the known one counts.
    let beside = event(&[&field(12, 300), &[0], &field(12, 3), &[0]]);
    assert!(matches!(
        MessageEventDetail::decode(&beside),
        Ok(MessageEventDetail::ConversationKeyChange(_))
    ));
    let too_many = ConversationKeyChangeEvent {
        conversation_participant_keys: vec![ConversationParticipantKey::default(); 10_001],
        ..Default::default()
    };
    assert_eq!(
        MessageEventDetail::ConversationKeyChange(too_many).encode(),
        Err(WireError::ListTooLong)
    );
}

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(".{0,20}")
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        envelope in proptest::array::uniform6(text()),
        version in text(),
        entries in proptest::collection::vec(proptest::array::uniform3(text()), 0..5),
        rotation in any::<Option<bool>>(),
        signature in proptest::option::of(proptest::array::uniform3(text())),
    ) {
        let [sequence, message, sender, conversation, created, previous] = &envelope;
        let event = MessageEvent {
            sequence_id: sequence.as_deref(),
            message_id: message.as_deref(),
            sender_id: sender.as_deref(),
            conversation_id: conversation.as_deref(),
            created_at_msec: created.as_deref(),
            detail: Some(MessageEventDetail::ConversationKeyChange(ConversationKeyChangeEvent {
                conversation_key_version: version.as_deref(),
                conversation_participant_keys: entries
                    .iter()
                    .map(|[user_id, sealed, version]| ConversationParticipantKey {
                        user_id: user_id.as_deref(),
                        encrypted_conversation_key: sealed.as_deref(),
                        public_key_version: version.as_deref(),
                    })
                    .collect(),
                for_key_rotation: rotation,
            })),
            message_event_signature: signature.as_ref().map(|[a, b, c]| MessageEventSignature {
                signature: a.as_deref(),
                public_key_version: b.as_deref(),
                signature_version: c.as_deref(),
            }),
            previous_sequence_id: previous.as_deref(),
        };
        let bytes = event.encode().unwrap();
        prop_assert_eq!(MessageEvent::decode(&bytes), Ok(event));
    }

    #[test]
    fn any_bytes_are_an_event_or_a_typed_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = MessageEvent::decode(&bytes);
        let _ = MessageEventDetail::decode(&bytes);
    }

    #[test]
    fn bytes_that_look_like_thrift_never_panic(
        parts in proptest::collection::vec((0u8..17, -2i16..16, proptest::collection::vec(any::<u8>(), 0..12)), 0..12)
    ) {
        let bytes: Vec<u8> = parts
            .iter()
            .flat_map(|(kind, id, rest)| [&field(*kind, *id)[..], rest].concat())
            .collect();
        let _ = MessageEvent::decode(&bytes);
    }
}
