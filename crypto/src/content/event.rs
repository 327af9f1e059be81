//! Reading a message: for this conversation, from a member, verified, then decrypted.

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest as _, Sha256};

use super::{Content, ReplyPreview};
use crate::event::{Envelope, EventError, EventField, envelope_claims, id};
use crate::sign::Transcript;
use crate::suite::content::MessageParts;
use crate::wire;
use crate::{
    Account, ActionMark, Conversation, ConversationId, DecryptError, KeyVersion, Keyring,
    MessageId, MessageTtl, Participant, ReadError, ReadPolicy, SequenceId, Stated, Suite,
    UnixMillis, Unsigned, UserId,
};

/// A message as the server delivered it: well-formed, encrypted, and otherwise just a claim.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageEvent {
    pub(super) envelope: Envelope,
    pub(super) key_version: KeyVersion,
    pub(super) contents: Vec<u8>,
    pub(super) ttl_msec: Option<i64>,
    pub(super) should_notify: Option<bool>,
}

/// What a message is read with.
pub(super) struct Reading<'a> {
    pub(super) reader: &'a Account,
    pub(super) conversation: &'a Conversation,
    pub(super) keyring: &'a Keyring,
    pub(super) signers: &'a [&'a Participant],
    pub(super) policy: ReadPolicy,
}

envelope_claims!(MessageEvent);

impl MessageEvent {
    pub(crate) fn from_wire(
        event: &wire::MessageEvent<'_>,
        message: &wire::MessageCreateEvent<'_>,
    ) -> Result<Self, EventError> {
        Ok(Self {
            envelope: Envelope::from_wire(event)?,
            // A message without it is plaintext: nobody signed it.
            key_version: id(message.conversation_key_version, EventField::KeyVersion)?,
            contents: message.contents.ok_or(EventError::Missing(EventField::Contents))?.into(),
            ttl_msec: message.ttl_msec,
            should_notify: message.should_notify,
        })
    }

    /// Who claims to have sent it.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.envelope.context.sender
    }

    /// The conversation it claims to be of.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.envelope.context.conversation
    }

    /// The version of the conversation key it is encrypted with.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.key_version
    }

    /// Verifies the message, then decrypts it.
    ///
    /// In this order: the event is of `conversation`; the sender is one of its members; the
    /// sender's key under the named version is among `signers`, or the reader's own account for
    /// what they sent themselves; the signature is of the version that key's suite uses, and
    /// verifies; the keyring has the key of the message's version, and of that suite; the content
    /// decrypts; it is a content. A quote that does not hold does not make the message fail.
    ///
    /// # Errors
    /// [`ReadError`].
    ///
    /// # Security
    /// `conversation` is what *you* know of the conversation, for history with the members it had
    /// then. A message can be delivered again: see [`SeenActions`](crate::SeenActions).
    pub fn open<'a>(
        &self,
        reader: &Account,
        conversation: &Conversation,
        keyring: &Keyring,
        signers: impl IntoIterator<Item = &'a Participant>,
    ) -> Result<VerifiedMessage, ReadError> {
        self.open_with_policy(reader, conversation, keyring, signers, ReadPolicy::strict())
    }

    /// As [`open`](Self::open), with a policy of its own for old history.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn open_with_policy<'a>(
        &self,
        reader: &Account,
        conversation: &Conversation,
        keyring: &Keyring,
        signers: impl IntoIterator<Item = &'a Participant>,
        policy: ReadPolicy,
    ) -> Result<VerifiedMessage, ReadError> {
        let signers: Vec<&Participant> = signers.into_iter().collect();
        let reading = Reading { reader, conversation, keyring, signers: &signers, policy };
        self.read(&reading, Some(&reading))
    }

    /// Opens the message; what it quotes is checked with `quotes`, if at all.
    pub(super) fn read(
        &self,
        reading: &Reading<'_>,
        quotes: Option<&Reading<'_>>,
    ) -> Result<VerifiedMessage, ReadError> {
        let Reading { reader, conversation, keyring, signers, policy } = *reading;
        let Envelope { context, signature, .. } = &self.envelope;
        self.envelope.check_sender(conversation)?;
        self.envelope.check_conversation(keyring.conversation_id())?;
        // One's own keys are never learnt from the directory.
        let signer = if context.sender == reader.user_id() {
            self.envelope.signer([reader.participant()])?
        } else {
            self.envelope.signer(signers.iter().copied())?
        };
        let suite = signer.suite();
        for expected in [Some(reader.suite()), keyring.suite()].into_iter().flatten() {
            if suite != expected {
                return Err(ReadError::MixedSuites { expected, found: suite });
            }
        }
        self.envelope.layout(suite, policy)?;
        let verifier = &signer.signing_key().0;
        verifier.check_form(signature)?;
        let context = context.with_key(self.key_version);
        verifier.verify_message(&context, self.parts(), signature)?;
        let version = self.key_version;
        let key = keyring.get(version).ok_or(ReadError::NoKey { version })?;
        let plaintext = suite.decrypt_message(key, &context, &self.contents).ok_or(DecryptError)?;
        let content =
            Content::decode(&plaintext, version, |preview| ReplyPreview::check(preview, quotes))?;
        Ok(VerifiedMessage { event: self.clone(), suite, content })
    }

    fn parts(&self) -> MessageParts<'_> {
        MessageParts {
            contents: &self.contents,
            ttl_msec: self.ttl_msec,
            should_notify: self.should_notify,
        }
    }
}

impl fmt::Debug for MessageEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageEvent")
            .field("context", &self.envelope.context)
            .field("key_version", &self.key_version)
            .field("contents", &self.contents.len())
            .finish_non_exhaustive()
    }
}

/// A message that a member of the conversation wrote and signed.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedMessage {
    pub(super) event: MessageEvent,
    suite: Suite,
    content: Content,
}

impl VerifiedMessage {
    /// What it says.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// The message it replies to, if it is a text that replies to one.
    #[must_use]
    pub const fn reply(&self) -> Option<&ReplyPreview> {
        match &self.content {
            Content::Text(text) => text.reply(),
            _ => None,
        }
    }

    /// The conversation it was written for.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.event.conversation_id()
    }

    /// Who wrote it.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.event.sender()
    }

    /// The sender's id of it.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.event.message_id()
    }

    /// The version of the conversation key it was written under.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.event.key_version
    }

    /// The suite it was encrypted and signed in.
    #[must_use]
    pub const fn suite(&self) -> Suite {
        self.suite
    }

    /// How long it lives; signed in the X25519 suite only.
    #[must_use]
    pub fn ttl(&self) -> Stated<Option<MessageTtl>> {
        self.stated(self.event.ttl_msec.and_then(MessageTtl::from_wire))
    }

    /// Whether its recipients are notified; signed in the X25519 suite only.
    #[must_use]
    pub fn should_notify(&self) -> Stated<Option<bool>> {
        self.stated(self.event.should_notify)
    }

    /// The server's number of it.
    #[must_use]
    pub fn sequence_id(&self) -> Option<Unsigned<SequenceId>> {
        self.event.envelope.sequence_id.map(Unsigned::new)
    }

    /// The server's time of it.
    #[must_use]
    pub fn created_at(&self) -> Option<Unsigned<UnixMillis>> {
        self.event.envelope.created_at.map(Unsigned::new)
    }

    /// What names it among those that were read, see [`SeenActions`](crate::SeenActions).
    #[must_use]
    pub fn mark(&self) -> ActionMark {
        let MessageEvent { envelope, key_version, contents, .. } = &self.event;
        let contents: [u8; 32] = Sha256::digest(contents).into();
        let signed = Transcript::new("sealpost/1 seen-message")
            .id(envelope.context.message_id)
            .id(envelope.context.sender)
            .id(envelope.context.conversation)
            .id(*key_version)
            .bytes(&contents);
        ActionMark::new(self.sender(), &signed)
    }

    /// Whether this is an edit of `original`: by the same sender, in the same conversation, of the
    /// number under which the server showed the original.
    #[must_use]
    pub fn is_edit_of(&self, original: &Self) -> bool {
        let Content::Edit(edit) = &self.content else { return false };
        self.sender() == original.sender()
            && self.conversation_id() == original.conversation_id()
            && original.event.envelope.sequence_id == Some(edit.target())
    }

    fn stated<T>(&self, value: T) -> Stated<T> {
        if self.suite.signs_delivery() {
            Stated::Signed(value)
        } else {
            Stated::Unsigned(Unsigned::new(value))
        }
    }

    /// As it stands inside a quote: its own quote is a claim.
    pub(super) fn into_nested(self) -> Self {
        Self { content: self.content.into_nested(), ..self }
    }
}

/// Without what it says.
impl fmt::Debug for VerifiedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedMessage")
            .field("event", &self.event)
            .field("content", &self.content)
            .finish_non_exhaustive()
    }
}
