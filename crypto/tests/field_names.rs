//! Errors name a field as it is called where it was read.
#![allow(missing_docs)] // tests

use sealpost_crypto::*;

#[test]
fn every_field_is_called_by_its_name_on_the_wire() {
    use EventField as E;
    let of_events = [
        (E::Detail, "detail"),
        (E::SequenceId, "sequence_id"),
        (E::MessageId, "message_id"),
        (E::SenderId, "sender_id"),
        (E::ConversationId, "conversation_id"),
        (E::KeyVersion, "conversation_key_version"),
        (E::EntryUserId, "a participant's user_id"),
        (E::EntryPublicKeyVersion, "a participant's public_key_version"),
        (E::EntrySealedKey, "a participant's encrypted_conversation_key"),
        (E::GroupUserId, "a user id of the group change"),
        (E::Signature, "message_event_signature"),
        (E::SignerKeyVersion, "the signature's public_key_version"),
        (E::SignatureVersion, "signature_version"),
        (E::Contents, "contents"),
        (E::DeletedMessages, "sequence_ids"),
        (E::DeleteAction, "delete_message_action"),
        (E::SeenUntil, "seen_until_sequence_id"),
        (E::SeenAt, "seen_at_millis"),
        (E::GroupUserIds, "the users of the group change"),
        (E::InviteUrl, "invite_url"),
        (E::InviteExpiry, "expires_at_msec"),
        (E::MessageTtl, "ttl_msec"),
        (E::MutedConversations, "the muted conversations"),
        (E::MemberId, "member_id"),
    ];
    for (field, name) in of_events {
        assert_eq!(EventError::Missing(field).to_string(), format!("{name} is missing"));
    }
    use ContentField as C;
    let of_contents = [
        (C::Contents, "contents"),
        (C::TargetMessage, "message_sequence_id"),
        (C::Emoji, "emoji"),
        (C::UpdatedText, "updated_text"),
        (C::Entity, "an entity"),
        (C::MediaHashKey, "media_hash_key"),
        (C::AttachmentId, "attachment_id"),
        (C::Dimensions, "dimensions"),
        (C::Duration, "duration_millis"),
        (C::FileSize, "filesize_bytes"),
    ];
    for (field, name) in of_contents {
        let text = ContentError::Malformed(field).to_string();
        assert_eq!(text, format!("{name} is malformed in the content"));
    }
    use RecordField as R;
    let of_records = [
        (R::PublicKey, "public_key"),
        (R::SigningPublicKey, "signing_public_key"),
        (R::IdentityPublicKeySignature, "identity_public_key_signature"),
        (R::SigningPublicKeySignature, "signing_public_key_signature"),
        (R::PublicKeyVersion, "public_key_version"),
    ];
    for (field, name) in of_records {
        assert_eq!(RecordProblem::Missing(field).to_string(), format!("{name} is missing"));
        assert_eq!(RecordProblem::NotText(field).to_string(), format!("{name} is not text"));
    }
}
