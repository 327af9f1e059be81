//! Content of the XChat suite: what its signatures are over. X encrypts with the conversation key
//! itself.

use super::MessageParts;
use crate::context::ChangeContext;
use crate::encoding::encode_base64_unpadded;
use crate::suite::payload::Payload;

/// `MessageCreateEvent,MID,SENDER,CONV,KV,` and the unpadded base64 of the encrypted content.
pub(super) fn message(context: &ChangeContext, message: MessageParts<'_>) -> Payload {
    let mut payload = Payload::new("MessageCreateEvent", &context.action());
    payload
        .add(context.conversation)
        .add(context.key_version)
        .add(encode_base64_unpadded(message.contents));
    payload
}
