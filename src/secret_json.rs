//! Content that holds secrets: JSON, written into memory that is wiped, with secrets as base64.
//!
//! Base64 needs no escapes, so a secret is borrowed as it stands and never passes
//! through a buffer of the parser's own.
//!
//! What is read this way denies members it does not know: to write it back without them would lose
//! what a newer program has put there.

use std::io;

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::ser::Formatter;
use zeroize::Zeroizing;

use crate::Suite;

/// `None` for what cannot be written, which no row's content is.
pub(crate) fn to_json(value: &impl Serialize) -> Option<Zeroizing<Vec<u8>>> {
    // Written twice: a buffer that grows would leave its old contents behind.
    let mut length = Count(0);
    write(&mut length, value)?;
    let mut json = Zeroizing::new(Vec::with_capacity(length.0));
    write(&mut *json, value)?;
    Some(json)
}

fn write(to: impl io::Write, value: &impl Serialize) -> Option<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(to, AsItStands)).ok()
}

pub(crate) fn from_json<'a, T: Deserialize<'a>>(content: &'a [u8]) -> Option<T> {
    // The parser's own words could quote a secret.
    serde_json::from_slice(content).ok()
}

/// The base64 of a secret, as a member of what is written and read.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct SecretText<'a>(pub(crate) &'a str);

/// As bytes, so that it gets to [`AsItStands`].
impl Serialize for SecretText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_bytes())
    }
}

/// Writes bytes as the text they are. A text is looked through for what to escape, each character
/// in a table: that takes its time by the secret.
struct AsItStands;

impl Formatter for AsItStands {
    fn write_byte_array<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        text: &[u8],
    ) -> io::Result<()> {
        self.begin_string(writer)?;
        writer.write_all(text)?;
        self.end_string(writer)
    }
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Base64 in constant time.
pub(crate) fn secret_text(secret: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(Base64::encode_string(secret))
}

pub(crate) fn secret_bytes(text: &SecretText<'_>) -> Option<Zeroizing<Vec<u8>>> {
    Base64::decode_vec(text.0).ok().map(Zeroizing::new)
}

pub(crate) fn suite_named(name: &str) -> Option<Suite> {
    Suite::ALL.iter().copied().find(|suite| suite.to_string() == name)
}
