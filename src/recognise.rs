//! Telling one's own change among the events: what a delivery asks for every event it reads.

use crate::{
    Account, ChatEvent, Conversation, ConversationKey, EncodedEvent, Participant,
    PreparedKeyChange, Verdict,
};

/// A check for [`Client::deliver_conversation_keys`](crate::Client::deliver_conversation_keys):
/// opens and verifies each key change as the reader's side does.
///
/// [`Verdict::Ours`] is the change with the prepared message id that verifies and whose copy opens
/// to `key`; other changes count if they verify under one of `signers`, the members' keys. A
/// change that does not verify counts for nothing, whatever it claims.
pub fn recognise<'a, K>(
    account: &'a Account,
    conversation: &'a Conversation,
    signers: &'a [Participant],
    change: &'a PreparedKeyChange<K>,
    key: &'a ConversationKey,
) -> impl Fn(&EncodedEvent) -> Verdict + 'a {
    move |event| {
        let Ok(ChatEvent::KeyChange(event)) = event.parse() else { return Verdict::Other };
        let Ok(opened) = event.open(account, conversation, signers) else {
            return Verdict::Other;
        };
        if opened.message_id() == change.message_id() && opened.key() == key {
            return Verdict::Ours;
        }
        Verdict::Verified(opened.key_version())
    }
}
