//! What hangs on a message.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::{AttachmentId, ContentError, ContentField};
use crate::MediaHashKey;
use crate::wire;
use crate::{EncryptedMedia, KeyVersion};

/// What hangs on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attachment {
    /// An encrypted file.
    Media(MediaAttachment),
    /// A kind that this version reads over, by its number: posts, links, cards, money.
    Other(i16),
}

/// What kind of file it is, in the words of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MediaKind {
    /// A still image.
    Image,
    /// A moving image without sound.
    Gif,
    /// A video.
    Video,
    /// Sound.
    Audio,
    /// Any other file.
    File,
    /// A drawing; it may hold code.
    Svg,
    /// A kind that this version does not know, by its number.
    Other(i32),
}

impl MediaKind {
    const fn number(self) -> i32 {
        match self {
            Self::Image => 1,
            Self::Gif => 2,
            Self::Video => 3,
            Self::Audio => 4,
            Self::File => 5,
            Self::Svg => 6,
            Self::Other(number) => number,
        }
    }

    const fn from_number(number: i32) -> Self {
        match number {
            1 => Self::Image,
            2 => Self::Gif,
            3 => Self::Video,
            4 => Self::Audio,
            5 => Self::File,
            6 => Self::Svg,
            other => Self::Other(other),
        }
    }
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs)] // there is no third
pub struct Dimensions {
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
}

/// An encrypted file that is uploaded beside the message.
///
/// # Security
/// Everything here is what the sender says. A file name is not a path: never write to it, make up
/// one of your own.
#[derive(Clone, PartialEq, Eq)]
pub struct MediaAttachment {
    hash_key: MediaHashKey,
    kind: Option<MediaKind>,
    key_version: KeyVersion,
    id: Option<AttachmentId>,
    dimensions: Option<Dimensions>,
    duration: Option<Duration>,
    file_size: Option<u64>,
    file_name: Option<String>,
}

impl MediaAttachment {
    /// A file that was encrypted with a [`MediaEncryptor`](crate::MediaEncryptor) and uploaded
    /// under `hash_key`.
    #[must_use]
    pub fn new(hash_key: MediaHashKey, kind: MediaKind, media: &EncryptedMedia) -> Self {
        Self {
            hash_key,
            kind: Some(kind),
            key_version: media.key_version(),
            id: media.attachment_id(),
            dimensions: None,
            duration: None,
            file_size: None,
            file_name: None,
        }
    }

    /// Its width and height.
    #[must_use]
    pub fn with_dimensions(mut self, dimensions: Dimensions) -> Self {
        self.dimensions = Some(dimensions);
        self
    }

    /// How long it plays, in whole milliseconds.
    #[must_use]
    pub fn with_duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Its size in bytes before encryption. With it a reader notices a file cut down to nothing;
    /// in the X25519 suite any other size.
    #[must_use]
    pub fn with_file_size(mut self, bytes: u64) -> Self {
        self.file_size = Some(bytes);
        self
    }

    /// Its name.
    #[must_use]
    pub fn with_file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// What it is called in the download call.
    #[must_use]
    pub const fn hash_key(&self) -> &MediaHashKey {
        &self.hash_key
    }

    /// What kind of file it is.
    #[must_use]
    pub const fn kind(&self) -> Option<MediaKind> {
        self.kind
    }

    /// The version of the conversation key it is encrypted under: that of its message.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.key_version
    }

    /// The id of the attachment.
    #[must_use]
    pub const fn id(&self) -> Option<&AttachmentId> {
        self.id.as_ref()
    }

    /// Its width and height.
    #[must_use]
    pub const fn dimensions(&self) -> Option<Dimensions> {
        self.dimensions
    }

    /// How long it plays.
    #[must_use]
    pub const fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// Its size in bytes.
    #[must_use]
    pub const fn file_size(&self) -> Option<u64> {
        self.file_size
    }

    /// Its name; not a path.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    fn from_wire(
        media: &wire::MediaAttachment<'_>,
        key_version: KeyVersion,
    ) -> Result<Self, ContentError> {
        let field = ContentField::MediaHashKey;
        Ok(Self {
            hash_key: media
                .media_hash_key
                .ok_or(ContentError::Missing(field))?
                .parse()
                .map_err(|_| ContentError::Malformed(field))?,
            kind: media.media_type.map(MediaKind::from_number),
            key_version,
            id: media.attachment_id.map(str::parse).transpose()?,
            dimensions: media.dimensions.as_ref().map(dimensions).transpose()?.flatten(),
            duration: number(media.duration_millis, ContentField::Duration)?
                .map(Duration::from_millis),
            file_size: number(media.filesize_bytes, ContentField::FileSize)?,
            file_name: media.filename.map(Into::into),
        })
    }

    fn to_wire(&self) -> wire::MediaAttachment<'_> {
        wire::MediaAttachment {
            media_hash_key: Some(self.hash_key.as_str()),
            dimensions: self.dimensions.map(|Dimensions { width, height }| wire::MediaDimensions {
                width: Some(width.into()),
                height: Some(height.into()),
            }),
            media_type: self.kind.map(MediaKind::number),
            duration_millis: self
                .duration
                .map(|duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
            filesize_bytes: self.file_size.map(|size| i64::try_from(size).unwrap_or(i64::MAX)),
            filename: self.file_name(),
            attachment_id: self.id.as_ref().map(AttachmentId::as_str),
        }
    }
}

/// The file name is the sender's text.
impl fmt::Debug for MediaAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaAttachment")
            .field("hash_key", &self.hash_key)
            .field("kind", &self.kind)
            .field("key_version", &self.key_version)
            .finish_non_exhaustive()
    }
}

impl Attachment {
    /// The file, if it is one.
    #[must_use]
    pub const fn media(&self) -> Option<&MediaAttachment> {
        match self {
            Self::Media(media) => Some(media),
            Self::Other(_) => None,
        }
    }

    pub(super) fn from_wire(
        attachment: &wire::MessageAttachment<'_>,
        key_version: KeyVersion,
    ) -> Result<Self, ContentError> {
        match attachment {
            wire::MessageAttachment::Media(media) => {
                MediaAttachment::from_wire(media, key_version).map(Self::Media)
            }
            wire::MessageAttachment::Other(id) => Ok(Self::Other(*id)),
        }
    }

    /// None for an empty list. Kinds that cannot be written make the content unwritable.
    pub(super) fn list_to_wire(attachments: &[Self]) -> Option<Vec<wire::MessageAttachment<'_>>> {
        (!attachments.is_empty()).then(|| attachments.iter().map(Self::to_wire).collect())
    }

    fn to_wire(&self) -> wire::MessageAttachment<'_> {
        match self {
            Self::Media(media) => wire::MessageAttachment::Media(media.to_wire()),
            Self::Other(id) => wire::MessageAttachment::Other(*id),
        }
    }
}

impl From<MediaAttachment> for Attachment {
    fn from(media: MediaAttachment) -> Self {
        Self::Media(media)
    }
}

/// Both, or neither.
fn dimensions(wire: &wire::MediaDimensions) -> Result<Option<Dimensions>, ContentError> {
    let malformed = ContentError::Malformed(ContentField::Dimensions);
    let pixels = |value: i64| u32::try_from(value).map_err(|_| malformed);
    match (wire.width, wire.height) {
        (Some(width), Some(height)) => {
            Ok(Some(Dimensions { width: pixels(width)?, height: pixels(height)? }))
        }
        _ => Ok(None),
    }
}

fn number(value: Option<i64>, field: ContentField) -> Result<Option<u64>, ContentError> {
    value.map(|value| u64::try_from(value).map_err(|_| ContentError::Malformed(field))).transpose()
}
