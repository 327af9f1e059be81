//! The fields of a Thrift struct, for the events that the wire format's own types pass over.

use std::collections::BTreeMap;

use sealpost_crypto::wire::MAX_DEPTH;

const STOP: u8 = 0x00;
const I32: u8 = 0x08;
const STRING: u8 = 0x0b;
const STRUCT: u8 = 0x0c;
const LIST: u8 = 0x0f;

/// The fields of a struct, each with its kind and the bytes of its value.
#[derive(Debug)]
pub(super) struct Fields<'a>(BTreeMap<i16, (u8, &'a [u8])>);

impl<'a> Fields<'a> {
    /// Reads a struct. `None` for bytes that are not one, that go on after it, or that have a field
    /// twice.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let mut fields = BTreeMap::new();
        loop {
            let kind = cursor.byte()?;
            if kind == STOP {
                break;
            }
            let id = i16::from_be_bytes(cursor.array()?);
            let from = cursor.0;
            cursor.skip(kind, 0)?;
            let value = from.get(..from.len().checked_sub(cursor.0.len())?)?;
            if fields.insert(id, (kind, value)).is_some() {
                return None;
            }
        }
        cursor.0.is_empty().then_some(Self(fields))
    }

    /// The only field, if it is the struct `id`: the member of a union.
    pub(super) fn member(&self, id: i16) -> Option<Self> {
        let value = self.value(id, STRUCT).filter(|_| self.0.len() == 1)?;
        Self::read(value)
    }

    pub(super) fn bytes(&self, id: i16) -> Option<&'a [u8]> {
        Cursor(self.value(id, STRING)?).string()
    }

    pub(super) fn text(&self, id: i16) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(id)?).ok()
    }

    pub(super) fn number(&self, id: i16) -> Option<i32> {
        Cursor(self.value(id, I32)?).array().map(i32::from_be_bytes)
    }

    pub(super) fn texts(&self, id: i16) -> Option<Vec<&'a str>> {
        let mut cursor = Cursor(self.value(id, LIST)?);
        let kind = cursor.byte()?;
        let count = cursor.length()?;
        let text = |_| std::str::from_utf8(cursor.string()?).ok();
        if count == 0 || kind == STRING { (0..count).map(text).collect() } else { None }
    }

    fn value(&self, id: i16, kind: u8) -> Option<&'a [u8]> {
        self.0.get(&id).filter(|(found, _)| *found == kind).map(|(_, value)| *value)
    }
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(i32::from_be_bytes(self.array()?)).ok()
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    /// Passes over a value. Each one takes a byte at least, so that the bytes bound the work.
    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        match kind {
            0x02 | 0x03 => self.take(1).map(drop),
            0x06 => self.take(2).map(drop),
            I32 => self.take(4).map(drop),
            0x04 | 0x0a => self.take(8).map(drop),
            STRING => self.string().map(drop),
            STRUCT => loop {
                match self.byte()? {
                    STOP => return Some(()),
                    kind => {
                        self.take(2)?;
                        self.skip(kind, depth + 1)?;
                    }
                }
            },
            0x0d => {
                let [key, value] = self.array()?;
                let count = self.length()?;
                (0..count).try_for_each(|_| {
                    self.skip(key, depth + 1)?;
                    self.skip(value, depth + 1)
                })
            }
            LIST | 0x0e => {
                let element = self.byte()?;
                let count = self.length()?;
                (0..count).try_for_each(|_| self.skip(element, depth + 1))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{1: "ab", 2: ["c", ""], 3: 7, 4: {5: true, 6: {"k": [1i64]}}}`.
    const STRUCTURE: &[u8] = b"\x0b\0\x01\0\0\0\x02ab\x0f\0\x02\x0b\0\0\0\x02\0\0\0\x01c\0\0\0\0\
        \x08\0\x03\0\0\0\x07\
        \x0c\0\x04\x02\0\x05\x01\x0d\0\x06\x0b\x0f\0\0\0\x01\0\0\0\x01k\x0a\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0";

    #[test]
    fn fields_are_found_by_id_and_kind() {
        let fields = Fields::read(STRUCTURE).unwrap();
        assert_eq!(fields.text(1), Some("ab"));
        assert_eq!(fields.texts(2), Some(vec!["c", ""]));
        assert_eq!(fields.number(3), Some(7));
        assert_eq!(fields.text(3), None);
        assert_eq!(fields.number(9), None);
        assert!(fields.member(4).is_none(), "not the only field");
        let union = Fields::read(b"\x0c\0\x07\x08\0\x02\0\0\0\x01\0\0").unwrap();
        assert_eq!(union.member(7).unwrap().number(2), Some(1));
        assert!(union.member(8).is_none());
    }

    #[test]
    fn everything_else_is_refused() {
        for end in 0..STRUCTURE.len() {
            assert!(Fields::read(&STRUCTURE[..end]).is_none(), "the first {end} bytes");
        }
        let deep = [b"\x0c\0\x01".repeat(100), vec![0; 101]].concat();
        for bytes in [
            &[STRUCTURE, b"\0"].concat()[..],
            b"\x02\0\x01\x01\x02\0\x01\x01\0",
            b"\x01\0\x01\0",
            b"\x0b\0\x01\xff\xff\xff\xff\0",
            b"\x0f\0\x01\x02\x7f\xff\xff\xff\0",
            &deep,
        ] {
            assert!(Fields::read(bytes).is_none(), "{bytes:02x?}");
        }
    }
}
