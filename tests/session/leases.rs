//! Several workers of one account: one at a time is at a conversation, and whoever lost its lease
//! posts nothing any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sealpost::store::*;
use sealpost::*;
use sealpost_sandbox::{Fault, Operation};
use tokio::sync::Semaphore;

use crate::stage::*;

const SHORT: Duration = Duration::from_millis(200);

/// One worker's way to a store that others share. It shows signs of life only as it is let.
struct Stopping {
    shared: Arc<MemoryStore>,
    gate: Arc<Semaphore>,
}

impl Store for Stopping {
    fn get<'a>(&'a self, place: &'a Place) -> StoreFuture<'a, Option<Vec<u8>>> {
        self.shared.get(place)
    }

    fn list<'a>(&'a self, range: &'a Range) -> StoreFuture<'a, Vec<Row>> {
        self.shared.list(range)
    }

    fn apply(&self, batch: Batch) -> StoreFuture<'_, ()> {
        self.shared.apply(batch)
    }

    fn acquire<'a>(&'a self, place: &'a Place, time: Duration) -> StoreFuture<'a, Fence> {
        self.shared.acquire(place, time)
    }

    fn renew<'a>(&'a self, fence: &'a Fence, time: Duration) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            self.gate.acquire().await.unwrap().forget();
            self.shared.renew(fence, time).await
        })
    }

    fn release<'a>(&'a self, fence: &'a Fence) -> StoreFuture<'a, ()> {
        self.shared.release(fence)
    }
}

/// User 1 with a worker that stops before its first POST until it is let, and another worker.
struct Fleet {
    stage: Stage,
    stopping: Session,
    gate: Arc<Semaphore>,
    other: Session,
    bob: Session,
}

impl Fleet {
    /// `lease` is that of the worker that stops.
    async fn new(lease: Option<Duration>) -> Self {
        let stage = Stage::new().await;
        let bob = stage.member(2, Suite::X25519).await;
        let shared = Arc::new(MemoryStore::new());
        let other = stage.device_on(Arc::clone(&shared), 1).await.session().await;
        other.register(Suite::X25519).await.unwrap();
        // What was read before the change counts as a sign of life, too.
        let gate = Arc::new(Semaphore::new(1));
        let store = Stopping { shared, gate: Arc::clone(&gate) };
        let vault = Vault::open(store, StoreKey::from_bytes(&[7; 32])).await.unwrap();
        let mut builder = Session::builder(&vault, stage.client(user(1)), user(1));
        if let Some(time) = lease {
            builder = builder.lease(time);
        }
        let stopping = builder.open().await.unwrap();
        Self { stage, stopping, gate, other, bob }
    }

    fn posts(&self) -> usize {
        self.stage.count("POST", "/keys")
    }

    /// What the conversation with Bob has come to.
    async fn assert_keys(&self, id: ConversationId, expected: usize) {
        sync(&self.bob).await;
        sync(&self.other).await;
        sync(&self.stopping).await;
        assert_same_key(&[&self.stopping, &self.other, &self.bob], id).await;
        let known = self.bob.conversation(id).await.unwrap();
        assert_eq!(known.keyring().keys().count(), expected);
    }
}

fn assert_not_permitted(outcome: Result<ConversationState, SessionError>, expected: u32) {
    match outcome.unwrap_err() {
        SessionError::Unsettled {
            error: DeliveryError::NotPermitted { attempts, reason, .. },
            ..
        } => {
            assert_eq!(attempts, expected);
            assert!(reason.to_string().contains("another worker has taken over"), "{reason}");
        }
        error => panic!("{error:?}"),
    }
}

/// Stopped with its change in the journal, before the first byte of it has left.
#[tokio::test]
async fn a_worker_that_lost_its_lease_does_not_post() {
    let fleet = Fleet::new(Some(SHORT)).await;
    let before = Instant::now();
    let stopped = fleet.stopping.clone();
    let stopped = tokio::spawn(async move { stopped.start_conversation(user(2)).await });
    while fleet.other.vault().unfinished().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(fleet.posts(), 0);
    let id = fleet.other.start_conversation(user(2)).await.unwrap().id();
    assert!(before.elapsed() >= SHORT, "nobody is faster than a lease");
    assert_eq!(fleet.posts(), 1, "the other one has taken the change up");

    fleet.gate.add_permits(1000);
    assert_not_permitted(stopped.await.unwrap(), 0);
    assert_eq!(fleet.posts(), 1);
    fleet.assert_keys(id, 1).await;
    // It works on as if nothing had been.
    fleet.stopping.rotate(id).await.unwrap();
    fleet.assert_keys(id, 2).await;
}

/// Sent once, and asleep until it may send again.
#[tokio::test]
async fn a_worker_that_lost_its_lease_does_not_post_again() {
    let fleet = Fleet::new(Some(SHORT)).await;
    fleet.gate.add_permits(1000);
    // Comes with two seconds to wait.
    fleet.stage.sandbox.inject(Fault::RateLimited.on(Operation::AddConversationKeys).unwrap(), 1);
    let asleep = fleet.stopping.clone();
    let asleep = tokio::spawn(async move { asleep.start_conversation(user(2)).await });
    while fleet.posts() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let id = fleet.other.rotate(ConversationId::direct(user(1), user(2))).await.unwrap().id();
    assert!(!asleep.is_finished());
    assert_eq!(fleet.posts(), 2, "one was refused, one is the other worker's");
    assert_not_permitted(asleep.await.unwrap(), 1);
    assert_eq!(fleet.posts(), 2);
    fleet.assert_keys(id, 1).await;
}

/// The time of a lease is the worker's own, and long unless it says otherwise.
#[tokio::test]
async fn others_wait_for_a_silent_worker_as_long_as_its_lease_is() {
    let fleet = Fleet::new(None).await;
    let silent = fleet.stopping.clone();
    let silent = tokio::spawn(async move { silent.start_conversation(user(2)).await });
    while fleet.other.vault().unfinished().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let id = ConversationId::direct(user(1), user(2));
    let waiting = tokio::time::timeout(3 * SHORT, fleet.other.start_conversation(user(2))).await;
    assert!(waiting.is_err(), "it has 90 seconds");
    fleet.gate.add_permits(1000);
    silent.await.unwrap().unwrap();
    fleet.other.start_conversation(user(2)).await.unwrap();
    assert_eq!(fleet.posts(), 1);
    fleet.assert_keys(id, 1).await;
}
