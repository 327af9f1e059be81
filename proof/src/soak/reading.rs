//! What somebody reads: everything that is new, told as it is handed out, and decided about.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use sealpost::vault::ClaimSource;
use sealpost::{
    ConversationId, Incoming, MediaAttachment, Novelty, Received, SessionError, SessionEvent,
    UserId, VerifiedMessage,
};

use super::contents::{LONGEST_FILE, digest_of_message, file_in, file_of};
use super::crowd::tell;
use super::member::{Member, Talk};
use super::observed::{Key, Observed};

impl Member {
    pub(super) async fn sync(&mut self) -> Result<(), SessionError> {
        for event in self.session().sync().await? {
            self.noticed(&event);
        }
        for at in self.conversations().await {
            self.decide(at).await?;
            self.tell_floor(at).await?;
        }
        Ok(())
    }

    fn noticed(&self, event: &SessionEvent) {
        let (what, code) = match event {
            SessionEvent::MessageRefused { conversation, message_id, reason } => {
                let (at, message) = (*conversation, *message_id);
                tell(&Observed::Refused { at, message });
                ("a message of the journal", reason.clone().into_owned())
            }
            SessionEvent::ChangeDropped { reason, .. } => {
                ("a change of the journal", (*reason).to_owned())
            }
            SessionEvent::NotSynced { reason, .. } => ("syncing", (*reason).to_owned()),
            SessionEvent::Refused { conversation: Some(at), message_id: Some(id), reason } => {
                let (user, at, message) = (self.user(), *at, *id);
                let code = reason.code().to_owned();
                tell(&Observed::Passed { user, at, message, code });
                return;
            }
            SessionEvent::Refused { reason, .. } => ("noticing", reason.code().to_owned()),
            SessionEvent::KeysChanged { .. }
            | SessionEvent::OwnKeysReplaced { .. }
            | SessionEvent::Unverified { .. }
            | SessionEvent::AccountDeleted { .. } => ("noticing", event.to_string()),
            _ => return,
        };
        tell(&Observed::Failed { what: what.to_owned(), code });
    }

    /// Agrees to the members whom a newer key was sealed to, as somebody who was asked does.
    async fn decide(&self, at: ConversationId) -> Result<(), SessionError> {
        let state = self.session().conversation(at).await?;
        let claim = state.group().and_then(|roster| roster.claim.as_ref());
        if let Some(claim) = claim.filter(|claim| claim.source != ClaimSource::Server) {
            self.session().acknowledge_members(at, claim).await?;
        }
        Ok(())
    }

    pub(super) async fn tell_floor(&self, at: ConversationId) -> Result<(), SessionError> {
        let (user, state) = (self.user(), self.session().conversation(at).await?);
        if let Some((version, key)) = state.current_key() {
            tell(&Observed::Floor { user, at, key: Key::new(version, key) });
        }
        Ok(())
    }

    pub(super) async fn receive(&mut self, at: ConversationId) -> Result<(), SessionError> {
        self.decide(at).await?;
        let (user, session) = (self.user(), self.session().clone());
        let talk = self.talks.entry(at).or_default();
        talk.forget_marks();
        let Talk { cursor, .. } = talk;
        let (mut messages, mut failed) = (Vec::new(), Ok(()));
        {
            let mut incoming = pin!(session.receive(at, cursor));
            loop {
                match incoming.try_next().await {
                    Ok(Some(incoming)) => messages.extend(received(user, at, incoming)),
                    Ok(None) => break,
                    Err(error) => {
                        failed = Err(error);
                        break;
                    }
                }
            }
        }
        let file = messages.iter().rev().find_map(file_in).filter(|_| self.chance.bool());
        messages.into_iter().for_each(|message| talk.remember(message));
        failed?;
        self.tell_floor(at).await?;
        match file {
            Some((words, file)) => self.download(at, &words, &file).await,
            None => Ok(()),
        }
    }

    async fn download(
        &self,
        at: ConversationId,
        words: &str,
        file: &MediaAttachment,
    ) -> Result<(), SessionError> {
        let mut bytes = Vec::new();
        let limit = LONGEST_FILE as u64;
        self.session().download_media(at, file, limit, &mut bytes, |_| {}).await?;
        tell(&Observed::Downloaded { is_right: bytes == file_of(words, bytes.len()) });
        Ok(())
    }
}

/// Tells what was handed out, and gives the message if it is a new one.
fn received(user: UserId, at: ConversationId, incoming: Incoming) -> Option<VerifiedMessage> {
    match incoming.event {
        Ok(Received::Message(message, novelty)) => {
            let (id, is_new) = (message.message_id(), novelty == Novelty::New);
            let digest = digest_of_message(&message);
            tell(&Observed::Received { user, at, message: id, digest, is_new });
            is_new.then_some(message)
        }
        Ok(_) => None,
        Err(error) => {
            let (number, code) = (incoming.sequence_id, error.code().to_owned());
            tell(&Observed::Unreadable { user, at, number, code });
            None
        }
    }
}
