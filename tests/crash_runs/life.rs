//! One life of the program: opens the store, and goes on with the script.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sealpost::*;
use serde::{Deserialize, Serialize};

use super::fuse::{DeathAt, Fuse, MortalStore, tell};
use super::script::Step;

/// What the program is started with.
pub(super) const VARIABLE: &str = "SEALPOST_CRASH_LIFE";
/// Longer than any life, so that a program that hangs shows.
const MAX_LIFE: Duration = Duration::from_secs(60);
/// How often a step is tried. The faults of a run are fewer.
const TRIES: u32 = 20;

/// What the program is started with.
#[derive(Serialize, Deserialize)]
pub(super) struct Life {
    pub(super) store: PathBuf,
    pub(super) base_url: String,
    pub(super) token: String,
    pub(super) suite: String,
    /// Alice, whose program this is; Bob, Carol and Dave.
    pub(super) users: [UserId; 4],
    pub(super) script: Vec<Step>,
    /// How many steps earlier lives have done.
    pub(super) done: usize,
    pub(super) death: DeathAt,
}

/// What the store is locked with. A passphrase would take longer than all the rest.
pub(super) fn store_key() -> StoreKey {
    StoreKey::from_bytes(&[7; 32])
}

/// Lives, if this program was started for that. Returns whether it was.
pub fn live() -> bool {
    let Ok(life) = std::env::var(VARIABLE) else { return false };
    let life: Life = serde_json::from_str(&life).unwrap();
    std::thread::spawn(|| {
        std::thread::sleep(MAX_LIFE);
        tell("stuck");
        std::process::exit(1);
    });
    // One thread, so that nothing goes on while a boundary is passed.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(life.run());
    true
}

impl Life {
    async fn run(&self) {
        tell("born");
        let fuse = Fuse::new(self.death.clone());
        let store = SqliteStore::open(&self.store).await.unwrap();
        fuse.pass("opened");
        let store = MortalStore { store, fuse: Arc::clone(&fuse) };
        let vault = Vault::open(store, store_key()).await.unwrap();
        let client = super::stage::client(&self.base_url, &self.token).with_observer(fuse.watch());
        let session = Session::open(&vault, client, self.users[0]).await.unwrap();
        for (number, step) in self.script.iter().enumerate().skip(self.done) {
            if !self.perform(&session, *step).await {
                return;
            }
            tell(&format!("done {number}"));
        }
        fuse.burn_down();
        tell("end");
    }

    /// Does a step, trying again after a failure. Returns whether it is done.
    async fn perform(&self, session: &Session, step: Step) -> bool {
        for _ in 0..TRIES {
            tell(&format!("begin {step:?}"));
            match self.try_to(session, step).await {
                Ok(()) => return true,
                Err(error) => tell(&format!("error {} {error}", error.code())),
            }
        }
        false
    }

    async fn try_to(&self, session: &Session, step: Step) -> Result<(), SessionError> {
        let [_, bob, carol, dave] = self.users;
        let state = match step {
            Step::Register => {
                let suite = Suite::ALL.iter().find(|suite| suite.to_string() == self.suite);
                session.register(*suite.unwrap()).await?;
                return Ok(());
            }
            Step::Sync => {
                for event in session.sync().await? {
                    if matches!(event, SessionEvent::Refused { .. }) {
                        tell(&format!("refused {event:?}"));
                    }
                }
                return Ok(());
            }
            Step::Start => session.start_conversation(bob).await?,
            Step::Create => create(session, [bob, carol]).await?,
            Step::Add => session.add_members(group(session).await?, [dave]).await?,
            Step::Remove => session.remove_member(group(session).await?, carol).await?,
            Step::RotateDirect => {
                session.rotate(ConversationId::direct(session.user_id(), bob)).await?
            }
            Step::RotateGroup => session.rotate(group(session).await?).await?,
        };
        let (version, key) = state.current_key().unwrap();
        tell(&format!("floor {} {version} {}", state.id(), key.fingerprint()));
        Ok(())
    }
}

/// Creates the group unless an earlier life has, as an app does that wants one group: what was
/// under way is settled first.
async fn create(
    session: &Session,
    members: [UserId; 2],
) -> Result<ConversationState, SessionError> {
    session.resume().await?;
    match find_group(session).await? {
        Some(known) => Ok(known),
        None => session.create_group(NewGroup::of(members)).await,
    }
}

async fn group(session: &Session) -> Result<ConversationId, SessionError> {
    Ok(find_group(session).await?.unwrap().id())
}

/// The group that has a key.
async fn find_group(session: &Session) -> Result<Option<ConversationState>, SessionError> {
    for id in session.conversations().await? {
        let state = session.conversation(id).await?;
        if id.is_group() && state.current_key().is_some() {
            return Ok(Some(state));
        }
    }
    Ok(None)
}
