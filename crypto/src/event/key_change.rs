//! Reading a key change: for this conversation, from a member, opened, then verified.

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

use super::envelope::{Envelope, envelope_claims, id, required};
use super::{EventError, EventField, ReadError, ReadPolicy};
use crate::action::Layout;
use crate::context::ChangeContext;
use crate::seal::SealedKey;
use crate::suite::Recipient;
use crate::wire::{ConversationKeyChangeEvent, ConversationParticipantKey, MessageEvent};
use crate::{
    Account, Conversation, ConversationId, ConversationKey, KeyVersion, MessageId, Participant,
    PublicKeyVersion, Suite, UserId,
};

/// A key change as the server delivered it: well-formed, and otherwise just a claim.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyChangeEvent {
    envelope: Envelope,
    key_version: KeyVersion,
    /// In the order of the event: old signatures cover it.
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Eq)]
struct Entry {
    user: UserId,
    public_key_version: PublicKeyVersion,
    /// Decoded only for the reader's own entry.
    sealed_key: Box<str>,
}

envelope_claims!(KeyChangeEvent);

impl KeyChangeEvent {
    pub(super) fn from_wire(
        event: &MessageEvent<'_>,
        change: &ConversationKeyChangeEvent<'_>,
    ) -> Result<Self, EventError> {
        Ok(Self {
            envelope: Envelope::from_wire(event)?,
            key_version: id(change.conversation_key_version, EventField::KeyVersion)?,
            entries: entries(&change.conversation_participant_keys)?,
        })
    }

    /// Who claims to have made the change.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.envelope.context.sender
    }

    /// The conversation it claims to be of.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.envelope.context.conversation
    }

    /// The version of the new key.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.key_version
    }

    /// Who has a copy, in the order of the event.
    #[must_use]
    pub fn recipients(&self) -> impl ExactSizeIterator<Item = UserId> + '_ {
        self.entries.iter().map(|entry| entry.user)
    }

    /// The same without the copies of others, which take up nearly all of the memory of a large
    /// group's change. It [opens](Self::open) as before; only X's old signatures, which cover all
    /// copies, do not verify any more.
    #[must_use]
    pub fn without_copies_of_others(mut self, reader: UserId) -> Self {
        for entry in self.entries.iter_mut().filter(|entry| entry.user != reader) {
            entry.sealed_key = Box::default();
        }
        self
    }

    /// Opens the reader's own copy and verifies the change.
    ///
    /// In this order: the event is of `conversation`; the sender is one of its members; the
    /// sender's key under the named version is among `signers`, or the reader's own account for what
    /// they sent themselves; the signature is of the version that key's suite uses; the reader has exactly one
    /// copy, sealed to the account's own key version; it opens; the signature verifies over it.
    ///
    /// # Errors
    /// [`ReadError`]. Nothing has changed anywhere then.
    ///
    /// # Security
    /// `conversation` is what *you* know of the conversation, not what the server says of it.
    pub fn open<'a>(
        &self,
        reader: &'a Account,
        conversation: &Conversation,
        signers: impl IntoIterator<Item = &'a Participant>,
    ) -> Result<VerifiedKeyChange, ReadError> {
        self.open_with_policy(reader, conversation, signers, ReadPolicy::strict())
    }

    /// As [`open`](Self::open), with a policy of its own for old history.
    ///
    /// # Errors
    /// [`ReadError`]. Nothing has changed anywhere then.
    pub fn open_with_policy<'a>(
        &self,
        reader: &'a Account,
        conversation: &Conversation,
        signers: impl IntoIterator<Item = &'a Participant>,
        policy: ReadPolicy,
    ) -> Result<VerifiedKeyChange, ReadError> {
        let signature = &self.envelope.signature;
        let context = self.envelope.context.with_key(self.key_version);
        self.envelope.check_sender(conversation)?;
        // One's own keys are never learnt from the directory.
        let signer = if context.sender == reader.user_id() {
            self.envelope.signer([reader.participant()])?
        } else {
            self.envelope.signer(signers)?
        };
        let suite = signer.suite();
        if suite != reader.suite() {
            return Err(ReadError::MixedSuites { expected: reader.suite(), found: suite });
        }
        let layout = self.envelope.layout(suite, policy)?;
        signer.signing_key().0.check_form(signature)?;
        let sealed = self.own_copy(reader)?;
        let recipient =
            Recipient { user: reader.user_id(), public_key_version: reader.public_key_version() };
        let key = reader.keys.open(&context, recipient, &sealed)?;
        let verifier = &signer.signing_key().0;
        if layout.covers_key() {
            verifier.verify_key_change(&context, &key, signature)?;
        } else {
            let copies = self
                .entries
                .iter()
                .map(|entry| (entry.user, &*entry.sealed_key, entry.public_key_version));
            verifier.verify_sealed_copies(&context, copies, signature)?;
        }
        Ok(VerifiedKeyChange { context, suite, layout, key })
    }

    fn own_copy(&self, reader: &Account) -> Result<SealedKey, ReadError> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.user == reader.user_id())
            .ok_or(ReadError::NoCopy { reader: reader.user_id() })?;
        if entry.public_key_version != reader.public_key_version() {
            return Err(ReadError::OtherKeyVersion {
                sealed_to: entry.public_key_version,
                account: reader.public_key_version(),
            });
        }
        Ok(SealedKey::from_base64(reader.suite(), &entry.sealed_key)?)
    }
}

impl fmt::Debug for KeyChangeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyChangeEvent")
            .field("context", &self.envelope.context)
            .field("key_version", &self.key_version)
            .field("recipients", &self.entries.len())
            .finish_non_exhaustive()
    }
}

/// A key change that a member made for the conversation it was read for: opened and verified.
/// A [`Keyring`](crate::Keyring) decides what becomes of its key.
#[derive(Debug)]
#[must_use = "a verified key is lost unless a keyring adopts it"]
pub struct VerifiedKeyChange {
    context: ChangeContext,
    suite: Suite,
    layout: Layout,
    key: ConversationKey,
}

impl VerifiedKeyChange {
    /// The conversation the key is for.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.context.conversation
    }

    /// The version of the key.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.context.key_version
    }

    /// Who made the change.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.context.sender
    }

    /// The sender's id of the action.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.context.message_id
    }

    /// The suite it was sealed and signed in.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// Whether the signature is of X's old kind (versions 2 to 5), which does not cover the key
    /// itself. Such a key is for reading history only.
    #[must_use]
    pub fn is_legacy(&self) -> bool {
        !self.layout.covers_key()
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &ConversationKey {
        &self.key
    }

    pub(crate) fn into_key(self) -> ConversationKey {
        self.key
    }
}

fn entries(keys: &[ConversationParticipantKey<'_>]) -> Result<Vec<Entry>, EventError> {
    let mut users = BTreeSet::new();
    keys.iter()
        .map(|key| {
            let user = id(key.user_id, EventField::EntryUserId)?;
            if !users.insert(user) {
                return Err(EventError::DuplicateEntry { user });
            }
            Ok(Entry {
                user,
                public_key_version: id(key.public_key_version, EventField::EntryPublicKeyVersion)?,
                sealed_key: required(key.encrypted_conversation_key, EventField::EntrySealedKey)?
                    .into(),
            })
        })
        .collect()
}
