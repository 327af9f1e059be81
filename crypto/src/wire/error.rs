//! Why bytes are not an event.

use super::{MAX_DEPTH, MAX_ELEMENTS, MAX_LIST_LENGTH, MAX_STRING_LENGTH};

/// Bytes are not the Thrift struct they should be, or exceed a limit of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end inside a value.
    #[error("the event ends inside a value")]
    Truncated,
    /// Bytes follow the struct.
    #[error("{count} bytes follow the event")]
    TrailingBytes {
        /// How many.
        count: usize,
    },
    /// A length or count below zero.
    #[error("a length is negative")]
    NegativeLength,
    /// A string above [`MAX_STRING_LENGTH`].
    #[error("a string is longer than {MAX_STRING_LENGTH} bytes")]
    StringTooLong,
    /// A list, set or map above [`MAX_LIST_LENGTH`].
    #[error("a list is longer than {MAX_LIST_LENGTH} elements")]
    ListTooLong,
    /// More than [`MAX_ELEMENTS`] elements in all lists together.
    #[error("the lists have more than {MAX_ELEMENTS} elements together")]
    TooManyElements,
    /// An unknown field nested deeper than [`MAX_DEPTH`].
    #[error("an unknown field is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// A string that is not UTF-8.
    #[error("{field} is not UTF-8")]
    NotUtf8 {
        /// The field.
        field: &'static str,
    },
    /// A boolean that is neither 0 nor 1.
    #[error("{field} is neither true nor false")]
    NotBoolean {
        /// The field.
        field: &'static str,
    },
    /// A known field with another wire type than its own.
    #[error("{field} has the wrong wire type")]
    WrongType {
        /// The field.
        field: &'static str,
    },
    /// A wire type that does not exist.
    #[error("wire type {found:#04x} does not exist")]
    UnknownType {
        /// The byte found in its place.
        found: u8,
    },
    /// A known field given twice.
    #[error("{field} is given twice")]
    RepeatedField {
        /// The field.
        field: &'static str,
    },
    /// A required field is missing.
    #[error("{field} lacks a required field")]
    MissingField {
        /// The struct it is missing in.
        field: &'static str,
    },
    /// A union without a member.
    #[error("{union} is empty")]
    EmptyUnion {
        /// The union.
        union: &'static str,
    },
    /// A union with more than one known member.
    #[error("{union} has more than one member")]
    AmbiguousUnion {
        /// The union.
        union: &'static str,
    },
    /// A union member this version can read over but not write.
    #[error("{union} has a member that cannot be written")]
    UnwritableMember {
        /// The union.
        union: &'static str,
    },
}

impl WireError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated => "wire.truncated",
            Self::TrailingBytes { .. } => "wire.trailing_bytes",
            Self::NegativeLength => "wire.negative_length",
            Self::StringTooLong => "wire.string_too_long",
            Self::ListTooLong => "wire.list_too_long",
            Self::TooManyElements => "wire.too_many_elements",
            Self::TooDeep => "wire.too_deep",
            Self::NotUtf8 { .. } => "wire.not_utf8",
            Self::NotBoolean { .. } => "wire.not_boolean",
            Self::WrongType { .. } => "wire.wrong_type",
            Self::UnknownType { .. } => "wire.unknown_type",
            Self::RepeatedField { .. } => "wire.repeated_field",
            Self::MissingField { .. } => "wire.missing_field",
            Self::EmptyUnion { .. } => "wire.empty_union",
            Self::AmbiguousUnion { .. } => "wire.ambiguous_union",
            Self::UnwritableMember { .. } => "wire.unwritable_member",
        }
    }
}
