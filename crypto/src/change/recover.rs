//! Getting the key back out of a prepared change, after a crash.

use alloc::format;

use super::PreparedKeyChange;
use crate::context::ChangeContext;
use crate::seal::{OpenError, SealedKey, SealedKeyError};
use crate::suite::Recipient;
use crate::{Account, ConversationKey, PublicKeyVersion, UserId};

/// The key of a prepared change cannot be had back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The change is another user's.
    #[error("the change was prepared by user {sender}")]
    OtherSender {
        /// Who prepared it.
        sender: UserId,
    },
    /// The body has no readable copy for the account: it is not the one that was prepared.
    #[error("the prepared body has no copy for its sender")]
    NoCopy,
    /// The copy is for other keys of the sender.
    #[error("the copy is sealed to the sender's keys of version {sealed_to}, not {account}")]
    OtherKeyVersion {
        /// The version it is sealed to.
        sealed_to: PublicKeyVersion,
        /// The version of the account.
        account: PublicKeyVersion,
    },
    /// The copy is not a sealed key.
    #[error("the sender's copy is malformed: {0}")]
    Malformed(#[from] SealedKeyError),
    /// The copy does not open, or not to the key that was prepared.
    #[error("the sender's copy does not open to the key that was prepared")]
    Open(#[from] OpenError),
}

impl RecoverError {
    /// A stable name for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherSender { .. } => "recover.other_sender",
            Self::NoCopy => "recover.no_copy",
            Self::OtherKeyVersion { .. } => "recover.other_key_version",
            Self::Malformed(error) => error.code(),
            Self::Open(_) => "recover.open",
        }
    }
}

impl<K> PreparedKeyChange<K> {
    /// The key of this change, from the sender's own copy of it. So only the change needs saving
    /// before it is sent, and not the key.
    ///
    /// # Errors
    /// [`RecoverError`] when the change is not this account's, or not as it was prepared.
    pub fn recover_key(&self, account: &Account) -> Result<ConversationKey, RecoverError> {
        if account.user_id() != self.sender {
            return Err(RecoverError::OtherSender { sender: self.sender });
        }
        let (sealed, sealed_to) = self.copy_of(self.sender).ok_or(RecoverError::NoCopy)?;
        let public_key_version = account.public_key_version();
        if sealed_to != public_key_version {
            let account = public_key_version;
            return Err(RecoverError::OtherKeyVersion { sealed_to, account });
        }
        let context = ChangeContext {
            message_id: self.message_id,
            sender: self.sender,
            sender_key_version: public_key_version,
            conversation: self.conversation_id,
            key_version: self.key_version,
        };
        let recipient = Recipient { user: self.sender, public_key_version };
        let sealed = SealedKey::from_base64(self.suite, sealed)?;
        let key = account.keys.open(&context, recipient, &sealed)?;
        // XChat's seal binds nothing: any copy opens.
        if key.fingerprint() == self.key_fingerprint { Ok(key) } else { Err(OpenError.into()) }
    }

    /// A user's entry, as [`SignedKeyChange`](super::SignedKeyChange) writes it. In a text of the
    /// body, such as a group's title, quotes are escaped, so that none can look like an entry.
    fn copy_of(&self, user: UserId) -> Option<(&str, PublicKeyVersion)> {
        let start = format!("{{\"user_id\":\"{user}\",\"encrypted_conversation_key\":\"");
        let (_, entry) = self.body.split_once(&start)?;
        let (sealed, rest) = entry.split_once("\",\"public_key_version\":\"")?;
        let (version, _) = rest.split_once('"')?;
        Some((sealed, version.parse().ok()?))
    }
}
