//! The bounded reader of the Thrift binary protocol.

use alloc::vec::Vec;

use super::WireError;

/// The most elements of one list, set or map.
pub const MAX_LIST_LENGTH: usize = 10_000;
/// The most elements of all lists, sets and maps of one event together, skipped ones included.
pub const MAX_ELEMENTS: usize = 100_000;
/// The most bytes of one string.
pub const MAX_STRING_LENGTH: usize = 104_857_600;
/// How deep the value of an unknown field may nest.
pub const MAX_DEPTH: usize = 62;

/// Wire types of the Thrift binary protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Byte,
    Double,
    I16,
    I32,
    I64,
    String,
    Struct,
    Map,
    Set,
    List,
}

impl Kind {
    const STOP: u8 = 0;

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Bool => 0x02,
            Self::Byte => 0x03,
            Self::Double => 0x04,
            Self::I16 => 0x06,
            Self::I32 => 0x08,
            Self::I64 => 0x0a,
            Self::String => 0x0b,
            Self::Struct => 0x0c,
            Self::Map => 0x0d,
            Self::Set => 0x0e,
            Self::List => 0x0f,
        }
    }

    const fn from_code(code: u8) -> Result<Self, WireError> {
        Ok(match code {
            0x02 => Self::Bool,
            0x03 => Self::Byte,
            0x04 => Self::Double,
            0x06 => Self::I16,
            0x08 => Self::I32,
            0x0a => Self::I64,
            0x0b => Self::String,
            0x0c => Self::Struct,
            0x0d => Self::Map,
            0x0e => Self::Set,
            0x0f => Self::List,
            found => return Err(WireError::UnknownType { found }),
        })
    }
}

/// Reads one event; the element budget is shared by everything in it.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    elements_left: usize,
}

/// A field whose header has been read and whose value has not.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) id: i16,
    kind: Kind,
}

impl<'a> Reader<'a> {
    /// Reads a whole value from `bytes`; nothing may follow it.
    pub(super) fn read_all<T>(
        bytes: &'a [u8],
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<T, WireError> {
        let mut reader = Self { rest: bytes, elements_left: MAX_ELEMENTS };
        let value = read(&mut reader)?;
        match reader.rest.len() {
            0 => Ok(value),
            count => Err(WireError::TrailingBytes { count }),
        }
    }

    /// Hands each field of a struct to `read`, which must consume or skip its value.
    pub(super) fn fields(
        &mut self,
        mut read: impl FnMut(&mut Self, Field) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        while let Some(field) = self.field()? {
            read(self, field)?;
        }
        Ok(())
    }

    fn field(&mut self) -> Result<Option<Field>, WireError> {
        match self.byte()? {
            Kind::STOP => Ok(None),
            code => {
                let kind = Kind::from_code(code)?;
                Ok(Some(Field { id: i16::from_be_bytes(self.array()?), kind }))
            }
        }
    }

    /// A field of text, into its slot.
    pub(super) fn text(
        &mut self,
        field: Field,
        name: &'static str,
        slot: &mut Option<&'a str>,
    ) -> Result<(), WireError> {
        expect(field, Kind::String, name)?;
        let text = self.utf8(name)?;
        fill(slot, text, name)
    }

    /// A boolean field, into its slot.
    pub(super) fn boolean(
        &mut self,
        field: Field,
        name: &'static str,
        slot: &mut Option<bool>,
    ) -> Result<(), WireError> {
        expect(field, Kind::Bool, name)?;
        let value = match self.byte()? {
            0 => false,
            1 => true,
            _ => return Err(WireError::NotBoolean { field: name }),
        };
        fill(slot, value, name)
    }

    /// A struct or union field, into its slot.
    pub(super) fn structure<T>(
        &mut self,
        field: Field,
        name: &'static str,
        slot: &mut Option<T>,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<(), WireError> {
        let value = self.value(field, name, read)?;
        fill(slot, value, name)
    }

    /// The value of a struct or union field.
    pub(super) fn value<T>(
        &mut self,
        field: Field,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<T, WireError> {
        expect(field, Kind::Struct, name)?;
        read(self)
    }

    /// A union: exactly one known member, or else the id of an unknown one.
    ///
    /// `read` consumes the field's value and gives the member, or `None` for an unknown one.
    pub(super) fn union<T>(
        &mut self,
        name: &'static str,
        mut read: impl FnMut(&mut Self, Field) -> Result<Option<T>, WireError>,
    ) -> Result<Result<T, i16>, WireError> {
        let (mut known, mut unknown) = (None, None);
        self.fields(|reader, field| match read(reader, field)? {
            Some(member) => match known.replace(member) {
                None => Ok(()),
                Some(_) => Err(WireError::AmbiguousUnion { union: name }),
            },
            None => {
                unknown.get_or_insert(field.id);
                Ok(())
            }
        })?;
        known.map(Ok).or(unknown.map(Err)).ok_or(WireError::EmptyUnion { union: name })
    }

    /// A field of a 64-bit integer, into its slot.
    pub(super) fn integer(
        &mut self,
        field: Field,
        name: &'static str,
        slot: &mut Option<i64>,
    ) -> Result<(), WireError> {
        expect(field, Kind::I64, name)?;
        let value = i64::from_be_bytes(self.array()?);
        fill(slot, value, name)
    }

    /// A field of a 32-bit integer or of an enumeration, into its slot.
    pub(super) fn int(
        &mut self,
        field: Field,
        name: &'static str,
        slot: &mut Option<i32>,
    ) -> Result<(), WireError> {
        expect(field, Kind::I32, name)?;
        let value = i32::from_be_bytes(self.array()?);
        fill(slot, value, name)
    }

    /// A field of bytes, into its slot.
    pub(super) fn binary(
        &mut self,
        field: Field,
        name: &'static str,
        slot: &mut Option<&'a [u8]>,
    ) -> Result<(), WireError> {
        expect(field, Kind::String, name)?;
        let bytes = self.bytes()?;
        fill(slot, bytes, name)
    }

    /// A field that is a list of structs, into its slot.
    pub(super) fn structures<T>(
        &mut self,
        field: Field,
        name: &'static str,
        slot: &mut Option<Vec<T>>,
        mut read: impl FnMut(&mut Self) -> Result<T, WireError>,
    ) -> Result<(), WireError> {
        let count = self.list(field, Kind::Struct, name)?;
        let list = (0..count).map(|_| read(self)).collect::<Result<_, _>>()?;
        fill(slot, list, name)
    }

    /// A field that is a list of texts, into its slot.
    pub(super) fn texts(
        &mut self,
        field: Field,
        name: &'static str,
        slot: &mut Option<Vec<&'a str>>,
    ) -> Result<(), WireError> {
        let count = self.list(field, Kind::String, name)?;
        let list = (0..count).map(|_| self.utf8(name)).collect::<Result<_, _>>()?;
        fill(slot, list, name)
    }

    /// A field of a kind that must only be well-formed.
    pub(super) fn skip_known(
        &mut self,
        field: Field,
        kind: Kind,
        name: &'static str,
    ) -> Result<(), WireError> {
        expect(field, kind, name)?;
        self.skip(field)
    }

    /// The header of a list field: how many elements of the kind follow.
    pub(super) fn list(
        &mut self,
        field: Field,
        elements: Kind,
        name: &'static str,
    ) -> Result<usize, WireError> {
        expect(field, Kind::List, name)?;
        let element = self.byte()?;
        let count = self.count()?;
        if count > 0 && element != elements.code() {
            return Err(WireError::WrongType { field: name });
        }
        Ok(count)
    }

    /// Passes over the value of an unknown field.
    pub(super) fn skip(&mut self, field: Field) -> Result<(), WireError> {
        self.skip_value(field.kind, 0)
    }

    fn skip_value(&mut self, kind: Kind, depth: usize) -> Result<(), WireError> {
        if depth > MAX_DEPTH {
            return Err(WireError::TooDeep);
        }
        match kind {
            Kind::Bool | Kind::Byte => self.take(1).map(drop),
            Kind::I16 => self.take(2).map(drop),
            Kind::I32 => self.take(4).map(drop),
            Kind::I64 | Kind::Double => self.take(8).map(drop),
            Kind::String => self.bytes().map(drop),
            Kind::Struct => {
                while let Some(field) = self.field()? {
                    self.skip_value(field.kind, depth + 1)?;
                }
                Ok(())
            }
            Kind::Set | Kind::List => {
                let element = self.byte()?;
                let count = self.count()?;
                self.skip_elements(&[element], count, depth)
            }
            Kind::Map => {
                let pair = self.array::<2>()?;
                let count = self.count()?;
                self.skip_elements(&pair, count, depth)
            }
        }
    }

    fn skip_elements(&mut self, codes: &[u8], count: usize, depth: usize) -> Result<(), WireError> {
        for _ in 0..count {
            for code in codes {
                self.skip_value(Kind::from_code(*code)?, depth + 1)?;
            }
        }
        Ok(())
    }

    /// The element count of a list, set or map, charged to the budget.
    fn count(&mut self) -> Result<usize, WireError> {
        let count = self.length()?;
        if count > MAX_LIST_LENGTH {
            return Err(WireError::ListTooLong);
        }
        self.elements_left =
            self.elements_left.checked_sub(count).ok_or(WireError::TooManyElements)?;
        Ok(count)
    }

    fn utf8(&mut self, name: &'static str) -> Result<&'a str, WireError> {
        core::str::from_utf8(self.bytes()?).map_err(|_| WireError::NotUtf8 { field: name })
    }

    fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let length = self.length()?;
        if length > MAX_STRING_LENGTH {
            return Err(WireError::StringTooLong);
        }
        self.take(length)
    }

    fn length(&mut self) -> Result<usize, WireError> {
        usize::try_from(i32::from_be_bytes(self.array()?)).map_err(|_| WireError::NegativeLength)
    }

    fn byte(&mut self) -> Result<u8, WireError> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

fn expect(field: Field, kind: Kind, name: &'static str) -> Result<(), WireError> {
    if field.kind == kind { Ok(()) } else { Err(WireError::WrongType { field: name }) }
}

/// X's own reader lets the last of two equal fields win; two readers could then disagree.
fn fill<T>(slot: &mut Option<T>, value: T, name: &'static str) -> Result<(), WireError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(WireError::RepeatedField { field: name }),
    }
}
