//! What came of it, in words or as JSON.

use std::collections::BTreeMap;

use sealpost_sandbox::{Fault, RunningSandbox};
use serde_json::{Map, Value, json};

use super::audit::Totals;
use super::ledger::Ledger;
use super::verdict::Memory;

/// What the server's journal says, taken from it bit by bit.
pub(super) struct Requests {
    last: u64,
    first: u64,
    by_fault: BTreeMap<Fault, u64>,
}

impl Requests {
    /// From now on.
    pub(super) fn new(sandbox: &RunningSandbox) -> Self {
        let last = sandbox.journal().last().map_or(0, |entry| entry.number());
        Self { last, first: last, by_fault: BTreeMap::new() }
    }

    pub(super) fn look(&mut self, sandbox: &RunningSandbox) {
        for entry in sandbox.journal() {
            if entry.number() > self.last {
                self.last = entry.number();
                if let Some(fault) = entry.fault() {
                    *self.by_fault.entry(fault).or_default() += 1;
                }
            }
        }
    }

    pub(super) const fn count(&self) -> u64 {
        self.last - self.first
    }

    pub(super) fn faults(&self) -> u64 {
        self.by_fault.values().sum()
    }
}

pub(super) struct Report {
    pub(super) minutes: f64,
    pub(super) sessions: usize,
    pub(super) seconds: f64,
    pub(super) ledger: Ledger,
    pub(super) requests: Requests,
    pub(super) totals: Totals,
}

impl Report {
    fn memory(&self) -> Option<Memory> {
        Memory::of(&self.ledger.samples)
    }

    /// A short form is about everything but memory.
    pub(super) fn holds(&self) -> bool {
        self.ledger.findings.count() == 0 && self.memory().is_none_or(|memory| memory.is_flat())
    }

    pub(super) fn print(&self, json: bool) {
        if json {
            println!("{}", self.facts());
        } else if let Value::Object(facts) = self.facts() {
            facts.iter().for_each(|(name, fact)| println!("{name:<24} {fact}"));
        }
    }

    fn facts(&self) -> Value {
        let Self { ledger, requests, totals, .. } = self;
        let mut facts = json!({
            "minutes": rounded(self.minutes),
            "sessions": self.sessions,
            "seconds": rounded(self.seconds),
            "requests": requests.count(),
            "requests_per_second": rounded(requests.count() as f64 / self.minutes / 60.0),
            "faults": requests.faults(),
            "faults_share": rounded(requests.faults() as f64 / requests.count() as f64),
            "faults_by_kind": map(requests.by_fault.iter()),
            "messages_sent": ledger.sent.len(),
            "messages_unsettled_once": ledger.unsettled.len(),
            "messages_on_the_server": totals.messages,
            "messages_received": ledger.receipts,
            "receipts_checked": totals.due,
            "excused_by_removals": totals.excused,
            "key_changes": totals.keys,
            "changes_by_kind": map(ledger.changes.iter().map(|(how, n)| (format!("{how:?}"), n))),
            "files_downloaded": ledger.downloads,
            "restarts": ledger.restarts,
            "restarts_in_a_call": ledger.restarts_in_a_call,
            "events_passed_over": ledger.passed.len(),
            "errors_expected": self.errors(),
        });
        let Value::Object(all) = &mut facts else { return facts };
        for (name, findings) in ledger.findings.all() {
            all.insert(name.to_owned(), findings.len().into());
        }
        if let Some(memory) = self.memory() {
            all.insert("heap_start_kib".to_owned(), memory.start_kib.into());
            all.insert("heap_middle_kib".to_owned(), memory.middle_kib.into());
            all.insert("heap_end_kib".to_owned(), memory.end_kib.into());
            let slope = rounded(memory.slope_kib_per_minute);
            all.insert("heap_slope_kib_per_minute".to_owned(), slope.into());
            all.insert("heap_is_flat".to_owned(), memory.is_flat().into());
            all.insert("sqlite_end_kib".to_owned(), memory.sqlite_end_kib.into());
            all.insert("rss_end_kib".to_owned(), memory.rss_end_kib.into());
        }
        facts
    }

    fn errors(&self) -> Value {
        let errors = self.ledger.errors.iter();
        map(errors.map(|((what, code), count)| (format!("{what}: {code}"), count)))
    }
}

fn map<'a>(counts: impl Iterator<Item = (impl ToString, &'a u64)>) -> Value {
    let all: Map<String, Value> =
        counts.map(|(name, count)| (name.to_string(), (*count).into())).collect();
    all.into()
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
