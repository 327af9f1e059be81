//! Parts of a text that are more than text.

use alloc::vec::Vec;
use core::ops::Range;

use super::{ContentError, ContentField};
use crate::wire::RichTextEntity;

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EntityKind {
    /// `#tag`
    Hashtag,
    /// `$TAG`
    Cashtag,
    /// `@user`
    Mention,
    /// A link.
    Url,
    /// A mail address.
    Email,
    /// A postal address.
    Address,
    /// A telephone number.
    Phone,
    /// A kind that this version does not know, by its number.
    Other(i16),
}

impl EntityKind {
    const fn number(self) -> i16 {
        match self {
            Self::Hashtag => 1,
            Self::Cashtag => 2,
            Self::Mention => 3,
            Self::Url => 4,
            Self::Email => 5,
            Self::Address => 6,
            Self::Phone => 7,
            Self::Other(number) => number,
        }
    }

    const fn from_number(number: i16) -> Self {
        match number {
            1 => Self::Hashtag,
            2 => Self::Cashtag,
            3 => Self::Mention,
            4 => Self::Url,
            5 => Self::Email,
            6 => Self::Address,
            7 => Self::Phone,
            other => Self::Other(other),
        }
    }
}

/// A part of a text that is a link, a mention or the like.
///
/// X does not say what its positions count: bytes, characters or UTF-16 units. They are handed
/// over as they are, never beyond the text's bytes, so look before you slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entity {
    kind: EntityKind,
    start: i32,
    end: i32,
}

impl Entity {
    /// The part of a text between two positions.
    ///
    /// # Errors
    /// [`ContentError::Malformed`] for a range that is empty or longer than any text.
    pub fn new(kind: EntityKind, range: Range<usize>) -> Result<Self, ContentError> {
        let malformed = ContentError::Malformed(ContentField::Entity);
        let start = i32::try_from(range.start).map_err(|_| malformed)?;
        let end = i32::try_from(range.end).map_err(|_| malformed)?;
        if start < end { Ok(Self { kind, start, end }) } else { Err(malformed) }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> EntityKind {
        self.kind
    }

    /// Where it is.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        let position = |position: i32| usize::try_from(position).unwrap_or_default();
        position(self.start)..position(self.end)
    }

    /// Whether it lies within a text, whatever its positions count: no unit is shorter than a byte.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.range().end <= text.len()
    }

    /// Those that fit the text. One that does not is a blemish of the text's look, not of the text.
    pub(super) fn from_wire(entities: Option<&[RichTextEntity]>, text: &str) -> Vec<Self> {
        let read = |entity: &RichTextEntity| {
            let start = usize::try_from(entity.start_index?).ok()?;
            let end = usize::try_from(entity.end_index?).ok()?;
            Self::new(EntityKind::from_number(entity.content?), start..end).ok()
        };
        let entities = entities.unwrap_or_default().iter().filter_map(read);
        entities.filter(|entity| entity.fits(text)).collect()
    }

    pub(super) fn to_wire(entities: &[Self]) -> Option<Vec<RichTextEntity>> {
        let write = |entity: &Self| RichTextEntity {
            start_index: Some(entity.start),
            end_index: Some(entity.end),
            content: Some(entity.kind.number()),
        };
        (!entities.is_empty()).then(|| entities.iter().map(write).collect())
    }
}
