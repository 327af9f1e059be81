//! Messages: sent, deleted and read.

use sealpost_crypto::{ConversationId, PublicKeyVersion, SequenceId, UnixMillis, UserId};

use super::{Conversations, Log};
use crate::directory::Directory;
use crate::event::{Event, EventKind};
use crate::problem::Problem;
use crate::validate::{
    Deletion, MESSAGE_EVENT, MESSAGE_SIGNATURE, Message, SEEN_UNTIL, action_path, sequence_path,
};

impl Conversations {
    /// Adds a message, or refuses to and changes nothing. Returns its event, and whether it is new:
    /// the same message sent again is the event it became.
    pub(crate) fn send(
        &mut self,
        conversation: ConversationId,
        sender: UserId,
        message: &Message,
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<(String, bool), Problem> {
        self.members_for(conversation, sender)?;
        let draft = message.draft();
        let log = self.log(conversation);
        let repeated = log.map_or(Ok(None), |log| log.repeated(draft, sender, "message_id"))?;
        if let Some(event) = repeated {
            return Ok((event.encoded.clone(), false));
        }
        if let Some(signature) = &message.signature {
            check_signer(directory, sender, signature.public_key_version, MESSAGE_SIGNATURE)?;
        }
        self.check_key(conversation, message)?;
        self.append(conversation, sender, now, &[draft])?;
        let event = self.log(conversation).and_then(Log::last);
        Ok((event.map(|event| event.encoded.clone()).unwrap_or_default(), true))
    }

    /// A message is encrypted under the conversation's newest key.
    fn check_key(&self, conversation: ConversationId, message: &Message) -> Result<(), Problem> {
        let version = message.key_version;
        let log = self.log(conversation);
        if !log.is_some_and(|log| log.has_key_version(version)) {
            let detail = format!(
                "{MESSAGE_EVENT} is encrypted under a key that the conversation never had, version {version}."
            );
            return Err(Problem::invalid(MESSAGE_EVENT, detail));
        }
        match log.and_then(Log::newest_key_version) {
            Some(newest) if newest != version => {
                let detail = format!(
                    "{MESSAGE_EVENT} is encrypted under version {version} of the key, and the newest one is {newest}."
                );
                Err(Problem::conflict(MESSAGE_EVENT, detail))
            }
            _ => Ok(()),
        }
    }

    /// Whether this very deletion happened before.
    pub(crate) fn is_deleted(
        &self,
        conversation: ConversationId,
        user: UserId,
        deletion: &Deletion,
    ) -> Result<bool, Problem> {
        let draft = deletion.draft();
        let path = action_path(0, "message_id");
        let log = self.log(conversation);
        let event = log.map_or(Ok(None), |log| log.repeated(draft, user, &path))?;
        Ok(event.is_some())
    }

    /// Deletes messages, or refuses to and changes nothing.
    pub(crate) fn delete(
        &mut self,
        conversation: ConversationId,
        user: UserId,
        deletion: &Deletion,
        directory: &Directory,
        now: UnixMillis,
    ) -> Result<(), Problem> {
        self.members_for(conversation, user)?;
        let for_all = deletion.for_all;
        let version = deletion.action.signature.public_key_version;
        let path = action_path(0, "message_event_signature.public_key_version");
        check_signer(directory, user, version, &path)?;
        for (index, sequence_id) in deletion.sequence_ids.iter().enumerate() {
            let event = self.event_for(conversation, user, *sequence_id, sequence_path(index))?;
            check_deletable(event, user, for_all, index)?;
        }
        self.append(conversation, user, now, &[deletion.draft()])?;
        self.log_mut(conversation).delete(&deletion.sequence_ids, for_all, user);
        Ok(())
    }

    /// Marks a conversation as read, and says whether that is news.
    pub(crate) fn mark_read(
        &mut self,
        conversation: ConversationId,
        user: UserId,
        until: SequenceId,
    ) -> Result<bool, Problem> {
        self.members_for(conversation, user)?;
        self.event_for(conversation, user, until, SEEN_UNTIL.to_owned())?;
        Ok(self.log_mut(conversation).mark_read(user, until))
    }

    fn event_for(
        &self,
        conversation: ConversationId,
        user: UserId,
        sequence_id: SequenceId,
        path: String,
    ) -> Result<&Event, Problem> {
        let event = self.log(conversation).and_then(|log| log.event(sequence_id, user));
        event.ok_or_else(|| Problem::not_found(path, "message", &sequence_id.to_string()))
    }
}

fn check_deletable(
    event: &Event,
    user: UserId,
    for_all: bool,
    index: usize,
) -> Result<(), Problem> {
    let (path, id) = (sequence_path(index), event.place.sequence_id.to_string());
    if event.kind != EventKind::Message {
        let detail = format!("{path} names an event that is no message.");
        return Err(Problem::invalid(path, detail).value(&id));
    }
    if for_all && event.place.sender != user {
        let detail = format!("User {user} cannot delete the message of another user for all.");
        return Err(Problem::not_authorized(path, "message", &id, detail));
    }
    Ok(())
}

/// Refuses a signature by keys that the sender has not registered.
pub(super) fn check_signer(
    directory: &Directory,
    sender: UserId,
    version: PublicKeyVersion,
    path: &str,
) -> Result<(), Problem> {
    if directory.has_version(sender, version) {
        return Ok(());
    }
    let detail = format!("The sender, user {sender}, has not registered this version.");
    Err(Problem::invalid(path, detail).value(&version.to_string()))
}
