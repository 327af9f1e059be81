//! A sandbox, and users with sessions on stores of their own.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sealpost::*;
use sealpost_sandbox::{Fault, Operation, RunningSandbox, Sandbox};

pub(crate) fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

pub(crate) struct Stage {
    pub(crate) sandbox: RunningSandbox,
}

/// Somebody's device: a store that outlives its sessions.
pub(crate) struct Device {
    pub(crate) user: UserId,
    pub(crate) vault: Vault,
    pub(crate) client: Client,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.clock(SystemTime::now().into());
        Self { sandbox }
    }

    pub(crate) fn client(&self, user: UserId) -> Client {
        Client::builder()
            .base_url(self.sandbox.base_url())
            .credentials(Credentials::bearer(self.sandbox.token(user).as_str().into()))
            .retry(
                RetryPolicy::new()
                    .delays(Duration::from_millis(1), Duration::from_millis(5))
                    .deadline(Duration::from_secs(5)),
            )
            .build()
            .unwrap()
    }

    /// A device on a new store.
    pub(crate) async fn device(&self, number: u64) -> Device {
        self.device_on(Arc::new(MemoryStore::new()), number).await
    }

    pub(crate) async fn device_on(&self, store: Arc<MemoryStore>, number: u64) -> Device {
        let vault = Vault::open(store, StoreKey::from_bytes(&[7; 32])).await.unwrap();
        Device { user: user(number), vault, client: self.client(user(number)) }
    }

    /// A new device with a registered session.
    pub(crate) async fn member(&self, number: u64, suite: Suite) -> Session {
        let session = self.device(number).await.session().await;
        session.register(suite).await.unwrap();
        session
    }

    /// The next request of this kind is lost, or its answer, and nobody can look whether it is in.
    pub(crate) fn blind(&self, operation: Operation, arrives: bool) {
        let fault = if arrives { Fault::CommitThenReset } else { Fault::ResetBeforeCommit };
        let events = Operation::GetChatConversationEvents;
        self.sandbox.inject(fault.on(operation).unwrap(), 1);
        // The reading before the change passes.
        self.sandbox.inject(Fault::None.on(events).unwrap(), 1);
        self.sandbox.inject(Fault::InternalError.on(events).unwrap(), 1000);
    }

    /// How many requests of this method and path ending came so far.
    pub(crate) fn count(&self, method: &str, ending: &str) -> usize {
        let entries = self.sandbox.journal();
        let counted = entries.iter().filter(|entry| {
            let path = entry.path_and_query().split('?').next().unwrap();
            entry.method() == method && path.ends_with(ending)
        });
        counted.count()
    }
}

impl Device {
    pub(crate) async fn session(&self) -> Session {
        Session::open(&self.vault, self.client.clone(), self.user).await.unwrap()
    }
}

/// The current key of a conversation, as one session knows it.
pub(crate) async fn key(session: &Session, id: ConversationId) -> (KeyVersion, KeyFingerprint) {
    let state = session.conversation(id).await.unwrap();
    let (version, key) = state.current_key().unwrap();
    (version, key.fingerprint())
}

pub(crate) async fn members(session: &Session, id: ConversationId) -> Vec<UserId> {
    let state = session.conversation(id).await.unwrap();
    state.members().unwrap().unwrap().members().collect()
}

/// All sessions know the same current key.
pub(crate) async fn assert_same_key(sessions: &[&Session], id: ConversationId) -> KeyVersion {
    let (version, fingerprint) = key(sessions[0], id).await;
    for session in sessions {
        assert_eq!(key(session, id).await, (version, fingerprint), "{session:?}");
    }
    version
}

/// What was noticed, refusals apart, which make a test fail.
pub(crate) async fn sync(session: &Session) -> Vec<SessionEvent> {
    let events = session.sync().await.unwrap();
    for event in &events {
        assert!(!matches!(event, SessionEvent::Refused { .. }), "{session:?}: {event:?}");
    }
    events
}

/// What was noticed, refusals too.
pub(crate) async fn sync_lenient(session: &Session) -> Vec<SessionEvent> {
    session.sync().await.unwrap()
}

pub(crate) struct Group {
    pub(crate) stage: Stage,
    pub(crate) id: ConversationId,
    pub(crate) alice: Session,
    pub(crate) bob: Session,
    pub(crate) carol: Session,
}

/// Alice's group of three.
pub(crate) async fn group(suite: Suite) -> Group {
    let stage = Stage::new().await;
    let (alice, bob, carol) =
        (stage.member(1, suite).await, stage.member(2, suite).await, stage.member(3, suite).await);
    let new = NewGroup::of([bob.user_id(), carol.user_id()]).title("Cats".parse().unwrap());
    let id = alice.create_group(new).await.unwrap().id();
    Group { stage, id, alice, bob, carol }
}

pub(crate) fn users(numbers: &[u64]) -> Vec<UserId> {
    numbers.iter().map(|number| user(*number)).collect()
}
