//! Signed: the only state that turns into a request.

use alloc::string::String;
use alloc::vec::Vec;

use super::sealed::CopyText;
use super::{ChangeKind, KeysOnly, PreparedKeyChange};
use crate::context::ChangeContext;
use crate::encoding::encode_base64;
use crate::json::JsonWriter;
use crate::request::ActionJson;
use crate::{Conversation, ConversationKey, MessageId, Signature, Suite};

/// A sealed and signed key change.
#[derive(Debug)]
#[must_use = "a signed change must be prepared to be sent"]
pub struct SignedKeyChange<'a, K = KeysOnly> {
    pub(super) suite: Suite,
    pub(super) conversation: &'a Conversation,
    pub(super) context: ChangeContext,
    pub(super) key: ConversationKey,
    pub(super) copies: Vec<CopyText>,
    /// The key change first, then the group action.
    pub(super) actions: Vec<ActionSignature>,
    pub(super) kind: K,
}

/// One signed action of a request.
#[derive(Clone, Debug)]
pub struct ActionSignature {
    pub(super) message_id: MessageId,
    pub(super) detail: Vec<u8>,
    pub(super) signature: Signature,
    /// The text that was signed, where X's API wants to see it. Never that of a key change.
    pub(super) payload: Option<String>,
}

impl ActionSignature {
    /// The id of the action.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.message_id
    }

    /// The sender's signature over it.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }
}

impl<K: ChangeKind> SignedKeyChange<'_, K> {
    /// The signed actions: the key change, then the group action if there is one.
    #[must_use]
    pub fn actions(&self) -> &[ActionSignature] {
        &self.actions
    }

    /// The `signature_version` that goes with it.
    #[must_use]
    pub const fn signature_version(&self) -> &'static str {
        self.suite.signature_version()
    }

    /// The id of the key change that was signed.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.context.message_id
    }

    /// Assembles the request body, once and for all tries, and hands out the key.
    ///
    /// Persist the prepared change before it is sent. The key needs no saving then: after a crash
    /// it comes back by opening one's own copy.
    #[must_use]
    pub fn prepare(self) -> (PreparedKeyChange<K>, ConversationKey) {
        let body = self.body();
        (PreparedKeyChange::new(self.context, self.suite, self.key.fingerprint(), body), self.key)
    }

    /// The body in the strict form of X's OpenAPI description 2.167.
    fn body(&self) -> String {
        // Both the body and the base64 of the details hold every copy once.
        let details: usize = self.actions.iter().map(|action| action.detail.len()).sum();
        let mut json = JsonWriter::with_capacity(1024 + details * 3);
        json.object(|json| {
            self.kind.write_body(self.conversation, json);
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
                for action in &self.actions {
                    self.write_action(action, json);
                }
            });
        });
        json.finish()
    }

    fn write_action(&self, action: &ActionSignature, json: &mut JsonWriter) {
        let action = ActionJson {
            message_id: action.message_id,
            detail: encode_base64(&action.detail),
            signature: &action.signature,
            public_key_version: self.context.sender_key_version,
            suite: self.suite,
            payload: action.payload.as_deref(),
        };
        action.write(json);
    }
}
