//! Making a key change: all recipients or none, and a body that says exactly what was signed.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

mod common;

use std::collections::HashSet;
use std::fmt;

use common::{Parts, SeededRng, Stage, account, send, user};
use sealpost_crypto::rand_core::{TryCryptoRng, TryRng};
use sealpost_crypto::wire::MessageEventDetail;
use sealpost_crypto::*;
use serde_json::{Value, json};

fn group(members: &[&Account]) -> Conversation {
    let id = ConversationId::group(77).unwrap();
    Conversation::group(id, members.iter().map(|member| member.user_id())).unwrap()
}

#[test]
fn the_body_is_the_strict_form_and_matches_the_signed_detail() {
    let (alice, bob) = (account(20), account(3));
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let sent = send(&alice, &[&bob], &conversation, 1_795_333_344_318);
    let prepared = &sent.prepared;
    assert_eq!(prepared.path().to_string(), "3");
    assert_eq!(prepared.conversation_id().to_string(), "3:20");

    let body: Value = serde_json::from_slice(prepared.body()).unwrap();
    let members: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(
        members,
        ["action_signatures", "conversation_key_version", "conversation_participant_keys"]
    );
    assert_eq!(body["conversation_key_version"], "1795333344318");
    let entries = body["conversation_participant_keys"].as_array().unwrap();
    let users: Vec<_> = entries.iter().map(|entry| entry["user_id"].as_str().unwrap()).collect();
    assert_eq!(users, ["3", "20"], "the sender is one of the recipients");
    for entry in entries {
        assert_eq!(entry.as_object().unwrap().len(), 3);
        let sealed = entry["encrypted_conversation_key"].as_str().unwrap();
        assert_eq!(encoding::decode_base64(sealed).unwrap().len(), 80);
    }

    let actions = body["action_signatures"].as_array().unwrap();
    assert_eq!(actions.len(), 1);
    let action = actions[0].as_object().unwrap();
    assert_eq!(action["message_id"], prepared.message_id().to_string());
    assert_eq!(action.len(), 3, "signature_payload is not among them");
    assert_eq!(
        action["message_event_signature"],
        json!({
            "signature": action["message_event_signature"]["signature"],
            "public_key_version": "1700000000020",
            "signature_version": "1001",
        })
    );
    assert_eq!(action["message_event_signature"]["signature"].as_str().unwrap().len(), 86);

    let detail = action["encoded_message_event_detail"].as_str().unwrap();
    let detail = encoding::decode_base64(detail).unwrap();
    let MessageEventDetail::ConversationKeyChange(event) =
        MessageEventDetail::decode(&detail).unwrap()
    else {
        unreachable!("a key change was encoded")
    };
    assert_eq!(event.conversation_key_version, Some("1795333344318"));
    assert_eq!(event.for_key_rotation, Some(false));
    let signed: Vec<Value> = event
        .conversation_participant_keys
        .iter()
        .map(|key| {
            json!({
                "user_id": key.user_id,
                "encrypted_conversation_key": key.encrypted_conversation_key,
                "public_key_version": key.public_key_version,
            })
        })
        .collect();
    assert_eq!(entries, &signed);
}

#[test]
fn every_copy_and_every_change_is_fresh() {
    let (alice, bob) = (account(1), account(2));
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let mut seen = HashSet::new();
    for _ in 0..10 {
        let sealed = KeyChange::new(&alice, &conversation, KeyVersion::new(1))
            .participants([bob.participant()])
            .seal()
            .unwrap();
        for (_, copy) in sealed.copies() {
            assert!(seen.insert(copy.as_bytes()[..32].to_vec()), "one ephemeral key, two copies");
        }
        let (prepared, key) = sealed.sign().unwrap().prepare();
        assert!(seen.insert(prepared.message_id().to_string().into_bytes()));
        assert!(seen.insert(key.fingerprint().as_bytes().to_vec()));
    }
    assert_eq!(seen.len(), 40);
}

#[test]
fn a_wrong_recipient_list_seals_nothing() {
    let [sender, bob, carol, dave] = [50, 2, 30, 90].map(account);
    let all = group(&[&sender, &bob, &carol, &dave]);
    let seal = |conversation: &Conversation, participants: &[&Account]| {
        KeyChange::new(&sender, conversation, KeyVersion::new(1))
            .participants(participants.iter().map(|account| account.participant()))
            .seal()
            .map(|sealed| sealed.copies().len())
    };
    assert_eq!(seal(&all, &[&dave, &bob, &carol]), Ok(4));
    assert_eq!(seal(&all, &[]), Err(SealError::NoParticipants));

    // The stranger first, in the middle and last, in the order given and in the order of ids.
    for stranger in [account(1), account(40), account(99)] {
        let user = stranger.user_id();
        for at in 0..=3 {
            let mut participants = vec![&bob, &carol, &dave];
            participants.insert(at, &stranger);
            assert_eq!(seal(&all, &participants), Err(SealError::NotAMember { user }));
        }
    }
    for (at, missing) in [&bob, &carol, &dave].into_iter().enumerate() {
        let mut participants = vec![&bob, &carol, &dave];
        participants.remove(at);
        let user = missing.user_id();
        assert_eq!(seal(&all, &participants), Err(SealError::MissingParticipant { user }));
    }
    for twice in [&bob, &carol, &dave, &sender] {
        let user = twice.user_id();
        assert_eq!(
            seal(&all, &[&bob, &carol, &dave, twice]),
            Err(SealError::DuplicateParticipant { user })
        );
    }
    let without = group(&[&bob, &carol]);
    assert_eq!(
        seal(&without, &[&bob, &carol]),
        Err(SealError::SenderNotMember { sender: user(50) })
    );
}

#[test]
fn one_change_carries_at_most_10_000_recipients() {
    let sender = account(0);
    let members: Vec<UserId> = (0..10_000).map(user).collect();
    let conversation = Conversation::group(ConversationId::group(1).unwrap(), members).unwrap();
    let bob = account(1);
    let many = std::iter::repeat_n(bob.participant(), 10_000);
    let refused = KeyChange::new(&sender, &conversation, KeyVersion::new(1)).participants(many);
    assert_eq!(refused.seal().err(), Some(SealError::TooManyRecipients { count: 10_001 }));
    let many = std::iter::repeat_n(bob.participant(), 9_999);
    let refused = KeyChange::new(&sender, &conversation, KeyVersion::new(1)).participants(many);
    assert_eq!(refused.seal().err(), Some(SealError::DuplicateParticipant { user: user(1) }));
}

#[test]
fn oneself_alone_may_hold_a_conversation() {
    let alice = account(7);
    let notes = Conversation::direct(alice.user_id(), alice.user_id());
    let sent = send(&alice, &[], &notes, 1);
    assert_eq!(sent.prepared.path().to_string(), "7");
    assert_eq!(sent.prepared.conversation_id().to_string(), "7:7");
    let event = common::Parts::of(&sent.prepared).event();
    assert_eq!(event.open(&alice, &notes, []).unwrap().key(), &sent.key);
}

/// Works for so many calls, then fails or gives zeros.
struct Failing {
    rng: SeededRng,
    calls_left: usize,
    zeros: bool,
}

#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

impl TryRng for Failing {
    type Error = Broken;

    fn try_next_u32(&mut self) -> Result<u32, Broken> {
        Err(Broken)
    }

    fn try_next_u64(&mut self) -> Result<u64, Broken> {
        Err(Broken)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Broken> {
        if self.calls_left == 0 {
            bytes.fill(0);
            return if self.zeros { Ok(()) } else { Err(Broken) };
        }
        self.calls_left -= 1;
        self.rng.try_fill_bytes(bytes).map_err(|infallible| match infallible {})
    }
}

impl TryCryptoRng for Failing {}

#[test]
fn a_generator_that_fails_at_any_point_seals_nothing() {
    let (alice, bob) = (account(1), account(2));
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    // Message id, key, the ephemeral keys of all.
    const CALLS: usize = 3;
    for zeros in [false, true] {
        for calls_left in 0..=CALLS {
            let mut rng = Failing { rng: SeededRng::new(1), calls_left, zeros };
            let sealed = KeyChange::new(&alice, &conversation, KeyVersion::new(1))
                .participants([bob.participant()])
                .seal_with_rng(&mut rng);
            match calls_left {
                CALLS => assert!(sealed.is_ok()),
                _ => assert_eq!(sealed.err(), Some(SealError::Random(RandomError))),
            }
        }
        let mut rng = Failing { rng: SeededRng::new(1), calls_left: 1, zeros };
        assert!(Identity::generate_with_rng(Suite::X25519, &mut rng).is_err());
    }
}

#[test]
fn without_the_copies_of_others_ones_own_opens_as_before() {
    for suite in Suite::ALL {
        let stage = Stage::new(*suite);
        let (prepared, key) = stage.draft().seal().unwrap().sign().unwrap().prepare();
        let Stage { alice, bob, carol, group } = &stage;
        let kept = Parts::of(&prepared).event().without_copies_of_others(bob.user_id());
        assert_eq!(kept.recipients().count(), 3);
        assert_eq!(kept.open(bob, group, [alice.participant()]).unwrap().key(), &key);
        assert!(kept.open(carol, group, [alice.participant()]).is_err());
    }
}
