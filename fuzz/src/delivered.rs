//! The events that a server makes of what is sent to it.

use sealpost_crypto::encoding::decode_base64;
use sealpost_crypto::wire::{
    MessageCreateEvent, MessageEvent, MessageEventDetail, MessageEventSignature,
};
use sealpost_crypto::*;
use serde_json::Value;

/// The bytes of an event for each action of a request.
pub(crate) fn of_change<K>(change: &PreparedKeyChange<K>) -> Vec<Vec<u8>> {
    let body: Value = serde_json::from_slice(change.body()).unwrap();
    let actions = body["action_signatures"].as_array().unwrap().iter();
    let event = |action: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let signature = &action["message_event_signature"];
        let texts = [
            text(&action["message_id"]),
            change.sender().to_string(),
            change.conversation_id().to_string(),
            text(&signature["signature"]),
            text(&signature["public_key_version"]),
            text(&signature["signature_version"]),
        ];
        let detail = decode_base64(&text(&action["encoded_message_event_detail"])).unwrap();
        write(&texts, MessageEventDetail::decode(&detail).unwrap())
    };
    actions.map(event).collect()
}

pub(crate) fn of_message(message: &SignedMessage) -> Vec<u8> {
    let create = decode_base64(message.encoded_message_create_event()).unwrap();
    let signature = decode_base64(message.encoded_message_event_signature()).unwrap();
    let signature = MessageEventSignature::decode(&signature).unwrap();
    let texts = [
        message.message_id().to_string(),
        message.sender().to_string(),
        message.conversation_id().to_string(),
        signature.signature.unwrap().to_owned(),
        signature.public_key_version.unwrap().to_owned(),
        signature.signature_version.unwrap().to_owned(),
    ];
    let create = MessageCreateEvent::decode(&create).unwrap();
    write(&texts, MessageEventDetail::MessageCreate(create))
}

pub(crate) fn of_action(action: &SignedAction) -> Vec<u8> {
    let texts = [
        action.message_id().to_string(),
        action.sender().to_string(),
        action.conversation_id().to_string(),
        action.signature().to_base64_unpadded(),
        action.public_key_version().to_string(),
        action.signature_version().to_owned(),
    ];
    let detail = decode_base64(&action.encoded_message_event_detail()).unwrap();
    write(&texts, MessageEventDetail::decode(&detail).unwrap())
}

fn write(texts: &[String; 6], detail: MessageEventDetail<'_>) -> Vec<u8> {
    let [message_id, sender_id, conversation_id, signature, public_key_version, signature_version] =
        texts.each_ref().map(|text| Some(&**text));
    let event = MessageEvent {
        sequence_id: Some("7"),
        message_id,
        sender_id,
        conversation_id,
        created_at_msec: Some("1800000000005"),
        detail: Some(detail),
        message_event_signature: Some(MessageEventSignature {
            signature,
            public_key_version,
            signature_version,
        }),
        previous_sequence_id: None,
    };
    event.encode().unwrap()
}
