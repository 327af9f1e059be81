//! Sealed: every participant has a copy, nobody has signed yet.

use alloc::string::ToString as _;
use alloc::vec::Vec;
use core::marker::PhantomData;

use super::signed::ActionSignature;
use super::{ChangeKind, KeysOnly, SignedKeyChange};
use crate::context::ChangeContext;
use crate::encoding::{base64_length, write_base64};
use crate::json::JsonWriter;
use crate::seal::{SealedCopy, SealedKey};
use crate::sign::SignError;
use crate::wire::{ConversationParticipantKey, EntryWriter, MessageEventDetail, WireError};
use crate::{Account, Conversation, ConversationKey, MessageId, UserId};

/// A conversation key sealed to every participant, waiting to be signed.
#[derive(Debug)]
#[must_use = "a sealed change must be signed and prepared to be sent"]
pub struct SealedKeyChange<'a, K = KeysOnly> {
    pub(super) account: &'a Account,
    pub(super) conversation: &'a Conversation,
    pub(super) context: ChangeContext,
    /// The id of the group action, where the kind has one.
    pub(super) group_message_id: Option<MessageId>,
    pub(super) key: ConversationKey,
    pub(super) copies: Vec<SealedCopy>,
    pub(super) kind: K,
}

impl<'a, K: ChangeKind> SealedKeyChange<'a, K> {
    /// The sealed copies and whom they are for, by user id, the sender's own included.
    #[must_use]
    pub fn copies(&self) -> impl ExactSizeIterator<Item = (UserId, &SealedKey)> {
        self.copies.iter().map(|copy| (copy.recipient.user, &copy.sealed))
    }

    /// Signs the change, and the group action that goes with it, with the sender's signing key.
    ///
    /// # Errors
    /// [`SignError`] when the change does not fit an event, or a text cannot be signed in the
    /// sender's suite.
    pub fn sign(self) -> Result<SignedKeyChange<'a, K>, SignError> {
        let (body, detail) = self.text()?;
        let keys = &self.account.keys;
        let mut actions = Vec::from([ActionSignature {
            message_id: self.context.message_id,
            detail,
            signature: keys.sign_key_change(&self.context, &self.key),
            // X's payload of a key change is the key: there is nothing one could show.
            payload: None,
        }]);
        if let Some(message_id) = self.group_message_id {
            let context = ChangeContext { message_id, ..self.context };
            actions.extend(self.kind.sign(keys, &context, self.conversation)?);
        }
        Ok(SignedKeyChange {
            suite: self.account.suite(),
            context: self.context,
            key: self.key,
            body,
            actions,
            kind: PhantomData,
        })
    }

    /// The copies as text, which stands twice in a request and is made once: in the body, here up
    /// to the signatures, and in the detail of the event.
    fn text(&self) -> Result<(JsonWriter, Vec<u8>), SignError> {
        let version = self.context.key_version.to_string();
        let count = self.copies.len();
        let text = count * (base64_length(self.account.suite().sealed_key_length()) + 2 * DIGITS);
        let mut json = JsonWriter::with_capacity(self.body_length(text));
        json.open_object();
        self.kind.write_body(self.conversation, &mut json);
        json.plain_member("conversation_key_version", &version);
        let detail = MessageEventDetail::encode_key_change(&version, count, text, |entries| {
            json.array_member("conversation_participant_keys", |json| {
                self.copies.iter().try_for_each(|copy| write_copy(copy, json, entries))
            })
        })?;
        Ok((json, detail))
    }

    /// About how long the body will be, so that it need not grow: the entries, their event in
    /// base64, and for each member the lists of a group action.
    fn body_length(&self, text: usize) -> usize {
        const ENTRY: usize =
            r#"{"user_id":"","encrypted_conversation_key":"","public_key_version":""},"#.len();
        const WIRE: usize = 22;
        const MEMBER: usize = 80;
        let count = self.copies.len();
        let lists = if K::HAS_ACTION { self.conversation.members().len() * MEMBER } else { 0 };
        text + count * ENTRY + base64_length(text + count * WIRE) + lists + 4096
    }
}

/// As many as a 64-bit number has.
const DIGITS: usize = 20;

fn write_copy(
    copy: &SealedCopy,
    json: &mut JsonWriter,
    entries: &mut EntryWriter<'_>,
) -> Result<(), WireError> {
    let (mut user, mut version) = (itoa::Buffer::new(), itoa::Buffer::new());
    let user_id = user.format(copy.recipient.user.as_u64());
    let public_key_version = version.format(copy.recipient.public_key_version.as_u64());
    let mut sealed = [0; 160];
    let sealed = write_base64(copy.sealed.as_bytes(), &mut sealed);
    json.object(|json| {
        json.plain_member("user_id", user_id);
        json.plain_member("encrypted_conversation_key", sealed);
        json.plain_member("public_key_version", public_key_version);
    });
    entries.write(&ConversationParticipantKey {
        user_id: Some(user_id),
        encrypted_conversation_key: Some(sealed),
        public_key_version: Some(public_key_version),
    })
}
