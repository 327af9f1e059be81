//! Lost answers, late answers and refusals over real sockets: whatever the server does to the
//! request, one key comes of it, the same on both sides.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealpost::*;
use sealpost_sandbox::{Fault, Operation as SandboxOperation, RunningSandbox, Sandbox};

struct Stage {
    sandbox: RunningSandbox,
    alice: (Client, Account),
    bob: (Client, Account),
    conversation: Conversation,
    signers: Vec<Participant>,
}

/// The faults that a request survives, the attempts it takes, and whether it is found.
const SURVIVED: [(Fault, u32, bool); 9] = [
    (Fault::RateLimited, 2, false),
    (Fault::ResetBeforeCommit, 2, false),
    (Fault::InternalError, 2, false),
    (Fault::Unavailable, 2, false),
    (Fault::HtmlErrorPage, 2, false),
    (Fault::CommitThenReset, 1, true),
    (Fault::AcceptedWithErrors, 1, true),
    (Fault::SlowBody, 1, true),
    (Fault::EndlessBody, 1, true),
];

async fn member(sandbox: &RunningSandbox, number: u64) -> (Client, Account) {
    let user = UserId::new(number).unwrap();
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .credentials(Credentials::bearer(sandbox.token(user).as_str().into()))
        .response_body_timeout(Duration::from_millis(50))
        .whole_request_timeout(Duration::from_secs(5))
        .max_response_body(64 * 1024)
        .build()
        .unwrap();
    let identity = Identity::generate(Suite::X25519).unwrap();
    let request = identity.registration(user, UnixMillis::new(1));
    let registered = client.add_user_public_key(&user, &request).await.unwrap();
    let account = identity.registered(user, registered.public_key_version);
    (client, account)
}

impl Stage {
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        // A reset of the rate limit is a time: the sandbox's clock must be the client's.
        sandbox.clock(std::time::SystemTime::now().into());
        let (alice, bob) = (member(&sandbox, 1).await, member(&sandbox, 2).await);
        let conversation = Conversation::direct(alice.1.user_id(), bob.1.user_id());
        let signers = vec![*alice.1.participant(), *bob.1.participant()];
        Self { sandbox, alice, bob, conversation, signers }
    }

    fn prepare(&self, sender: &Account, version: u64) -> (PreparedKeyChange, ConversationKey) {
        let others = self.signers.iter().filter(|user| user.user_id() != sender.user_id());
        KeyChange::new(sender, &self.conversation, KeyVersion::new(version))
            .participants(others)
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare()
    }

    async fn deliver(
        &self,
        change: &PreparedKeyChange,
        key: &ConversationKey,
        policy: RetryPolicy,
    ) -> Result<Delivered, DeliveryError> {
        let (client, account) = &self.alice;
        let check = recognise(account, &self.conversation, &self.signers, change, key);
        client.deliver_conversation_keys(change, check).policy(policy).send().await
    }

    /// The key versions Bob finds, and the newest key.
    async fn bob_reads(&self) -> (Vec<u64>, Keyring) {
        let (client, account) = &self.bob;
        let query = EventsQuery::new().max_results(100);
        let page = client.conversation_events(&self.conversation.id(), query).await.unwrap();
        let mut ring = Keyring::new(self.conversation.id());
        let mut versions = Vec::new();
        for event in &page.key_events {
            let ChatEvent::KeyChange(change) = event.parse().unwrap() else { continue };
            versions.push(change.key_version().as_u64());
            let opened = change.open(account, &self.conversation, &self.signers).unwrap();
            ring.adopt(opened, UnixMillis::new(1_800_000_000_000)).unwrap();
        }
        (versions, ring)
    }
}

fn quick() -> RetryPolicy {
    RetryPolicy::new().delays(Duration::from_millis(5), Duration::from_millis(20))
}

#[tokio::test]
async fn one_key_comes_of_every_fault_that_passes() {
    for (fault, attempts, found) in SURVIVED {
        let stage = Stage::new().await;
        let (change, key) = stage.prepare(&stage.alice.1, 5);
        stage.sandbox.inject(fault, 1);
        let delivered = stage.deliver(&change, &key, quick()).await;
        let delivered = delivered.unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert_eq!((delivered.attempts, delivered.found), (attempts, found), "{fault}");
        assert!(delivered.sequence_id.is_some(), "{fault}");
        let (versions, ring) = stage.bob_reads().await;
        assert_eq!(versions, [5], "{fault}: one change, once");
        assert_eq!(ring.current().unwrap().1, &key, "{fault}");
    }
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    for (fault, code) in [
        (Fault::MissingActionSignatures, "transport.refused"),
        (Fault::Unauthorized, "transport.unauthorized"),
        (Fault::CreditsDepleted, "transport.quota_exhausted"),
        (Fault::UsageCapped, "transport.quota_exhausted"),
        (Fault::Empty404, "transport.refused"),
    ] {
        let stage = Stage::new().await;
        let (change, key) = stage.prepare(&stage.alice.1, 5);
        stage.sandbox.inject(fault, 1);
        let error = stage.deliver(&change, &key, quick()).await.unwrap_err();
        assert_eq!(error.code(), code, "{fault}");
        let DeliveryError::Failed { attempts, outcome_unknown, .. } = error else {
            panic!("{fault}: {error}")
        };
        assert_eq!((attempts, outcome_unknown), (1, false), "{fault}");
        assert!(stage.bob_reads().await.0.is_empty(), "{fault}");
    }
}

#[tokio::test]
async fn an_answer_for_another_conversation_ends_it_with_an_unknown_outcome() {
    let stage = Stage::new().await;
    let (change, key) = stage.prepare(&stage.alice.1, 5);
    stage.sandbox.inject(Fault::OtherConversation, 1);
    let error = stage.deliver(&change, &key, quick()).await.unwrap_err();
    assert!(matches!(error, DeliveryError::Failed { attempts: 1, outcome_unknown: true, .. }));
}

#[tokio::test]
async fn a_newer_change_of_a_member_supersedes_ours() {
    let stage = Stage::new().await;
    let (bobs, _) = stage.prepare(&stage.bob.1, 9);
    stage.bob.0.add_conversation_keys(&bobs).await.unwrap();
    let (change, key) = stage.prepare(&stage.alice.1, 5);
    let error = stage.deliver(&change, &key, quick()).await.unwrap_err();
    assert!(
        matches!(error, DeliveryError::Superseded { by } if by == KeyVersion::new(9)),
        "{error}"
    );
    assert_eq!(stage.bob_reads().await.0, [9]);
}

#[tokio::test]
async fn a_change_that_is_in_already_is_found() {
    let stage = Stage::new().await;
    let (change, key) = stage.prepare(&stage.alice.1, 5);
    stage.alice.0.add_conversation_keys(&change).await.unwrap();
    // The process died before it could note that; the journal says: deliver.
    let saved = serde_json::to_string(&change).unwrap();
    let change: PreparedKeyChange = serde_json::from_str(&saved).unwrap();
    let delivered = stage.deliver(&change, &key, quick()).await.unwrap();
    assert!(delivered.found);
    assert_eq!(stage.bob_reads().await.0, [5]);
}

#[tokio::test]
async fn a_server_that_stays_broken_ends_at_the_budget_and_says_what_is_unknown() {
    let stage = Stage::new().await;
    let (change, key) = stage.prepare(&stage.alice.1, 5);
    stage.sandbox.inject(Fault::CommitThenReset, 1);
    stage.sandbox.inject(Fault::InternalError, 1000);
    let error = stage.deliver(&change, &key, quick()).await.unwrap_err();
    assert!(
        matches!(error, DeliveryError::Failed { attempts: 1, outcome_unknown: true, .. }),
        "nothing is sent again while nobody knows: {error}"
    );
}

#[tokio::test]
async fn a_long_rate_limit_is_reported_at_once() {
    let stage = Stage::new().await;
    let (change, key) = stage.prepare(&stage.alice.1, 5);
    stage.sandbox.inject(Fault::RateLimited, 1);
    let policy = quick().deadline(Duration::from_millis(200));
    let error = stage.deliver(&change, &key, policy).await.unwrap_err();
    assert_eq!(error.code(), "transport.rate_limited");
}

#[tokio::test]
async fn the_observer_sees_each_step() {
    let stage = Stage::new().await;
    let (change, key) = stage.prepare(&stage.alice.1, 5);
    stage.sandbox.inject(Fault::InternalError, 1);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let client = stage.alice.0.with_observer({
        let seen = Arc::clone(&seen);
        move |progress| seen.lock().unwrap().push(progress)
    });
    let account = &stage.alice.1;
    let check = recognise(account, &stage.conversation, &stage.signers, &change, &key);
    client.deliver_conversation_keys(&change, check).policy(quick()).send().await.unwrap();
    let mut steps = seen.lock().unwrap().clone();
    steps.retain(|step| matches!(step, Progress::Sending { .. } | Progress::Looking));
    let sending = |operation| Progress::Sending { operation };
    let post = sending(transport::Operation::AddConversationKeys);
    let read = sending(transport::Operation::ConversationEvents);
    assert_eq!(steps, [post, Progress::Looking, read, post]);
}

/// A future that is dropped half-way leaves what a crash leaves, and the next delivery settles it.
#[tokio::test]
async fn a_dropped_delivery_can_be_taken_up_again() {
    let stage = Stage::new().await;
    let (change, key) = stage.prepare(&stage.alice.1, 5);
    for millis in 0..20 {
        let delivery = stage.deliver(&change, &key, quick());
        let _ = tokio::time::timeout(Duration::from_millis(millis), delivery).await;
    }
    stage.deliver(&change, &key, quick()).await.unwrap();
    let (versions, ring) = stage.bob_reads().await;
    assert_eq!(versions, [5]);
    assert_eq!(ring.current().unwrap().1, &key);
}

/// The server does not know a group before its creation is in: that it says so is an answer.
#[tokio::test]
async fn a_group_that_the_server_does_not_know_was_not_created() {
    for has_crashed in [false, true] {
        let stage = Stage::new().await;
        let (client, account) = &stage.alice;
        let id = client.initialize_group().await.unwrap();
        let members = stage.signers.iter().map(Participant::user_id);
        let group = Conversation::group(id, members).unwrap();
        let (change, key) = KeyChange::new(account, &group, KeyVersion::new(5))
            .participants([stage.bob.1.participant()])
            .creating_group(GroupCreate::new([account.user_id()]))
            .unwrap()
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        let deliver = || {
            let check = recognise(account, &group, &stage.signers, &change, &key);
            client.deliver_conversation_keys(&change, check).policy(quick())
        };
        // An endpoint that is not rolled out to the account says nothing.
        let blind = Fault::Empty404.on(SandboxOperation::GetChatConversationEvents).unwrap();
        stage.sandbox.inject(blind, 1000);
        let error = deliver().may_have_been_sent().send().await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        stage.sandbox.clear_faults();
        let delivery = if has_crashed {
            deliver().may_have_been_sent()
        } else {
            let lost = Fault::ResetBeforeCommit.on(SandboxOperation::CreateChatConversation);
            stage.sandbox.inject(lost.unwrap(), 1);
            deliver()
        };
        let delivered = delivery.send().await.unwrap();
        assert!(!delivered.found);
        let delivered = deliver().may_have_been_sent().send().await.unwrap();
        assert!(delivered.found, "and once it is in, it is found");
    }
}
