//! A prepared change on disk: what a journal keeps until the server has answered.

use alloc::borrow::Cow;
use core::marker::PhantomData;
use core::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ChangeKind, PreparedKeyChange};
use crate::{EncodedEvent, Suite};

/// Every part as text, so that the saved form is plain to read and bound to nothing in here.
#[derive(Serialize, Deserialize)]
struct Saved<'a> {
    kind: Cow<'a, str>,
    suite: Cow<'a, str>,
    conversation_id: Cow<'a, str>,
    sender: Cow<'a, str>,
    message_id: Cow<'a, str>,
    key_version: Cow<'a, str>,
    key_fingerprint: Cow<'a, str>,
    body: Cow<'a, str>,
}

/// Holds no secret: it may be written to disk as it is.
impl<K: ChangeKind> Serialize for PreparedKeyChange<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |value: &dyn core::fmt::Display| Cow::Owned(alloc::format!("{value}"));
        Saved {
            kind: K::NAME.into(),
            suite: text(&self.suite),
            conversation_id: text(&self.conversation_id),
            sender: text(&self.sender),
            message_id: text(&self.message_id),
            key_version: text(&self.key_version),
            key_fingerprint: text(&self.key_fingerprint),
            body: (&*self.body).into(),
        }
        .serialize(serializer)
    }
}

/// Reads what was saved. A change of another kind, or one whose body is longer than any request,
/// is refused; that the body is the one that was prepared is the journal's promise.
impl<'de, K: ChangeKind> Deserialize<'de> for PreparedKeyChange<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let saved = Saved::deserialize(deserializer)?;
        if saved.kind != K::NAME {
            return Err(D::Error::custom("a change of another kind was saved"));
        }
        if saved.body.len() > EncodedEvent::MAX_LENGTH {
            return Err(D::Error::custom("the saved body is longer than any request"));
        }
        Ok(Self {
            suite: Suite::ALL
                .iter()
                .copied()
                .find(|suite| alloc::format!("{suite}") == saved.suite)
                .ok_or_else(|| D::Error::custom("the saved suite is unknown"))?,
            conversation_id: part(&saved.conversation_id)?,
            sender: part(&saved.sender)?,
            message_id: part(&saved.message_id)?,
            key_version: part(&saved.key_version)?,
            key_fingerprint: part(&saved.key_fingerprint)?,
            body: saved.body.into_owned(),
            kind: PhantomData,
        })
    }
}

fn part<T: FromStr<Err: core::fmt::Display>, E: serde::de::Error>(text: &str) -> Result<T, E> {
    text.parse().map_err(E::custom)
}
