//! What was said, and what happens to it.

use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sealpost::*;

use super::meeting::name_of;
use super::{Command, Line, Meeting};
use crate::support::Outcome;

/// The largest file that is saved.
const MAX_FILE: u64 = 100 * 1024 * 1024;

pub(crate) struct Room {
    session: Session,
    other: UserId,
    id: ConversationId,
    cursor: ReceiveCursor,
    pub(crate) safety_number: SafetyNumber,
    pub(crate) is_verified: bool,
    pub(crate) key: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) status: String,
}

impl Room {
    pub(crate) async fn enter(meeting: &Meeting) -> Outcome<Self> {
        let key = StoreKey::passphrase("only an example".into());
        let vault = Vault::open(SqliteStore::open(&meeting.store).await?, key).await?;
        let session = Session::open(&vault, meeting.client.clone(), meeting.me).await?;
        session.register(Suite::X25519).await?;
        let conversation = loop {
            match session.start_conversation(meeting.other).await {
                // The other side has no keys yet.
                Err(SessionError::Record(_)) => {
                    tokio::time::sleep(Duration::from_millis(300)).await
                }
                started => break started?,
            }
        };
        let safety_number = session.safety_number(meeting.other).await?;
        let id = conversation.id();
        let mut room = Self {
            session,
            other: meeting.other,
            id,
            cursor: ReceiveCursor::new(),
            safety_number,
            is_verified: false,
            key: String::new(),
            lines: Vec::new(),
            status: format!("this is the conversation with {}", meeting.other_name()),
        };
        room.look().await;
        Ok(room)
    }

    pub(crate) fn title(&self) -> String {
        format!("{} with {}", name_of(self.session.user_id()), name_of(self.other))
    }

    pub(crate) fn is_mine(&self, line: &Line) -> bool {
        line.message.sender() == self.session.user_id()
    }

    pub(crate) fn tell(&mut self, status: impl Into<String>) {
        self.status = status.into();
    }

    /// Asks what is new.
    pub(crate) async fn look(&mut self) {
        if let Err(error) = self.receive().await {
            self.tell(format!("error: {error}"));
        }
    }

    async fn receive(&mut self) -> Outcome<()> {
        for event in self.session.sync_conversation(self.id).await? {
            self.tell(event.to_string());
        }
        let incoming: Vec<Incoming> =
            self.session.receive(self.id, &mut self.cursor).try_collect().await?;
        for incoming in incoming {
            match incoming.event {
                Ok(Received::Message(message, Novelty::New)) => self.take(message),
                Ok(Received::Action(action, Novelty::New)) => self.apply(action.action()),
                Ok(_) => {}
                Err(error) => self.tell(format!("an event was not read: {error}")),
            }
        }
        let state = self.session.conversation(self.id).await?;
        let (version, key) = state.current_key().ok_or("there is no key")?;
        self.key = format!("key {} version {version}", key.fingerprint());
        let pin = self.session.pin(self.other).await?;
        self.is_verified = pin.is_some_and(|pin| pin.is_verified());
        Ok(())
    }

    fn take(&mut self, message: VerifiedMessage) {
        let by = message.sender();
        match message.content() {
            Content::AddReaction(reaction) => {
                let mark = (reaction.emoji().to_string(), by);
                if let Some(line) = self.line(reaction.target()) {
                    line.reactions.insert(mark);
                }
            }
            Content::RemoveReaction(reaction) => {
                let mark = (reaction.emoji().to_string(), by);
                if let Some(line) = self.line(reaction.target()) {
                    line.reactions.remove(&mark);
                }
            }
            Content::Edit(edit) => {
                let text = edit.text().to_owned();
                if let Some(line) = self.line(edit.target())
                    && message.is_edit_of(&line.message)
                {
                    (line.text, line.edited) = (text, true);
                }
            }
            _ => self.lines.extend(Line::new(message)),
        }
    }

    fn apply(&mut self, action: &Action) {
        let Action::DeleteMessages(deletion) = action else { return };
        for number in deletion.sequence_ids() {
            if let Some(line) = self.line(*number) {
                line.deleted = true;
            }
        }
    }

    fn line(&mut self, number: SequenceId) -> Option<&mut Line> {
        let is_it = |line: &&mut Line| {
            line.message.sequence_id().is_some_and(|its| its.into_claim() == number)
        };
        self.lines.iter_mut().find(is_it)
    }

    /// The newest line of either side that is still there.
    fn newest(&self, mine: bool) -> Outcome<VerifiedMessage> {
        let mut lines = self.lines.iter().rev();
        let line = lines.find(|line| self.is_mine(line) == mine && !line.deleted);
        let line = line.ok_or(if mine { "you have said nothing" } else { "nobody has spoken" })?;
        Ok(line.message.clone())
    }

    pub(crate) async fn carry_out(&mut self, command: Command) {
        if let Err(error) = self.try_to(command).await {
            self.tell(format!("error: {error}"));
        }
        self.look().await;
    }

    async fn try_to(&mut self, command: Command) -> Outcome<()> {
        let (session, id) = (self.session.clone(), self.id);
        match command {
            Command::Say(text) => drop(session.send_text(id, text).await?),
            Command::Reply(text) => drop(session.reply(&self.newest(false)?, text).await?),
            Command::React(emoji) => drop(session.react(&self.newest(false)?, emoji).await?),
            Command::TakeBack(emoji) => {
                session.take_back_reaction(&self.newest(false)?, emoji).await?;
            }
            Command::Edit(text) => drop(session.edit(&self.newest(true)?, text).await?),
            Command::Delete => {
                session.delete(id, &[&self.newest(true)?], DeleteFor::All).await?;
            }
            Command::Send(path) => self.send(&path).await?,
            Command::Save => self.save().await?,
            Command::Verify => {
                let number = self.safety_number;
                session.verify(self.other, &number).await?;
                self.tell("noted: you have compared the safety number");
            }
            Command::Rotate => drop(session.rotate(id).await?),
            Command::Nothing | Command::Quit => {}
        }
        Ok(())
    }

    async fn send(&mut self, path: &Path) -> Outcome<()> {
        let file = tokio::fs::File::open(path).await?;
        let length = file.metadata().await?.len();
        let name = path.file_name().ok_or("that is no file")?.to_string_lossy();
        let media = MediaToSend::new(MediaKind::Image, length).file_name(name.clone());
        self.session.send_media(self.id, media, file, |_| {}).await?;
        self.tell(format!("{name} is sent: {length} bytes, encrypted piece by piece"));
        Ok(())
    }

    /// Saves the newest picture of the other side under its own name, here.
    async fn save(&mut self) -> Outcome<()> {
        let theirs = self.lines.iter().rev().filter(|line| !self.is_mine(line));
        let media = theirs.filter_map(Line::media).next().ok_or("there is no picture to save")?;
        // A name from elsewhere may say anything.
        let name = media.file_name().and_then(|name| Path::new(name).file_name());
        let name = name.ok_or("the picture has no name")?.to_string_lossy().into_owned();
        let mut file = tokio::fs::File::create_new(&name).await?;
        let saved = self.session.download_media(self.id, media, MAX_FILE, &mut file, |_| {}).await;
        match saved {
            Ok(length) => self.tell(format!("saved {name}: {length} bytes, verified to the end")),
            Err(error) => {
                drop(file);
                tokio::fs::remove_file(&name).await?;
                return Err(error.into());
            }
        }
        Ok(())
    }
}
