//! Sending: written down first, and the same bytes on every try.

use super::{Session, SessionError, SessionEvent};
use crate::vault::{ConversationRecord, RefusedMessage};
use crate::{
    Action, ChatEvent, Content, ConversationId, DeleteFor, DeleteMessages, Edit, Emoji, Error,
    MediaHashKey, Message, MessageId, MessageSent, PreparedMessage, Reaction, SequenceId,
    StatusCode, Text, VerifiedMessage,
};

/// A message that the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// Its id, which tells readers that two deliveries are one message.
    pub message_id: MessageId,
    /// The server's number of it, where it told it: what a reaction or an edit names.
    pub sequence_id: Option<SequenceId>,
}

impl Session {
    /// Sends a text.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn send_text(
        &self,
        conversation: ConversationId,
        text: impl Into<String> + Send,
    ) -> Result<Sent, SessionError> {
        self.send(conversation, &Message::text(text)).await
    }

    /// Answers a message, and quotes it: the signed original goes along as the proof.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn reply(
        &self,
        original: &VerifiedMessage,
        text: impl Into<String> + Send,
    ) -> Result<Sent, SessionError> {
        let message = Message::new(Text::new(text).reply_to(original));
        self.send(original.conversation_id(), &message).await
    }

    /// Reacts to a message.
    ///
    /// # Errors
    /// [`SessionError::NoSequenceId`]; otherwise as [`send`](Self::send).
    pub async fn react(
        &self,
        target: &VerifiedMessage,
        emoji: Emoji,
    ) -> Result<Sent, SessionError> {
        let message = Message::add_reaction(Reaction::new(number_of(target)?, emoji));
        self.send(target.conversation_id(), &message).await
    }

    /// Takes a reaction back.
    ///
    /// # Errors
    /// As [`react`](Self::react).
    pub async fn take_back_reaction(
        &self,
        target: &VerifiedMessage,
        emoji: Emoji,
    ) -> Result<Sent, SessionError> {
        let message = Message::remove_reaction(Reaction::new(number_of(target)?, emoji));
        self.send(target.conversation_id(), &message).await
    }

    /// Gives one's own message another text.
    ///
    /// # Errors
    /// [`SessionError::NotOwnMessage`]; otherwise as [`react`](Self::react).
    pub async fn edit(
        &self,
        original: &VerifiedMessage,
        text: impl Into<String> + Send,
    ) -> Result<Sent, SessionError> {
        if original.sender() != self.user_id() {
            let (message_id, sender) = (original.message_id(), original.sender());
            return Err(SessionError::NotOwnMessage { message_id, sender });
        }
        let message = Message::edit(Edit::new(number_of(original)?, text));
        self.send(original.conversation_id(), &message).await
    }

    /// Deletes messages of one conversation, with their attachments, for everybody or for oneself.
    ///
    /// # Security
    /// Whoever has read a message may have kept it, and a reader decides for itself what it makes
    /// of a deletion.
    ///
    /// # Errors
    /// [`SessionError::NoSequenceId`]; [`SessionError::Action`] for no messages; otherwise as
    /// [`send`](Self::send). A deletion is not in the journal: repeat it.
    pub async fn delete(
        &self,
        conversation: ConversationId,
        messages: &[&VerifiedMessage],
        scope: DeleteFor,
    ) -> Result<(), SessionError> {
        let numbers = messages.iter().map(|message| number_of(message));
        let numbers = numbers.collect::<Result<Vec<SequenceId>, SessionError>>()?;
        let media: Vec<MediaHashKey> =
            messages.iter().flat_map(|message| media_of(message)).collect();
        let account = self.account().await?;
        let members = self.known_members(conversation).await?;
        let action = Action::DeleteMessages(DeleteMessages::new(scope, numbers)?);
        let request = action.sign(&account, &members)?.prepare_delete(media)?;
        self.client().delete_messages(&request).await?;
        Ok(())
    }

    /// Sends a message of any content, under the newest key. It is written down
    /// before it leaves; while nobody knows whether it has arrived, [`resume`](Self::resume) and
    /// [`sync`](Self::sync) send the same bytes again, under the same message id.
    ///
    /// # Errors
    /// [`SessionError::UnknownConversation`], [`SessionError::KeysChanged`],
    /// [`SessionError::NotVerified`] and [`SessionError::Encrypt`] (there is no key yet) before
    /// anything is sent; [`SessionError::MessageUnsettled`]; [`SessionError::Call`] when the
    /// server does not take it.
    pub async fn send(
        &self,
        conversation: ConversationId,
        message: &Message,
    ) -> Result<Sent, SessionError> {
        let record = self.vault().conversation(conversation).await?;
        match Box::pin(self.send_under(&record, message)).await {
            // Nothing was sent under the old key, and nothing will be.
            Err(SessionError::KeyRotated { .. }) => {
                let record = self.vault().conversation(conversation).await?;
                Box::pin(self.send_under(&record, message)).await
            }
            done => done,
        }
    }

    /// The same under the keys of a conversation as it was read before. Where the server does not
    /// take it because there is a newer one, that one is read.
    pub(super) async fn send_under(
        &self,
        record: &ConversationRecord,
        message: &Message,
    ) -> Result<Sent, SessionError> {
        let account = self.account().await?;
        let unknown = SessionError::UnknownConversation { conversation: record.id() };
        let members = record.conversation()?.ok_or(unknown)?;
        self.check_known_trust(&members).await?;
        let token = record.cursor().conversation_token.clone();
        let signed = message.encrypt(&account, &members, record.keyring())?;
        let prepared = signed.prepare(token)?;
        self.vault().add_outgoing(&prepared).await?;
        let error = match Box::pin(self.send_prepared(&prepared)).await {
            Err(SessionError::Call(error)) => error,
            done => return done,
        };
        let conversation = record.id();
        self.vault().remove_outgoing(conversation, prepared.message_id()).await?;
        if error.status() == Some(StatusCode::CONFLICT) {
            Box::pin(self.catch_up(conversation)).await?;
            let now = self.vault().conversation(conversation).await?;
            if now.keyring().floor() > record.keyring().floor() {
                return Err(SessionError::KeyRotated { conversation });
            }
        }
        Err(SessionError::Call(error))
    }

    async fn send_prepared(&self, message: &PreparedMessage) -> Result<Sent, SessionError> {
        let (conversation, message_id) = (message.conversation_id(), message.message_id());
        let unsettled = |error| {
            let error = Box::new(error);
            SessionError::MessageUnsettled { conversation, message_id, error }
        };
        let sequence_id = match self.client().send_message(message).await {
            Ok(sent) => number_in(&sent),
            // It may be there already, or another with its id.
            Err(error) if error.status() == Some(StatusCode::CONFLICT) => {
                let found = self.find(message).await.map_err(unsettled)?;
                Some(found.ok_or(error)?)
            }
            Err(error) if may_arrive(&error) => return Err(unsettled(error)),
            Err(error) => return Err(error.into()),
        };
        self.vault().remove_outgoing(conversation, message_id).await?;
        Ok(Sent { message_id, sequence_id })
    }

    /// Looks for one's own message on the newest page. That the server shows it is all there is to
    /// know.
    async fn find(&self, message: &PreparedMessage) -> Result<Option<SequenceId>, Error> {
        let query = crate::EventsQuery::new().max_results(100);
        let page = self.client().conversation_events(&message.conversation_id(), query).await?;
        let ours = page.events.iter().find_map(|row| {
            let Ok(ChatEvent::Message(event)) = row.encoded_event.as_ref()?.parse() else {
                return None;
            };
            let is_ours =
                event.message_id() == message.message_id() && event.sender() == self.user_id();
            is_ours.then(|| event.sequence_id().or(row.sequence_id))?
        });
        Ok(ours)
    }

    /// What was noticed since the last time. That a message was refused stays in the store until the
    /// time after: if the process ends before anybody has heard of it, it is told again.
    pub(super) async fn hand_out(&self) -> Result<Vec<SessionEvent>, SessionError> {
        let told = self.refusals_told().clone();
        for (conversation, message_id) in told {
            self.vault().remove_refused(conversation, message_id).await?;
        }
        let refused = self.vault().refused().await?;
        // From here on nothing waits: what is taken is given.
        *self.refusals_told() = refused.iter().map(|it| (it.conversation, it.message_id)).collect();
        let mut events = self.take_events();
        events.extend(refused.into_iter().map(SessionEvent::from));
        Ok(events)
    }

    /// Sends the messages again that may not have arrived.
    pub(super) async fn resume_messages(&self) -> Result<(), SessionError> {
        let mut outcome = Ok(());
        for message in self.vault().outgoing().await? {
            match self.send_prepared(&message).await {
                Ok(_) => {}
                Err(SessionError::Call(error)) => {
                    let (conversation, message_id) =
                        (message.conversation_id(), message.message_id());
                    let reason = error.code().into();
                    let refused = RefusedMessage { conversation, message_id, reason };
                    self.vault().refuse_outgoing(&refused).await?;
                }
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        outcome
    }
}

fn number_of(message: &VerifiedMessage) -> Result<SequenceId, SessionError> {
    let message_id = message.message_id();
    let number = message.sequence_id().ok_or(SessionError::NoSequenceId { message_id })?;
    Ok(number.into_claim())
}

fn media_of(message: &VerifiedMessage) -> Vec<MediaHashKey> {
    let Content::Text(text) = message.content() else { return Vec::new() };
    let media = text.attachments().iter().filter_map(crate::Attachment::media);
    media.map(|media| media.hash_key().clone()).collect()
}

fn number_in(sent: &MessageSent) -> Option<SequenceId> {
    match sent.event.parse() {
        Ok(ChatEvent::Message(event)) => event.sequence_id(),
        _ => None,
    }
}

/// Whether the same bytes may still be taken, or have been.
fn may_arrive(error: &Error) -> bool {
    error.may_have_been_applied()
        || error.is_retryable()
        || matches!(
            error,
            Error::Unauthorized(_)
                | Error::OAuth2(_)
                | Error::QuotaExhausted(_)
                | Error::ProxyAuthentication { .. }
        )
}
