//! X's own vectors of signed actions, from deleting to screen captures. Creations and additions of
//! every layout stand in `xchat_vectors.rs`.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

#[path = "common/xchat.rs"]
mod xchat;

use std::collections::BTreeMap;

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::wire::MessageEventDetail;
use sealpost_crypto::*;
use serde_json::{Value, json};
use xchat::{Script, VECTORS, case, cases, conversation, id_bytes, sender, signers, text};

/// An action in the words of X's SDK: what it adds to the envelope.
fn shown_action(action: &Action) -> Value {
    let texts = |users: &[UserId]| users.iter().map(UserId::to_string).collect::<Vec<_>>();
    let group = |change: Value| json!({ "type": "GroupChange", "change": change });
    let setting =
        |setting: &str| json!({ "type": "SettingsChange", "change": { "setting": setting } });
    match action {
        Action::DeleteMessages(delete) => json!({
            "type": "MessageDeleted",
            "message_ids":
                delete.sequence_ids().iter().map(SequenceId::to_string).collect::<Vec<_>>(),
            "delete_for_all": delete.scope() == DeleteFor::All,
        }),
        Action::DeleteConversation { clear_all_messages, .. } => {
            json!({ "type": "ConversationDeleted", "clear_all_messages": clear_all_messages })
        }
        Action::MarkRead { seen_until, seen_at } => json!({
            "type": "ReadReceipt",
            "seen_until_id": seen_until.to_string(),
            "seen_at_msec": seen_at.map(UnixMillis::as_u64),
        }),
        Action::MarkUnread { seen_until } => json!({
            "type": "MarkedUnread",
            "seen_until_id": seen_until.map(|id| id.to_string()),
        }),
        Action::ChangeTitle { title, .. } => group(json!({
            "change_type": "TitleChanged",
            "new_title": title.as_ref().map(GroupTitle::as_str),
        })),
        Action::ChangeAvatar { avatar_url, .. } => group(json!({
            "change_type": "AvatarChanged",
            "new_avatar_url": avatar_url.as_ref().map(AvatarUrl::as_str),
        })),
        Action::AddAdmins(users) => {
            group(json!({ "change_type": "AdminsAdded", "admin_ids": texts(users) }))
        }
        Action::RemoveAdmins(users) => {
            group(json!({ "change_type": "AdminsRemoved", "admin_ids": texts(users) }))
        }
        Action::RemoveMembers(users) => {
            group(json!({ "change_type": "MembersRemoved", "member_ids": texts(users) }))
        }
        Action::EnableInvite { url, expires_at, .. } => group(json!({
            "change_type": "InviteEnabled",
            "invite_url": url.as_str(),
            "expires_at_msec": expires_at.map(UnixMillis::as_u64),
        })),
        Action::DisableInvite { by } => {
            group(json!({ "change_type": "InviteDisabled", "disabled_by": by.to_string() }))
        }
        Action::RequestToJoin { user } => {
            group(json!({ "change_type": "JoinRequested", "user_id": user.to_string() }))
        }
        Action::RejectJoin(users) => {
            group(json!({ "change_type": "JoinRejected", "user_ids": texts(users) }))
        }
        Action::SetMessageTtl { ttl, applies_to_all } => json!({
            "type": "SettingsChange",
            "change": {
                "setting": "MessageDuration",
                "ttl_msec": std::time::Duration::from(*ttl).as_millis(),
                "apply_to_all": applies_to_all.map(Unsigned::into_claim),
            },
        }),
        Action::RemoveMessageTtl => setting("MessageDurationRemoved"),
        Action::Mute(_) => setting("Muted"),
        Action::Unmute(_) => setting("Unmuted"),
        Action::SetScreenCapture { setting: kind, enabled } => {
            let state = if *enabled { "Enabled" } else { "Disabled" };
            setting(&format!("ScreenCapture{kind:?}{state}"))
        }
        other => panic!("{other:?}"),
    }
}

fn parse_action(event: &str) -> ActionEvent {
    match EncodedEvent::new(event).unwrap().parse().unwrap() {
        ChatEvent::Action(action) => action,
        other => panic!("not an action: {other:?}"),
    }
}

#[test]
fn content_x_s_signed_actions_are_read_and_signed_alike() {
    // Creations and additions of every layout stand in `xchat_vectors.rs`.
    let is_group_action = |case: &Value| {
        let title = text(case, "title");
        title.starts_with("group create") || title.starts_with("member add")
    };
    let mut cases = cases("positive", &["signed_event", "message_delete_action"]);
    cases.retain(|case| !is_group_action(case));
    assert_eq!(cases.len(), 21 + 1);
    let mut signed_alike = BTreeMap::new();
    for case in cases {
        let (id, op) = (text(case, "id"), &case["op"]);
        let event = parse_action(text(op, "event_b64"));
        let conversation = conversation(event.conversation_id());
        let signers = signers(op);
        let verified = event.verify(&conversation, &signers, ReadPolicy::strict()).unwrap();
        let mut shown = shown_action(verified.action());
        shown["sequence_id"] = json!(verified.sequence_id().unwrap().claim().to_string());
        shown["id"] = json!(verified.message_id().to_string());
        shown["sender_id"] = json!(verified.sender().to_string());
        shown["conversation_id"] = json!(verified.conversation_id().to_string());
        shown["created_at_msec"] = json!(verified.created_at().unwrap().claim().as_u64());
        shown["verified"] = json!(true);
        assert_eq!(shown, case["expect"]["event"], "{id}");

        let message_id = verified.message_id().to_string();
        let mut script = Script(id_bytes(&message_id));
        match verified.action().clone().sign_with_rng(&sender(), &conversation, &mut script) {
            // The vectors' group changes stand in a direct conversation.
            Err(ActionError::NotAGroup { .. }) => *signed_alike.entry(false).or_insert(0) += 1,
            signed => {
                let signed = signed.unwrap();
                let payload = &case["info"]["signed_payload"];
                let payload =
                    payload.as_str().or(case["info"]["prepared"]["signature_payload"].as_str());
                assert_eq!(signed.signature_payload(), payload, "{id}");
                let bytes = decode_base64(text(op, "event_b64")).unwrap();
                let event = wire::MessageEvent::decode(&bytes).unwrap();
                let signature = event.message_event_signature.unwrap();
                assert_eq!(
                    signature.signature.unwrap(),
                    signed.signature().to_base64_unpadded(),
                    "{id}"
                );
                assert_eq!(signature.signature_version, Some(signed.signature_version()));
                let version = signed.public_key_version().to_string();
                assert_eq!(signature.public_key_version, Some(&*version));
                let detail = decode_base64(&signed.encoded_message_event_detail()).unwrap();
                assert_same_detail(&detail, event.detail.as_ref().unwrap(), id);
                *signed_alike.entry(true).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(signed_alike, BTreeMap::from([(true, 13), (false, 9)]));
}

/// The same detail, except for what nobody signs.
fn assert_same_detail(ours: &[u8], theirs: &MessageEventDetail<'_>, id: &str) {
    let mut ours = MessageEventDetail::decode(ours).unwrap();
    match (&mut ours, theirs) {
        (
            MessageEventDetail::ConversationDelete(ours),
            MessageEventDetail::ConversationDelete(theirs),
        ) => {
            ours.conversation_id = theirs.conversation_id;
        }
        (
            MessageEventDetail::ConversationMetadataChange(ours),
            MessageEventDetail::ConversationMetadataChange(theirs),
        ) => {
            use wire::ConversationMetadataChange::MessageDurationRemove;
            if let Some(MessageDurationRemove { .. }) = ours.change {
                ours.change.clone_from(&theirs.change);
            }
        }
        _ => {}
    }
    assert_eq!(ours, *theirs, "{id}");
}

/// A signed action with another signature, sender or content verifies no more.
#[test]
fn content_altered_actions_are_refused() {
    let op = &case("positive", "pos-049")["op"];
    let bytes = decode_base64(text(op, "event_b64")).unwrap();
    let signers = signers(op);
    let mut refused = 0;
    for index in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[index / 8] ^= 1 << (index % 8);
        let event = EncodedEvent::new(encode_base64(&changed)).unwrap().parse();
        let Ok(ChatEvent::Action(event)) = event else { continue };
        // What nobody signs, and the vectors' fields 1 and 6: the server's number and time.
        let Ok(verified) = event.verify(
            &conversation(text(&VECTORS, "conversation_id").parse().unwrap()),
            &signers,
            ReadPolicy::strict(),
        ) else {
            refused += 1;
            continue;
        };
        let original = parse_action(text(op, "event_b64"));
        let original = original
            .verify(&conversation(original.conversation_id()), &signers, ReadPolicy::strict())
            .unwrap();
        assert_eq!(verified.action(), original.action());
        assert_eq!(verified.message_id(), original.message_id());
        assert_eq!(verified.sender(), original.sender());
    }
    assert!(refused > 500, "{refused}");
}
