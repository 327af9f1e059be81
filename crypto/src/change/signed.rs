//! Signed: the only state that turns into a request.

use alloc::vec::Vec;

use super::PreparedKeyChange;
use super::sealed::CopyText;
use crate::context::ChangeContext;
use crate::encoding::encode_base64;
use crate::json::JsonWriter;
use crate::{ConversationKey, MessageId, Signature, Suite};

/// A sealed and signed key change.
#[derive(Debug)]
#[must_use = "a signed change must be prepared to be sent"]
pub struct SignedKeyChange {
    pub(super) suite: Suite,
    pub(super) context: ChangeContext,
    pub(super) key: ConversationKey,
    pub(super) copies: Vec<CopyText>,
    pub(super) detail: Vec<u8>,
    pub(super) signature: Signature,
}

impl SignedKeyChange {
    /// The sender's signature.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The `signature_version` that goes with it.
    #[must_use]
    pub const fn signature_version(&self) -> &'static str {
        self.suite.signature_version()
    }

    /// The id of the action that was signed.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.context.message_id
    }

    /// Assembles the request body, once and for all tries, and hands out the key.
    ///
    /// Persist the prepared change before it is sent. The key needs no saving then: after a crash
    /// it comes back by opening one's own copy.
    #[must_use]
    pub fn prepare(self) -> (PreparedKeyChange, ConversationKey) {
        let body = self.body();
        (PreparedKeyChange::new(self.context, self.suite, body), self.key)
    }

    /// The body of `POST /2/chat/conversations/{id}/keys` (X's OpenAPI description 2.167).
    /// `signature_payload` has no place in it: X's own payload of a key change holds the key.
    fn body(&self) -> alloc::string::String {
        // Both the body and the base64 of the detail hold every copy once.
        let capacity = 1024 + self.detail.len() * 3;
        let mut json = JsonWriter::with_capacity(capacity);
        json.object(|json| {
            json.member("conversation_key_version", self.context.key_version);
            json.array_member("conversation_participant_keys", |json| {
                for copy in &self.copies {
                    json.object(|json| {
                        json.member("user_id", &copy.user_id);
                        json.member("encrypted_conversation_key", &copy.encrypted_conversation_key);
                        json.member("public_key_version", &copy.public_key_version);
                    });
                }
            });
            json.array_member("action_signatures", |json| {
                json.object(|json| {
                    json.member("message_id", self.context.message_id);
                    json.member("encoded_message_event_detail", encode_base64(&self.detail));
                    json.object_member("message_event_signature", |json| {
                        json.member("signature", self.signature.to_base64_unpadded());
                        json.member("public_key_version", self.context.sender_key_version);
                        json.member("signature_version", self.signature_version());
                    });
                });
            });
        });
        json.finish()
    }
}
