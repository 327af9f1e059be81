//! The books: what was told, and what follows from it at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sealpost::{ConversationId, KeyVersion, MessageId, SequenceId, UserId};

use super::expected::is_expected;
use super::observed::{Change, Digest, Key, Observed};
use super::verdict::Sample;

/// A message, wherever it is.
pub(super) type Name = (ConversationId, MessageId);

/// What somebody was handed out, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Receipt {
    pub(super) digest: Digest,
    pub(super) times: u32,
}

/// An event that did not count for somebody.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) user: UserId,
    pub(super) at: ConversationId,
    pub(super) number: Option<SequenceId>,
    pub(super) code: String,
}

/// An event about keys or members that somebody's session passed over.
#[derive(Debug)]
pub(super) struct Passed {
    pub(super) user: UserId,
    pub(super) at: ConversationId,
    pub(super) message: MessageId,
    pub(super) code: String,
}

#[derive(Debug)]
pub(super) struct Knowledge {
    pub(super) keys: Vec<Key>,
    pub(super) members: BTreeSet<UserId>,
}

#[derive(Default)]
pub(super) struct Ledger {
    pub(super) intended: HashMap<Digest, (UserId, ConversationId)>,
    pub(super) not_sent: HashMap<Digest, String>,
    pub(super) sent: HashMap<Name, Digest>,
    pub(super) unsettled: HashMap<Name, Digest>,
    pub(super) refused: HashSet<Name>,
    pub(super) deleted: HashSet<Name>,
    pub(super) deleted_numbers: HashSet<(ConversationId, SequenceId)>,
    pub(super) received: HashMap<Name, BTreeMap<UserId, Receipt>>,
    pub(super) receipts: u64,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) passed: Vec<Passed>,
    pub(super) changes: BTreeMap<Change, u64>,
    pub(super) restarts: u64,
    pub(super) restarts_in_a_call: u64,
    pub(super) downloads: u64,
    pub(super) samples: Vec<Sample>,
    pub(super) knows: HashMap<(UserId, ConversationId), Knowledge>,
    pub(super) errors: BTreeMap<(String, String), u64>,
    keys: HashMap<(ConversationId, KeyVersion), String>,
    floors: HashMap<(UserId, ConversationId), KeyVersion>,
    pub(super) findings: Findings,
}

/// What must not be, in words.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) lost: Vec<String>,
    pub(super) divergent: Vec<String>,
    pub(super) duplicated: Vec<String>,
    pub(super) unreadable: Vec<String>,
    pub(super) floor_regressions: Vec<String>,
    pub(super) unexpected_errors: Vec<String>,
    shown: usize,
}

impl Findings {
    pub(super) fn all(&self) -> [(&'static str, &[String]); 6] {
        [
            ("lost", &self.lost),
            ("divergent", &self.divergent),
            ("duplicated", &self.duplicated),
            ("unreadable", &self.unreadable),
            ("floor_regressions", &self.floor_regressions),
            ("unexpected_errors", &self.unexpected_errors),
        ]
    }

    /// Shows them all, if there are more than the last time.
    pub(super) fn show_new(&mut self) {
        const SHOWN: usize = 20;
        if self.count() > self.shown {
            self.shown = self.count();
            for (name, findings) in self.all() {
                let newest = findings.iter().rev().take(SHOWN);
                newest.for_each(|finding| eprintln!("{name}: {finding}"));
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        self.all().iter().map(|(_, findings)| findings.len()).sum()
    }
}

impl Ledger {
    pub(super) fn take(&mut self, observed: Observed) {
        match observed {
            Observed::Intends { user, at, digest } => {
                self.intended.insert(digest, (user, at));
            }
            Observed::Sent { at, digest, message } => {
                self.sent.insert((at, message), digest);
            }
            Observed::Unsettled { at, digest, message } => {
                self.unsettled.insert((at, message), digest);
            }
            Observed::NotSent { digest, code } => {
                self.not_sent.insert(digest, code);
            }
            Observed::Refused { at, message } => {
                self.refused.insert((at, message));
            }
            Observed::Received { user, at, message, digest, is_new } => {
                self.receive(user, (at, message), digest, is_new);
            }
            Observed::Unreadable { user, at, number, code } => {
                self.unreadable.push(Unreadable { user, at, number, code });
            }
            Observed::Passed { user, at, message, code } => {
                self.passed.push(Passed { user, at, message, code });
            }
            Observed::Deletes { at, message, number } => {
                self.deleted.insert((at, message));
                self.deleted_numbers.insert((at, number));
            }
            Observed::Floor { user, at, key } => self.floor(user, at, key),
            Observed::Changed { how } => *self.changes.entry(how).or_default() += 1,
            Observed::Downloaded { is_right: true } => self.downloads += 1,
            Observed::Downloaded { is_right: false } => {
                self.findings.unreadable.push("a file is another".to_owned());
            }
            Observed::Restarted { in_a_call } => {
                self.restarts += 1;
                self.restarts_in_a_call += u64::from(in_a_call);
            }
            Observed::Failed { what, code } => {
                if !is_expected(&what, &code) {
                    self.findings.unexpected_errors.push(format!("{what}: {code}"));
                }
                *self.errors.entry((what, code)).or_default() += 1;
            }
            Observed::Memory { seconds, heap_kib, sqlite_kib, rss_kib } => {
                self.samples.push(Sample { seconds, heap_kib, sqlite_kib, rss_kib });
            }
            Observed::Knows { user, at, keys, members } => {
                keys.iter().for_each(|key| self.key(user, at, key));
                self.knows.insert((user, at), Knowledge { keys, members });
            }
            Observed::Left { user, changes, messages } => {
                if changes + messages > 0 {
                    let left =
                        format!("user {user} is left with {changes} changes, {messages} messages");
                    self.findings.lost.push(left);
                }
            }
            Observed::Ready { .. } | Observed::Done => {}
        }
    }

    fn receive(&mut self, user: UserId, name: Name, digest: Digest, is_new: bool) {
        self.receipts += 1;
        let receipts = self.received.entry(name).or_default();
        let receipt = receipts.entry(user).or_insert(Receipt { digest, times: 0 });
        receipt.times += 1;
        if receipt.times > 1 || !is_new {
            let (at, message) = name;
            self.findings.duplicated.push(format!("{at}: {message} came to {user} again"));
        }
    }

    /// One version is one key, for everybody.
    fn key(&mut self, user: UserId, at: ConversationId, key: &Key) {
        let Key { version, fingerprint } = key;
        let known = self.keys.entry((at, *version)).or_insert_with(|| fingerprint.clone());
        if known != fingerprint {
            self.findings.divergent.push(format!("{at}: {user} has another key {version}"));
        }
    }

    fn floor(&mut self, user: UserId, at: ConversationId, key: Key) {
        self.key(user, at, &key);
        let floor = self.floors.entry((user, at)).or_insert(key.version);
        if key.version < *floor {
            let (before, now) = (*floor, key.version);
            let went_back = format!("{at}: that of {user} went from {before} to {now}");
            self.findings.floor_regressions.push(went_back);
        }
        *floor = key.version.max(*floor);
    }
}
