//! The Thrift codec of messages, contents and actions.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

#[path = "common/thrift.rs"]
mod thrift;

use proptest::prelude::*;
use sealpost_crypto::encoding::decode_base64;
use sealpost_crypto::wire::*;
use serde_json::Value;
use thrift::with_unknown_fields;

/// Every event of X's vectors is read, and those without unknown fields are written back.
#[test]
fn content_x_s_events_are_read_and_written_back() {
    let vectors: Value = serde_json::from_str(sealpost_vectors::XCHAT).unwrap();
    let (mut same, mut all) = (0, 0);
    for case in vectors["positive"].as_array().unwrap() {
        let Some(event) = case["op"]["event_b64"].as_str() else { continue };
        let bytes = decode_base64(event).unwrap();
        let event = MessageEvent::decode(&bytes).unwrap();
        all += 1;
        let written = event.encode().unwrap();
        assert_eq!(MessageEvent::decode(&written).unwrap(), event);
        same += usize::from(written == bytes);
        // Cut anywhere, it is none.
        for length in (0..bytes.len()).step_by(7) {
            assert_eq!(MessageEvent::decode(&bytes[..length]), Err(WireError::Truncated));
        }
    }
    assert!(all >= 40 && same + 3 >= all, "{same} of {all}");
}

fn text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(".{0,12}")
}

type EntityParts = (Option<i32>, Option<i32>, Option<i16>);

fn entities() -> impl Strategy<Value = Option<Vec<EntityParts>>> {
    proptest::option::of(proptest::collection::vec(any::<EntityParts>(), 0..4))
}

fn entity_list(parts: Option<&[EntityParts]>) -> Option<Vec<RichTextEntity>> {
    let entity = |(start_index, end_index, content): &EntityParts| RichTextEntity {
        start_index: *start_index,
        end_index: *end_index,
        content: *content,
    };
    parts.map(|parts| parts.iter().map(entity).collect())
}

proptest! {
    #[test]
    fn contents_are_written_and_read_back(
        texts in proptest::array::uniform8(text()),
        entities in entities(),
        numbers in proptest::array::uniform4(any::<Option<i64>>()),
        media_type in any::<Option<i32>>(),
        bytes in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20)),
        count in 0usize..3,
    ) {
        let texts = texts.each_ref().map(Option::as_deref);
        let media = MediaAttachment {
            media_hash_key: texts[0],
            dimensions: numbers[0].map(|width| MediaDimensions {
                width: Some(width),
                height: numbers[1],
            }),
            media_type,
            duration_millis: numbers[2],
            filesize_bytes: numbers[3],
            filename: texts[1],
            attachment_id: texts[2],
        };
        let raw = MessageEvent {
            message_id: texts[3],
            detail: Some(MessageEventDetail::MessageCreate(MessageCreateEvent {
                contents: bytes.as_deref(),
                conversation_key_version: texts[4],
                should_notify: numbers[0].map(|number| number > 0),
                ttl_msec: numbers[1],
            })),
            ..Default::default()
        };
        let members = [
            MessageEntryContents::Message(MessageContents {
                message_text: texts[0],
                entities: entity_list(entities.as_deref()),
                attachments: (count > 0).then(|| vec![MessageAttachment::Media(media); count]),
                replying_to_preview: Some(ReplyingToPreview {
                    sender_id: numbers[0],
                    message_text: texts[1],
                    entities: entity_list(entities.as_deref()),
                    attachments: (count > 1).then(|| vec![MessageAttachment::Media(media)]),
                    replying_to_message_sequence_id: texts[2],
                    replying_to_message_id: texts[3],
                    raw_event_message_create: Some(Box::new(raw.clone())),
                    raw_event_edit_message: (count > 1).then(|| Box::new(raw)),
                }),
            }),
            MessageEntryContents::ReactionAdd(MessageReaction {
                message_sequence_id: texts[5],
                emoji: texts[6],
                message_attachment_id: texts[7],
            }),
            MessageEntryContents::ReactionRemove(MessageReaction::default()),
            MessageEntryContents::Edit(MessageEdit {
                message_sequence_id: texts[5],
                updated_text: texts[6],
                entities: entity_list(entities.as_deref()),
            }),
        ];
        for contents in members {
            let holder = MessageEntryHolder { contents: Some(contents) };
            let bytes = holder.encode().unwrap();
            prop_assert_eq!(MessageEntryHolder::decode(&bytes), Ok(holder.clone()));
            let newer = with_unknown_fields(&bytes);
            prop_assert_eq!(MessageEntryHolder::decode(&newer), Ok(holder));
        }
    }

    #[test]
    fn content_details_are_written_and_read_back(
        texts in proptest::array::uniform3(text()),
        ids in proptest::collection::vec(".{0,8}", 0..4),
        number in any::<Option<i64>>(),
        action in any::<Option<i32>>(),
        flag in any::<Option<bool>>(),
    ) {
        use ConversationMetadataChange as Setting;
        let [one, two, three] = texts.each_ref().map(Option::as_deref);
        let ids = || ids.iter().map(String::as_str).collect::<Vec<_>>();
        let list = || IdList { ids: ids() };
        let group = |change| MessageEventDetail::GroupChange(GroupChangeEvent {
            group_change: Some(change),
            for_key_rotation: flag,
        });
        let setting = |change| MessageEventDetail::ConversationMetadataChange(
            ConversationMetadataChangeEvent { change: Some(change) },
        );
        let details = [
            MessageEventDetail::MessageFailure(MessageFailureEvent { failure_type: action }),
            MessageEventDetail::MessageTyping(MessageTypingEvent { conversation_id: one }),
            MessageEventDetail::MemberAccountDelete(MemberAccountDeleteEvent { member_id: one }),
            MessageEventDetail::MessageDelete(MessageDeleteEvent {
                sequence_ids: ids(),
                delete_message_action: action,
            }),
            MessageEventDetail::ConversationDelete(ConversationDeleteEvent {
                conversation_id: one,
                options: Some(ConversationDeleteOptions {
                    clear_all_messages: flag,
                    sort_order_msec: number,
                }),
            }),
            MessageEventDetail::MarkConversationRead(MarkConversationReadEvent {
                seen_until_sequence_id: one,
                seen_at_millis: number,
            }),
            MessageEventDetail::MarkConversationUnread(MarkConversationUnreadEvent {
                seen_until_sequence_id: one,
            }),
            group(GroupChange::TitleChange(GroupTitleChange {
                custom_title: one,
                conversation_key_version: two,
            })),
            group(GroupChange::AvatarUrlChange(GroupAvatarUrlChange {
                custom_avatar_url: one,
                conversation_key_version: two,
            })),
            group(GroupChange::Create(GroupCreate {
                member_ids: ids(),
                admin_ids: ids(),
                title: one,
                avatar_url: two,
                conversation_key_version: three,
                is_legacy_group_upgrade: flag,
                ttl_msec: number,
            })),
            group(GroupChange::MemberAdd(GroupMemberAddChange {
                member_ids: ids(),
                current_member_ids: ids(),
                current_admin_ids: ids(),
                current_title: one,
                current_avatar_url: two,
                conversation_key_version: three,
                current_ttl_msec: number,
                group_invite_enable: flag.map(|_| GroupInviteEnable::default()),
                screen_capture_blocking_enabled: flag,
                ..Default::default()
            })),
            group(GroupChange::AdminAdd(list())),
            group(GroupChange::AdminRemove(list())),
            group(GroupChange::MemberRemove(list())),
            group(GroupChange::JoinReject(list())),
            group(GroupChange::InviteEnable(GroupInviteEnable {
                expires_at_msec: number,
                invite_url: two,
                affiliate_id: three,
            })),
            group(GroupChange::InviteDisable(SingleId { id: one })),
            group(GroupChange::JoinRequest(SingleId { id: two })),
            setting(Setting::MessageDuration { ttl_msec: number, apply_to_all_messages: flag }),
            setting(Setting::MessageDurationRemove { current_ttl_msec: number }),
            setting(Setting::Mute(ids())),
            setting(Setting::Unmute(ids())),
            setting(Setting::EnableScreenCaptureDetection),
            setting(Setting::DisableScreenCaptureDetection),
            setting(Setting::EnableScreenCaptureBlocking),
            setting(Setting::DisableScreenCaptureBlocking),
        ];
        for detail in details {
            let bytes = detail.encode().unwrap();
            prop_assert_eq!(MessageEventDetail::decode(&bytes), Ok(detail.clone()));
            let newer = with_unknown_fields(&bytes);
            prop_assert_eq!(MessageEventDetail::decode(&newer), Ok(detail));
        }
    }

    #[test]
    fn any_bytes_are_a_content_or_a_typed_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = MessageEntryHolder::decode(&bytes);
        let _ = MessageCreateEvent::decode(&bytes);
        let _ = MessageEventSignature::decode(&bytes);
    }

    /// Structs inside structs, with the ids that the codec knows.
    #[test]
    fn content_bytes_that_look_like_thrift_never_panic(
        parts in proptest::collection::vec((0u8..17, 0i16..18, proptest::collection::vec(any::<u8>(), 0..9)), 0..14)
    ) {
        let mut bytes: Vec<u8> = vec![12, 0, 1, 12, 0, 1];
        for (kind, id, rest) in parts {
            bytes.push(kind);
            bytes.extend(id.to_be_bytes());
            bytes.extend(rest);
        }
        let _ = MessageEntryHolder::decode(&bytes);
        let _ = MessageEventDetail::decode(&bytes);
    }
}

#[test]
fn content_members_that_cannot_be_written_are_not() {
    let unwritable = |union| Err(WireError::UnwritableMember { union });
    let setting =
        ConversationMetadataChangeEvent { change: Some(ConversationMetadataChange::Other(99)) };
    let group =
        GroupChangeEvent { group_change: Some(GroupChange::Other(12)), for_key_rotation: None };
    for (detail, union) in [
        (MessageEventDetail::ConversationMetadataChange(setting), "conversation_metadata_change"),
        (MessageEventDetail::GroupChange(group), "group_change"),
        (MessageEventDetail::Other(10), "detail"),
    ] {
        assert_eq!(detail.encode(), unwritable(union));
    }
    let other = MessageContents {
        attachments: Some(vec![MessageAttachment::Other(2)]),
        ..Default::default()
    };
    let holder = MessageEntryHolder { contents: Some(MessageEntryContents::Message(other)) };
    assert_eq!(holder.encode(), unwritable("attachment"));
    let nothing = MessageEntryHolder::default().encode().unwrap();
    assert_eq!(nothing, [0]);
    let long = vec![RichTextEntity::default(); 10_001];
    let edit = MessageEdit { entities: Some(long), ..Default::default() };
    let holder = MessageEntryHolder { contents: Some(MessageEntryContents::Edit(edit)) };
    assert_eq!(holder.encode(), Err(WireError::ListTooLong));
}
