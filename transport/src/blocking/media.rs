//! Attachments.

use std::io::{Read, Write};

use bytes::Bytes;
use futures_util::StreamExt as _;
use sealpost_crypto::ConversationId;
use tokio::runtime::Runtime;

use super::{Client, runtime};
use crate::error::Error;
use crate::{DownloadError, ResponseInfo, TotalBytes, UploadError, UploadOptions, UploadedMedia};

/// How much of an attachment is read at a time.
const PIECE: usize = 64 * 1024;

/// An attachment whose ciphertext is on its way; see [`MediaDownload`](crate::MediaDownload).
#[derive(Debug)]
#[must_use = "nothing of the attachment has been read yet"]
pub struct MediaDownload {
    pub(super) inner: crate::MediaDownload,
    pub(super) runtime: &'static Runtime,
}

impl MediaDownload {
    /// How many bytes the server says there are.
    #[must_use]
    pub fn announced(&self) -> Option<TotalBytes> {
        self.inner.announced()
    }

    /// The id and the rate limit that came with the answer.
    #[must_use]
    pub fn response(&self) -> ResponseInfo {
        self.inner.response()
    }

    /// Writes the ciphertext to `writer`, and says how much there was.
    ///
    /// # Errors
    /// [`DownloadError`]. What was written then is of no use.
    pub fn write_to<W: Write>(self, writer: &mut W) -> Result<TotalBytes, DownloadError> {
        let mut pieces = self.inner.into_stream();
        let mut received = 0_u64;
        while let Some(piece) = runtime::wait(self.runtime, pieces.next()) {
            let piece = piece?;
            writer.write_all(&piece).map_err(DownloadError::Write)?;
            received += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        }
        writer.flush().map_err(DownloadError::Write)?;
        Ok(TotalBytes::new(received))
    }

    /// All of the ciphertext, in memory.
    ///
    /// # Errors
    /// As [`Error`] describes.
    pub fn into_bytes(self) -> Result<Bytes, Error> {
        runtime::wait(self.runtime, self.inner.into_bytes())
    }
}

impl Client {
    /// Uploads the `total` bytes of ciphertext that `ciphertext` gives; see
    /// [`upload_media`](crate::Client::upload_media).
    ///
    /// # Errors
    /// [`UploadError`]; nothing was completed then.
    pub fn upload_media<R: Read>(
        &self,
        conversation_id: &ConversationId,
        total: TotalBytes,
        ciphertext: &mut R,
        options: UploadOptions,
    ) -> Result<UploadedMedia, UploadError> {
        let begun = self.inner.begin_media_upload(conversation_id, total, options);
        let mut upload = runtime::wait(self.runtime, begun)?;
        let mut piece = vec![0; PIECE];
        loop {
            let length = ciphertext.read(&mut piece).map_err(UploadError::Read)?;
            match piece.get(..length) {
                Some([]) | None => return runtime::wait(self.runtime, upload.finish()),
                Some(piece) => runtime::wait(self.runtime, upload.write(piece))?,
            }
        }
    }
}
