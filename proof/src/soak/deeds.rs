//! What somebody does: one thing at a time, in one of their conversations.

use sealpost::{
    Content, ConversationId, DeleteFor, MediaKind, MediaToSend, Sent, SessionError, UserId,
    VerifiedMessage,
};

use super::contents::{LONGEST_FILE, digest_of, file_of, number_of};
use super::crowd::{others, tell};
use super::member::Member;
use super::observed::{Change, Digest, Observed};

/// Members of a group, at most.
const MOST: usize = 20;
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
            Err(error) => {
                let code = super::expected::code(error);
                tell(&Observed::NotSent { digest, code });
            }
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
}
