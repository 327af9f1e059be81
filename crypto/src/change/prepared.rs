//! Prepared: the finished, immutable request.

use alloc::string::String;
use core::fmt;
use core::marker::PhantomData;

use super::KeysOnly;
use crate::context::ChangeContext;
use crate::{
    ConversationId, ConversationPath, KeyFingerprint, KeyVersion, MessageId, Suite, UserId,
};

/// A finished request: the exact bytes of its body and the ids to recognise it by. It holds no secret and may be written to disk.
///
/// With the feature `serde` it is saved and read back whole. Every try sends the same bytes. There is no idempotency key in X's API: a second key for one
/// change would split the conversation, so nothing here can make one.
///
/// The kind says where it goes; see [`ChangeKind`](crate::ChangeKind).
#[derive(Clone, PartialEq, Eq)]
pub struct PreparedKeyChange<K = KeysOnly> {
    pub(super) conversation_id: ConversationId,
    pub(super) sender: UserId,
    pub(super) message_id: MessageId,
    pub(super) key_version: KeyVersion,
    pub(super) suite: Suite,
    pub(super) key_fingerprint: KeyFingerprint,
    pub(super) body: String,
    pub(super) kind: PhantomData<K>,
}

impl<K> PreparedKeyChange<K> {
    pub(super) fn new(
        context: ChangeContext,
        suite: Suite,
        key_fingerprint: KeyFingerprint,
        body: String,
    ) -> Self {
        Self {
            conversation_id: context.conversation,
            sender: context.sender,
            message_id: context.message_id,
            key_version: context.key_version,
            suite,
            key_fingerprint,
            body,
            kind: PhantomData,
        }
    }

    /// The conversation that was signed. A reply that names another one changes nothing.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.conversation_id
    }

    /// The conversation as the request's path spells it: the recipient's bare id for a direct
    /// conversation, `gN` for a group.
    #[must_use]
    pub fn path(&self) -> ConversationPath {
        self.conversation_id.path_from(self.sender)
    }

    /// Who signed it.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.sender
    }

    /// The id of the signed action: what to look for when an answer was lost.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.message_id
    }

    /// The version of the new key.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.key_version
    }

    /// The fingerprint of the new key, which is no secret.
    #[must_use]
    pub const fn key_fingerprint(&self) -> KeyFingerprint {
        self.key_fingerprint
    }

    /// The suite it is sealed and signed in.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// The body's bytes: UTF-8 JSON, the same on every try.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }
}

impl<K> fmt::Debug for PreparedKeyChange<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedKeyChange")
            .field("conversation_id", &self.conversation_id)
            .field("sender", &self.sender)
            .field("message_id", &self.message_id)
            .field("key_version", &self.key_version)
            .field("suite", &self.suite)
            .field("key_fingerprint", &self.key_fingerprint)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}
