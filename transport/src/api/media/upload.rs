//! An upload as one thing: ciphertext goes in, segments go out.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use sealpost_crypto::{ConversationId, MediaHashKey, MessageId};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::calls::{MediaDetails, SegmentForm, UploadSession};
use super::error::UploadError;
use super::size::{SegmentIndex, SegmentSize, TotalBytes};
use crate::argument::InvalidArgument;
use crate::client::Client;
use crate::context::ResponseInfo;
use crate::error::Error;

/// How an attachment is uploaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadOptions {
    segment_size: SegmentSize,
    form: SegmentForm,
    details: MediaDetails,
}

impl UploadOptions {
    /// Segments of 3 MiB, as bytes in a form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The size of the segments.
    #[must_use]
    pub const fn segment_size(mut self, size: SegmentSize) -> Self {
        self.segment_size = size;
        self
    }

    /// How the segments travel.
    #[must_use]
    pub const fn form(mut self, form: SegmentForm) -> Self {
        self.form = form;
        self
    }

    /// The message the attachment goes with.
    #[must_use]
    pub const fn message_id(mut self, message_id: MessageId) -> Self {
        self.details.message_id = Some(message_id);
        self
    }

    /// After how long the attachment disappears.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.details.ttl = Some(ttl);
        self
    }
}

/// An attachment the server has in whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadedMedia {
    /// What it is addressed by: this goes into the message.
    pub media_hash_key: MediaHashKey,
    /// The id and the rate limit that came with the last answer.
    pub response: ResponseInfo,
}

/// An upload under way: takes ciphertext in pieces of any length, and sends it in segments.
///
/// A call that fails, or whose future is dropped, loses nothing: calling it again, for
/// [`write`](Self::write) with an empty piece, goes on from the segment that failed.
pub struct MediaUpload {
    client: Client,
    session: UploadSession,
    options: UploadOptions,
    announced: TotalBytes,
    given: u64,
    pending: BytesMut,
    /// A segment that was cut, and may not have arrived.
    in_flight: Option<Bytes>,
    /// The segment to be sent next; `None` after the last one there can be.
    next: Option<SegmentIndex>,
    last: SegmentIndex,
}

impl Client {
    /// Begins the upload of `total` bytes of ciphertext, to be handed over piece by piece.
    ///
    /// # Errors
    /// [`InvalidArgument::EmptyMedia`], and [`InvalidArgument::MediaTooLarge`] when `total` bytes do
    /// not fit into 1,000 segments, before anything is sent; otherwise as
    /// [`initialize_media_upload`](Self::initialize_media_upload).
    pub async fn begin_media_upload(
        &self,
        conversation_id: &ConversationId,
        total: TotalBytes,
        options: UploadOptions,
    ) -> Result<MediaUpload, Error> {
        let limit = options.segment_size.most();
        if total.as_u64() > limit {
            return Err(InvalidArgument::MediaTooLarge { given: total.as_u64(), limit }.into());
        }
        let session = self.initialize_media_upload(conversation_id, total).await?;
        Ok(MediaUpload {
            client: self.clone(),
            session,
            options,
            announced: total,
            given: 0,
            pending: BytesMut::new(),
            in_flight: None,
            next: Some(SegmentIndex::FIRST),
            last: SegmentIndex::FIRST,
        })
    }

    /// Uploads the `total` bytes of ciphertext that `ciphertext` gives. One segment is in memory at
    /// a time.
    ///
    /// # Errors
    /// [`UploadError`]; nothing was completed then.
    pub async fn upload_media<R: AsyncRead + Unpin + Send>(
        &self,
        conversation_id: &ConversationId,
        total: TotalBytes,
        mut ciphertext: R,
        options: UploadOptions,
    ) -> Result<UploadedMedia, UploadError> {
        let mut upload = self.begin_media_upload(conversation_id, total, options).await?;
        while upload.read_from(&mut ciphertext).await? > 0 {
            upload.write(&[]).await?;
        }
        upload.finish().await
    }
}

impl MediaUpload {
    /// The upload, for going on with its calls one by one.
    #[must_use]
    pub const fn session(&self) -> &UploadSession {
        &self.session
    }

    /// Takes a piece of the ciphertext, and sends what makes whole segments.
    ///
    /// # Errors
    /// [`UploadError::TooLong`], with nothing of the piece taken; [`UploadError::Call`].
    pub async fn write(&mut self, ciphertext: &[u8]) -> Result<(), UploadError> {
        self.count(ciphertext.len())?;
        self.pending.extend_from_slice(ciphertext);
        self.send(self.options.segment_size.as_usize()).await
    }

    /// Sends what is left and completes the upload.
    ///
    /// # Errors
    /// [`UploadError::TooShort`] when there was less ciphertext than announced; nothing is
    /// completed then, and more may be written. [`UploadError::Call`].
    pub async fn finish(&mut self) -> Result<UploadedMedia, UploadError> {
        if self.given < self.announced.as_u64() {
            let given = TotalBytes::new(self.given);
            return Err(UploadError::TooShort { announced: self.announced, given });
        }
        self.send(1).await?;
        let details = &self.options.details;
        let response = self.client.finalize_media_upload(&self.session, self.last, details).await?;
        Ok(UploadedMedia { media_hash_key: self.session.media_hash_key.clone(), response })
    }

    /// Reads what is missing from a segment, or less; returns how much.
    async fn read_from<R: AsyncRead + Unpin + Send>(
        &mut self,
        reader: &mut R,
    ) -> Result<usize, UploadError> {
        let segment = self.options.segment_size.as_usize().saturating_sub(self.pending.len());
        // One byte more than announced would be too many, and has to be seen.
        let missing = self.announced.as_u64().saturating_sub(self.given).saturating_add(1);
        let room = segment.min(usize::try_from(missing).unwrap_or(usize::MAX));
        self.pending.reserve(room);
        let mut reader = reader.take(u64::try_from(room).unwrap_or(u64::MAX));
        let read = reader.read_buf(&mut self.pending).await.map_err(UploadError::Read)?;
        self.count(read)?;
        Ok(read)
    }

    fn count(&mut self, more: usize) -> Result<(), UploadError> {
        let given = self.given.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
        if given > self.announced.as_u64() {
            return Err(UploadError::TooLong { announced: self.announced });
        }
        self.given = given;
        Ok(())
    }

    /// Sends segments as long as there are `least` bytes for one.
    async fn send(&mut self, least: usize) -> Result<(), UploadError> {
        let most = self.options.segment_size.as_usize();
        loop {
            if self.in_flight.is_none() && self.pending.len() >= least {
                let length = self.pending.len().min(most);
                self.in_flight = Some(self.pending.split_to(length).freeze());
            }
            let (Some(segment), Some(index)) = (&self.in_flight, self.next) else {
                return Ok(());
            };
            let form = self.options.form;
            self.client.append_media_segment(&self.session, index, segment.clone(), form).await?;
            self.in_flight = None;
            (self.last, self.next) = (index, index.next());
        }
    }
}

impl fmt::Debug for MediaUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaUpload")
            .field("session", &self.session)
            .field("announced", &self.announced)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}
