//! One run: prepare, journal, deliver through faults and restarts, then look what both sides have.

use std::fmt::Write as _;
use std::time::Duration;

use sealpost::encoding::encode_base64;
use sealpost::*;
use sealpost_sandbox::{Fault, Injection, Operation};

use super::stage::{User, client};
use super::{Class, Log, Stage, Tally};

/// Starts of the program, each with the journal of the one before. The faults of a run are fewer.
const LIVES: u32 = 12;
/// What may go wrong later in a run, while it is being settled.
const LATER: [Fault; 8] = [
    Fault::None,
    Fault::Unavailable,
    Fault::InternalError,
    Fault::ResetBeforeCommit,
    Fault::CommitThenReset,
    Fault::ResetInBody,
    Fault::AcceptedWithErrors,
    Fault::Unauthorized,
];
const ALICES_VERSION: u64 = 5;
const BOBS_VERSION: u64 = 9;

/// What one user knows of the conversation.
struct View {
    conversation: Conversation,
    signers: Vec<Participant>,
}

/// Makes the run that `seed` stands for. The same seed always gives the same faults.
pub async fn run(stage: &Stage, class: Class, seed: u64, log: &Log) -> Tally {
    let mut chance = fastrand::Rng::with_seed(seed);
    let suite = *chance.choice(Suite::ALL).unwrap();
    let number = 10 + 2 * seed;
    let alice = stage.user(number, suite).await;
    let bob = stage.user(number + 1, suite).await;
    let view = View {
        conversation: Conversation::direct(alice.account.user_id(), bob.account.user_id()),
        signers: vec![*alice.account.participant(), *bob.account.participant()],
    };
    let (change, key) = view.prepare(&alice, ALICES_VERSION);
    let (bobs, bobs_key) = view.prepare(&bob, BOBS_VERSION);
    let bobs_journal = serde_json::to_string(&bobs).unwrap();
    let journal = serde_json::to_string(&change).unwrap();
    let mut texts = journal.clone();
    stage.sandbox.clear_journal();
    stage.sandbox.inject_all(script(class, &mut chance));
    log.take();

    let race_at = if class == Class::Race { Some(chance.u32(0..2)) } else { None };
    let mut settled = false;
    for life in 0..LIVES {
        let nobody = class == Class::NobodyListens && life == 0;
        let base_url = if nobody { "http://127.0.0.1:1" } else { stage.sandbox.base_url() };
        if race_at == Some(life) {
            while !live(&bob.client, &bob.account, &view, &bobs_journal, &mut chance)
                .await
                .unwrap_or(false)
            {}
        }
        let client = client(base_url, &alice.token);
        match live(&client, &alice.account, &view, &journal, &mut chance).await {
            Ok(done) => settled = done,
            Err(error) => write!(texts, "{error} {error:?}").unwrap(),
        }
        if settled && race_at.is_none_or(|race_at| race_at <= life) {
            break;
        }
    }
    stage.sandbox.clear_faults();

    let entries = stage.sandbox.journal();
    // A body that was cut off is the beginning of one.
    let is_known = |body: &[u8]| change.body().starts_with(body) || bobs.body().starts_with(body);
    let all_known = entries.iter().all(|entry| is_known(entry.body()));
    texts.push_str(&log.take());
    entries.iter().for_each(|entry| texts.push_str(&String::from_utf8_lossy(entry.body())));

    let (mine, times) = view.read(&alice, change.message_id()).await;
    let (theirs, _) = view.read(&bob, change.message_id()).await;
    let newest = if class == Class::Race { BOBS_VERSION } else { ALICES_VERSION };
    let newest = KeyVersion::new(newest);
    let arrived = settled && theirs.current().is_some_and(|(version, _)| version == newest);
    let same = mine.current() == theirs.current();
    let ours = mine.get(change.key_version()).is_none_or(|mine| *mine == key);
    let keys = [key.expose_secret(), bobs_key.expose_secret()];
    let mut secrets = vec![alice.token.to_string(), bob.token.to_string()];
    secrets.extend(keys.into_iter().flat_map(|key| [hex(key), encode_base64(key)]));
    let leaks = secrets.iter().any(|secret| texts.contains(secret.trim_end_matches('=')));
    Tally {
        runs: 1,
        divergent: u64::from(!same || !ours || times > 1),
        lost: u64::from(!arrived),
        double_bodies: u64::from(!all_known),
        leaked: u64::from(leaks),
    }
}

/// The faults of a run: that of its class first, then up to three more.
fn script(class: Class, chance: &mut fastrand::Rng) -> Vec<Injection> {
    let mut script = Vec::new();
    match class {
        Class::Fault(Fault::ResetAtAccept) => script.push(Fault::ResetAtAccept.into()),
        Class::Fault(fault) => script.extend(fault.on(Operation::AddConversationKeys)),
        Class::Race | Class::NobodyListens => {}
    }
    for _ in 0..chance.u8(0..=3) {
        let fault = *chance.choice(&LATER).unwrap();
        let operations = [Operation::AddConversationKeys, Operation::GetChatConversationEvents];
        script.extend(fault.on(*chance.choice(&operations).unwrap()));
    }
    script
}

/// One life of the program: takes the change from the journal and delivers it, or dies on the way.
async fn live(
    client: &Client,
    account: &Account,
    view: &View,
    journal: &str,
    chance: &mut fastrand::Rng,
) -> Result<bool, DeliveryError> {
    let change: PreparedKeyChange = serde_json::from_str(journal).unwrap();
    let key = change.recover_key(account).unwrap();
    let check = recognise(account, &view.conversation, &view.signers, &change, &key);
    let policy = RetryPolicy::new()
        .delays(Duration::from_millis(1), Duration::from_millis(4))
        .deadline(Duration::from_secs(chance.u64(1..=3)));
    let delivery = client.deliver_conversation_keys(&change, check).policy(policy).send();
    // Every fourth life ends early, wherever it is.
    let patience = if chance.u8(0..4) == 0 { chance.u64(0..4_000) } else { 60_000_000 };
    match tokio::time::timeout(Duration::from_micros(patience), delivery).await {
        Ok(Ok(_) | Err(DeliveryError::Superseded { .. })) => Ok(true),
        Ok(Err(error)) => Err(error),
        Err(_) => Ok(false),
    }
}

impl View {
    fn prepare(&self, sender: &User, version: u64) -> (PreparedKeyChange, ConversationKey) {
        let sender = &sender.account;
        let others = self.signers.iter().filter(|user| user.user_id() != sender.user_id());
        KeyChange::new(sender, &self.conversation, KeyVersion::new(version))
            .participants(others)
            .seal()
            .unwrap()
            .sign()
            .unwrap()
            .prepare()
    }

    /// What a user ends with, and how many times a change is in.
    async fn read(&self, reader: &User, message_id: MessageId) -> (Keyring, usize) {
        let query = EventsQuery::new().max_results(100);
        let page = reader.client.conversation_events(&self.conversation.id(), query).await.unwrap();
        let mut keyring = Keyring::new(self.conversation.id());
        let mut times = 0;
        for event in &page.key_events {
            let ChatEvent::KeyChange(event) = event.parse().unwrap() else { continue };
            let opened = event.open(&reader.account, &self.conversation, &self.signers).unwrap();
            times += usize::from(opened.message_id() == message_id);
            keyring.adopt(opened, UnixMillis::new(1_800_000_000_000)).unwrap();
        }
        (keyring, times)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}
