//! The signed actions over both suites: each is read as it was signed, and passes for no other.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;
#[path = "common/content.rs"]
mod room;

use std::time::Duration;

use common::{NOW, Stage, account_of, user};
use room::{Room, SUITES, deliver, deliver_action, event_with, message_event};
use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::*;
use wire::MessageEventDetail;

/// Every kind of action.
fn actions() -> Vec<Action> {
    let (version, users) = (KeyVersion::from(NOW), || vec![user(2), user(300)]);
    let title: GroupTitle = "Team ☃".parse().unwrap();
    let url: AvatarUrl = "https://e.invalid/a".parse().unwrap();
    let ids = [SequenceId::new(7), SequenceId::new(u64::MAX)];
    let conversations = || {
        MutedConversations::new([
            ConversationId::group(4).unwrap(),
            ConversationId::direct(user(2), user(11)),
        ])
    };
    let mut actions = vec![
        Action::delete_for_everybody(ids).unwrap(),
        Action::delete_for_oneself(ids).unwrap(),
        Action::DeleteConversation { clear_all_messages: None, sort_order: None },
        Action::DeleteConversation { clear_all_messages: Some(true), sort_order: None },
        Action::DeleteConversation { clear_all_messages: None, sort_order: Some(NOW) },
        Action::DeleteConversation { clear_all_messages: Some(false), sort_order: Some(NOW) },
        Action::mark_read(ids[0], NOW),
        Action::MarkRead { seen_until: ids[1], seen_at: None },
        Action::MarkUnread { seen_until: None },
        Action::MarkUnread { seen_until: Some(ids[0]) },
        Action::ChangeTitle { title: Some(title), key_version: version },
        Action::ChangeTitle { title: None, key_version: version },
        Action::ChangeAvatar { avatar_url: Some(url), key_version: version },
        Action::ChangeAvatar { avatar_url: None, key_version: version },
        Action::AddAdmins(users()),
        Action::RemoveAdmins(users()),
        Action::RemoveMembers(users()),
        Action::EnableInvite {
            url: "https://e.invalid/i".parse().unwrap(),
            expires_at: None,
            affiliate_id: None,
        },
        Action::EnableInvite {
            url: "https://e.invalid/i".parse().unwrap(),
            expires_at: Some(NOW),
            affiliate_id: Some("a1".parse().unwrap()),
        },
        Action::DisableInvite { by: user(2) },
        Action::RequestToJoin { user: user(7) },
        Action::RejectJoin(users()),
        Action::SetMessageTtl { ttl: Duration::from_secs(60).into(), applies_to_all: None },
        Action::SetMessageTtl {
            ttl: Duration::ZERO.into(),
            applies_to_all: Some(Unsigned::new(true)),
        },
        Action::RemoveMessageTtl,
        Action::Mute(conversations()),
        Action::Unmute(conversations()),
    ];
    for setting in [ScreenCapture::Detection, ScreenCapture::Blocking] {
        for enabled in [true, false] {
            actions.push(Action::SetScreenCapture { setting, enabled });
        }
    }
    actions
}

/// Whether an action is about what somebody has read, deleted or muted: nothing that others know
/// of the conversation.
fn is_ones_own(action: &Action) -> bool {
    let name = format!("{action:?}");
    ["Delete", "Mark", "Mute", "Unmute"].iter().any(|prefix| name.starts_with(prefix))
}

fn action_event(event: &EncodedEvent) -> ActionEvent {
    match event.parse().unwrap() {
        ChatEvent::Action(action) => action,
        other => panic!("not an action: {other:?}"),
    }
}

#[test]
fn content_every_action_is_read_as_it_was_signed() {
    for suite in SUITES {
        let stage = Stage::new(suite);
        let Stage { alice, bob, group, .. } = &stage;
        let strict = ReadPolicy::strict();
        let mut marks = vec![];
        for action in actions() {
            let signed = action.clone().sign(alice, group).unwrap();
            assert_eq!((signed.sender(), signed.conversation_id()), (user(11), group.id()));
            // X's API wants to see what was signed; our suite has nothing to show.
            assert_eq!(signed.signature_payload().is_some(), suite == Suite::XChat);
            let event = deliver_action(&signed, 9);
            stage.assert_claims(&event, 9);
            let event = action_event(&event);
            assert_eq!(event.changes_conversation(), !is_ones_own(&action), "{action:?}");
            let verified = event.verify(group, [alice.participant()], strict).unwrap();
            assert_eq!(verified.action(), &action, "{suite}");
            assert_eq!(verified.message_id(), signed.message_id());
            assert_eq!(verified.sequence_id(), Some(Unsigned::new(SequenceId::new(9))));
            marks.push(verified.mark());

            assert!(matches!(
                event.verify(group, [bob.participant()], strict),
                Err(ReadError::UnknownSigner { .. })
            ));
            let impostor =
                Identity::generate(suite).unwrap().registered(user(11), alice.public_key_version());
            assert_eq!(
                event.verify(group, [impostor.participant()], strict).err(),
                Some(ReadError::Verify(VerifyError))
            );
            let without = Conversation::group(group.id(), [user(2)]).unwrap();
            assert_eq!(
                event.verify(&without, [alice.participant()], strict).err(),
                Some(ReadError::SenderNotMember { sender: user(11) })
            );
        }
        assert_eq!(marks.len(), 31);
        assert!((1..marks.len()).all(|index| !marks[..index].contains(&marks[index])));
    }
}

/// The signature of one action passes for no other, whichever two they are.
#[test]
fn content_no_action_passes_for_another() {
    for suite in SUITES {
        let stage = Stage::new(suite);
        let Stage { alice, group, .. } = &stage;
        let details: Vec<Vec<u8>> = actions()
            .into_iter()
            .map(|action| action.sign(alice, group).unwrap().encoded_message_event_detail())
            .map(|detail| decode_base64(&detail).unwrap())
            .collect();
        // Some are signed, and every kind is tried against those.
        for (index, action) in actions().into_iter().enumerate().step_by(7) {
            let event = deliver_action(&action.sign(alice, group).unwrap(), 1);
            let bytes = decode_base64(event.as_str()).unwrap();
            for (other, detail) in details.iter().enumerate() {
                let mut event = wire::MessageEvent::decode(&bytes).unwrap();
                event.detail = Some(MessageEventDetail::decode(detail).unwrap());
                let event = EncodedEvent::new(encode_base64(&event.encode().unwrap())).unwrap();
                let verified =
                    action_event(&event).verify(group, [alice.participant()], ReadPolicy::strict());
                // Nobody signs whether a lifetime is for older messages, too.
                assert_eq!(verified.is_ok(), index == other, "{suite}: {index} for {other}");
            }
        }
    }
}

#[test]
fn content_actions_that_cannot_be_are_not_signed() {
    for suite in SUITES {
        let stage = Stage::new(suite);
        let Stage { alice, group, .. } = &stage;
        let outsider = account_of(suite, 77);
        let mark = || Action::mark_read(SequenceId::new(1), NOW);
        assert_eq!(
            mark().sign(&outsider, group).err(),
            Some(ActionError::SenderNotMember { sender: user(77) })
        );
        // Who asks to join is not in yet, and asks for nobody else.
        assert!(Action::RequestToJoin { user: user(77) }.sign(&outsider, group).is_ok());
        assert_eq!(
            Action::RequestToJoin { user: user(78) }.sign(&outsider, group).err(),
            Some(ActionError::SenderNotMember { sender: user(77) })
        );
        let direct = Conversation::direct(user(11), user(2));
        assert!(mark().sign(alice, &direct).is_ok());
        assert_eq!(
            Action::RemoveMembers(vec![user(2)]).sign(alice, &direct).err(),
            Some(ActionError::NotAGroup { id: direct.id() })
        );
        assert_eq!(
            Action::RemoveMembers(vec![]).sign(alice, group).err(),
            Some(ActionError::NothingNamed)
        );
        assert_eq!(Action::delete_for_everybody([]).err(), Some(ActionError::NothingNamed));
        let many = || (0..10_001).map(SequenceId::new);
        assert_eq!(
            Action::delete_for_oneself(many()).err(),
            Some(ActionError::TooMany { count: 10_001 })
        );
        let users = (0..10_001).map(user).collect();
        assert_eq!(
            Action::AddAdmins(users).sign(alice, group).err(),
            Some(ActionError::TooMany { count: 10_001 })
        );
        let never = UnixMillis::new(u64::MAX);
        assert_eq!(
            Action::mark_read(SequenceId::new(1), never).sign(alice, group).err(),
            Some(ActionError::TimeOutOfRange)
        );
        let comma = Action::ChangeTitle {
            title: Some("a,b".parse().unwrap()),
            key_version: KeyVersion::new(1),
        };
        let refused = (suite == Suite::XChat)
            .then_some(ActionError::Sign(SignError::AmbiguousText { suite }));
        assert_eq!(comma.sign(alice, group).err(), refused);
    }
}

#[test]
fn content_malformed_actions_are_refused_by_name() {
    use wire::ConversationMetadataChange::{MessageDuration, Mute};
    use wire::{
        ConversationMetadataChangeEvent, GroupChange, GroupChangeEvent, IdList,
        MarkConversationReadEvent, MessageDeleteEvent,
    };
    let group = |change| {
        MessageEventDetail::GroupChange(GroupChangeEvent {
            group_change: Some(change),
            for_key_rotation: None,
        })
    };
    let setting = |change| {
        let change = Some(change);
        MessageEventDetail::ConversationMetadataChange(ConversationMetadataChangeEvent { change })
    };
    let delete = |sequence_ids: &[&'static str], delete_message_action| {
        let sequence_ids = sequence_ids.to_vec();
        MessageEventDetail::MessageDelete(MessageDeleteEvent {
            sequence_ids,
            delete_message_action,
        })
    };
    let ttl = |ttl_msec| setting(MessageDuration { ttl_msec, apply_to_all_messages: None });
    let long = "1".repeat(81).leak();
    let cases = [
        (delete(&["7"], None), EventError::Missing(EventField::DeleteAction)),
        (delete(&["7"], Some(3)), EventError::OutOfRange(EventField::DeleteAction)),
        (delete(&[], Some(1)), EventError::Missing(EventField::DeletedMessages)),
        (
            MessageEventDetail::MarkConversationRead(MarkConversationReadEvent::default()),
            EventError::Missing(EventField::SeenUntil),
        ),
        (
            MessageEventDetail::MarkConversationRead(MarkConversationReadEvent {
                seen_until_sequence_id: Some("7"),
                seen_at_millis: Some(-1),
            }),
            EventError::OutOfRange(EventField::SeenAt),
        ),
        (
            group(GroupChange::MemberRemove(IdList::default())),
            EventError::Missing(EventField::GroupUserIds),
        ),
        (
            group(GroupChange::TitleChange(wire::GroupTitleChange::default())),
            EventError::Missing(EventField::KeyVersion),
        ),
        (
            group(GroupChange::InviteEnable(wire::GroupInviteEnable::default())),
            EventError::Missing(EventField::InviteUrl),
        ),
        (
            group(GroupChange::JoinRequest(wire::SingleId::default())),
            EventError::Missing(EventField::GroupUserId),
        ),
        (ttl(None), EventError::Missing(EventField::MessageTtl)),
        (ttl(Some(-1)), EventError::OutOfRange(EventField::MessageTtl)),
        (setting(Mute(vec!["a,b"])), EventError::OutOfRange(EventField::MutedConversations)),
        (setting(Mute(vec![""])), EventError::OutOfRange(EventField::MutedConversations)),
        (setting(Mute(vec![long])), EventError::OutOfRange(EventField::MutedConversations)),
    ];
    let count = cases.len();
    for (detail, error) in cases {
        assert_eq!(event_with(detail.clone()).parse().unwrap_err(), error, "{detail:?}");
    }
    assert_eq!(count, 14);
    let bad_id = group(GroupChange::AdminAdd(IdList { ids: vec!["007"] }));
    assert!(matches!(
        event_with(bad_id).parse(),
        Err(EventError::Id { field: EventField::GroupUserId, .. })
    ));
    // What is well-formed and unsigned is refused for the missing signature.
    assert_eq!(
        event_with(delete(&["7"], Some(2))).parse().unwrap_err(),
        EventError::Missing(EventField::ConversationId)
    );
    for detail in [
        MessageEventDetail::GroupChange(GroupChangeEvent::default()),
        MessageEventDetail::ConversationMetadataChange(ConversationMetadataChangeEvent::default()),
    ] {
        assert!(matches!(event_with(detail).parse(), Ok(ChatEvent::Other)));
    }
}

/// A member is removed: the action says so, and the next key is not theirs.
#[test]
fn content_a_removed_member_reads_no_more() {
    for suite in SUITES {
        let mut room = Room::new(suite);
        let removal = Action::RemoveMembers(vec![user(300)]);
        let signed = removal.sign(&room.stage.alice, &room.stage.group).unwrap();
        let event = action_event(&deliver_action(&signed, 2));
        let Stage { alice, bob, carol, group } = &room.stage;
        let verified = event.verify(group, [alice.participant()], ReadPolicy::strict()).unwrap();
        let Action::RemoveMembers(users) = verified.action() else { panic!("a removal") };
        let remaining = group.without(users).unwrap();
        assert_eq!(remaining.members().collect::<Vec<_>>(), [user(2), user(11)]);
        assert_eq!(
            group.without(&[user(11), user(2), user(300)]).err(),
            Some(ConversationError::NoMembers { id: group.id() })
        );
        assert_eq!(&remaining.without(&[user(300)]).unwrap(), &remaining);
        let direct = Conversation::direct(user(11), user(2));
        assert_eq!(
            direct.without(&[user(2)]).err(),
            Some(ConversationError::NotAGroup { id: direct.id() })
        );

        let draft = room.alice_ring.draft(alice, &remaining, NOW).unwrap();
        assert!(matches!(
            room.alice_ring
                .draft(alice, &remaining, NOW)
                .unwrap()
                .participants([bob.participant(), carol.participant()])
                .seal(),
            Err(SealError::NotAMember { user }) if user == common::user(300)
        ));
        let (prepared, key) =
            draft.participants([bob.participant()]).seal().unwrap().sign().unwrap().prepare();
        room.alice_ring.commit(&prepared, key).unwrap();
        let change = common::Parts::of(&prepared).event();
        assert_eq!(
            change.open(carol, group, [alice.participant()]).err(),
            Some(ReadError::NoCopy { reader: user(300) })
        );
        let secret =
            Message::text("without carol").encrypt(alice, &remaining, &room.alice_ring).unwrap();
        let secret = message_event(&deliver(&secret, 3));
        // Bob had the old key, as Carol has, and needs the new one.
        assert!(matches!(
            secret.open(bob, &remaining, &room.bob_ring, [alice.participant()]),
            Err(ReadError::NoKey { .. })
        ));
        room.bob_ring
            .adopt(change.open(bob, &remaining, [alice.participant()]).unwrap(), NOW)
            .unwrap();
        assert!(secret.open(bob, &remaining, &room.bob_ring, [alice.participant()]).is_ok());
        // What Carol still sends is no longer of the conversation.
        let late = Message::text("hello?").encrypt(carol, group, &{ Room::new(suite).bob_ring });
        let late = message_event(&deliver(&late.unwrap(), 4));
        assert_eq!(
            late.open(bob, &remaining, &room.bob_ring, [carol.participant()]).err(),
            Some(ReadError::SenderNotMember { sender: user(300) })
        );
    }
}
