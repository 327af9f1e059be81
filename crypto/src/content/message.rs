//! Writing a message: encrypted under the conversation's current key, then signed.

use alloc::string::String;

use rand_core::TryCryptoRng;

use super::signed::SignedMessage;
use super::{Attachment, Content, Edit, EncryptError, Reaction, ReplyPreview, Text};
use crate::context::ActionContext;
use crate::suite::content::MessageParts;
use crate::{
    Account, Conversation, ConversationKey, EncodedEvent, KeyVersion, Keyring, MessageId,
    MessageTtl,
};

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    content: Content,
    ttl: Option<MessageTtl>,
    should_notify: bool,
}

impl Message {
    /// The most bytes an encrypted message may have: an event around it, in base64, is still one
    /// that readers take.
    pub const MAX_LENGTH: usize = EncodedEvent::MAX_LENGTH / 4 * 3 - 4096;

    /// A message that says this.
    #[must_use]
    pub fn new(content: impl Into<Content>) -> Self {
        Self { content: content.into(), ttl: None, should_notify: true }
    }

    /// A message of nothing but a text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(Text::new(text))
    }

    /// A reaction to an older message.
    #[must_use]
    pub fn add_reaction(reaction: Reaction) -> Self {
        Self::new(Content::AddReaction(reaction))
    }

    /// Takes back one's reaction.
    #[must_use]
    pub fn remove_reaction(reaction: Reaction) -> Self {
        Self::new(Content::RemoveReaction(reaction))
    }

    /// A new text for one's own older message.
    #[must_use]
    pub fn edit(edit: Edit) -> Self {
        Self::new(edit)
    }

    /// The message is gone after this time. X's signatures do not cover it: its server may forget
    /// about it.
    #[must_use]
    pub fn expires_after(mut self, ttl: impl Into<MessageTtl>) -> Self {
        self.ttl = Some(ttl.into());
        self
    }

    /// Nobody is notified.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.should_notify = false;
        self
    }

    /// What it says.
    #[must_use]
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// Encrypts and signs the message under the keyring's current key, with the operating
    /// system's generator.
    ///
    /// # Errors
    /// [`EncryptError`]. Nothing was encrypted then.
    ///
    /// # Security
    /// Whoever has the key reads the message, whatever `conversation` says of its members: rotate
    /// the key when one leaves, and write after that.
    #[cfg(feature = "getrandom")]
    pub fn encrypt(
        &self,
        sender: &Account,
        conversation: &Conversation,
        keyring: &Keyring,
    ) -> Result<SignedMessage, EncryptError> {
        self.encrypt_with_rng(sender, conversation, keyring, &mut getrandom::SysRng)
    }

    /// Encrypts and signs the message under the keyring's current key, with the caller's
    /// generator.
    ///
    /// # Errors
    /// [`EncryptError`]. Nothing was encrypted then.
    pub fn encrypt_with_rng<R: TryCryptoRng + ?Sized>(
        &self,
        sender: &Account,
        conversation: &Conversation,
        keyring: &Keyring,
        rng: &mut R,
    ) -> Result<SignedMessage, EncryptError> {
        if !conversation.contains(sender.user_id()) {
            return Err(EncryptError::SenderNotMember { sender: sender.user_id() });
        }
        let (key_version, key) = keyring.sending_key(conversation.id(), sender.suite())?;
        self.check_belongs(conversation, key_version)?;
        let plaintext = self.content.encode()?;
        if plaintext.len() > Self::MAX_LENGTH {
            return Err(EncryptError::TooLong { limit: Self::MAX_LENGTH });
        }
        self.sign_plaintext(&plaintext, sender, conversation, (key_version, key), rng)
    }

    pub(crate) fn sign_plaintext<R: TryCryptoRng + ?Sized>(
        &self,
        plaintext: &[u8],
        sender: &Account,
        conversation: &Conversation,
        (key_version, key): (KeyVersion, &ConversationKey),
        rng: &mut R,
    ) -> Result<SignedMessage, EncryptError> {
        let context = ActionContext {
            message_id: MessageId::random_with_rng(rng)?,
            sender: sender.user_id(),
            sender_key_version: sender.public_key_version(),
            conversation: conversation.id(),
        }
        .with_key(key_version);
        let suite = sender.suite();
        let contents = suite.encrypt_message(key, &context, plaintext, rng)?;
        let parts = MessageParts {
            contents: &contents,
            ttl_msec: self.ttl.map(MessageTtl::as_wire),
            should_notify: Some(self.should_notify),
        };
        let signature = sender.keys.sign_message(&context, parts);
        Ok(SignedMessage::new(context, suite, parts, signature)?)
    }

    /// What is quoted must be of this conversation, what is attached under this key.
    fn check_belongs(
        &self,
        conversation: &Conversation,
        message: KeyVersion,
    ) -> Result<(), EncryptError> {
        let Content::Text(text) = &self.content else { return Ok(()) };
        if let Some(ReplyPreview::Verified(quote)) = text.reply() {
            let found = quote.original().conversation_id();
            if found != conversation.id() {
                return Err(EncryptError::OtherConversation { expected: conversation.id(), found });
            }
        }
        let mut media = text.attachments().iter().filter_map(Attachment::media);
        match media.find(|media| media.key_version() != message) {
            Some(media) => {
                Err(EncryptError::OtherMediaKey { attachment: media.key_version(), message })
            }
            None => Ok(()),
        }
    }
}
