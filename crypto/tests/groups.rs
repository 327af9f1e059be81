//! Group creations and additions over every suite: two signed actions each, and every way to make
//! another action of a signed one.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;

use std::time::Duration;

use common::{NOW, Parts, Stage, user};
use sealpost_crypto::wire::{
    self, GroupChange, MessageEvent, MessageEventDetail, MessageEventSignature,
};
use sealpost_crypto::*;
use serde_json::Value;

const SUITES: &[Suite] = Suite::ALL;
const TTL: Duration = Duration::from_secs(86_400);

/// The event of a request's second action.
fn group_event<K>(prepared: &PreparedKeyChange<K>, change: impl FnOnce(&mut Value)) -> ChatEvent {
    encoded(prepared, change).parse().unwrap()
}

fn encoded<K>(prepared: &PreparedKeyChange<K>, change: impl FnOnce(&mut Value)) -> EncodedEvent {
    let mut body: Value = serde_json::from_slice(prepared.body()).unwrap();
    let action = &mut body["action_signatures"][1];
    change(action);
    let detail = action["encoded_message_event_detail"].as_str().unwrap();
    let detail = encoding::decode_base64(detail).unwrap();
    let signature = &action["message_event_signature"];
    let (sender, conversation) =
        (prepared.sender().to_string(), prepared.conversation_id().to_string());
    let event = MessageEvent {
        sequence_id: Some("8"),
        message_id: action["message_id"].as_str(),
        sender_id: Some(&sender),
        conversation_id: Some(&conversation),
        detail: Some(MessageEventDetail::decode(&detail).unwrap()),
        message_event_signature: Some(MessageEventSignature {
            signature: signature["signature"].as_str(),
            public_key_version: signature["public_key_version"].as_str(),
            signature_version: signature["signature_version"].as_str(),
        }),
        ..Default::default()
    };
    encoding::encode_base64(&event.encode().unwrap()).parse().unwrap()
}

#[test]
fn a_group_is_created_by_two_signed_actions() {
    for &suite in SUITES {
        let stage = Stage::new(suite);
        let title: GroupTitle = "Team \"hello\" \\ ☃".parse().unwrap();
        let details = GroupCreate::new([user(11)])
            .title(title.clone())
            .avatar_url("https://e.invalid/a.png".parse().unwrap())
            .message_ttl(TTL);
        let signed = stage.draft().creating_group(details).unwrap().seal().unwrap().sign().unwrap();
        let ids: Vec<MessageId> =
            signed.actions().iter().map(ActionSignature::message_id).collect();
        assert_eq!(ids.len(), 2);
        assert_ne!(ids[0], ids[1]);
        let (prepared, key) = signed.prepare();

        let body: Value = serde_json::from_slice(prepared.body()).unwrap();
        assert_eq!(body["conversation_id"], "g1900000000000000001");
        assert_eq!(body["group_members"], serde_json::json!(["2", "11", "300"]));
        assert_eq!(body["group_admins"], serde_json::json!(["11"]));
        assert_eq!(body["group_name"], title.as_str());
        assert_eq!(body["ttl_msec"], "86400000");
        let actions = body["action_signatures"].as_array().unwrap();
        assert_eq!(actions.len(), 2);
        assert_eq!(actions[0].get("signature_payload"), None, "it would hold the key");
        assert_eq!(actions[1].get("signature_payload").is_some(), suite == Suite::XChat);
        assert!(
            !String::from_utf8_lossy(prepared.body())
                .contains(&encoding::encode_base64_unpadded(key.expose_secret()))
        );

        let opened = Parts::of(&prepared).event().open(
            &stage.bob,
            &stage.group,
            [stage.alice.participant()],
        );
        assert_eq!(opened.unwrap().key(), &key);
        stage.assert_claims(&encoded(&prepared, |_| ()), 8);
        let ChatEvent::GroupCreate(event) = group_event(&prepared, |_| ()) else {
            panic!("a group creation was sent")
        };
        let strict = ReadPolicy::strict();
        let created = event.verify(stage.group.id(), [stage.alice.participant()], strict).unwrap();
        assert_eq!(created.conversation(), &stage.group);
        assert_eq!(created.title(), Some(&title));
        assert_eq!(created.unsigned_admins(), [user(11)]);
        assert_eq!(created.unsigned_message_ttl(), Some(TTL));
        assert_eq!(created.message_id(), ids[1]);
        assert!(
            !format!("{event:?}").contains("hello"),
            "nothing that the sender wrote: {event:?}"
        );
        let other = ConversationId::group(4).unwrap();
        assert_eq!(
            event.verify(other, [stage.alice.participant()], strict).err(),
            Some(ReadError::WrongConversation { expected: other, found: stage.group.id() })
        );

        // The key change's signature in place of the action's, and another id.
        let ChatEvent::GroupCreate(event) = group_event(&prepared, |action| {
            action["message_event_signature"] = actions[0]["message_event_signature"].clone();
        }) else {
            panic!("still a group creation")
        };
        let refused = event.verify(stage.group.id(), [stage.alice.participant()], strict);
        assert_eq!(refused.err(), Some(ReadError::Verify(VerifyError)), "{suite}");
        let ChatEvent::GroupCreate(event) = group_event(&prepared, |action| {
            action["message_id"] = actions[0]["message_id"].clone();
        }) else {
            panic!("still a group creation")
        };
        let refused = event.verify(stage.group.id(), [stage.alice.participant()], strict);
        assert_eq!(refused.err(), Some(ReadError::Verify(VerifyError)), "{suite}");
        assert!(matches!(
            event.verify(stage.group.id(), [stage.bob.participant()], strict),
            Err(ReadError::UnknownSigner { .. })
        ));
    }
}

#[test]
fn members_are_added_by_two_signed_actions() {
    for &suite in SUITES {
        let stage = Stage::new(suite);
        let before = Conversation::group(stage.group.id(), [user(11), user(2)]).unwrap();
        let details = MemberAdd::new(
            [user(300)],
            GroupCreate::new([user(11)])
                .title("T".parse().unwrap())
                .avatar_url("https://e.invalid/a.png".parse().unwrap())
                .message_ttl(TTL),
        )
        .screen_capture_blocking(false);
        let (prepared, key) = stage
            .draft()
            .adding_members(details)
            .unwrap()
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        let body: Value = serde_json::from_slice(prepared.body()).unwrap();
        assert_eq!(body["user_ids"], serde_json::json!(["300"]));
        assert_eq!(body["action_signatures"].as_array().unwrap().len(), 2);
        assert_eq!(prepared.path().to_string(), "g1900000000000000001");
        let opened = Parts::of(&prepared).event().open(
            &stage.carol,
            &stage.group,
            [stage.alice.participant()],
        );
        assert_eq!(opened.unwrap().key(), &key, "the new member has the key");

        stage.assert_claims(&encoded(&prepared, |_| ()), 8);
        let ChatEvent::MemberAdd(event) = group_event(&prepared, |_| ()) else {
            panic!("members were added")
        };
        let strict = ReadPolicy::strict();
        let added = event.verify(&before, [stage.alice.participant()], strict).unwrap();
        assert_eq!(added.new_members(), [user(300)]);
        assert_eq!(added.conversation().unwrap(), stage.group);
        assert_eq!(added.key_version(), KeyVersion::from(NOW));
        assert_eq!(added.admins(), [user(11)]);
        assert_eq!(added.affiliate_id(), None);
        assert_eq!(added.message_ttl(), Some(TTL));
        assert_eq!(added.avatar_url().map(AvatarUrl::as_str), Some("https://e.invalid/a.png"));
        assert_eq!((event.sender(), event.message_id()), (user(11), added.message_id()));
        assert_eq!(
            format!("{event:?}").matches("300").count(),
            1,
            "who is new, and nothing that the sender wrote: {event:?}"
        );

        // Among others in an inbox: read as it stands, and known when it comes again.
        let signers = [*stage.alice.participant()];
        let inbox = Inbox::new(&stage.bob, &before, &signers);
        let mut seen = SeenActions::new();
        for expected in [Novelty::New, Novelty::Repeated] {
            let event = encoded(&prepared, |_| ());
            let mut ring = Keyring::new(before.id());
            let outcome = inbox.read([&event], &mut ring, &mut seen, NOW).remove(0).unwrap();
            let Received::MemberAdd(read, novelty) = outcome else { panic!("members were added") };
            assert_eq!((read.new_members(), novelty), (added.new_members(), expected));
        }

        let elsewhere = Conversation::group(ConversationId::group(4).unwrap(), [user(11)]).unwrap();
        assert!(matches!(
            event.verify(&elsewhere, [stage.alice.participant()], strict),
            Err(ReadError::WrongConversation { .. })
        ));
        let without = Conversation::group(stage.group.id(), [user(2)]).unwrap();
        assert_eq!(
            event.verify(&without, [stage.alice.participant()], strict).err(),
            Some(ReadError::SenderNotMember { sender: user(11) })
        );
        // Another member's key under the sender's name.
        let impostor = Identity::generate(suite)
            .unwrap()
            .registered(user(11), stage.alice.public_key_version());
        assert_eq!(
            event.verify(&before, [impostor.participant()], strict).err(),
            Some(ReadError::Verify(VerifyError))
        );
    }
}

#[test]
fn group_details_that_do_not_fit_are_refused() {
    let stage = Stage::new(Suite::X25519);
    let direct = Conversation::direct(user(11), user(2));
    let group = |admins: &[u64]| GroupCreate::new(admins.iter().map(|number| user(*number)));
    let in_direct = || KeyChange::new(&stage.alice, &direct, KeyVersion::new(1));
    assert_eq!(
        in_direct().creating_group(group(&[11])).err(),
        Some(GroupError::NotAGroup { id: direct.id() })
    );
    assert_eq!(
        stage.draft().creating_group(group(&[11, 7])).err(),
        Some(GroupError::NotAMember { user: user(7) })
    );
    let add = |new: &[u64], admins: &[u64]| {
        let new = new.iter().map(|number| user(*number));
        stage.draft().adding_members(MemberAdd::new(new, group(admins))).err()
    };
    assert_eq!(add(&[], &[11]), Some(GroupError::NoNewMembers));
    assert_eq!(add(&[11], &[11]), Some(GroupError::AlreadyMember { user: user(11) }));
    assert_eq!(add(&[8], &[11]), Some(GroupError::NotAMember { user: user(8) }));
    assert_eq!(add(&[2], &[8]), Some(GroupError::NotAMember { user: user(8) }));

    let long = "x".repeat(4097);
    for (text, problem) in [
        ("", TextProblem::Empty),
        ("a\nb", TextProblem::ControlCharacter),
        ("a\u{85}", TextProblem::ControlCharacter),
        (long.as_str(), TextProblem::TooLong),
    ] {
        let error = text.parse::<GroupTitle>().unwrap_err();
        assert_eq!((error.text(), error.problem()), (GroupText::Title, problem));
        assert_eq!(text.parse::<AvatarUrl>().unwrap_err().text(), GroupText::AvatarUrl);
    }
    // A comma divides components in X's payloads; ours have lengths.
    for (suite, refused) in [(Suite::XChat, true), (Suite::X25519, false)] {
        let stage = Stage::new(suite);
        for details in [
            group(&[11]).title("a,b".parse().unwrap()),
            group(&[11]).avatar_url("https://e.invalid/?a,b".parse().unwrap()),
        ] {
            let signed = stage.draft().creating_group(details).unwrap().seal().unwrap().sign();
            assert_eq!(signed.err(), refused.then_some(SignError::AmbiguousText { suite }));
        }
    }
}

/// A signed addition, its parts to be changed: one new member, two so far, one admin.
fn tampered(
    prepared: &PreparedKeyChange<MemberAdd>,
    version: &str,
    change: impl FnOnce(&mut wire::GroupMemberAddChange<'_>),
) -> Result<ChatEvent, EventError> {
    let body: Value = serde_json::from_slice(prepared.body()).unwrap();
    let action = &body["action_signatures"][1];
    let detail = action["encoded_message_event_detail"].as_str().unwrap();
    let detail = encoding::decode_base64(detail).unwrap();
    let mut detail = MessageEventDetail::decode(&detail).unwrap();
    let MessageEventDetail::GroupChange(event) = &mut detail else { panic!("a group change") };
    let Some(GroupChange::MemberAdd(add)) = &mut event.group_change else { panic!("an addition") };
    change(add);
    let signature = &action["message_event_signature"];
    let (sender, conversation) =
        (prepared.sender().to_string(), prepared.conversation_id().to_string());
    let event = MessageEvent {
        message_id: action["message_id"].as_str(),
        sender_id: Some(&sender),
        conversation_id: Some(&conversation),
        detail: Some(detail),
        message_event_signature: Some(MessageEventSignature {
            signature: signature["signature"].as_str(),
            public_key_version: signature["public_key_version"].as_str(),
            signature_version: Some(version),
        }),
        ..Default::default()
    };
    EncodedEvent::new(encoding::encode_base64(&event.encode().unwrap())).unwrap().parse()
}

#[test]
fn no_other_addition_passes_for_the_signed_one() {
    type Change = fn(&mut wire::GroupMemberAddChange<'_>);
    // X's payload has no borders between lists and writes an absent text as `null`: the first six
    // sign the very same bytes there.
    let changes: [(&str, Change); 16] = [
        ("a member passed off as new", |add| {
            add.member_ids = vec!["300", "2"];
            add.current_member_ids = vec!["11"];
        }),
        ("nobody new", |add| {
            add.member_ids = vec![];
            add.current_member_ids = vec!["300", "2", "11"];
        }),
        ("the new member passed off as an admin", |add| {
            add.member_ids = vec![];
            add.current_member_ids = vec![];
            add.current_admin_ids = vec!["300", "2", "11", "11"];
        }),
        ("a member passed off as an admin", |add| {
            add.current_member_ids = vec!["2"];
            add.current_admin_ids = vec!["11", "11"];
        }),
        ("the admin passed off as a member", |add| {
            add.current_member_ids = vec!["2", "11", "11"];
            add.current_admin_ids = vec![];
        }),
        ("an avatar where there was none", |add| add.current_avatar_url = Some("null")),
        ("another new member", |add| add.member_ids = vec!["301"]),
        ("one new member more", |add| add.member_ids.push("301")),
        ("other members", |add| add.current_member_ids = vec!["11", "3"]),
        ("members in another order", |add| add.current_member_ids = vec!["11", "2"]),
        ("no admins", |add| add.current_admin_ids = vec![]),
        ("another title", |add| add.current_title = Some("U")),
        ("another key version", |add| add.conversation_key_version = Some("1800000000001")),
        ("another lifetime", |add| add.current_ttl_msec = Some(6)),
        ("another screen capture", |add| add.screen_capture_blocking_enabled = Some(true)),
        ("an invite", |add| add.group_invite_enable = Some(wire::GroupInviteEnable::default())),
    ];
    for &suite in SUITES {
        let stage = Stage::new(suite);
        let before = Conversation::group(stage.group.id(), [user(11), user(2)]).unwrap();
        let group = GroupCreate::new([user(11)])
            .title("T".parse().unwrap())
            .message_ttl(std::time::Duration::from_millis(5));
        let details = MemberAdd::new([user(300)], group).screen_capture_blocking(false);
        let draft = stage.draft().adding_members(details).unwrap();
        let (prepared, _) = draft.seal().unwrap().sign().unwrap().prepare();
        let verify = |event: Result<ChatEvent, EventError>, policy| match event {
            Ok(ChatEvent::MemberAdd(event)) => event
                .verify(&before, [stage.alice.participant()], policy)
                .map_err(|error| error.code()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.code()),
        };
        let (strict, legacy) =
            (ReadPolicy::strict(), ReadPolicy::strict().accept_legacy_signatures());
        let version = suite.signature_version();
        assert!(verify(tampered(&prepared, version, |_| ()), strict).is_ok());
        for (what, change) in &changes {
            for policy in [strict, legacy] {
                let error = verify(tampered(&prepared, version, change), policy).unwrap_err();
                let expected = [
                    "signature.verify",
                    "event.contradictory_members",
                    "event.missing",
                    "read.other_members",
                    "read.sender_not_member",
                ];
                assert!(expected.contains(&error), "{suite}: {what}: {error}");
            }
        }
        // A new label makes an older layout of it, which does not sign the invite.
        let relabelled = tampered(&prepared, "6", |add| {
            add.group_invite_enable = Some(wire::GroupInviteEnable {
                invite_url: Some("https://evil.invalid"),
                ..Default::default()
            });
        });
        let ChatEvent::MemberAdd(relabelled) = relabelled.unwrap() else { panic!("an addition") };
        let signers = [*stage.alice.participant()];
        match relabelled.verify(&before, &signers, legacy) {
            Ok(added) => assert_eq!(added.invite_url(), None, "nobody signed it"),
            Err(error) => {
                assert_eq!((suite, error.code()), (Suite::X25519, "read.signature_version"))
            }
        }
        assert!(relabelled.verify(&before, &signers, strict).is_err());
    }
}

#[test]
fn a_text_that_reads_like_its_absence_is_not_signed_in_x_s_suite() {
    for (suite, refused) in [(Suite::XChat, true), (Suite::X25519, false)] {
        let stage = Stage::new(suite);
        let details = GroupCreate::new([user(11)]).title("null".parse().unwrap());
        let signed = stage.draft().creating_group(details).unwrap().seal().unwrap().sign();
        assert_eq!(signed.err(), refused.then_some(SignError::AmbiguousText { suite }));
    }
    let error = "2024".parse::<AvatarUrl>().unwrap_err();
    assert_eq!(error.problem(), TextProblem::OnlyDigits);
    assert!("2024".parse::<GroupTitle>().is_ok());
}
