//! Requests made of finished texts: messages and deletions.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

use sealpost_crypto::*;
use serde_json::{Value, json};

const MESSAGE_ID: &str = "1c8ab1f0-5b7d-4c09-9f3e-2d6a7b1c0e55";

fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

fn message() -> MessageParts {
    MessageParts {
        conversation_id: ConversationId::direct(user(20), user(3)),
        sender: user(20),
        message_id: MESSAGE_ID.parse().unwrap(),
        event: EncodedMessageCreateEvent::from_bytes(b"\x0b\x00\x64event").unwrap(),
        signature: EncodedMessageEventSignature::from_bytes(b"signature!").unwrap(),
        conversation_token: None,
    }
}

fn action(suite: Suite) -> ActionParts {
    ActionParts {
        message_id: MESSAGE_ID.parse().unwrap(),
        detail: EncodedMessageEventDetail::from_bytes(b"detail").unwrap(),
        signature: Signature::from_base64(&encoding::encode_base64(&[0xfb; 64])).unwrap(),
        public_key_version: PublicKeyVersion::new(1_733_889_755_256),
        suite,
        payload: Some("MessageDeleteEvent,a,b,3:20,2,7".parse().unwrap()),
    }
}

fn deletion() -> DeleteParts {
    DeleteParts {
        conversation_id: "g77".parse().unwrap(),
        sender: user(20),
        delete_for: DeleteFor::All,
        sequence_ids: [7, 5].map(SequenceId::new).to_vec(),
        media_hash_keys: vec![],
        action: action(Suite::XChat),
    }
}

#[test]
fn a_message_is_written_in_the_strict_form() {
    let mut parts = message();
    let prepared = PreparedMessage::new(&parts).unwrap();
    assert_eq!(
        std::str::from_utf8(prepared.body()).unwrap(),
        r#"{"message_id":"1c8ab1f0-5b7d-4c09-9f3e-2d6a7b1c0e55","encoded_message_create_event":"CwBkZXZlbnQ=","encoded_message_event_signature":"c2lnbmF0dXJlIQ=="}"#
    );
    assert_eq!(prepared.path().to_string(), "3-20");
    assert_eq!(prepared.conversation_id().to_string(), "3:20");
    assert_eq!(prepared.sender(), user(20));
    assert_eq!(prepared.message_id().to_string(), MESSAGE_ID);

    parts.conversation_token = Some("a \"t\\ken\" é".parse().unwrap());
    let body: Value = serde_json::from_slice(PreparedMessage::new(&parts).unwrap().body()).unwrap();
    assert_eq!(body["conversation_token"], "a \"t\\ken\" é");
    assert_eq!(body.as_object().unwrap().len(), 4);
}

#[test]
fn a_deletion_is_written_in_the_strict_form() {
    for (delete_for, word) in
        [(DeleteFor::All, "delete_for_all"), (DeleteFor::Me, "delete_for_self")]
    {
        for (suite, version) in [(Suite::XChat, "7"), (Suite::X25519, "1001")] {
            let mut parts = DeleteParts { delete_for, action: action(suite), ..deletion() };
            let mut expected = json!({
                "sequence_ids": ["7", "5"],
                "delete_message_action": word,
                "action_signatures": [{
                    "message_id": MESSAGE_ID,
                    "encoded_message_event_detail": "ZGV0YWls",
                    "message_event_signature": {
                        "signature": encoding::encode_base64_unpadded(&[0xfb; 64]),
                        "public_key_version": "1733889755256",
                        "signature_version": version,
                    },
                    "signature_payload": "MessageDeleteEvent,a,b,3:20,2,7",
                }],
            });
            let prepared = PreparedDelete::new(&parts).unwrap();
            assert_eq!(serde_json::from_slice::<Value>(prepared.body()).unwrap(), expected);
            assert_eq!(prepared.message_id(), parts.action.message_id);
            assert_eq!(prepared.path().to_string(), "g77");

            parts.media_hash_keys = vec!["rByqeHiVlD".parse().unwrap(), "a".parse().unwrap()];
            parts.action.payload = None;
            expected["media_hash_keys"] = json!(["rByqeHiVlD", "a"]);
            let entry = expected["action_signatures"][0].as_object_mut().unwrap();
            entry.remove("signature_payload").unwrap();
            let prepared = PreparedDelete::new(&parts).unwrap();
            assert_eq!(serde_json::from_slice::<Value>(prepared.body()).unwrap(), expected);
        }
    }
}

#[test]
fn only_somebody_of_a_direct_conversation_sends_there() {
    let outsider = RequestError::SenderNotInConversation { sender: user(4) };
    let parts = MessageParts { sender: user(4), ..message() };
    assert_eq!(PreparedMessage::new(&parts), Err(outsider.clone()));
    let conversation_id = ConversationId::direct(user(20), user(3));
    let parts = DeleteParts { sender: user(4), conversation_id, ..deletion() };
    assert_eq!(PreparedDelete::new(&parts), Err(outsider));
    // Who is in a group only its members know; a note to oneself has one user.
    let group = "g1".parse().unwrap();
    let parts = MessageParts { sender: user(4), conversation_id: group, ..message() };
    assert!(PreparedMessage::new(&parts).is_ok());
    let conversation_id = ConversationId::direct(user(20), user(20));
    assert!(PreparedMessage::new(&MessageParts { conversation_id, ..message() }).is_ok());
}

#[test]
fn a_deletion_names_each_thing_once_and_something_at_all() {
    let ids = |numbers: std::ops::Range<u64>| numbers.map(SequenceId::new).collect::<Vec<_>>();
    let keys = |numbers: std::ops::Range<u64>| -> Vec<MediaHashKey> {
        numbers.map(|number| format!("k{number}").parse().unwrap()).collect()
    };
    let refused = |change: fn(&mut DeleteParts)| {
        let mut parts = deletion();
        change(&mut parts);
        PreparedDelete::new(&parts).unwrap_err()
    };
    assert_eq!(refused(|parts| parts.sequence_ids.clear()), RequestError::NoSequenceIds);
    assert_eq!(
        refused(|parts| parts.sequence_ids.push(SequenceId::new(7))),
        RequestError::DuplicateSequenceId { sequence_id: SequenceId::new(7) }
    );
    assert_eq!(
        refused(|parts| parts.media_hash_keys = vec!["a".parse().unwrap(); 2]),
        RequestError::DuplicateMedia { media_hash_key: "a".parse().unwrap() }
    );
    let most = MAX_DELETIONS as u64;
    let parts =
        DeleteParts { sequence_ids: ids(0..most), media_hash_keys: keys(0..most), ..deletion() };
    assert!(PreparedDelete::new(&parts).is_ok());
    let count = MAX_DELETIONS + 1;
    let parts = DeleteParts { sequence_ids: ids(0..most + 1), ..deletion() };
    assert_eq!(PreparedDelete::new(&parts), Err(RequestError::TooManySequenceIds { count }));
    let parts = DeleteParts { media_hash_keys: keys(0..most + 1), ..deletion() };
    assert_eq!(PreparedDelete::new(&parts), Err(RequestError::TooManyMedia { count }));
}

#[test]
fn encoded_texts_have_one_spelling() {
    for text in ["AAA=", "AAA"] {
        assert_eq!(text.parse::<EncodedMessageCreateEvent>().unwrap().as_str(), "AAA=");
    }
    for (text, problem) in [
        ("", RequestTextProblem::Empty),
        ("A", RequestTextProblem::NotBase64),
        ("AA=", RequestTextProblem::NotBase64),
        ("AB==", RequestTextProblem::NotBase64),
        ("-_-_", RequestTextProblem::NotBase64),
        ("AAAA\n", RequestTextProblem::NotBase64),
        ("\"", RequestTextProblem::NotBase64),
    ] {
        let event = text.parse::<EncodedMessageCreateEvent>().unwrap_err();
        let signature = text.parse::<EncodedMessageEventSignature>().unwrap_err();
        let detail = text.parse::<EncodedMessageEventDetail>().unwrap_err();
        let texts = [event, signature, detail].map(|error| error.text());
        assert_eq!(
            texts,
            [
                RequestText::MessageCreateEvent,
                RequestText::MessageEventSignature,
                RequestText::MessageEventDetail
            ]
        );
        for error in [event, signature, detail] {
            assert_eq!(error.problem(), problem, "{text}");
        }
    }
    assert!(EncodedMessageCreateEvent::from_bytes(b"").is_err());
}

#[test]
fn encoded_texts_are_bounded_in_both_forms() {
    const MAX: usize = EncodedMessageEventSignature::MAX_LENGTH;
    let fitting = EncodedMessageEventSignature::from_bytes(&vec![0; MAX / 4 * 3]).unwrap();
    assert_eq!(fitting.as_str().len(), MAX);
    assert_eq!(fitting.as_str().parse(), Ok(fitting));
    let too_long = |result: Result<EncodedMessageEventSignature, RequestTextError>| {
        assert_eq!(result.unwrap_err().problem(), RequestTextProblem::TooLong);
    };
    too_long(EncodedMessageEventSignature::from_bytes(&vec![0; MAX / 4 * 3 + 1]));
    too_long("A".repeat(MAX + 1).parse());
}

#[test]
fn opaque_texts_are_bounded_and_clean() {
    for (text, problem) in [
        ("", RequestTextProblem::Empty),
        ("a\n", RequestTextProblem::ControlCharacter),
        ("\0", RequestTextProblem::ControlCharacter),
        ("a\u{7f}", RequestTextProblem::ControlCharacter),
    ] {
        let token = text.parse::<ConversationToken>().unwrap_err();
        let payload = text.parse::<SignaturePayload>().unwrap_err();
        assert_eq!((token.problem(), payload.problem()), (problem, problem), "{text:?}");
        assert_eq!(token.text(), RequestText::ConversationToken);
        assert_eq!(payload.text(), RequestText::SignaturePayload);
    }
    let most = "t".repeat(ConversationToken::MAX_LENGTH);
    assert!(most.parse::<ConversationToken>().is_ok());
    let error = format!("{most}t").parse::<ConversationToken>().unwrap_err();
    assert_eq!(error.problem(), RequestTextProblem::TooLong);
}

#[test]
fn the_payload_of_a_key_change_finds_no_way_into_a_request() {
    for version in ["", ".Rotation"] {
        let payload = format!("ConversationKeyChangeEvent{version},m,20,3:20,1,a2V5");
        let error = payload.parse::<SignaturePayload>().unwrap_err();
        assert_eq!(error.problem(), RequestTextProblem::ContainsKey);
        assert!(!format!("{error} {error:?}").contains("a2V5"));
    }
}

#[test]
fn a_prepared_request_is_saved_and_read_back_byte_for_byte() {
    let message = PreparedMessage::new(&message()).unwrap();
    let deletion = PreparedDelete::new(&deletion()).unwrap();
    let saved = [serde_json::to_value(&message).unwrap(), serde_json::to_value(&deletion).unwrap()];
    assert_eq!(serde_json::from_value::<PreparedMessage>(saved[0].clone()).unwrap(), message);
    assert_eq!(serde_json::from_value::<PreparedDelete>(saved[1].clone()).unwrap(), deletion);
    // One kind never turns into another, nor into a key change.
    assert!(serde_json::from_value::<PreparedMessage>(saved[1].clone()).is_err());
    assert!(serde_json::from_value::<PreparedDelete>(saved[0].clone()).is_err());
    assert!(serde_json::from_value::<PreparedKeyChange>(saved[0].clone()).is_err());

    let mut checked = 0;
    for name in saved[0].as_object().unwrap().keys() {
        let mut without = saved[0].clone();
        without.as_object_mut().unwrap().remove(name);
        assert!(serde_json::from_value::<PreparedMessage>(without).is_err(), "{name}");
        let mut odd = saved[0].clone();
        odd[name] = json!(null);
        assert!(serde_json::from_value::<PreparedMessage>(odd).is_err(), "{name}");
        checked += 1;
    }
    assert_eq!(checked, 5);
    let mut longest = saved[0].clone();
    longest["body"] = json!("x".repeat(3 * EncodedEvent::MAX_LENGTH));
    serde_json::from_value::<PreparedMessage>(longest).unwrap();
    for (name, value) in [
        ("conversation_id", "3"),
        ("sender", "x"),
        ("message_id", "7"),
        ("kind", "keys"),
        ("body", &"x".repeat(3 * EncodedEvent::MAX_LENGTH + 1)),
    ] {
        let mut damaged = saved[0].clone();
        damaged[name] = json!(value);
        assert!(serde_json::from_value::<PreparedMessage>(damaged).is_err(), "{name}");
    }
}

#[test]
fn what_prints_is_short() {
    let mut parts = message();
    parts.conversation_token = Some("planted-token".parse().unwrap());
    let mut deletion = deletion();
    deletion.action.payload = Some("planted-payload".parse().unwrap());
    let shown = format!(
        "{parts:?} {deletion:?} {:?} {:?}",
        PreparedMessage::new(&parts).unwrap(),
        PreparedDelete::new(&deletion).unwrap()
    );
    for text in ["planted", parts.event.as_str(), parts.signature.as_str(), "ZGV0YWls"] {
        assert!(!shown.contains(text), "{text}: {shown}");
    }
    assert!(shown.contains("kind: message_delete"), "{shown}");
}

#[test]
fn media_hash_keys_are_1_to_50_letters_and_digits() {
    for good in ["a", "0", "rByqeHiVlD", &"Z".repeat(50)] {
        let key: MediaHashKey = good.parse().unwrap();
        assert_eq!((key.as_str(), &*key.to_string()), (good, good));
        assert_eq!(serde_json::to_value(&key).unwrap(), json!(good));
        assert_eq!(serde_json::from_value::<MediaHashKey>(json!(good)).unwrap(), key);
    }
    for (bad, problem) in [
        ("", IdProblem::Empty),
        (&*"a".repeat(51), IdProblem::TooLong),
        ("a-b", IdProblem::NotAlphanumeric),
        ("a/b", IdProblem::NotAlphanumeric),
        ("..", IdProblem::NotAlphanumeric),
        ("a b", IdProblem::NotAlphanumeric),
        ("a\n", IdProblem::NotAlphanumeric),
        ("é", IdProblem::NotAlphanumeric),
        ("%41", IdProblem::NotAlphanumeric),
    ] {
        let error = bad.parse::<MediaHashKey>().unwrap_err();
        assert_eq!((error.kind(), error.problem()), (IdKind::MediaHashKey, problem), "{bad}");
        assert!(serde_json::from_value::<MediaHashKey>(json!(bad)).is_err(), "{bad}");
    }
}
