//! One suite of tests over every suite of algorithms: what a caller may rely on, whichever it is.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;

use common::{NOW, Parts, SeededRng, Stage, account_of, send, user};
use sealpost_crypto::*;
use serde_json::Value;

const SUITES: &[Suite] = Suite::ALL;

#[test]
fn everybody_opens_the_same_key_and_nobody_else_does() {
    for &suite in SUITES {
        let stage = Stage::new(suite);
        let sealed = stage.draft().seal().unwrap();
        for (_, copy) in sealed.copies() {
            assert_eq!((copy.suite(), copy.as_bytes().len()), (suite, suite.sealed_key_length()));
            assert_eq!(SealedKey::from_base64(suite, &copy.to_base64()).as_ref(), Ok(copy));
        }
        let (prepared, key) = sealed.sign().unwrap().prepare();
        let event = Parts::of(&prepared).event();
        for reader in [&stage.alice, &stage.bob, &stage.carol] {
            let opened = event.open(reader, &stage.group, [stage.alice.participant()]).unwrap();
            assert_eq!(opened.key(), &key, "{suite}");
            assert!(!opened.is_legacy());
            let mut ring = Keyring::new(stage.group.id());
            assert_eq!(ring.adopt(opened, NOW), Ok(Adoption::Current));
            assert_eq!(ring.suite(), Some(suite));
        }
        // Another identity under Bob's id and key version.
        let impostor = Identity::generate(suite)
            .unwrap()
            .registered(stage.bob.user_id(), stage.bob.public_key_version());
        let refused = event.open(&impostor, &stage.group, [stage.alice.participant()]);
        assert_eq!(refused.err(), Some(ReadError::Open(OpenError)), "{suite}");
    }
}

#[test]
fn any_change_of_a_signed_fact_is_refused() {
    type Tampering = fn(&mut Parts);
    let changes: [(&str, Tampering); 7] = [
        ("message id", |parts| {
            parts.message_id = Some("00000000-0000-4000-8000-000000000000".into());
        }),
        ("sender", |parts| parts.sender_id = Some("2".into())),
        ("conversation", |parts| parts.conversation_id = Some("g5".into())),
        ("key version", |parts| parts.version = Some("1800000000001".into())),
        ("copies swapped", |parts| {
            let first = parts.entries[0][1].take();
            parts.entries[0][1] = parts.entries[1][1].take();
            parts.entries[1][1] = first;
        }),
        ("signature", |parts| {
            let signature = parts.signature.as_mut().unwrap();
            let mut bytes = encoding::decode_base64(signature[0].as_ref().unwrap()).unwrap();
            bytes[40] ^= 4;
            signature[0] = Some(encoding::encode_base64_unpadded(&bytes));
        }),
        ("signature version", |parts| {
            parts.signature.as_mut().unwrap()[2] = Some("5".into());
        }),
    ];
    for &suite in SUITES {
        let stage = Stage::new(suite);
        let (prepared, _) = stage.draft().seal().unwrap().sign().unwrap().prepare();
        let signers = [*stage.alice.participant(), *stage.carol.participant()];
        for (what, change) in &changes {
            let mut parts = Parts::of(&prepared);
            change(&mut parts);
            for policy in [ReadPolicy::strict(), ReadPolicy::strict().accept_legacy_signatures()] {
                let opened =
                    parts.event().open_with_policy(&stage.bob, &stage.group, &signers, policy);
                assert!(opened.is_err(), "{suite}: {what}");
            }
        }
        // Every bit of one's own copy.
        let honest = Parts::of(&prepared);
        let mine =
            honest.entries.iter().position(|entry| entry[0].as_deref() == Some("2")).unwrap();
        let sealed = encoding::decode_base64(honest.entries[mine][1].as_ref().unwrap()).unwrap();
        for bit in (0..sealed.len() * 8).step_by(7) {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let mut parts = honest.clone();
            parts.entries[mine][1] = Some(encoding::encode_base64(&changed));
            let refused = parts.event().open(&stage.bob, &stage.group, &signers).err();
            assert_eq!(refused, Some(ReadError::Open(OpenError)), "{suite}: bit {bit}");
        }
    }
}

#[test]
fn an_ecdsa_signature_out_of_range_is_named_before_anything_is_opened() {
    let stage = Stage::new(Suite::XChat);
    let (prepared, _) = stage.draft().seal().unwrap().sign().unwrap().prepare();
    let order = "/////wAAAAD//////////7zm+q2nF56E87nKwvxjJVE=";
    let order: [u8; 32] = encoding::decode_base64(order).unwrap().try_into().unwrap();
    let honest = Parts::of(&prepared).signature.unwrap()[0].take().unwrap();
    let honest: [u8; 64] = encoding::decode_base64(&honest).unwrap().try_into().unwrap();
    for bad in [[0; 32], order, [0xff; 32]] {
        for half in [0, 32] {
            let mut signature = honest;
            signature[half..half + 32].copy_from_slice(&bad);
            let mut parts = Parts::of(&prepared);
            parts.signature.as_mut().unwrap()[0] =
                Some(encoding::encode_base64_unpadded(&signature));
            let refused = parts.event().open(&stage.bob, &stage.group, [stage.alice.participant()]);
            assert_eq!(
                refused.err(),
                Some(ReadError::Signature(SignatureError::OutOfRange)),
                "half {half}"
            );
        }
    }
}

#[test]
fn one_changed_key_breaks_the_binding() {
    for &suite in SUITES {
        let (bob, carol) = (account_of(suite, 2), account_of(suite, 3));
        assert_eq!(bob.record().verify(&user(2)).as_ref(), Ok(bob.participant()));
        let row = |identity: &Account, signing: &Account| {
            let registration = Identity::generate_with_rng(suite, &mut SeededRng::new(2))
                .unwrap()
                .registration(user(2), NOW);
            let body: Value = serde_json::from_slice(registration.body()).unwrap();
            let signed = &body["public_key"];
            PublicKeyRecord::from(PublicKeyRow {
                user_id: Some("2"),
                public_key: Some(&identity.participant().identity_key().to_base64()),
                signing_public_key: Some(&signing.participant().signing_key().to_base64()),
                identity_public_key_signature: signed["identity_public_key_signature"].as_str(),
                signing_public_key_signature: signed["signing_public_key_signature"].as_str(),
                public_key_version: Some("1"),
            })
            .verify(&user(2))
        };
        assert!(row(&bob, &bob).is_ok());
        for (identity, signing) in [(&carol, &bob), (&bob, &carol), (&carol, &carol)] {
            let error = row(identity, signing).unwrap_err();
            assert_eq!(error.problem(), RecordProblem::Binding(VerifyError), "{suite}");
        }
    }
}

/// What the suites promise differently: X's own binding names no user.
#[test]
fn only_our_own_suite_binds_keys_to_the_user() {
    let relabelled = |suite| {
        let carol = account_of(suite, 3);
        let identity = Identity::generate_with_rng(suite, &mut SeededRng::new(3)).unwrap();
        let body = identity.registration(user(3), NOW);
        let body: Value = serde_json::from_slice(body.body()).unwrap();
        PublicKeyRecord::from(PublicKeyRow {
            user_id: Some("2"),
            public_key: Some(&carol.participant().identity_key().to_base64()),
            signing_public_key: Some(&carol.participant().signing_key().to_base64()),
            identity_public_key_signature: body["public_key"]["identity_public_key_signature"]
                .as_str(),
            signing_public_key_signature: None,
            public_key_version: Some("1"),
        })
        .verify(&user(2))
    };
    let error = relabelled(Suite::X25519).unwrap_err();
    assert_eq!(error.problem(), RecordProblem::Binding(VerifyError));
    assert!(relabelled(Suite::XChat).is_ok(), "which is why keys are pinned");
}

#[test]
fn the_reverse_binding_is_verified_where_it_is_given() {
    for (suite, present) in [(Suite::X25519, false), (Suite::XChat, true)] {
        let identity = Identity::generate(suite).unwrap();
        let body = identity.registration(user(2), NOW);
        let body: Value = serde_json::from_slice(body.body()).unwrap();
        let honest = &body["public_key"];
        assert_eq!(honest["signing_public_key_signature"].is_string(), present, "{suite}");
        let verify = |reverse: Option<&str>| {
            PublicKeyRecord::from(PublicKeyRow {
                user_id: None,
                public_key: honest["public_key"].as_str(),
                signing_public_key: honest["signing_public_key"].as_str(),
                identity_public_key_signature: honest["identity_public_key_signature"].as_str(),
                signing_public_key_signature: reverse,
                public_key_version: Some("1"),
            })
            .verify(&user(2))
            .map(drop)
            .map_err(|error| error.problem())
        };
        assert_eq!(verify(None), Ok(()));
        assert_eq!(verify(honest["signing_public_key_signature"].as_str()), Ok(()));
        // The other direction's signature in its place.
        let other = honest["identity_public_key_signature"].as_str();
        assert_eq!(verify(other), Err(RecordProblem::Binding(VerifyError)), "{suite}");
        let length = SignatureError::Length { found: 3 };
        assert_eq!(verify(Some("AAAA")), Err(RecordProblem::ReverseSignature(length)));
    }
}

#[test]
fn suites_do_not_mix() {
    for (ours, theirs) in [(Suite::X25519, Suite::XChat), (Suite::XChat, Suite::X25519)] {
        let stage = Stage::new(ours);
        let stranger = account_of(theirs, 300);
        let mixed = KeyChange::new(&stage.alice, &stage.group, KeyVersion::new(1))
            .participants([stage.bob.participant(), stranger.participant()])
            .seal();
        assert_eq!(
            mixed.err(),
            Some(SealError::MixedSuites { user: user(300), expected: ours, found: theirs })
        );

        // A reader who has moved to another suite, and a sender who has.
        let (prepared, _) = stage.draft().seal().unwrap().sign().unwrap().prepare();
        let event = Parts::of(&prepared).event();
        assert_eq!(
            event.open(&stranger, &stage.group, [stage.alice.participant()]).err(),
            Some(ReadError::MixedSuites { expected: theirs, found: ours })
        );
        let moved = account_of(theirs, 11);
        assert_eq!(
            event.open(&stage.bob, &stage.group, [moved.participant()]).err(),
            Some(ReadError::MixedSuites { expected: ours, found: theirs })
        );

        // One row whose two keys are of two suites.
        let (bob, other) = (account_of(ours, 2), account_of(theirs, 2));
        let row = PublicKeyRecord::from(PublicKeyRow {
            user_id: None,
            public_key: Some(&bob.participant().identity_key().to_base64()),
            signing_public_key: Some(&other.participant().signing_key().to_base64()),
            identity_public_key_signature: Some(&encoding::encode_base64(&[1; 64])),
            signing_public_key_signature: None,
            public_key_version: Some("1"),
        });
        let error = row.verify(&user(2)).unwrap_err();
        assert_eq!(
            (error.problem(), error.code()),
            (RecordProblem::MixedSuites, "record.mixed_suites")
        );

        // A conversation keeps the suite of its first key.
        let direct = Conversation::direct(user(11), user(2));
        let first = send(&stage.alice, &[&stage.bob], &direct, 5);
        let later = send(&account_of(theirs, 11), &[&account_of(theirs, 2)], &direct, 6);
        let mut ring = Keyring::new(direct.id());
        ring.commit(&first.prepared, first.key).unwrap();
        assert_eq!(
            ring.commit(&later.prepared, later.key),
            Err(KeyringError::SuiteChanged { expected: ours, found: theirs })
        );
    }
}

#[test]
fn a_prepared_change_is_saved_and_read_back_byte_for_byte() {
    for &suite in SUITES {
        let stage = Stage::new(suite);
        let (prepared, key) = stage.draft().seal().unwrap().sign().unwrap().prepare();
        let saved = serde_json::to_value(&prepared).unwrap();
        assert_eq!(serde_json::from_value::<PreparedKeyChange>(saved.clone()).unwrap(), prepared);
        assert!(
            !saved.to_string().contains(&encoding::encode_base64_unpadded(key.expose_secret()))
        );
        // As another kind it would go to another endpoint.
        let other = serde_json::from_value::<PreparedKeyChange<GroupCreate>>(saved.clone());
        assert!(other.unwrap_err().to_string().contains("another kind"));
        for (name, odd) in [
            ("suite", "X448"),
            ("conversation_id", "7"),
            ("sender", "007"),
            ("message_id", "1"),
            ("key_version", "-1"),
            ("key_fingerprint", "AB"),
            ("key_fingerprint", "+1234567890123456789012345678901"),
            ("kind", "member_add"),
        ] {
            let mut damaged = saved.clone();
            damaged[name] = odd.into();
            assert!(serde_json::from_value::<PreparedKeyChange>(damaged).is_err(), "{name}");
        }
        let mut long = saved;
        for (length, is_read) in
            [(EncodedEvent::MAX_LENGTH, true), (EncodedEvent::MAX_LENGTH + 1, false)]
        {
            long["body"] = "x".repeat(length).into();
            let read = serde_json::from_value::<PreparedKeyChange>(long.clone());
            assert_eq!(read.is_ok(), is_read, "{length}");
        }
    }
}
