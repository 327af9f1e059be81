//! `MessageAttachment`: what hangs on a message.

use super::WireError;
use super::reader::Reader;
use super::writer::Writer;

/// What is attached: a union.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageAttachment<'a> {
    /// 1: an encrypted file.
    Media(MediaAttachment<'a>),
    /// A member that this version reads over, by its field id: posts, links, cards, money.
    Other(i16),
}

/// An encrypted file that was uploaded beside the message. Legacy links and tags for X's
/// assistant are passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MediaAttachment<'a> {
    /// 1: what the file is called in the upload and download calls.
    pub media_hash_key: Option<&'a str>,
    /// 2: width and height.
    pub dimensions: Option<MediaDimensions>,
    /// 3: 1 image, 2 GIF, 3 video, 4 audio, 5 file, 6 SVG.
    pub media_type: Option<i32>,
    /// 4: how long it plays, milliseconds.
    pub duration_millis: Option<i64>,
    /// 5: its size in bytes.
    pub filesize_bytes: Option<i64>,
    /// 6: its name.
    pub filename: Option<&'a str>,
    /// 7: the id of the attachment.
    pub attachment_id: Option<&'a str>,
}

/// Width and height of an image or video.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct MediaDimensions {
    /// 1: the width.
    pub width: Option<i64>,
    /// 2: the height.
    pub height: Option<i64>,
}

impl<'a> MessageAttachment<'a> {
    const NAME: &'static str = "attachment";
    const MEDIA: i16 = 1;

    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        reader
            .union(Self::NAME, |reader, field| match field.id {
                Self::MEDIA => {
                    let media = reader.value(field, "media", MediaAttachment::read)?;
                    Ok(Some(Self::Media(media)))
                }
                id @ 2..=6 => {
                    reader.skip(field)?;
                    Ok(Some(Self::Other(id)))
                }
                _ => reader.skip(field).map(|()| None),
            })
            .map(|member| member.unwrap_or_else(Self::Other))
    }

    pub(super) fn write_list(
        writer: &mut Writer,
        id: i16,
        attachments: Option<&[Self]>,
    ) -> Result<(), WireError> {
        match attachments {
            None => Ok(()),
            Some(list) => writer.structures(id, list, |writer, one| one.write(writer)),
        }
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        match self {
            Self::Media(media) => {
                writer.structure(Self::MEDIA, Some(media), |writer, media| media.write(writer))
            }
            Self::Other(_) => Err(WireError::UnwritableMember { union: Self::NAME }),
        }
    }
}

impl<'a> MediaAttachment<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut media = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.text(field, "media_hash_key", &mut media.media_hash_key),
            2 => {
                reader.structure(field, "dimensions", &mut media.dimensions, MediaDimensions::read)
            }
            3 => reader.int(field, "type", &mut media.media_type),
            4 => reader.integer(field, "duration_millis", &mut media.duration_millis),
            5 => reader.integer(field, "filesize_bytes", &mut media.filesize_bytes),
            6 => reader.text(field, "filename", &mut media.filename),
            7 => reader.text(field, "attachment_id", &mut media.attachment_id),
            _ => reader.skip(field),
        })?;
        Ok(media)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), WireError> {
        writer.text(1, self.media_hash_key)?;
        writer.structure(2, self.dimensions.as_ref(), |writer, dimensions| {
            writer.integer(1, dimensions.width);
            writer.integer(2, dimensions.height);
            Ok(())
        })?;
        writer.int(3, self.media_type);
        writer.integer(4, self.duration_millis);
        writer.integer(5, self.filesize_bytes);
        writer.text(6, self.filename)?;
        writer.text(7, self.attachment_id)
    }
}

impl MediaDimensions {
    fn read(reader: &mut Reader<'_>) -> Result<Self, WireError> {
        let mut dimensions = Self::default();
        reader.fields(|reader, field| match field.id {
            1 => reader.integer(field, "width", &mut dimensions.width),
            2 => reader.integer(field, "height", &mut dimensions.height),
            _ => reader.skip(field),
        })?;
        Ok(dimensions)
    }
}
