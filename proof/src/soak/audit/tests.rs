//! The books find what must not be: one thing goes wrong at a time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // tests

use super::super::observed::{Key, Observed};
use super::*;

const SAID: Digest = 7;

fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

fn at() -> ConversationId {
    "1:2".parse().unwrap()
}

fn message(last: u8) -> MessageId {
    format!("5f0c1c1a-7c1b-4c1d-9e1f-0000000000{last:02x}").parse().unwrap()
}

fn received(by: u64, message: MessageId, digest: Digest) -> Observed {
    Observed::Received { user: user(by), at: at(), message, digest, is_new: true }
}

fn key(version: u64, fingerprint: &str) -> Key {
    Key { version: KeyVersion::new(version), fingerprint: fingerprint.to_owned() }
}

fn knows(number: u64, keys: Vec<Key>) -> Observed {
    let members = BTreeSet::from([user(1), user(2)]);
    Observed::Knows { user: user(number), at: at(), keys, members }
}

/// One message of the first user, under a key for both.
fn log() -> Log {
    let version = KeyVersion::new(5);
    Log {
        messages: BTreeMap::from([(message(1), Message { sender: user(1), version })]),
        versions: HashMap::from([(SequenceId::new(9), (user(1), version))]),
        recipients: BTreeMap::from([(version, BTreeSet::from([user(1), user(2)]))]),
        ..Log::default()
    }
}

/// What is told when all goes well.
fn honest() -> Vec<Observed> {
    vec![
        Observed::Intends { user: user(1), at: at(), digest: SAID },
        Observed::Sent { at: at(), digest: SAID, message: message(1) },
        received(1, message(1), SAID),
        received(2, message(1), SAID),
        knows(1, vec![key(5, "a")]),
        knows(2, vec![key(5, "a")]),
    ]
}

/// Under which names something is found.
fn found(told: Vec<Observed>, log: Log) -> Vec<&'static str> {
    let mut ledger = Ledger::default();
    told.into_iter().for_each(|observed| ledger.take(observed));
    audit(&mut ledger, &BTreeMap::from([(at(), log)]));
    let all = ledger.findings.all();
    all.iter().filter(|(_, findings)| !findings.is_empty()).map(|(name, _)| *name).collect()
}

fn found_besides(more: Observed) -> Vec<&'static str> {
    let mut told = honest();
    told.push(more);
    found(told, log())
}

#[test]
fn nothing_is_found_when_all_goes_well() {
    assert!(found(honest(), log()).is_empty());
}

#[test]
fn a_message_that_did_not_come_is_lost() {
    for gone in [2, 3] {
        let mut told = honest();
        told.remove(gone);
        assert_eq!(found(told, log()), ["lost"]);
    }
    // One that was said to be sent, and one in a journal, that the server does not have.
    let (at, digest) = (at(), 8);
    assert_eq!(found_besides(Observed::Sent { at, digest, message: message(2) }), ["lost"]);
    assert_eq!(found_besides(Observed::Unsettled { at, digest, message: message(2) }), ["lost"]);
    assert_eq!(found_besides(Observed::Left { user: user(1), changes: 1, messages: 0 }), ["lost"]);
}

#[test]
fn another_key_of_one_version_is_divergent() {
    let mut told = honest();
    told[5] = knows(2, vec![key(5, "b")]);
    assert!(found(told, log()).contains(&"divergent"));
    let mut told = honest();
    told[5] = knows(2, vec![key(4, "a")]);
    assert_eq!(found(told, log()), ["divergent"]);
    let mut told = honest();
    let members = BTreeSet::from([user(2)]);
    told[5] = Observed::Knows { user: user(2), at: at(), keys: vec![key(5, "a")], members };
    assert_eq!(found(told, log()), ["divergent"]);
    assert_eq!(found_besides(received(3, message(1), SAID)), ["divergent"]);
    assert_eq!(
        found_besides(Observed::NotSent { digest: SAID, code: String::new() }),
        ["divergent"]
    );
}

#[test]
fn what_comes_twice_is_duplicated() {
    assert_eq!(found_besides(received(2, message(1), SAID)), ["duplicated"]);
    // The same words under a second id.
    let mut log = log();
    let again = Message { sender: user(1), version: KeyVersion::new(5) };
    log.messages.insert(message(2), again);
    let mut told = honest();
    told.extend([received(1, message(2), SAID), received(2, message(2), SAID)]);
    assert_eq!(found(told, log), ["duplicated"]);
}

#[test]
fn what_is_read_as_something_else_is_unreadable() {
    let mut told = honest();
    told[3] = received(2, message(1), 8);
    assert_eq!(found(told, log()), ["unreadable"]);
    let refused = |number| Observed::Unreadable {
        user: user(2),
        at: at(),
        number: Some(SequenceId::new(number)),
        code: "read.unknown_signer".to_owned(),
    };
    assert_eq!(found_besides(refused(9)), ["unreadable"]);
    assert_eq!(found_besides(refused(10)), ["unreadable"]);
    assert_eq!(found_besides(Observed::Downloaded { is_right: false }), ["unreadable"]);
}

#[test]
fn a_floor_that_falls_is_a_regression() {
    let mut told = honest();
    for version in [6, 5] {
        told.push(Observed::Floor { user: user(1), at: at(), key: key(version, "a") });
    }
    assert!(found(told, log()).contains(&"floor_regressions"));
}

#[test]
fn an_error_that_nothing_explains_is_unexpected() {
    let failed = |code: &str| Observed::Failed { what: "send".to_owned(), code: code.to_owned() };
    assert!(found_besides(failed("transport.rate_limited")).is_empty());
    assert_eq!(found_besides(failed("store.damaged")), ["unexpected_errors"]);
}
