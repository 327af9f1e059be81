//! What a hostile member sends: any bytes, encrypted and signed as they should be. They are a
//! content or an error, and a content that can be sent again is read as it was. Metadata fields come
//! back, and do not once a bit is flipped.

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::wire::{
    MediaAttachment, MediaDimensions, MessageAttachment, MessageContents, MessageEdit,
    MessageEntryContents, MessageEntryHolder, MessageEvent, MessageReaction, ReplyingToPreview,
    RichTextEntity,
};
use sealpost_crypto::*;

use crate::delivered::of_message;
use crate::input::Input;
use crate::stage::{Seeded, Stage, assert_hides, stage};

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let suite = input.pick(&[Suite::X25519, Suite::XChat]);
    let (is_field, flip) = (input.flag(), input.number());
    let stage = stage(suite);
    if is_field {
        check_field(stage, input.rest(), flip);
    } else {
        check_message(stage, input.rest());
    }
}

fn check_message(stage: &Stage, plaintext: &[u8]) {
    let Stage { alice, group, ring, .. } = stage;
    let envelope = Message::text("");
    let signed = envelope.encrypt_plaintext(plaintext, alice, group, ring, &mut Seeded::new(4));
    let content = match read(stage, &of_message(&signed.unwrap())) {
        Ok(message) => message.content().clone(),
        Err(ReadError::Content(error)) => {
            return assert_hides(&error, stage.key().expose_secret());
        }
        Err(error) => panic!("it is encrypted and signed: {error}"),
    };
    if let Content::Text(text) = &content {
        let length = text.as_str().len();
        assert!(text.entities().iter().all(|entity| entity.range().end <= length));
        if let Some(ReplyPreview::Verified(quote)) = text.reply() {
            assert_eq!(quote.original().content(), original(stage).content());
        }
    }
    match Message::new(content.clone()).encrypt_with_rng(alice, group, ring, &mut Seeded::new(5)) {
        Ok(signed) => {
            assert_eq!(read(stage, &of_message(&signed)).unwrap().content(), &content);
        }
        // A quote that was not proved, and what this version does not know.
        Err(EncryptError::UnverifiedQuote | EncryptError::Encoding(_)) => {}
        Err(error) => panic!("{error:?}"),
    }
}

fn read(stage: &Stage, event: &[u8]) -> Result<VerifiedMessage, ReadError> {
    let event = EncodedEvent::new(encode_base64(event)).unwrap();
    let ChatEvent::Message(message) = event.parse().unwrap() else { panic!("a message") };
    message.open(&stage.bob, &stage.group, &stage.ring, stage.participants())
}

/// The one message that anybody has sent honestly.
fn original(stage: &Stage) -> VerifiedMessage {
    read(stage, &original_event(stage)).unwrap()
}

fn original_event(stage: &Stage) -> Vec<u8> {
    let Stage { alice, group, ring, .. } = stage;
    let message = Message::text("hello, world");
    of_message(&message.encrypt_with_rng(alice, group, ring, &mut Seeded::new(6)).unwrap())
}

fn check_field(stage: &Stage, data: &[u8], flip: u64) {
    let field = MetadataField::Title;
    let text = String::from_utf8_lossy(data);
    let sealed = EncryptedField::encrypt_with_rng(field, &text, &stage.ring, &mut Seeded::new(7));
    let (version, sealed) = sealed.unwrap();
    let read = |field, sealed: &EncryptedField| sealed.decrypt(field, version, &stage.ring);
    assert_eq!(read(field, &sealed).unwrap().claim(), &text);
    assert_eq!(EncryptedField::from_base64(&sealed.to_string()).as_ref(), Ok(&sealed));
    let is_bound = stage.alice.suite() == Suite::X25519;
    assert_eq!(read(MetadataField::AvatarUrl, &sealed).is_err(), is_bound);
    let mut bytes = decode_base64(&sealed.to_string()).unwrap();
    let bit = flip as usize % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
    let flipped = EncryptedField::from_base64(&encode_base64(&bytes)).unwrap();
    assert!(matches!(read(field, &flipped), Err(FieldError::Decrypt(_))));
    // Nobody has encrypted this.
    if let Ok(foreign) = EncryptedField::from_base64(&encode_base64(data)) {
        assert!(read(field, &foreign).is_err());
    }
}

/// A content of each kind.
pub(crate) fn plaintexts() -> Vec<Vec<u8>> {
    let entity = RichTextEntity { start_index: Some(0), end_index: Some(5), content: Some(1) };
    let media = MediaAttachment {
        media_hash_key: Some("Ab1"),
        dimensions: Some(MediaDimensions { width: Some(640), height: Some(480) }),
        media_type: Some(1),
        duration_millis: Some(1500),
        filesize_bytes: Some(77),
        filename: Some("a.png"),
        attachment_id: None,
    };
    let event = original_event(stage(Suite::X25519));
    let event = MessageEvent::decode(&event).unwrap();
    let preview = ReplyingToPreview {
        sender_id: Some(11),
        message_text: Some("hello"),
        entities: Some(vec![entity]),
        attachments: None,
        replying_to_message_sequence_id: Some("7"),
        replying_to_message_id: event.message_id,
        raw_event_message_create: Some(Box::new(event.clone())),
        raw_event_edit_message: None,
    };
    let message = MessageContents {
        message_text: Some("hello @bob"),
        entities: Some(vec![entity]),
        attachments: Some(vec![MessageAttachment::Media(media)]),
        replying_to_preview: None,
    };
    let beyond = RichTextEntity { end_index: Some(500), ..entity };
    let blemished = MessageContents { entities: Some(vec![beyond, entity]), ..message.clone() };
    let reply = MessageContents { replying_to_preview: Some(preview), ..message.clone() };
    let reaction = MessageReaction {
        message_sequence_id: Some("7"),
        emoji: Some("\u{1f44d}"),
        message_attachment_id: None,
    };
    let edit = MessageEdit {
        message_sequence_id: Some("7"),
        updated_text: Some("hello"),
        entities: Some(vec![entity]),
    };
    let contents = [
        MessageEntryContents::Message(message),
        MessageEntryContents::Message(reply),
        MessageEntryContents::Message(blemished),
        MessageEntryContents::ReactionAdd(reaction),
        MessageEntryContents::ReactionRemove(reaction),
        MessageEntryContents::Edit(edit),
    ];
    contents
        .into_iter()
        .map(|contents| MessageEntryHolder { contents: Some(contents) }.encode().unwrap())
        .collect()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for suite in [0, 1] {
        let head = |is_field: u8| [&[suite, is_field], &7_u64.to_le_bytes()[..]].concat();
        seeds.extend(plaintexts().iter().map(|text| [head(0), text.clone()].concat()));
        seeds.push([&*head(1), "Team ☃".as_bytes()].concat());
    }
    seeds
}
