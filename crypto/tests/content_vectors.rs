//! X's own vectors of messages, metadata and media: what its official SDK (PyPI `chatxdk` 0.5.2)
//! answered, case by case, and what we answer. Those about keys stand in `xchat_vectors.rs`, other
//! signed actions in `content_action_vectors.rs`.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

#[path = "common/xchat.rs"]
mod xchat;

use std::io::Read as _;

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::*;
use serde_json::{Value, json};
use xchat::{Script, VECTORS, case, cases, conversation, id_bytes, reader, sender, signers, text};

const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

/// The vectors' conversation key, version 9001, adopted from the key change that comes with it.
fn keyring() -> Keyring {
    let op = &case("positive", "pos-097")["op"];
    let event = EncodedEvent::new(op["batches"][0][0].as_str().unwrap()).unwrap();
    let ChatEvent::KeyChange(change) = event.parse().unwrap() else { panic!("a key change") };
    let conversation = conversation(change.conversation_id());
    let opened = change.open(&reader(op), &conversation, &signers(op)).unwrap();
    assert_eq!(encode_base64(opened.key().expose_secret()), text(&VECTORS, "conversation_key_b64"));
    let mut ring = Keyring::new(conversation.id());
    ring.adopt(opened, NOW).unwrap();
    ring
}

/// A keyring with another key of a version.
fn other_keyring(version: u64) -> Keyring {
    let id: ConversationId = text(&VECTORS, "conversation_id").parse().unwrap();
    let conversation = conversation(id);
    let (one, other) = id.direct_users().unwrap();
    let [one, other] = [one, other].map(|user| {
        Identity::generate(Suite::XChat).unwrap().registered(user, PublicKeyVersion::new(1))
    });
    let draft = KeyChange::new(&one, &conversation, KeyVersion::new(version));
    let draft = draft.participants([other.participant()]);
    let (prepared, key) = draft.seal().unwrap().sign().unwrap().prepare();
    let mut ring = Keyring::new(id);
    ring.commit(&prepared, key).unwrap();
    ring
}

/// The keyring that a case gives: the vectors' key, none, or another one.
fn keyring_of(op: &Value) -> Keyring {
    let keys = op["conversation_keys"].as_object();
    match keys.and_then(|keys| keys.iter().next()) {
        Some((version, key)) if version == "9001" && *key == VECTORS["conversation_key_b64"] => {
            keyring()
        }
        Some((version, _)) => other_keyring(version.parse().unwrap()),
        None => Keyring::new(text(&VECTORS, "conversation_id").parse().unwrap()),
    }
}

type Failure = &'static str;

fn open_message(op: &Value, event: &str, ring: &Keyring) -> Result<VerifiedMessage, Failure> {
    let event = EncodedEvent::new(event).map_err(|error| error.code())?;
    let ChatEvent::Message(message) = event.parse().map_err(|error| error.code())? else {
        panic!("not a message")
    };
    let conversation = conversation(message.conversation_id());
    let (reader, signers) = (reader(op), signers(op));
    message.open(&reader, &conversation, ring, &signers).map_err(|error| error.code())
}

/// A message in the words of X's SDK.
fn shown(message: &VerifiedMessage) -> Value {
    let entity = |entity: &Entity| {
        let kind = match entity.kind() {
            EntityKind::Hashtag => "hashtag",
            EntityKind::Url => "url",
            other => panic!("{other:?}"),
        };
        let range = entity.range();
        json!({ "start_index": range.start, "end_index": range.end, "content": { kind: {} } })
    };
    let attachment = |attachment: &Attachment| {
        let media = attachment.media().unwrap();
        let Dimensions { width, height } = media.dimensions().unwrap();
        assert_eq!(media.kind(), Some(MediaKind::Image));
        json!({ "media": {
            "media_hash_key": media.hash_key().as_str(),
            "dimensions": { "width": width, "height": height },
            "type": "IMAGE",
            "duration_millis": media.duration().map(|duration| duration.as_millis()),
            "filesize_bytes": media.file_size(),
            "filename": media.file_name(),
            "attachment_id": media.id().map(AttachmentId::as_str),
            "legacy_media_url_https": null,
            "legacy_media_preview_url": null,
        }})
    };
    let content = match message.content() {
        Content::Text(text) => {
            let mut content = json!({ "content_type": "Text", "text": text.as_str() });
            if !text.entities().is_empty() {
                content["entities"] = text.entities().iter().map(entity).collect();
            }
            if !text.attachments().is_empty() {
                content["attachments"] = text.attachments().iter().map(attachment).collect();
            }
            match text.reply() {
                None => {}
                Some(ReplyPreview::Verified(quote)) => {
                    let original = quote.original();
                    content["replying_to_preview"] = json!({
                        "sender_id": original.sender().to_string(),
                        "message_text": quote.excerpt(),
                        "entities": null,
                        "attachments": null,
                        "sender_display_name": null,
                        "replying_to_message_sequence_id":
                            original.sequence_id().unwrap().claim().to_string(),
                        "replying_to_message_id": original.message_id().to_string(),
                    });
                }
                Some(other) => panic!("{other:?}"),
            }
            content
        }
        Content::AddReaction(reaction) => json!({
            "content_type": "Reaction",
            "emoji": reaction.emoji().as_str(),
            "target_message_id": reaction.target().to_string(),
        }),
        Content::RemoveReaction(reaction) => json!({
            "content_type": "ReactionRemoved",
            "emoji": reaction.emoji().as_str(),
            "target_message_id": reaction.target().to_string(),
        }),
        Content::Edit(edit) => json!({
            "content_type": "Edit",
            "target_message_id": edit.target().to_string(),
            "new_text": edit.text(),
        }),
        other => panic!("{other:?}"),
    };
    json!({
        "type": "Message",
        "sequence_id": message.sequence_id().unwrap().claim().to_string(),
        "id": message.message_id().to_string(),
        "sender_id": message.sender().to_string(),
        "conversation_id": message.conversation_id().to_string(),
        "created_at_msec": message.created_at().unwrap().claim().as_u64(),
        "content": content,
        "key_version": message.key_version().to_string(),
        "verified": true,
        "should_notify": message.should_notify().claim(),
        "ttl_msec": message.ttl().claim().map(|ttl| std::time::Duration::from(ttl).as_millis()),
    })
}

/// What was read, written again with the SDK's id and nonce: the same texts, to the last byte.
fn assert_written_alike(message: &VerifiedMessage, sent: &Value, id: &str) {
    let event = decode_base64(text(sent, "encrypted_content")).unwrap();
    let event = wire::MessageCreateEvent::decode(&event).unwrap();
    let nonce = &event.contents.unwrap()[..24];
    let mut script = Script([&id_bytes(text(sent, "message_id"))[..], nonce].concat());
    let content = match message.content() {
        Content::Text(text) => match text.reply() {
            Some(ReplyPreview::Verified(quote)) => {
                Content::Text(Text::new(text.as_str()).reply_to(quote.original()))
            }
            _ => Content::Text(text.clone()),
        },
        content => content.clone(),
    };
    let mut written = Message::new(content);
    if let Some(ttl) = *message.ttl().claim() {
        written = written.expires_after(ttl);
    }
    if *message.should_notify().claim() == Some(false) {
        written = written.silent();
    }
    let conversation = conversation(message.conversation_id());
    let written = written.encrypt_with_rng(&sender(), &conversation, &keyring(), &mut script);
    let written = written.unwrap();
    assert!(script.0.is_empty(), "{id}");
    assert_eq!(written.encoded_message_create_event(), text(sent, "encrypted_content"), "{id}");
    assert_eq!(
        written.encoded_message_event_signature(),
        text(sent, "encoded_event_signature"),
        "{id}"
    );
    assert_eq!(written.message_id().to_string(), text(sent, "message_id"), "{id}");
    assert_eq!(written.key_version().to_string(), text(sent, "conversation_key_version"), "{id}");
}

#[test]
fn content_x_s_messages_are_read_and_written_alike() {
    let cases = cases("positive", &["message"]);
    assert_eq!(cases.len(), 13);
    let mut batches = 0;
    for case in cases {
        let (id, op, expect) = (text(case, "id"), &case["op"], &case["expect"]);
        if text(op, "op") == "decrypt_events" {
            // The key change comes with it.
            let event = op["batches"][0][1].as_str().unwrap();
            let message = open_message(op, event, &keyring()).unwrap();
            let Content::Text(shown) = message.content() else { panic!("{id}") };
            assert_eq!(expect["steps"][0]["messages"][1]["text"], shown.as_str(), "{id}");
            batches += 1;
            continue;
        }
        let message = open_message(op, text(op, "event_b64"), &keyring_of(op)).unwrap();
        let mut shown = shown(&message);
        // Further views of the same that the SDK adds.
        for view in ["attachments", "media_hashes", "reply_preview_validation"] {
            if let Some(value) = expect["event"].get(view) {
                shown[view] = value.clone();
            }
        }
        assert_eq!(shown, expect["event"], "{id}");
        assert_written_alike(&message, &case["info"]["send_payload"], id);
    }
    assert_eq!(batches, 1);
}

/// Each refused message, and why.
const REFUSED_MESSAGES: [(&str, Failure); 14] = [
    ("neg-100", "read.no_key"),
    ("neg-101", "content.decrypt"),
    ("neg-102", "signature.verify"),
    ("neg-103", "signature.verify"),
    ("neg-104", "read.wrong_conversation"),
    ("neg-105", "signature.verify"),
    ("neg-106", "read.signature_version"),
    ("neg-107", "signature.verify"),
    ("neg-108", "event.missing"),
    ("neg-109", "content.decrypt"),
    ("neg-110", "content.decrypt"),
    ("neg-111", "content.decrypt"),
    ("neg-112", "content.decrypt"),
    ("neg-113", "content.wire"),
];

#[test]
fn content_every_bad_message_is_refused_for_its_reason() {
    let cases = cases("negative", &["message"]);
    assert_eq!(cases.len(), REFUSED_MESSAGES.len());
    for (case, (id, reason)) in cases.iter().zip(REFUSED_MESSAGES) {
        let op = &case["op"];
        assert_eq!(text(case, "id"), id);
        let refused = open_message(op, text(op, "event_b64"), &keyring_of(op));
        assert_eq!(refused.err(), Some(reason), "{id}: {}", text(case, "title"));
    }
}

#[test]
fn content_x_s_metadata_is_read_and_written_alike() {
    let positive = cases("positive", &["metadata"]);
    assert_eq!(positive.len(), 3);
    let (ring, version) = (keyring(), KeyVersion::new(9001));
    for case in positive {
        let op = &case["op"];
        let field = EncryptedField::from_base64(text(op, "ciphertext_b64")).unwrap();
        let read = field.decrypt(MetadataField::Title, version, &ring).unwrap();
        assert_eq!(read.claim(), text(&case["expect"], "plaintext"));
        let nonce = &decode_base64(text(op, "ciphertext_b64")).unwrap()[..24];
        let mut script = Script(nonce.to_vec());
        let written = EncryptedField::encrypt_with_rng(
            MetadataField::Title,
            read.claim(),
            &ring,
            &mut script,
        );
        assert_eq!(written.unwrap(), (version, field.clone()));
        assert_eq!(field.to_string(), text(op, "ciphertext_b64"));
    }
    let negative = cases("negative", &["metadata"]);
    let reasons = ["content.decrypt", "content.decrypt", "metadata.not_utf8"];
    assert_eq!(negative.len(), reasons.len());
    for (case, reason) in negative.iter().zip(reasons) {
        let field = EncryptedField::from_base64(text(&case["op"], "ciphertext_b64")).unwrap();
        let refused = field.decrypt(MetadataField::Title, version, &ring).unwrap_err();
        assert_eq!(refused.code(), reason, "{}", text(case, "id"));
    }
}

/// An attachment whose file is under the key of a keyring.
fn attachment(ring: &Keyring) -> MediaAttachment {
    let media = MediaEncryptor::new(ring).unwrap().media();
    MediaAttachment::new("mhk".parse().unwrap(), MediaKind::File, &media)
}

fn decrypt_stream(ring: &Keyring, ciphertext: &[u8]) -> Result<Vec<u8>, Failure> {
    let decryptor = || MediaDecryptor::new(&attachment(ring), ring).unwrap();
    let mut read = vec![];
    let outcome = decryptor().reader(ciphertext).read_to_end(&mut read);
    // In pieces of one byte, too.
    let (mut pushed, mut pieces) = (vec![], decryptor());
    let pieces = ciphertext
        .chunks(1)
        .try_for_each(|piece| pieces.push(piece, &mut pushed))
        .and_then(|()| pieces.finish(&mut pushed));
    match (outcome, pieces) {
        (Ok(_), Ok(())) => {
            assert_eq!(read, pushed);
            Ok(read)
        }
        (Err(error), Err(same)) => {
            let inner = error.get_ref().unwrap().downcast_ref::<MediaError>().unwrap();
            assert_eq!(*inner, same);
            Err(same.code())
        }
        (read, pushed) => panic!("{read:?} and {pushed:?}"),
    }
}

#[test]
fn content_x_s_media_streams_are_read_and_written_alike() {
    let positive = cases("positive", &["stream"]);
    assert_eq!(positive.len(), 7);
    let ring = keyring();
    for case in positive {
        let (id, op) = (text(case, "id"), &case["op"]);
        let ciphertext = decode_base64(text(op, "ciphertext_b64")).unwrap();
        let plaintext = decode_base64(text(&case["expect"], "plaintext_b64")).unwrap();
        assert_eq!(decrypt_stream(&ring, &ciphertext).unwrap(), plaintext, "{id}");
        let mut script = Script(ciphertext[..24].to_vec());
        let encryptor = MediaEncryptor::with_rng(&ring, &mut script).unwrap();
        let length = u64::try_from(plaintext.len()).unwrap();
        assert_eq!(encryptor.encrypted_length(length), u64::try_from(ciphertext.len()).unwrap());
        let mut written = vec![];
        encryptor.reader(&plaintext[..]).read_to_end(&mut written).unwrap();
        assert_eq!(written, ciphertext, "{id}");
    }
}

#[test]
fn content_every_bad_media_stream_is_refused_for_its_reason() {
    let negative = cases("negative", &["stream"]);
    let reasons = [
        "media.truncated",
        "media.truncated",
        "media.not_authentic",
        "media.not_authentic",
        // Frames have no length of their own: what follows a short one is taken into it.
        "media.not_authentic",
        "media.not_authentic",
        "media.not_authentic",
    ];
    assert_eq!(negative.len(), reasons.len());
    for (case, reason) in negative.iter().zip(reasons) {
        let op = &case["op"];
        let has_key = op["conversation_key_b64"] == VECTORS["conversation_key_b64"];
        let ring = if has_key { keyring() } else { other_keyring(9001) };
        let ciphertext = decode_base64(text(op, "ciphertext_b64")).unwrap();
        let refused = decrypt_stream(&ring, &ciphertext);
        let (id, title) = (text(case, "id"), text(case, "title"));
        assert_eq!(refused.err(), Some(reason), "{id}: {title}");
    }
}
