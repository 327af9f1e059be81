//! Events that no call of the API makes, as a hostile server, or one that knows more, shows them.

use sealpost::crypto::encoding::{decode_base64, encode_base64};
use sealpost::crypto::wire::{MessageEvent, MessageEventDetail, MessageEventSignature};
use sealpost::*;
use serde_json::Value;

use crate::stage::*;

pub(crate) async fn account(session: &Session) -> Account {
    let own = session.vault().identity().await.unwrap().unwrap();
    own.value.into_account(session.user_id()).unwrap()
}

/// What a user signs with their real keys, for a conversation with these members.
pub(crate) async fn signed(
    session: &Session,
    group: &Conversation,
    action: Action,
) -> EncodedEvent {
    let action = action.sign(&account(session).await, group).unwrap();
    event(
        session.user_id(),
        group.id(),
        &action.message_id().to_string(),
        &action.encoded_message_event_detail(),
        (
            &action.signature().to_base64(),
            &action.public_key_version().to_string(),
            action.signature_version(),
        ),
    )
}

/// The events that a prepared request would become, one for each of its signatures.
pub(crate) fn of_request<K>(change: &PreparedKeyChange<K>) -> Vec<EncodedEvent> {
    let body: Value = serde_json::from_slice(change.body()).unwrap();
    let signatures = body["action_signatures"].as_array().unwrap();
    let events = signatures.iter().map(|action| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let signature = &action["message_event_signature"];
        event(
            change.sender(),
            change.conversation_id(),
            &text(&action["message_id"]),
            &text(&action["encoded_message_event_detail"]),
            (
                &text(&signature["signature"]),
                &text(&signature["public_key_version"]),
                &text(&signature["signature_version"]),
            ),
        )
    });
    events.collect()
}

fn event(
    sender: UserId,
    conversation: ConversationId,
    message_id: &str,
    detail: &str,
    (signature, public_key_version, signature_version): (&str, &str, &str),
) -> EncodedEvent {
    let detail = decode_base64(detail).unwrap();
    let (sender, conversation) = (sender.to_string(), conversation.to_string());
    encoded(&MessageEvent {
        message_id: Some(message_id),
        sender_id: Some(&sender),
        conversation_id: Some(&conversation),
        detail: Some(MessageEventDetail::decode(&detail).unwrap()),
        message_event_signature: Some(MessageEventSignature {
            signature: Some(signature),
            public_key_version: Some(public_key_version),
            signature_version: Some(signature_version),
        }),
        ..MessageEvent::default()
    })
}

/// The same event with another sender, another conversation.
pub(crate) fn passed_off(
    event: &EncodedEvent,
    sender: UserId,
    conversation: ConversationId,
) -> EncodedEvent {
    let bytes = decode_base64(event.as_str()).unwrap();
    let (sender, conversation) = (sender.to_string(), conversation.to_string());
    let event = MessageEvent::decode(&bytes).unwrap();
    encoded(&MessageEvent {
        sender_id: Some(&sender),
        conversation_id: Some(&conversation),
        ..event
    })
}

fn encoded(event: &MessageEvent<'_>) -> EncodedEvent {
    EncodedEvent::new(encode_base64(&event.encode().unwrap())).unwrap()
}

/// All events of a conversation, the oldest first, as one of its members gets them.
pub(crate) async fn log(session: &Session, id: ConversationId) -> Vec<EncodedEvent> {
    let query = EventsQuery::new().max_results(100);
    let page = session.client().conversation_events(&id, query).await.unwrap();
    assert!(!page.has_more);
    page.events.into_iter().rev().map(|row| row.encoded_event.unwrap()).collect()
}

impl Stage {
    /// Puts events of somebody at the end of a conversation.
    pub(crate) fn plant(&self, id: ConversationId, by: &Session, events: &[EncodedEvent]) {
        for event in events {
            self.sandbox.plant(id, by.user_id(), event);
        }
    }
}
