//! One user: a session on a store of their own, and what an app would keep beside it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use sealpost::{
    Client, ConversationId, Credentials, ReceiveCursor, RetryPolicy, SequenceId, Session,
    SessionError, SqliteStore, StoreKey, Suite, UserId, Vault, VerifiedMessage,
};
use tokio::sync::watch;

use super::Failure;
use super::crowd::tell;
use super::deeds::Deed;
use super::observed::{Cast, Key, Observed, Person};

/// Between two things that somebody does: anything up to twice as long.
const THINKING: Duration = Duration::from_secs(3);
/// One call in so many is dropped in the middle.
const DROPS: u32 = 40;
const DROPPED_WITHIN: Duration = Duration::from_millis(60);
/// Messages of a conversation that somebody may answer, and marks by which repeated ones are known.
const RECENT: usize = 4;
const SEEN: usize = 64;
/// What a dropped call has begun in its store goes on to its end: until then the store is in use.
const TRIES: u32 = 100;
const TRY_EVERY: Duration = Duration::from_millis(50);

pub(super) struct Member {
    pub(super) cast: Arc<Cast>,
    pub(super) person: Person,
    suite: Suite,
    session: Session,
    pub(super) chance: fastrand::Rng,
    /// Things said so far: the next one is another.
    pub(super) said: u64,
    pub(super) talks: BTreeMap<ConversationId, Talk>,
}

/// What an app keeps of a conversation.
#[derive(Default)]
pub(super) struct Talk {
    pub(super) cursor: ReceiveCursor,
    pub(super) recent: VecDeque<VerifiedMessage>,
}

impl Talk {
    pub(super) fn remember(&mut self, message: VerifiedMessage) {
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(message);
    }

    /// What lies behind the cursor is not handed out again: its marks are of little use.
    pub(super) fn forget_marks(&mut self) {
        if self.cursor.seen.iter().len() > SEEN {
            self.cursor.seen = Default::default();
        }
    }
}

impl Member {
    pub(super) async fn open(cast: Arc<Cast>, number: usize) -> Result<Self, Failure> {
        let person = cast.people.get(number).cloned().ok_or("nobody has this number")?;
        let session = open(&cast, &person).await?;
        let suite = Suite::ALL.iter().find(|suite| suite.to_string() == person.suite);
        let suite = *suite.ok_or("no such suite")?;
        session.register(suite).await?;
        let chance = fastrand::Rng::with_seed(cast.seed ^ person.user.as_u64().rotate_left(32));
        Ok(Self { cast, person, suite, session, chance, said: 0, talks: BTreeMap::new() })
    }

    pub(super) const fn session(&self) -> &Session {
        &self.session
    }

    pub(super) const fn user(&self) -> UserId {
        self.person.user
    }

    pub(super) const fn suite(&self) -> Suite {
        self.suite
    }

    /// Does one thing after the other until it is time to stop.
    pub(super) async fn live(mut self, mut stop: watch::Receiver<()>) -> Self {
        loop {
            let thinking = THINKING.mul_f64(2.0 * self.chance.f64());
            tokio::select! {
                () = tokio::time::sleep(thinking) => {}
                _ = stop.changed() => return self,
            }
            let deed = Deed::random(&mut self.chance);
            let is_dropped = self.chance.u32(0..DROPS) == 0;
            let patience = if is_dropped {
                DROPPED_WITHIN.mul_f64(self.chance.f64())
            } else {
                Duration::from_secs(3600)
            };
            match tokio::time::timeout(patience, self.perform(deed)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.failed(deed.name(), &error),
                Err(_) => self = self.restart(true).await,
            }
            if deed == Deed::Restart {
                self = self.restart(false).await;
            }
        }
    }

    /// The session goes, and its store; what the app keeps stays.
    async fn restart(self, in_a_call: bool) -> Self {
        let Self { cast, person, suite, session, chance, said, talks } = self;
        drop(session);
        let mut tries = 0;
        let session = loop {
            match open(&cast, &person).await {
                Ok(session) => break session,
                Err(error) if tries == TRIES => {
                    let (what, code) = ("opening".to_owned(), error.to_string());
                    tell(&Observed::Failed { what, code });
                }
                Err(_) => {}
            }
            tries += 1;
            tokio::time::sleep(TRY_EVERY).await;
        };
        tell(&Observed::Restarted { in_a_call });
        Self { cast, person, suite, session, chance, said, talks }
    }

    pub(super) fn failed(&self, what: &str, error: &SessionError) {
        tell(&Observed::Failed { what: what.to_owned(), code: super::expected::code(error) });
    }

    /// Takes up what is left, reads everything, decides what is to be decided. Whether there was
    /// anything new.
    pub(super) async fn settle(&mut self) -> bool {
        const WHAT: &str = "settling";
        let before = self.position().await;
        if let Err(error) = self.session.resume().await {
            self.failed(WHAT, &error);
        }
        if let Err(error) = self.sync().await {
            self.failed(WHAT, &error);
        }
        for at in self.conversations().await {
            if let Err(error) = self.receive(at).await {
                self.failed(WHAT, &error);
            }
        }
        self.position().await != before
    }

    /// Up to where everything is received.
    async fn position(&self) -> Vec<(ConversationId, Option<SequenceId>)> {
        let conversations = self.conversations().await.into_iter();
        let after = |at| self.talks.get(&at).and_then(|talk: &Talk| talk.cursor.after);
        conversations.map(|at| (at, after(at))).collect()
    }

    /// Those that are known, apart from what a creation that was refused has left.
    pub(super) async fn conversations(&self) -> Vec<ConversationId> {
        match self.session.conversations().await {
            Ok(conversations) => conversations,
            Err(error) => {
                self.failed("listing", &error);
                Vec::new()
            }
        }
    }

    /// The end: all that is known, and what the journal still has.
    pub(super) async fn tell_all(&self) -> Result<(), SessionError> {
        let user = self.user();
        for at in self.session.conversations().await? {
            let state = self.session.conversation(at).await?;
            let keys = state.keyring().keys();
            let keys = keys.map(|(version, key)| Key::new(version, key)).collect();
            let members = state.members()?.map(|members| members.members().collect());
            tell(&Observed::Knows { user, at, keys, members: members.unwrap_or_default() });
        }
        let (changes, messages) =
            (self.session.vault().unfinished().await?, self.session.vault().outgoing().await?);
        tell(&Observed::Left { user, changes: changes.len(), messages: messages.len() });
        Ok(())
    }
}

async fn open(cast: &Cast, person: &Person) -> Result<Session, Failure> {
    let path = cast.folder.join(format!("{}.sealpost", person.user));
    let vault = Vault::open(SqliteStore::open(path).await?, StoreKey::from_bytes(&[1; 32])).await?;
    Ok(Session::open(&vault, client(cast, person)?, person.user).await?)
}

/// One that does not wait long for a server that stalls.
fn client(cast: &Cast, person: &Person) -> Result<Client, Failure> {
    let retry = RetryPolicy::new()
        .delays(Duration::from_millis(100), Duration::from_secs(2))
        .deadline(Duration::from_secs(20));
    Ok(Client::builder()
        .base_url(&cast.base_url)
        .credentials(Credentials::bearer(person.token.as_str().into()))
        .response_head_timeout(Duration::from_secs(2))
        .response_body_timeout(Duration::from_secs(1))
        .whole_request_timeout(Duration::from_secs(5))
        .retry(retry)
        .build()?)
}
