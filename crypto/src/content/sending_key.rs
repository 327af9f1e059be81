//! The key to write with.

use super::EncryptError;
use crate::{ConversationId, ConversationKey, KeyVersion, Keyring, Suite};

impl Keyring {
    /// The current key, for writing to this conversation in the sender's suite.
    pub(crate) fn sending_key(
        &self,
        expected: ConversationId,
        sender: Suite,
    ) -> Result<(KeyVersion, &ConversationKey), EncryptError> {
        let found = self.conversation_id();
        if found != expected {
            return Err(EncryptError::OtherConversation { expected, found });
        }
        match self.current_with_suite()? {
            (found, ..) if found != sender => {
                Err(EncryptError::MixedSuites { expected: sender, found })
            }
            (_, version, key) => Ok((version, key)),
        }
    }

    /// The current key and its suite.
    pub(crate) fn current_with_suite(
        &self,
    ) -> Result<(Suite, KeyVersion, &ConversationKey), EncryptError> {
        let no_key = EncryptError::NoKey { id: self.conversation_id() };
        let (version, key) = self.current().ok_or(no_key)?;
        Ok((self.suite().ok_or(no_key)?, version, key))
    }
}
