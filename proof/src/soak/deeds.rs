//! What somebody does: one thing at a time, in one of their conversations.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use sealpost::vault::ClaimSource;
use sealpost::{
    Attachment, Content, ConversationId, DeleteFor, Incoming, MediaAttachment, MediaKind,
    MediaToSend, Novelty, Received, Sent, SessionError, SessionEvent, UserId, VerifiedMessage,
};
use sha2::{Digest as _, Sha256};

use super::crowd::{others, tell};
use super::member::{Member, Talk};
use super::observed::{Change, Digest, Key, Observed};

/// Members of a group, at most.
const MOST: usize = 20;
const LONGEST_FILE: usize = 48 * 1024;
const EMOJIS: [&str; 4] = ["👍", "🎉", "😂", "❤️"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    Text,
    Reply,
    React,
    Edit,
    Delete,
    Media,
    Receive,
    Sync,
    Rotate,
    Members,
    Restart,
}

impl Deed {
    /// By how often they come, of a hundred.
    const ALL: [(Self, u8); 11] = [
        (Self::Text, 25),
        (Self::Reply, 8),
        (Self::React, 8),
        (Self::Edit, 4),
        (Self::Delete, 2),
        (Self::Media, 2),
        (Self::Receive, 30),
        (Self::Sync, 12),
        (Self::Rotate, 3),
        (Self::Members, 3),
        (Self::Restart, 3),
    ];

    pub(super) fn random(chance: &mut fastrand::Rng) -> Self {
        let mut left = chance.u8(0..100);
        for (deed, share) in Self::ALL {
            match left.checked_sub(share) {
                Some(less) => left = less,
                None => return deed,
            }
        }
        Self::Sync
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Reply => "reply",
            Self::React => "react",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Media => "media",
            Self::Receive => "receive",
            Self::Sync => "sync",
            Self::Rotate => "rotate",
            Self::Members => "members",
            Self::Restart => "restart",
        }
    }
}

impl Member {
    pub(super) async fn perform(&mut self, deed: Deed) -> Result<(), SessionError> {
        let conversations = self.conversations().await;
        let Some(at) = self.chance.choice(conversations) else { return self.sync().await };
        match deed {
            Deed::Text => self.text(at).await,
            Deed::Reply => self.reply(at).await,
            Deed::React => self.react(at).await,
            Deed::Edit => self.edit(at).await,
            Deed::Delete => self.delete(at).await,
            Deed::Media => self.media(at).await,
            Deed::Receive => self.receive(at).await,
            Deed::Sync => self.sync().await,
            Deed::Rotate => {
                self.session().rotate(at).await?;
                tell(&Observed::Changed { how: Change::Rotation });
                self.tell_floor(at).await
            }
            Deed::Members if at.is_group() => self.change_members(at).await,
            Deed::Members | Deed::Restart => Ok(()),
        }
    }

    /// Words that nobody has said before.
    fn words(&mut self) -> String {
        self.said += 1;
        let (user, said, length) = (self.user(), self.said, self.chance.usize(0..200));
        format!("{user}-{said} {}", "la".repeat(length))
    }

    /// Tells what is about to be sent, and after the call what came of it.
    fn intend(&self, at: ConversationId, digest: Digest) {
        tell(&Observed::Intends { user: self.user(), at, digest });
    }

    fn outcome(
        &self,
        at: ConversationId,
        digest: Digest,
        sent: Result<Sent, SessionError>,
    ) -> Result<(), SessionError> {
        match &sent {
            Ok(Sent { message_id, .. }) => {
                tell(&Observed::Sent { at, digest, message: *message_id });
            }
            Err(SessionError::MessageUnsettled { message_id, .. }) => {
                tell(&Observed::Unsettled { at, digest, message: *message_id });
            }
            // What the store has not taken may be there, or not.
            Err(SessionError::Vault(_)) => {}
            Err(_) => tell(&Observed::NotSent { digest }),
        }
        sent.map(drop)
    }

    async fn text(&mut self, at: ConversationId) -> Result<(), SessionError> {
        let words = self.words();
        let digest = digest_of(self.user(), &["text", &words]);
        self.intend(at, digest);
        let sent = self.session().send_text(at, words).await;
        self.outcome(at, digest, sent)
    }

    /// One of the messages that were received last; it is not remembered any more.
    fn take_recent(&mut self, at: ConversationId, own: bool) -> Option<VerifiedMessage> {
        let me = self.user();
        let recent = &mut self.talks.get_mut(&at)?.recent;
        let fits = |message: &VerifiedMessage| {
            matches!(message.content(), Content::Text(_)) && (!own || message.sender() == me)
        };
        let fitting: Vec<usize> =
            (0..recent.len()).filter(|index| recent.get(*index).is_some_and(fits)).collect();
        recent.remove(self.chance.choice(fitting)?)
    }

    async fn reply(&mut self, at: ConversationId) -> Result<(), SessionError> {
        let Some(original) = self.take_recent(at, false) else { return self.receive(at).await };
        let words = self.words();
        let digest = digest_of(self.user(), &["text", &words]);
        self.intend(at, digest);
        let sent = self.session().reply(&original, words).await;
        self.outcome(at, digest, sent)
    }

    async fn react(&mut self, at: ConversationId) -> Result<(), SessionError> {
        let Some(target) = self.take_recent(at, false) else { return self.receive(at).await };
        let emoji = *self.chance.choice(&EMOJIS).unwrap_or(&"👍");
        let Ok(parsed) = emoji.parse() else { return Ok(()) };
        let digest = digest_of(self.user(), &["react", &number_of(&target), emoji]);
        self.intend(at, digest);
        let sent = self.session().react(&target, parsed).await;
        self.outcome(at, digest, sent)
    }

    async fn edit(&mut self, at: ConversationId) -> Result<(), SessionError> {
        let Some(original) = self.take_recent(at, true) else { return self.receive(at).await };
        let words = self.words();
        let digest = digest_of(self.user(), &["edit", &number_of(&original), &words]);
        self.intend(at, digest);
        let sent = self.session().edit(&original, words).await;
        self.outcome(at, digest, sent)
    }

    async fn delete(&mut self, at: ConversationId) -> Result<(), SessionError> {
        let Some(original) = self.take_recent(at, true) else { return self.receive(at).await };
        let Some(number) = original.sequence_id() else { return Ok(()) };
        let (message, number) = (original.message_id(), number.into_claim());
        tell(&Observed::Deletes { at, message, number });
        self.session().delete(at, &[&original], DeleteFor::All).await
    }

    async fn media(&mut self, at: ConversationId) -> Result<(), SessionError> {
        let (words, length) = (self.words(), self.chance.usize(1..LONGEST_FILE));
        let digest = digest_of(self.user(), &["text", &words]);
        self.intend(at, digest);
        let file = file_of(&words, length);
        let media = MediaToSend::new(MediaKind::File, file.len() as u64).text(words);
        let sent = self.session().send_media(at, media, &file[..], |_| {}).await;
        self.outcome(at, digest, sent)
    }

    /// Adds somebody, or removes somebody where one may: as many come as go, on the average.
    async fn change_members(&mut self, at: ConversationId) -> Result<(), SessionError> {
        let state = self.session().conversation(at).await?;
        let Some(roster) = state.group() else { return Ok(()) };
        let (members, me) = (roster.members.clone(), self.user());
        let may_remove = roster.decides(me) && members.len() > 2;
        let chance = self.chance.u8(0..16);
        if may_remove && (members.len() >= MOST || chance < 12) {
            let others: Vec<UserId> = members.into_iter().filter(|user| *user != me).collect();
            let gone = self.chance.choice(others);
            let Some(gone) = gone else { return Ok(()) };
            self.session().remove_member(at, gone).await?;
            tell(&Observed::Changed { how: Change::Removal });
        } else if members.len() < MOST && (may_remove || chance == 0) {
            let mut others = others(&self.cast, self.suite(), me);
            others.retain(|user| !members.contains(user));
            let new = self.chance.choice(others);
            let Some(new) = new else { return Ok(()) };
            self.session().add_members(at, [new]).await?;
            tell(&Observed::Changed { how: Change::Addition });
        }
        self.tell_floor(at).await
    }

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
                ("a message of the journal", (*reason).to_owned())
            }
            SessionEvent::ChangeDropped { reason, .. } => {
                ("a change of the journal", (*reason).to_owned())
            }
            SessionEvent::NotSynced { reason, .. } => ("syncing", (*reason).to_owned()),
            SessionEvent::Refused { reason, .. } => ("an event", reason.code().to_owned()),
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

    async fn tell_floor(&self, at: ConversationId) -> Result<(), SessionError> {
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

/// The file of a message, and the words that it was made of.
fn file_in(message: &VerifiedMessage) -> Option<(String, MediaAttachment)> {
    let Content::Text(text) = message.content() else { return None };
    let file = text.attachments().iter().find_map(Attachment::media)?;
    Some((text.as_str().to_owned(), file.clone()))
}

fn file_of(words: &str, length: usize) -> Vec<u8> {
    Sha256::digest(words).iter().copied().cycle().take(length).collect()
}

fn number_of(message: &VerifiedMessage) -> String {
    message.sequence_id().map(|number| number.into_claim().to_string()).unwrap_or_default()
}

fn digest_of_message(message: &VerifiedMessage) -> Digest {
    let sender = message.sender();
    match message.content() {
        Content::Text(text) => digest_of(sender, &["text", text.as_str()]),
        Content::Edit(edit) => {
            digest_of(sender, &["edit", &edit.target().to_string(), edit.text()])
        }
        Content::AddReaction(reaction) => {
            let target = reaction.target().to_string();
            digest_of(sender, &["react", &target, reaction.emoji().as_str()])
        }
        _ => 0,
    }
}

fn digest_of(sender: UserId, words: &[&str]) -> Digest {
    let hash = Sha256::digest(format!("{sender} {words:?}"));
    hash.first_chunk().copied().map(Digest::from_be_bytes).unwrap_or_default()
}
