//! Signed: the only state that turns into a request.

use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use super::{ChangeKind, KeysOnly, PreparedKeyChange};
use crate::context::ChangeContext;
use crate::json::JsonWriter;
use crate::request::{ActionDetail, ActionJson};
use crate::{Conversation, ConversationKey, MessageId, Signature, Suite};

/// A sealed and signed key change.
#[derive(Debug)]
#[must_use = "a signed change must be prepared to be sent"]
pub struct SignedKeyChange<'a, K = KeysOnly> {
    pub(super) suite: Suite,
    pub(super) context: ChangeContext,
    pub(super) key: ConversationKey,
    /// Up to the signatures.
    pub(super) body: JsonWriter,
    /// The key change first, then the group action.
    pub(super) actions: Vec<ActionSignature>,
    pub(super) kind: PhantomData<(&'a Conversation, K)>,
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

    /// In the strict form of X's OpenAPI description 2.167, like the whole body.
    fn write(&self, suite: Suite, context: &ChangeContext, json: &mut JsonWriter) {
        let action = ActionJson {
            message_id: self.message_id,
            detail: ActionDetail::Bytes(&self.detail),
            signature: &self.signature,
            public_key_version: context.sender_key_version,
            suite,
            payload: self.payload.as_deref(),
        };
        action.write(json);
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
        let Self { suite, context, key, mut body, actions, kind: _ } = self;
        body.array_member("action_signatures", |json| {
            for action in &actions {
                action.write(suite, &context, json);
            }
        });
        body.close_object();
        (PreparedKeyChange::new(context, suite, key.fingerprint(), body.finish()), key)
    }
}
