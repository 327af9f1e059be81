//! The end: what the server has, against what everybody was told and knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::TryStreamExt as _;
use sealpost::{
    ChatEvent, Client, ConversationId, EventsQuery, KeyVersion, MessageId, PageLimit, SequenceId,
    UserId,
};

use super::Failure;
use super::expected::is_of_a_removal;
use super::ledger::{Ledger, Name, Passed, Unreadable};
use super::observed::Digest;

/// What the server has of one conversation.
#[derive(Default)]
pub(super) struct Log {
    messages: BTreeMap<MessageId, Message>,
    /// Who made an event, and which key it belongs to.
    versions: HashMap<SequenceId, (UserId, KeyVersion)>,
    /// The same of key changes, by their ids.
    changes: HashMap<MessageId, (UserId, KeyVersion)>,
    /// Events of other kinds.
    others: BTreeSet<SequenceId>,
    /// Whom each key was sealed to.
    recipients: BTreeMap<KeyVersion, BTreeSet<UserId>>,
}

struct Message {
    sender: UserId,
    version: KeyVersion,
}

impl Log {
    /// Reads all of it.
    pub(super) async fn read(client: &Client, at: ConversationId) -> Result<Self, Failure> {
        let mut log = Self::default();
        let query = EventsQuery::new().max_results(100);
        let mut pages = client.conversation_events_pages(&at, query, PageLimit::default());
        while let Some(page) = pages.try_next().await? {
            for row in page.events {
                let Some((event, number)) = row.encoded_event.zip(row.sequence_id) else {
                    continue;
                };
                log.note(number, &event.parse()?);
            }
        }
        Ok(log)
    }

    fn note(&mut self, number: SequenceId, event: &ChatEvent) {
        let (sender, version) = match event {
            ChatEvent::Message(event) => {
                let (sender, version) = (event.sender(), event.key_version());
                self.messages.insert(event.message_id(), Message { sender, version });
                (sender, version)
            }
            ChatEvent::KeyChange(event) => {
                let (sender, version) = (event.sender(), event.key_version());
                self.recipients.insert(version, event.recipients().collect());
                self.changes.insert(event.message_id(), (sender, version));
                (sender, version)
            }
            _ => {
                self.others.insert(number);
                return;
            }
        };
        self.versions.insert(number, (sender, version));
    }

    fn newest(&self) -> Option<(KeyVersion, &BTreeSet<UserId>)> {
        self.recipients.last_key_value().map(|(version, recipients)| (*version, recipients))
    }

    fn reads(&self, user: UserId, version: KeyVersion) -> bool {
        self.recipients.get(&version).is_some_and(|recipients| recipients.contains(&user))
    }

    /// Whether an event need not count for somebody: its key is not for them, or its sender is gone.
    fn is_not_for(&self, user: UserId, (sender, version): (UserId, KeyVersion)) -> bool {
        !self.reads(user, version) || self.was_removed(sender, version)
    }

    /// Whether somebody was left out of a later key: who reads on does not take them for a member,
    /// and they themselves may not read on.
    fn was_removed(&self, user: UserId, since: KeyVersion) -> bool {
        self.recipients.range(since..).any(|(_, recipients)| !recipients.contains(&user))
    }
}

/// What the logs count.
#[derive(Default)]
pub(super) struct Totals {
    pub(super) messages: usize,
    pub(super) keys: usize,
    /// Receipts that there had to be.
    pub(super) due: usize,
    /// Messages that somebody need not get, or not any more, because of a removal.
    pub(super) excused: usize,
}

pub(super) fn audit(ledger: &mut Ledger, logs: &BTreeMap<ConversationId, Log>) -> Totals {
    let mut totals = Totals::default();
    for (at, log) in logs {
        totals.messages += log.messages.len();
        totals.keys += log.recipients.len();
        arrived(ledger, *at, log, &mut totals);
        agreed(ledger, *at, log);
    }
    kept_its_word(ledger, logs);
    readable(ledger, logs);
    read_later(ledger, logs);
    totals
}

/// Each message has come to everybody whom its key was sealed to, once, as it was sent.
fn arrived(ledger: &mut Ledger, at: ConversationId, log: &Log, totals: &mut Totals) {
    let mut said: HashMap<Digest, MessageId> = HashMap::new();
    for (id, message) in &log.messages {
        let (name, none) = ((at, *id), BTreeMap::new());
        let receipts = ledger.received.get(&name).unwrap_or(&none);
        let known = ledger.sent.get(&name).or_else(|| ledger.unsettled.get(&name));
        let known = known.or_else(|| receipts.get(&message.sender).map(|receipt| &receipt.digest));
        let sender_gone = log.was_removed(message.sender, message.version);
        for (user, receipt) in receipts {
            if known.is_some_and(|known| *known != receipt.digest) {
                ledger.findings.unreadable.push(format!("{at}: {id} is another for {user}"));
            }
            if !log.reads(*user, message.version) {
                ledger.findings.divergent.push(format!("{at}: {user} could read {id}"));
            }
        }
        let recipients = log.recipients.get(&message.version).into_iter().flatten();
        for user in recipients.filter(|user| !receipts.contains_key(user)) {
            if sender_gone || log.was_removed(*user, message.version) {
                totals.excused += 1;
            } else {
                ledger.findings.lost.push(format!("{at}: {id} has not come to {user}"));
            }
        }
        totals.due += receipts.len();
        let Some(digest) = known else { continue };
        if said.insert(*digest, *id).is_some() {
            ledger.findings.duplicated.push(format!("{at}: {id} is there under another id, too"));
        }
        if ledger.intended.get(digest) != Some(&(message.sender, at)) {
            ledger.findings.unreadable.push(format!("{at}: nobody has said {id}"));
        }
        if let Some(code) = ledger.not_sent.get(digest) {
            let said = format!("{at}: {id} was said not to be sent: {code}");
            ledger.findings.divergent.push(said);
        }
    }
}

/// Whoever has the newest key has the same one, and knows the same members.
fn agreed(ledger: &mut Ledger, at: ConversationId, log: &Log) {
    let Some((version, recipients)) = log.newest() else { return };
    let mut fingerprints = BTreeSet::new();
    for user in recipients {
        let known = ledger.knows.get(&(*user, at));
        let newest = known.and_then(|known| known.keys.iter().max_by_key(|key| key.version));
        match newest {
            Some(key) if key.version == version => {
                fingerprints.insert(key.fingerprint.clone());
            }
            other => {
                let other = other.map(|key| key.version);
                let behind = format!("{at}: {user} has {other:?} instead of key {version}");
                ledger.findings.divergent.push(behind);
            }
        }
        if known.is_none_or(|known| known.members != *recipients) {
            let members = known.map(|known| known.members.len());
            let other = format!("{at}: {user} knows {members:?} members of {}", recipients.len());
            ledger.findings.divergent.push(other);
        }
    }
    if fingerprints.len() > 1 {
        ledger.findings.divergent.push(format!("{at}: {} keys {version}", fingerprints.len()));
    }
}

/// What was said to be sent is there; and what waited in a journal, unless it was refused.
fn kept_its_word(ledger: &mut Ledger, logs: &BTreeMap<ConversationId, Log>) {
    let is_there = |(at, message): &Name| {
        logs.get(at).is_some_and(|log| log.messages.contains_key(message))
            || ledger.deleted.contains(&(*at, *message))
    };
    let promised = ledger.sent.keys().map(|name| (name, "sent"));
    let journaled = ledger.unsettled.keys().filter(|name| !ledger.refused.contains(*name));
    let all = promised.chain(journaled.map(|name| (name, "in the journal")));
    let gone = all.filter(|(name, _)| !is_there(name));
    let gone: Vec<String> =
        gone.map(|((at, message), what)| format!("{at}: {message} was {what}")).collect();
    ledger.findings.lost.extend(gone);
}

/// What did not count for somebody was not for them, or is of a removal that no event tells.
fn readable(ledger: &mut Ledger, logs: &BTreeMap<ConversationId, Log>) {
    for Unreadable { user, at, number, code } in &ledger.unreadable {
        let (Some(number), Some(log)) = (number, logs.get(at)) else { continue };
        let is_explained = match log.versions.get(number) {
            Some(event) => log.is_not_for(*user, *event),
            None if log.others.contains(number) => is_of_a_removal(code),
            None => ledger.deleted_numbers.contains(&(*at, *number)),
        };
        if !is_explained {
            ledger.findings.unreadable.push(format!("{at}: event {number} for {user}: {code}"));
        }
    }
}

/// What a session passed over was not for it, or was held back and read another time: the members
/// that come of it are compared in [`agreed`].
fn read_later(ledger: &mut Ledger, logs: &BTreeMap<ConversationId, Log>) {
    for Passed { user, at, message, code } in &ledger.passed {
        let known = ledger.knows.get(&(*user, *at));
        let has = |version: KeyVersion| {
            known.is_some_and(|known| known.keys.iter().any(|key| key.version == version))
        };
        let change = logs.get(at).and_then(|log| Some((log, *log.changes.get(message)?)));
        let is_explained = match change {
            Some((log, change)) => {
                is_of_a_removal(code) || log.is_not_for(*user, change) || has(change.1)
            }
            None => is_of_a_removal(code) || code == "read.unknown_signer",
        };
        if !is_explained {
            let passed = format!("{at}: {user} passed over {message}: {code}");
            ledger.findings.unexpected_errors.push(passed);
        }
    }
}

#[cfg(test)]
mod tests;
