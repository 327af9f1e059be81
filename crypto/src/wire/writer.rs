//! The writer of the Thrift binary protocol: fields in ascending id, absent ones left out.

use alloc::vec::Vec;

use super::WireError;
use super::reader::{Kind, MAX_LIST_LENGTH, MAX_STRING_LENGTH};

const STOP: u8 = 0;

pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// Writes one struct or union.
    pub(super) fn write_all(
        fields: impl FnOnce(&mut Self) -> Result<(), WireError>,
    ) -> Result<Vec<u8>, WireError> {
        Self::write_all_of(256, fields)
    }

    /// The same, for a struct of about so many bytes.
    pub(super) fn write_all_of(
        capacity: usize,
        fields: impl FnOnce(&mut Self) -> Result<(), WireError>,
    ) -> Result<Vec<u8>, WireError> {
        let mut writer = Self(Vec::with_capacity(capacity));
        writer.fields(fields)?;
        Ok(writer.0)
    }

    pub(super) fn text(&mut self, id: i16, value: Option<&str>) -> Result<(), WireError> {
        self.binary(id, value.map(str::as_bytes))
    }

    pub(super) fn binary(&mut self, id: i16, value: Option<&[u8]>) -> Result<(), WireError> {
        let Some(bytes) = value else { return Ok(()) };
        self.header(Kind::String, id);
        self.bytes_value(bytes)
    }

    fn bytes_value(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        if bytes.len() > MAX_STRING_LENGTH {
            return Err(WireError::StringTooLong);
        }
        self.length(bytes.len(), WireError::StringTooLong)?;
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn texts(&mut self, id: i16, values: &[&str]) -> Result<(), WireError> {
        self.list(Kind::String, id, values.len())?;
        values.iter().try_for_each(|text| self.bytes_value(text.as_bytes()))
    }

    pub(super) fn integer(&mut self, id: i16, value: Option<i64>) {
        if let Some(value) = value {
            self.header(Kind::I64, id);
            self.0.extend_from_slice(&value.to_be_bytes());
        }
    }

    pub(super) fn int(&mut self, id: i16, value: Option<i32>) {
        if let Some(value) = value {
            self.header(Kind::I32, id);
            self.0.extend_from_slice(&value.to_be_bytes());
        }
    }

    pub(super) fn boolean(&mut self, id: i16, value: Option<bool>) {
        if let Some(value) = value {
            self.header(Kind::Bool, id);
            self.0.push(u8::from(value));
        }
    }

    pub(super) fn structure<T>(
        &mut self,
        id: i16,
        value: Option<&T>,
        fields: impl FnOnce(&mut Self, &T) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let Some(value) = value else { return Ok(()) };
        self.header(Kind::Struct, id);
        self.fields(|writer| fields(writer, value))
    }

    pub(super) fn structures<T>(
        &mut self,
        id: i16,
        values: &[T],
        mut fields: impl FnMut(&mut Self, &T) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        self.structures_head(id, values.len())?;
        values.iter().try_for_each(|value| self.fields(|writer| fields(writer, value)))
    }

    /// The head of a list of structs: the [`fields`](Self::fields) of so many are to follow.
    pub(super) fn structures_head(&mut self, id: i16, count: usize) -> Result<(), WireError> {
        self.list(Kind::Struct, id, count)
    }

    pub(super) fn fields(
        &mut self,
        fields: impl FnOnce(&mut Self) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        fields(self)?;
        self.0.push(STOP);
        Ok(())
    }

    fn list(&mut self, elements: Kind, id: i16, count: usize) -> Result<(), WireError> {
        if count > MAX_LIST_LENGTH {
            return Err(WireError::ListTooLong);
        }
        self.header(Kind::List, id);
        self.0.push(elements.code());
        self.length(count, WireError::ListTooLong)
    }

    fn header(&mut self, kind: Kind, id: i16) {
        self.0.push(kind.code());
        self.0.extend_from_slice(&id.to_be_bytes());
    }

    fn length(&mut self, length: usize, error: WireError) -> Result<(), WireError> {
        let length = i32::try_from(length).map_err(|_| error)?;
        self.0.extend_from_slice(&length.to_be_bytes());
        Ok(())
    }
}
