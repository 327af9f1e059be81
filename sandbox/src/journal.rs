//! What came in, and what became of it: for tests to assert on.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use sealpost_crypto::UserId;
use sealpost_crypto::encoding::encode_base64;
use serde_json::{Map, Value, json};

use crate::fault::Fault;
use crate::operation::Operation;
use crate::reply::insert;

const MAX_ENTRIES: usize = 10_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The headers that are kept. Credentials are not among them, whatever they are called.
const KEPT_HEADERS: [&str; 9] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "user-agent",
    "x-sandbox-fault",
];

/// One request to the API, and what became of it.
///
/// Requests to `/sandbox/...` leave no entry, and neither do connections that end before the head
/// of a request has come.
#[derive(Clone, Debug)]
pub struct JournalEntry {
    pub(crate) number: u64,
    pub(crate) operation: Option<Operation>,
    pub(crate) user: Option<UserId>,
    pub(crate) fault: Option<Fault>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) changed: bool,
    pub(crate) transaction_id: String,
    method: String,
    path_and_query: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl JournalEntry {
    /// What was sent; nothing became of it so far.
    pub(crate) fn of(parts: &Parts, body: Bytes) -> Self {
        let path_and_query = parts.uri.path_and_query();
        Self {
            number: 0,
            operation: None,
            user: None,
            fault: None,
            status: None,
            changed: false,
            transaction_id: String::new(),
            method: parts.method.to_string(),
            path_and_query: path_and_query.map(ToString::to_string).unwrap_or_default(),
            headers: kept(&parts.headers),
            body,
        }
    }

    /// The number of the request, from 1 on, in the order in which they were answered.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The operation, if the path and the method are those of one.
    #[must_use]
    pub const fn operation(&self) -> Option<Operation> {
        self.operation
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path and the query, as they were sent.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// The first header of this name, in lower case, if it is one that is kept: `accept`,
    /// `accept-encoding`, `connection`, `content-encoding`, `content-length`, `content-type`,
    /// `expect`, `user-agent`, `x-sandbox-fault`. Credentials never are.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(kept, _)| *kept == name).map(|(_, value)| value.as_str())
    }

    /// The bytes of the body, as far as they were read.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Who asked, if the request came to that question and had a good answer.
    #[must_use]
    pub const fn user_id(&self) -> Option<UserId> {
        self.user
    }

    /// The fault that happened to it.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// The status of the answer. `None` when the connection was cut before the first byte of one;
    /// a cut further on does not show here.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status.map(|status| status.as_u16())
    }

    /// Whether the request changed what the sandbox remembers.
    #[must_use]
    pub const fn changed_state(&self) -> bool {
        self.changed
    }

    /// The `x-transaction-id` of the answer.
    #[must_use]
    pub fn transaction_id(&self) -> &str {
        &self.transaction_id
    }

    /// The entry as `GET /sandbox/journal` gives it: the body as text where it is UTF-8.
    pub(crate) fn to_json(&self) -> Value {
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
            .collect();
        let mut json = json!({
            "number": self.number,
            "operation": self.operation.map(Operation::operation_id),
            "method": self.method,
            "path": self.path_and_query,
            "headers": headers,
            "user_id": self.user.map(|user| user.to_string()),
            "fault": self.fault.map(Fault::name),
            "status": self.status(),
            "changed_state": self.changed,
            "transaction_id": self.transaction_id,
        });
        let (name, body) = match std::str::from_utf8(&self.body) {
            Ok(text) => ("body", text.to_owned()),
            Err(_) => ("body_base64", encode_base64(&self.body)),
        };
        insert(&mut json, name, body);
        json
    }
}

fn kept(headers: &HeaderMap) -> Vec<(&'static str, String)> {
    let value = |name: &&'static str| {
        let value = headers.get(*name)?;
        Some((*name, String::from_utf8_lossy(value.as_bytes()).into_owned()))
    };
    KEPT_HEADERS.iter().filter_map(value).collect()
}

/// The newest entries, at most 10,000 of them with at most 64 MiB of bodies.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<Arc<JournalEntry>>,
    bytes: usize,
    count: u64,
}

impl Journal {
    pub(crate) fn push(&mut self, mut entry: JournalEntry) {
        self.count = self.count.saturating_add(1);
        entry.number = self.count;
        self.bytes = self.bytes.saturating_add(entry.body.len());
        self.entries.push_back(Arc::new(entry));
        while self.entries.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.body.len());
        }
    }

    /// Oldest first. Cheap to take, so that the lock is held for a moment only.
    pub(crate) fn entries(&self) -> Vec<Arc<JournalEntry>> {
        self.entries.iter().cloned().collect()
    }

    /// Forgets the entries. The next one has the number it would have had.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(body: usize) -> JournalEntry {
        let (parts, ()) = axum::http::Request::new(()).into_parts();
        JournalEntry::of(&parts, vec![0; body].into())
    }

    fn numbers(journal: &Journal) -> (u64, u64) {
        let entries = journal.entries();
        (entries.first().unwrap().number(), entries.last().unwrap().number())
    }

    #[test]
    fn the_oldest_entries_make_room() {
        let mut journal = Journal::default();
        for _ in 0..MAX_ENTRIES + 2 {
            journal.push(entry(0));
        }
        assert_eq!(numbers(&journal), (3, 10_002));
        journal.clear();
        for _ in 0..3 {
            journal.push(entry(MAX_BYTES / 2));
        }
        assert_eq!(numbers(&journal), (10_004, 10_005));
        journal.push(entry(MAX_BYTES + 1));
        assert!(journal.entries().is_empty(), "what is too large for it is not kept");
        assert_eq!(journal.bytes, 0);
    }
}
